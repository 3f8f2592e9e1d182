"""Checks of the privileges and capabilities that containers run with.

Specification: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Callable

from analyzers.checks.check import Check
from analyzers.checks.kubernetes.objects import Container, Manifest
from analyzers.checks.kubernetes.writing import CONTEXT, STANDARDS, Words, of_containers
from analyzers.severity import Severity

_CAPABILITIES = "https://man7.org/linux/man-pages/man7/capabilities.7.html"
_HARMLESS = frozenset({"NET_BIND_SERVICE"})
_BASELINE = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
"""What the baseline standard lets containers add: a runtime's own defaults."""


def _names(container: Container, key: str) -> set[str]:
    """Return capabilities without the "CAP_" that some write before them."""
    listed = container.security.at("capabilities", key).texts
    return {each.upper().removeprefix("CAP_") for each in listed if each}


def _escalates(container: Container) -> str:
    if container.security.at("allowPrivilegeEscalation").flag is False:
        return ""
    return "should set securityContext.allowPrivilegeEscalation to false"


def _is_privileged(container: Container) -> str:
    if container.security.at("privileged").flag is not True:
        return ""
    return "should not set securityContext.privileged to true"


def _keeps_capabilities(container: Container) -> str:
    if "ALL" in _names(container, "drop"):
        return ""
    return "should list 'ALL' in securityContext.capabilities.drop"


def _adds_unusual(container: Container) -> str:
    return _added(_names(container, "add") - _BASELINE)


def _exceeds_restricted(container: Container) -> str:
    return _added(_names(container, "add") - _HARMLESS) or _keeps_capabilities(container)


def _adds(*names: str) -> Callable[[Container], str]:
    return lambda container: _added(_names(container, "add") & {*names})


def _added(names: set[str]) -> str:
    listed = ", ".join(repr(each[:40]) for each in sorted(names)[:5])
    return f"should not list {listed} in securityContext.capabilities.add" if names else ""


CHECKS: tuple[Check[Manifest], ...] = (
    of_containers(
        "KSV-0001",
        Severity.MEDIUM,
        Words(
            "Processes can gain privileges",
            "Without the setting, a program with the setuid bit or file capabilities gives a process more "
            "rights than the one that started it had.",
            "Set securityContext.allowPrivilegeEscalation of each container to false.",
            STANDARDS,
        ),
        _escalates,
        linux_only=True,
    ),
    of_containers(
        "KSV-0003",
        Severity.LOW,
        Words(
            "Default capabilities are kept",
            "Runtimes give containers more than ten capabilities; few programs need any of them, and each "
            "one helps who breaks in.",
            "List 'ALL' in securityContext.capabilities.drop and add back what the program needs.",
            CONTEXT,
        ),
        _keeps_capabilities,
        linux_only=True,
    ),
    of_containers(
        "KSV-0005",
        Severity.HIGH,
        Words(
            "Capability SYS_ADMIN is added",
            "SYS_ADMIN covers mounts, namespaces and much else of the kernel: it comes close to being root "
            "on the node.",
            "Remove SYS_ADMIN from securityContext.capabilities.add.",
            _CAPABILITIES,
        ),
        _adds("SYS_ADMIN", "ALL"),
    ),
    of_containers(
        "KSV-0017",
        Severity.HIGH,
        Words(
            "Container is privileged",
            "A privileged container has all capabilities and all devices of its node: whoever controls it "
            "controls the node.",
            "Remove securityContext.privileged, and add the one capability or device that is needed.",
            STANDARDS,
        ),
        _is_privileged,
    ),
    of_containers(
        "KSV-0022",
        Severity.MEDIUM,
        Words(
            "Capabilities beyond the defaults are added",
            "The baseline standard allows to add only those capabilities that runtimes give by default.",
            "Remove other names from securityContext.capabilities.add.",
            STANDARDS,
        ),
        _adds_unusual,
    ),
    of_containers(
        "KSV-0106",
        Severity.LOW,
        Words(
            "Capabilities other than NET_BIND_SERVICE",
            "The restricted standard has containers drop all capabilities; only binding to low ports may be"
            " added.",
            "List 'ALL' in securityContext.capabilities.drop, and at most NET_BIND_SERVICE in add.",
            STANDARDS,
        ),
        _exceeds_restricted,
        linux_only=True,
    ),
    of_containers(
        "KSV-0119",
        Severity.HIGH,
        Words(
            "Capability NET_RAW is added",
            "Raw sockets let a container forge packets and answer for its neighbours on the same network.",
            "Remove NET_RAW from securityContext.capabilities.add.",
            _CAPABILITIES,
        ),
        _adds("NET_RAW", "ALL"),
    ),
    of_containers(
        "KSV-0120",
        Severity.HIGH,
        Words(
            "Capability SYS_MODULE is added",
            "A module loaded into the kernel runs outside of any container, with all rights on the node.",
            "Remove SYS_MODULE from securityContext.capabilities.add.",
            _CAPABILITIES,
        ),
        _adds("SYS_MODULE", "ALL"),
    ),
    of_containers(
        "CB-K8S-0001",
        Severity.HIGH,
        Words(
            "Capability that reaches out of the container is added",
            "With these capabilities a process reads other processes' memory, opens files past their "
            "permissions, or changes the network and devices of its node.",
            "Remove BPF, DAC_READ_SEARCH, NET_ADMIN, PERFMON, SYS_BOOT, SYS_PTRACE and SYS_RAWIO from "
            "securityContext.capabilities.add.",
            _CAPABILITIES,
        ),
        _adds("BPF", "DAC_READ_SEARCH", "NET_ADMIN", "PERFMON", "SYS_BOOT", "SYS_PTRACE", "SYS_RAWIO"),
    ),
)
