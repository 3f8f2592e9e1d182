"""Short forms in which the checks of Kubernetes objects are written."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from analyzers.checks.check import Cause, Check
from analyzers.checks.kubernetes.node import Node
from analyzers.checks.kubernetes.objects import Container, Manifest
from analyzers.severity import Severity

STANDARDS = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
CONTEXT = "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"
RBAC = "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"


@dataclass(frozen=True, slots=True)
class Words:
    """What a check says of itself."""

    title: str
    why: str
    mend: str
    link: str


def of_objects(
    check_id: str,
    severity: Severity,
    words: Words,
    judge: Callable[[Manifest], Iterable[Cause]],
    *,
    applies: Callable[[Manifest], bool] | None = None,
) -> Check[Manifest]:
    """Return a check that judges objects whole."""
    return Check(
        id=check_id,
        title=words.title,
        severity=severity,
        description=words.why,
        resolution=words.mend,
        link=words.link,
        judge=judge,
        applies=applies,
        provider="kubernetes",
        service="general",
    )


def of_pods(
    check_id: str, severity: Severity, words: Words, judge: Callable[[Manifest], Iterable[Cause]]
) -> Check[Manifest]:
    """Return a check of objects that run pods."""
    return of_objects(check_id, severity, words, judge, applies=_has_pod)


def of_containers(
    check_id: str,
    severity: Severity,
    words: Words,
    wrong: Callable[[Container], str],
    *,
    linux_only: bool = False,
) -> Check[Manifest]:
    """Return a check of each container, which fails on all lines of that container.

    `wrong` says what the container should do ("should set …"), "" when it does.
    """

    def judge(manifest: Manifest) -> Iterator[Cause]:
        for container in manifest.containers:
            if said := wrong(container):
                yield cause(container.node, f"{container.label} {said}")

    return of_objects(check_id, severity, words, judge, applies=_on_linux if linux_only else _has_containers)


def cause(node: Node, message: str) -> Cause:
    """Return a failure at a part of a manifest."""
    return Cause(message=message, start_line=node.lines[0], end_line=node.lines[1])


def of_kinds(*kinds: str) -> Callable[[Manifest], bool]:
    """Return whether an object is of one of Kubernetes' own kinds."""
    return lambda manifest: manifest.kind in kinds and manifest.is_kubernetes_own


def _has_pod(manifest: Manifest) -> bool:
    return manifest.has_pod


def _has_containers(manifest: Manifest) -> bool:
    return bool(manifest.containers)


def _on_linux(manifest: Manifest) -> bool:
    return bool(manifest.containers) and not manifest.is_windows
