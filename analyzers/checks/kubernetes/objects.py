"""Objects of the Kubernetes API as checks see them: kind, name, pod and containers.

Reference: https://kubernetes.io/docs/reference/kubernetes-api/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from analyzers.checks.kubernetes.node import NOWHERE, Node, span
from analyzers.documents import Lines
from analyzers.errors import ParseError

_TEMPLATE = ("spec", "template")
_PODS: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "Deployment": _TEMPLATE,
    "DeploymentConfig": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
    "DaemonSet": _TEMPLATE,
    "ReplicaSet": _TEMPLATE,
    "ReplicationController": _TEMPLATE,
    "Job": _TEMPLATE,
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
"""Kind → where it has the metadata and spec of its pods."""
_LISTS = ("initContainers", "containers", "ephemeralContainers")
_MOST_OBJECTS = 5_000
"""In one document's nested lists."""
_MOST_CONTAINERS = 1_000
_DEEPEST_LIST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container of a pod, of whichever sort."""

    node: Node
    pod: Node
    """The pod's spec."""
    pod_metadata: Node
    owner: str
    """Of the pod: "Deployment 'web'"."""
    is_ephemeral: bool = False
    """Added to a running pod for debugging: it can have no resources and no ports."""

    @property
    def name(self) -> str:
        """Its name, "" when it has none."""
        return self.node.at("name").text

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"container {self.name!r:.100} of {self.owner}"

    @property
    def security(self) -> Node:
        """Its own security context."""
        return self.node.at("securityContext")

    def setting(self, *keys: str) -> Node:
        """Return a setting of the security context: the container's own, else the pod's."""
        own = self.security.at(*keys)
        return own if own.is_set else self.pod.at("securityContext", *keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One object, from a file or from a cluster."""

    node: Node
    kind: str
    name: str
    """metadata.name, or generateName with "*" after it; "" when it has none."""
    namespace: str
    pod: Node
    """Spec of its pods; empty when it has none."""
    pod_metadata: Node
    containers: tuple[Container, ...] = ()

    @property
    def resource(self) -> str:
        """Name in reports: "Deployment/web", "shop/Deployment/web"."""
        return "/".join(filter(None, (self.namespace, self.kind, self.name)))

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"{self.kind} {self.name!r:.100}"

    @property
    def is_kubernetes_own(self) -> bool:
        """Whether its kind is one of Kubernetes itself: others have kinds of the same name."""
        group = self.node.at("apiVersion").text.rpartition("/")[0]
        return "." not in group or group.endswith(".k8s.io") or group == "authorization.openshift.io"

    @property
    def has_pod(self) -> bool:
        """Whether it runs containers."""
        return self.pod.is_set

    @property
    def is_windows(self) -> bool:
        """Whether its pods run on Windows, where settings of the Linux kernel mean nothing."""
        return self.pod.at("os", "name").text.lower() == "windows"

    @property
    def lines(self) -> Lines:
        """Where it stands."""
        return self.node.lines


def is_object(value: object) -> bool:
    """Tell whether a document is an object of the API: it names its version and kind."""
    node = Node(value)
    return bool(_word(node.at("apiVersion")) and _word(node.at("kind")))


def _word(node: Node) -> bool:
    return isinstance(node.value, str) and node.is_set


def objects_of(value: object) -> Iterator[Manifest]:
    """Yield the objects of a document: itself, or the items of a list; nothing when it is something else.

    Raises:
        ParseError: there are more objects, or containers in one, than any cluster would take at once.
    """
    found = 0
    pending = [(Node(value, span(value) or NOWHERE), 0)]
    while pending:
        node, depth = pending.pop()
        items = node.at("items")
        kind = node.at("kind").text
        if kind.endswith("List") and isinstance(items.value, list | tuple):
            if depth >= _DEEPEST_LIST:
                raise ParseError(f"lists in lists, expected at most {_DEEPEST_LIST} levels")
            pending.extend((each, depth + 1) for each in reversed([_with_kind(each, kind) for each in items]))
        elif is_object(node.value):
            found += 1
            if found > _MOST_OBJECTS:
                raise ParseError(f"more than {_MOST_OBJECTS} objects in a document")
            yield _manifest(node)


def _with_kind(node: Node, list_kind: str) -> Node:
    """Return an item of a typed list ("PodList") with the kind that servers leave out."""
    kind = list_kind.removesuffix("List")
    if not kind or not isinstance(node.value, dict) or node.at("kind").is_set:
        return node
    return Node({**node.value, "apiVersion": node.at("apiVersion").text or "v1", "kind": kind}, node.lines)


def _manifest(node: Node) -> Manifest:
    metadata, kind = node.at("metadata"), node.at("kind").text
    generated = metadata.at("generateName").text
    name = metadata.at("name").text or (f"{generated}*" if generated else "")
    place = _PODS.get(kind)
    template = Node(None, node.lines) if place is None else node.at(*place)
    pod = template.at("spec")
    return Manifest(
        node=node,
        kind=kind,
        name=name,
        namespace=metadata.at("namespace").text,
        pod=pod,
        pod_metadata=template.at("metadata"),
        containers=_limited(_containers(template, f"{kind} {name!r:.100}")),
    )


def _limited(containers: Iterator[Container]) -> tuple[Container, ...]:
    taken = tuple(islice(containers, _MOST_CONTAINERS + 1))
    if len(taken) > _MOST_CONTAINERS:
        raise ParseError(f"more than {_MOST_CONTAINERS} containers in an object")
    return taken


def _containers(template: Node, owner: str) -> Iterator[Container]:
    pod = template.at("spec")
    for key in _LISTS:
        for node in pod.at(key):
            yield Container(
                node=node,
                pod=pod,
                pod_metadata=template.at("metadata"),
                owner=owner,
                is_ephemeral=key == "ephemeralContainers",
            )
