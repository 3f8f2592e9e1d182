"""Checks of what pods share with their node: namespaces, ports, files and volumes.

Specification: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

import posixpath
from collections.abc import Callable, Iterator

from analyzers.checks.check import Cause, Check
from analyzers.checks.kubernetes.node import Node
from analyzers.checks.kubernetes.objects import Manifest
from analyzers.checks.kubernetes.writing import STANDARDS, Words, cause, of_pods
from analyzers.severity import Severity

_HOST_PATHS = "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath"
_PRIVILEGED_PORTS = 1024
_DOCKER_SOCKETS = frozenset({"/var/run/docker.sock", "/run/docker.sock"})
_RUNTIME_SOCKETS = (
    "containerd/containerd.sock",
    "crio/crio.sock",
    "cri-dockerd.sock",
    "podman/podman.sock",
    "k3s/containerd/containerd.sock",
)
_CORE_VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
        "hostPath",  # KSV-0023 is about it
    }
)
_SYSTEM_PATHS = ("/", "/boot", "/dev", "/etc", "/lib", "/proc", "/root", "/sys", "/usr", "/var/lib/docker")


def _shared(key: str) -> Callable[[Manifest], Iterator[Cause]]:
    def judge(manifest: Manifest) -> Iterator[Cause]:
        setting = manifest.pod.at(key)
        if setting.flag is True:
            yield cause(setting, f"{manifest.label} should not set {key} of its pod to true")

    return judge


def _host_paths(manifest: Manifest) -> Iterator[tuple[Node, str]]:
    """Yield each volume of the node with its path, "." and ".." resolved."""
    for volume in manifest.pod.at("volumes"):
        if volume.at("hostPath").is_set:
            path = volume.at("hostPath", "path").text
            yield volume, posixpath.normpath("/" + path.lstrip("/"))


def _any_host_path(manifest: Manifest) -> Iterator[Cause]:
    for volume, path in _host_paths(manifest):
        yield cause(volume, f"{manifest.label} should not mount {path!r:.100} of its node (hostPath)")


def _docker_socket(manifest: Manifest) -> Iterator[Cause]:
    for volume, path in _host_paths(manifest):
        if path in _DOCKER_SOCKETS:
            yield cause(volume, f"{manifest.label} should not mount {path!r}")


def _runtime_socket(manifest: Manifest) -> Iterator[Cause]:
    for volume, path in _host_paths(manifest):
        if path.endswith(_RUNTIME_SOCKETS):
            yield cause(
                volume, f"{manifest.label} should not mount {path!r:.100}, the container runtime's socket"
            )


def _system_path(manifest: Manifest) -> Iterator[Cause]:
    for volume, path in _host_paths(manifest):
        if path in _SYSTEM_PATHS:
            yield cause(volume, f"{manifest.label} should not mount {path!r}, a system directory of its node")


def _unusual_volumes(manifest: Manifest) -> Iterator[Cause]:
    for volume in manifest.pod.at("volumes"):
        for sort in volume.keys:
            if sort != "name" and sort not in _CORE_VOLUMES:
                yield cause(volume, f"{manifest.label} should not use volumes of type {sort!r:.40}")


def _host_ports(manifest: Manifest) -> Iterator[Cause]:
    for container in manifest.containers:
        for port in container.node.at("ports"):
            if port.at("hostPort").number:
                yield cause(container.node, f"{container.label} should not set hostPort in ports")
                break


def _low_ports(manifest: Manifest) -> Iterator[Cause]:
    for container in manifest.containers:
        for port in container.node.at("ports"):
            number = port.at("containerPort").number
            if number is not None and number < _PRIVILEGED_PORTS:
                message = f"{container.label} should not listen on {number}, a port below {_PRIVILEGED_PORTS}"
                yield cause(port, message)


def _host_aliases(manifest: Manifest) -> Iterator[Cause]:
    aliases = manifest.pod.at("hostAliases")
    if any(True for _ in aliases):
        yield cause(aliases, f"{manifest.label} should not set hostAliases of its pod")


CHECKS: tuple[Check[Manifest], ...] = (
    of_pods(
        "KSV-0006",
        Severity.HIGH,
        Words(
            "Docker's socket is mounted",
            "Who can write to the socket starts containers with any rights, and so owns the node.",
            "Remove the hostPath volume of docker.sock.",
            _HOST_PATHS,
        ),
        _docker_socket,
    ),
    of_pods(
        "KSV-0007",
        Severity.LOW,
        Words(
            "Entries of /etc/hosts are managed",
            "Names set in /etc/hosts go before those of the cluster, and can lead a program elsewhere "
            "unseen.",
            "Remove hostAliases, and let the cluster's DNS answer.",
            "https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/",
        ),
        _host_aliases,
    ),
    of_pods(
        "KSV-0008",
        Severity.HIGH,
        Words(
            "The node's IPC namespace is shared",
            "Containers then read and write shared memory of the node's processes.",
            "Remove hostIPC from the pod's spec.",
            STANDARDS,
        ),
        _shared("hostIPC"),
    ),
    of_pods(
        "KSV-0009",
        Severity.HIGH,
        Words(
            "The node's network is shared",
            "Containers then see the node's traffic, reach services that listen on localhost only, and no "
            "network policy holds them.",
            "Remove hostNetwork from the pod's spec.",
            STANDARDS,
        ),
        _shared("hostNetwork"),
    ),
    of_pods(
        "KSV-0010",
        Severity.HIGH,
        Words(
            "The node's process ids are shared",
            "Containers then see all processes of the node, with their arguments and environment.",
            "Remove hostPID from the pod's spec.",
            STANDARDS,
        ),
        _shared("hostPID"),
    ),
    of_pods(
        "KSV-0023",
        Severity.MEDIUM,
        Words(
            "Files of the node are mounted",
            "A hostPath volume takes a container out of its own file system, into that of the node and of "
            "other pods.",
            "Use a persistent volume, a ConfigMap or an emptyDir.",
            _HOST_PATHS,
        ),
        _any_host_path,
    ),
    of_pods(
        "KSV-0024",
        Severity.HIGH,
        Words(
            "Ports of the node are used",
            "A port of the node is open to all who reach the node, past services and most network policies.",
            "Remove hostPort, and have a Service lead to the container.",
            STANDARDS,
        ),
        _host_ports,
    ),
    of_pods(
        "KSV-0028",
        Severity.LOW,
        Words(
            "Volumes of other than core types",
            "The restricted standard allows those types of volumes only that bring nothing of the node or "
            "of a network's file servers.",
            "Use a persistent volume claim.",
            STANDARDS,
        ),
        _unusual_volumes,
    ),
    of_pods(
        "KSV-0117",
        Severity.MEDIUM,
        Words(
            "Container listens on a privileged port",
            "Ports below 1024 have programs start as root or with a capability that they need for nothing "
            "else.",
            "Listen on a port from 1024 up; a Service can have another one outside.",
            "https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service",
        ),
        _low_ports,
    ),
    of_pods(
        "KSV-0121",
        Severity.HIGH,
        Words(
            "System directories of the node are mounted",
            "In these directories lie the node's programs, accounts, keys and devices.",
            "Mount the one file or directory that is needed, read-only, or none.",
            _HOST_PATHS,
        ),
        _system_path,
    ),
    of_pods(
        "CB-K8S-0002",
        Severity.HIGH,
        Words(
            "The container runtime's socket is mounted",
            "As with Docker's: who can write to the socket starts containers with any rights on the node.",
            "Remove the hostPath volume of the socket.",
            _HOST_PATHS,
        ),
        _runtime_socket,
    ),
    of_pods(
        "CB-K8S-0003",
        Severity.LOW,
        Words(
            "Containers of a pod share their processes",
            "Each container then sees the others' processes, their environment and, as root, their files.",
            "Remove shareProcessNamespace unless the containers have to signal each other.",
            "https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/",
        ),
        _shared("shareProcessNamespace"),
    ),
)
