"""Checks of what keeps containers apart in the kernel: AppArmor, SELinux, seccomp, sysctls, /proc.

Specification: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Iterator

from analyzers.checks.check import Cause, Check
from analyzers.checks.kubernetes.node import Node
from analyzers.checks.kubernetes.objects import Container, Manifest
from analyzers.checks.kubernetes.writing import STANDARDS, Words, cause, of_containers, of_pods
from analyzers.severity import Severity

_SECCOMP = "https://kubernetes.io/docs/tutorials/security/seccomp/"
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_CONFINED = frozenset({"RuntimeDefault", "Localhost"})
_SELINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"})
_SAFE_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)


def _contexts(manifest: Manifest) -> Iterator[tuple[Node, str]]:
    """Yield the security contexts of a pod and its containers, with what messages call their owners."""
    yield manifest.pod.at("securityContext"), f"pod of {manifest.label}"
    for container in manifest.containers:
        yield container.security, container.label


def _unconfined_apparmor(manifest: Manifest) -> Iterator[Cause]:
    for context, owner in _contexts(manifest):
        profile = context.at("appArmorProfile", "type")
        if profile.is_set and profile.text not in _CONFINED:
            yield cause(profile, f"{owner} should not set appArmorProfile.type to {profile.text!r:.40}")
    annotations = manifest.pod_metadata.at("annotations")
    for key in annotations.keys:
        profile = annotations.at(key)
        if key.startswith(_APPARMOR) and not _is_confined(profile.text):
            named = key.removeprefix(_APPARMOR)
            message = f"container {named!r:.100} of {manifest.label} should not have AppArmor profile"
            yield cause(profile, f"{message} {profile.text!r:.40}")


def _is_confined(profile: str) -> bool:
    return profile == "runtime/default" or profile.startswith("localhost/")


def _custom_selinux(manifest: Manifest) -> Iterator[Cause]:
    for context, owner in _contexts(manifest):
        options = context.at("seLinuxOptions")
        if options.at("type").text not in _SELINUX_TYPES:
            found = options.at("type")
            yield cause(found, f"{owner} should not set seLinuxOptions.type to {found.text!r:.40}")
        for key in ("user", "role"):
            if options.at(key).text:
                yield cause(options.at(key), f"{owner} should not set seLinuxOptions.{key}")


def _unsafe_sysctls(manifest: Manifest) -> Iterator[Cause]:
    for each in manifest.pod.at("securityContext", "sysctls"):
        name = each.at("name").text.replace("/", ".")
        if name not in _SAFE_SYSCTLS:
            yield cause(
                each, f"{manifest.label} should not set sysctl {name!r:.100} in securityContext.sysctls"
            )


def _unmasked_proc(container: Container) -> str:
    mount = container.security.at("procMount")
    if not mount.is_set or mount.text == "Default":
        return ""
    return f"should not set securityContext.procMount to {mount.text!r:.40}"


def _has_no_seccomp(container: Container) -> str:
    if container.setting("seccompProfile", "type").text in _CONFINED or _annotated(container):
        return ""
    return "should set securityContext.seccompProfile.type to 'RuntimeDefault', or have its pod do so"


def _annotated(container: Container) -> bool:
    """Tell whether the container's pod had a profile in the form from before Kubernetes 1.19."""
    annotations = container.pod_metadata.at("annotations")
    keys = (
        f"container.seccomp.security.alpha.kubernetes.io/{container.name}",
        "seccomp.security.alpha.kubernetes.io/pod",
    )
    texts = [annotations.at(key).text for key in keys]
    return any(each == "runtime/default" or each.startswith("localhost/") for each in texts)


def _without_seccomp(container: Container) -> str:
    profile = container.setting("seccompProfile", "type").text
    if profile == "Unconfined":
        return "should not set securityContext.seccompProfile.type to 'Unconfined'"
    if profile or _annotated(container):
        return ""
    return "should have a seccomp profile"


def _host_process(manifest: Manifest) -> Iterator[Cause]:
    for context, owner in _contexts(manifest):
        setting = context.at("windowsOptions", "hostProcess")
        if setting.flag is True:
            yield cause(setting, f"{owner} should not set windowsOptions.hostProcess to true")


CHECKS: tuple[Check[Manifest], ...] = (
    of_pods(
        "KSV-0002",
        Severity.LOW,
        Words(
            "AppArmor is switched off",
            "Where AppArmor is there, the runtime's profile keeps containers from files and mounts of the "
            "kernel that they have no use for.",
            "Use the runtime's default profile, or one of the node's own ('localhost').",
            "https://kubernetes.io/docs/tutorials/security/apparmor/",
        ),
        _unconfined_apparmor,
    ),
    of_pods(
        "KSV-0025",
        Severity.MEDIUM,
        Words(
            "SELinux options are changed",
            "An SELinux user, role or type of one's own can lift the separation between containers and node.",
            "Remove user and role from seLinuxOptions, and use types made for containers.",
            STANDARDS,
        ),
        _custom_selinux,
    ),
    of_pods(
        "KSV-0026",
        Severity.MEDIUM,
        Words(
            "Unsafe sysctls are set",
            "Kernel settings outside of the safe set touch all pods of the node, or switch off its "
            "protections.",
            "Remove sysctls that the baseline standard does not list.",
            "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",
        ),
        _unsafe_sysctls,
    ),
    of_containers(
        "KSV-0027",
        Severity.MEDIUM,
        Words(
            "Parts of /proc are not masked",
            "The default masks hide what /proc tells and lets change of the node; without them a container "
            "reaches it.",
            "Remove securityContext.procMount.",
            STANDARDS,
        ),
        _unmasked_proc,
    ),
    of_containers(
        "KSV-0030",
        Severity.LOW,
        Words(
            "The runtime's seccomp profile is not used",
            "A seccomp profile refuses system calls that programs hardly use and that attacks on the kernel"
            " do.",
            "Set securityContext.seccompProfile.type to 'RuntimeDefault', for the pod or each container.",
            _SECCOMP,
        ),
        _has_no_seccomp,
        linux_only=True,
    ),
    of_pods(
        "KSV-0103",
        Severity.MEDIUM,
        Words(
            "Windows container runs as a process of the node",
            "A HostProcess container is no container for the node's files, registry and network: it has "
            "them all.",
            "Remove windowsOptions.hostProcess.",
            STANDARDS,
        ),
        _host_process,
    ),
    of_containers(
        "KSV-0104",
        Severity.MEDIUM,
        Words(
            "No seccomp profile",
            "Without a profile, or with 'Unconfined', all system calls of the node's kernel can be called.",
            "Set securityContext.seccompProfile.type to 'RuntimeDefault' or 'Localhost'.",
            _SECCOMP,
        ),
        _without_seccomp,
        linux_only=True,
    ),
)
