"""Checks of what keeps the containers of services apart from their host."""

import re
from collections.abc import Iterator

from analyzers.checks.compose._check import OWASP, SERVICES, Fault, check, is_host, is_missing
from analyzers.checks.compose.model import Service
from analyzers.documents import Lines, Value, items, table, text
from analyzers.severity import Severity

_CAPABILITIES = {
    "ALL",
    "BPF",
    "DAC_READ_SEARCH",
    "MAC_ADMIN",
    "NET_ADMIN",
    "NET_RAW",
    "PERFMON",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_MODULE",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_TIME",
}
_SOCKET = re.compile(r".*/(?:docker|containerd|crio|podman)\.sock", re.IGNORECASE)
_FOLDER = re.compile(r"/|/(?:boot|dev|etc|lib|proc|root|sys|usr|var|var/lib|var/lib/docker|var/run|run)/?")
_DEVICE = re.compile(r"/dev/(?:mem|kmem|kmsg|port|sd\w+|nvme\w+|dm-\d+|mapper/.*|vd\w+)?")
_SHELL_DEFAULT = re.compile(r"\$\{\w+:?-(?P<default>[^}$]*)\}")


def _privileged(service: Service) -> Iterator[Fault]:
    if service.is_on("privileged"):
        yield "privileged is true, expected single capabilities", service.place("privileged")


def _mounts(service: Service) -> Iterator[tuple[str, Lines]]:
    """Yield the paths of the host that are mounted."""
    for item, lines in service.each("volumes"):
        source = text(table(item).get("source")) if isinstance(item, dict) else _source(item)
        yield _SHELL_DEFAULT.sub(lambda match: match["default"], source), lines


def _source(item: Value) -> str:
    whole = _SHELL_DEFAULT.sub(lambda match: match["default"], text(item))
    source, colon, _ = whole.partition(":")
    return source if colon else ""


def _engine(service: Service) -> Iterator[Fault]:
    for source, lines in _mounts(service):
        if _SOCKET.fullmatch(source):
            yield f"{source!r:.100} is mounted, which controls the engine", lines


def _host_folders(service: Service) -> Iterator[Fault]:
    for source, lines in _mounts(service):
        if _FOLDER.fullmatch(source):
            yield f"{source!r:.100} of the host is mounted, expected a folder of the service", lines


def _capabilities(service: Service) -> Iterator[Fault]:
    for item, lines in service.each("cap_add"):
        if text(item).upper().removeprefix("CAP_") in _CAPABILITIES:
            yield f"the capability {text(item)!r:.60} is added", lines


def _options(service: Service) -> list[str]:
    return [text(each).replace("=", ":").lower() for each in items(service.value("security_opt"))]


def _new_privileges(service: Service) -> Iterator[Fault]:
    wanted = {"no-new-privileges", "no-new-privileges:true"}
    if service.is_whole() and not wanted.intersection(_options(service)):
        place = service.place("security_opt")
        yield "security_opt has no 'no-new-privileges:true'", place


def _unconfined(service: Service) -> Iterator[Fault]:
    for item, lines in service.each("security_opt"):
        option = text(item).replace("=", ":").lower()
        if option in {"seccomp:unconfined", "apparmor:unconfined", "label:disable", "systempaths:unconfined"}:
            yield f"{text(item)!r:.60} turns a protection off", lines


def _devices(service: Service) -> Iterator[Fault]:
    for item, lines in service.each("devices"):
        source = text(table(item).get("source")) if isinstance(item, dict) else text(item).partition(":")[0]
        if _DEVICE.fullmatch(source):
            yield f"the device {source!r:.100} of the host is given", lines


def _root(service: Service) -> Iterator[Fault]:
    if service.text("user").partition(":")[0] in {"root", "0"}:
        yield f"user is {service.text('user')!r:.60}, expected one that is not root", service.place("user")


def _writable(service: Service) -> Iterator[Fault]:
    if service.is_whole() and not service.is_on("read_only"):
        yield "read_only is not true", service.place("read_only")


def _undropped(service: Service) -> Iterator[Fault]:
    if service.is_whole() and "ALL" not in {text(each).upper() for each in items(service.value("cap_drop"))}:
        yield "cap_drop has no 'ALL'", service.place("cap_drop")


def _unlimited(service: Service) -> Iterator[Fault]:
    limits = table(table(table(service.value("deploy")).get("resources")).get("limits"))
    if service.is_whole() and "mem_limit" not in service.entries and "memory" not in limits:
        yield "there is no limit of memory", service.place("")


