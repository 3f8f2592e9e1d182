"""Checks of the users, groups and file systems that containers run with.

Specification: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Callable, Iterator

from analyzers.checks.check import Cause, Check
from analyzers.checks.kubernetes.node import Node
from analyzers.checks.kubernetes.objects import Container, Manifest
from analyzers.checks.kubernetes.writing import CONTEXT, STANDARDS, Words, cause, of_containers, of_pods
from analyzers.severity import Severity

_HIGHEST_HOST_ID = 10_000
"""Users and groups of hosts and of their distributions have numbers up to about that."""


def _may_be_root(container: Container) -> str:
    if container.setting("runAsNonRoot").flag is True:
        return ""
    return "should set securityContext.runAsNonRoot to true"


def _has_low(key: str) -> Callable[[Container], str]:
    def wrong(container: Container) -> str:
        number = container.setting(key).number
        if number is not None and number > _HIGHEST_HOST_ID:
            return ""
        return f"should set securityContext.{key} to a number above {_HIGHEST_HOST_ID}"

    return wrong


def _is_root(container: Container) -> str:
    if container.setting("runAsUser").number != 0:
        return ""
    return "should not set securityContext.runAsUser to 0"


def _writes_root(container: Container) -> str:
    if container.security.at("readOnlyRootFilesystem").flag is True:
        return ""
    return "should set securityContext.readOnlyRootFilesystem to true"


def _has_default_context(container: Container) -> str:
    if container.security.keys or container.pod.at("securityContext").keys:
        return ""
    return "has no securityContext, nor has its pod"


def _root_groups(manifest: Manifest) -> Iterator[Cause]:
    context = manifest.pod.at("securityContext")
    for node, where in _groups(context, "securityContext of the pod"):
        if node.number == 0:
            yield cause(node, f"{manifest.label} should not use group 0 in {where}")
    for container in manifest.containers:
        if container.security.at("runAsGroup").number == 0:
            message = f"{container.label} should not set securityContext.runAsGroup to 0"
            yield cause(container.node, message)


def _groups(context: Node, where: str) -> Iterator[tuple[Node, str]]:
    for key in ("runAsGroup", "fsGroup"):
        yield context.at(key), f"{where} ({key})"
    for each in context.at("supplementalGroups"):
        yield each, f"{where} (supplementalGroups)"


CHECKS: tuple[Check[Manifest], ...] = (
    of_containers(
        "KSV-0012",
        Severity.MEDIUM,
        Words(
            "Container may run as root",
            "Without the setting, nothing stops an image that starts as root; a way out of the container "
            "then leads to root on the node.",
            "Set securityContext.runAsNonRoot to true, for the container or its pod.",
            STANDARDS,
        ),
        _may_be_root,
    ),
    of_containers(
        "KSV-0014",
        Severity.HIGH,
        Words(
            "Root file system can be written to",
            "Who breaks into a container whose files cannot be changed has nowhere to put programs or to "
            "change those that are there.",
            "Set securityContext.readOnlyRootFilesystem to true, and mount volumes where the program writes.",
            CONTEXT,
        ),
        _writes_root,
        linux_only=True,
    ),
    of_containers(
        "KSV-0020",
        Severity.LOW,
        Words(
            "User is one that hosts may have",
            "A user with a low number may be a user of the node as well, with that user's files within "
            "reach.",
            "Set securityContext.runAsUser to a number above 10000.",
            CONTEXT,
        ),
        _has_low("runAsUser"),
        linux_only=True,
    ),
    of_containers(
        "KSV-0021",
        Severity.LOW,
        Words(
            "Group is one that hosts may have",
            "A group with a low number may be a group of the node as well, with that group's files within "
            "reach.",
            "Set securityContext.runAsGroup to a number above 10000.",
            CONTEXT,
        ),
        _has_low("runAsGroup"),
        linux_only=True,
    ),
    of_containers(
        "KSV-0105",
        Severity.LOW,
        Words(
            "Container runs as user 0",
            "The restricted standard forbids to run as root, whatever the image says.",
            "Set securityContext.runAsUser to a number other than 0, or leave it out.",
            STANDARDS,
        ),
        _is_root,
        linux_only=True,
    ),
    of_pods(
        "KSV-0116",
        Severity.LOW,
        Words(
            "Root's group is used",
            "Files of nodes and volumes are often open to group 0, so that its members read what root's are.",
            "Set runAsGroup, fsGroup and supplementalGroups to numbers other than 0.",
            CONTEXT,
        ),
        _root_groups,
    ),
    of_containers(
        "KSV-0118",
        Severity.HIGH,
        Words(
            "No security context",
            "A container without any security context runs with whatever its image and runtime leave open.",
            "Set securityContext for the pod and for each container.",
            CONTEXT,
        ),
        _has_default_context,
    ),
)