_HOST = (
    "What the host and other containers share with it can be seen, and changed, from inside of the container."
)
CHECKS = (
    check(
        "CB-C0001",
        "Privileged service",
        Severity.HIGH,
        why="A privileged container has all devices and rights of its host: to be in it is to be root there.",
        mend="Remove 'privileged', and add the capabilities or devices that are needed.",
        link=f"{SERVICES}#privileged",
        faults=_privileged,
    ),
    check(
        "CB-C0002",
        "Network of the host",
        Severity.HIGH,
        why=_HOST,
        mend="Use a network of Compose, and publish the ports that are needed.",
        link=f"{SERVICES}#network_mode",
        faults=is_host("network_mode"),
    ),
    check(
        "CB-C0003",
        "Processes of the host",
        Severity.HIGH,
        why=_HOST,
        mend="Remove 'pid: host'.",
        link=f"{SERVICES}#pid",
        faults=is_host("pid"),
    ),
    check(
        "CB-C0004",
        "Shared memory of the host",
        Severity.HIGH,
        why=_HOST,
        mend="Remove 'ipc: host'.",
        link=f"{SERVICES}#ipc",
        faults=is_host("ipc"),
    ),
    check(
        "CB-C0005",
        "Engine's socket mounted",
        Severity.CRITICAL,
        why="Who can write to the socket can start a container that is root on the host.",
        mend="Remove the mount, or put a proxy before it that allows single requests.",
        link=OWASP,
        faults=_engine,
    ),
    check(
        "CB-C0006",
        "Capabilities that reach the host",
        Severity.HIGH,
        why="These capabilities let processes change the kernel, the network or other processes of the host.",
        mend="Remove the capability, or find a narrower one.",
        link=f"{SERVICES}#cap_add",
        faults=_capabilities,
    ),
    check(
        "CB-C0007",
        "Processes may gain rights",
        Severity.LOW,
        why="Without it, a program with the set-user-ID bit gives more rights than the container began with.",
        mend="Add 'no-new-privileges:true' to security_opt.",
        link=f"{SERVICES}#security_opt",
        faults=_new_privileges,
    ),
    check(
        "CB-C0011",
        "Root file system is writable",
        Severity.LOW,
        why="Who takes a process over can change programs, and leave some behind.",
        mend="Set 'read_only: true', with tmpfs or volumes for what has to be written.",
        link=f"{SERVICES}#read_only",
        faults=_writable,
    ),
    check(
        "CB-C0012",
        "Service runs as root",
        Severity.MEDIUM,
        why="Who breaks out of a container in which root runs is root on the host, if nothing else stops it.",
        mend="Name another user.",
        link=f"{SERVICES}#user",
        faults=_root,
    ),
    check(
        "CB-C0013",
        "Protection turned off",
        Severity.HIGH,
        why="The profiles of seccomp, AppArmor and SELinux keep processes from what containers never need.",
        mend="Remove the option, or write a profile that allows what is missing.",
        link=f"{SERVICES}#security_opt",
        faults=_unconfined,
    ),
    check(
        "CB-C0014",
        "Folders of the host mounted",
        Severity.HIGH,
        why="What is mounted can be read, and mostly written: settings, keys and programs of the host.",
        mend="Mount the one folder or file that is needed, read-only.",
        link=f"{SERVICES}#volumes",
        faults=_host_folders,
    ),
    check(
        "CB-C0015",
        "No limit of memory",
        Severity.LOW,
        why="One service that grows can take all memory from the others and the host.",
        mend="Set deploy.resources.limits.memory or mem_limit.",
        link="https://docs.docker.com/reference/compose-file/deploy/#resources",
        faults=_unlimited,
    ),
    check(
        "CB-C0017",
        "User namespace of the host",
        Severity.MEDIUM,
        why="It turns the engine's mapping of users off: root inside then is root outside.",
        mend="Remove 'userns_mode: host'.",
        link=f"{SERVICES}#userns_mode",
        faults=is_host("userns_mode"),
    ),
    check(
        "CB-C0018",
        "Memory or disks of the host",
        Severity.HIGH,
        why="These devices give all data of the host, whatever its files' permissions.",
        mend="Remove the device.",
        link=f"{SERVICES}#devices",
        faults=_devices,
    ),
    check(
        "CB-C0019",
        "Capabilities are not dropped",
        Severity.LOW,
        why="Engines give containers capabilities that few programs need.",
        mend="Set 'cap_drop: [ALL]', and add what is needed.",
        link=f"{SERVICES}#cap_drop",
        faults=_undropped,
    ),
    check(
        "CB-C0020",
        "Control groups of the host",
        Severity.MEDIUM,
        why=_HOST,
        mend="Remove 'cgroup: host'.",
        link=f"{SERVICES}#cgroup",
        faults=is_host("cgroup"),
    ),
    check(
        "CB-C0016",
        "No restart policy",
        Severity.LOW,
        why="A service that ends stays away until somebody notices.",
        mend="Set 'restart: on-failure:5' or 'unless-stopped'.",
        link=f"{SERVICES}#restart",
        faults=is_missing(("restart", "deploy"), "there is no restart policy"),
    ),
)
