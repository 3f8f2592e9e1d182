"""The workloads of a cluster, put together from its objects."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from re import compile as compile_pattern

from crawler.registry.errors import InvalidReferenceError
from crawler.targets.kubernetes.image_ids import RunningImage, running_image
from crawler.targets.kubernetes.objects import Container, ContainerStatus, Controller, Owner, Pod, PodSpec

OWNER_LEVELS = 16
"""Owners of owners that are followed."""
DEFAULT_SERVICE_ACCOUNT = "default"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Identity:
    """What a workload is called."""

    namespace: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What a workload's images are pulled with."""

    namespace: str
    secrets: tuple[str, ...]
    service_account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """An image as one container of a workload uses it."""

    container: str
    image: RunningImage
    platform: str
    """Of the node it runs on; empty when that is not known."""
    login: Login


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Something that somebody made to run, with all that its pods run."""

    identity: Identity
    usages: tuple[Usage, ...]
    problems: tuple[str, ...] = ()
    """Images that have no name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which workloads are wanted; globs, and kinds in any case, in singular or plural."""

    namespaces: tuple[str, ...] = ()
    """Empty for all."""
    not_namespaces: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """Empty for all."""
    not_kinds: tuple[str, ...] = ()

    def has_namespace(self, name: str) -> bool:
        """Tell whether workloads of a namespace are wanted."""
        return _chosen((name,), self.namespaces, self.not_namespaces)

    def has_kind(self, kind: str) -> bool:
        """Tell whether workloads of a kind are wanted."""
        lower = kind.lower()
        return _chosen((lower, f"{lower}s"), self.kinds, self.not_kinds)


def _chosen(names: Collection[str], include: Collection[str], exclude: Collection[str]) -> bool:
    return (not include or _matches(names, include)) and not _matches(names, exclude)


def _matches(names: Collection[str], globs: Collection[str]) -> bool:
    patterns = [compile_pattern(translate(glob.lower())) for glob in globs]
    return any(pattern.match(name.lower()) for pattern in patterns for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """What was read of a cluster."""

    pods: tuple[Pod, ...] = ()
    controllers: tuple[tuple[str, Controller], ...] = ()
    """(kind, object): Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, ReplicationController."""
    platforms: Mapping[str, str] = field(default_factory=dict)
    """Node → platform."""


def workloads(objects: Objects, wanted: Wanted) -> list[Workload]:
    """Return the workloads that are wanted, in the order of their names.

    A pod belongs to the topmost controller of its owners: known ones, or one of another kind, that only its
    name is known of. What a controller of that sort has no pods for is taken from its template.
    """
    owners = {each.metadata.uid: (kind, each) for kind, each in objects.controllers if each.metadata.uid}
    found: dict[Identity, list[tuple[PodSpec, Pod | None]]] = {}
    for kind, controller in objects.controllers:
        if controller.metadata.controller is None:
            meta = controller.metadata
            identity = Identity(namespace=meta.namespace, kind=kind, name=meta.name)
            spec = controller.pod_spec
            found.setdefault(identity, []).extend([(spec, None)] if spec else [])
    for pod in objects.pods:
        found.setdefault(_top(pod, owners), []).append((pod.spec, pod))
    chosen = (
        identity
        for identity in sorted(found)
        if wanted.has_namespace(identity.namespace) and wanted.has_kind(identity.kind)
    )
    return [_workload(identity, found[identity], objects.platforms) for identity in chosen]


def _top(pod: Pod, owners: Mapping[str, tuple[str, Controller]]) -> Identity:
    """Return what a pod belongs to."""
    meta = pod.metadata
    identity = Identity(namespace=meta.namespace, kind="Pod", name=meta.name)
    owner: Owner | None = meta.controller
    for _ in range(OWNER_LEVELS):
        if owner is None:
            break
        identity = Identity(namespace=meta.namespace, kind=owner.kind, name=owner.name)
        known = owners.get(owner.uid)
        owner = known[1].metadata.controller if known else None
    return identity


def _workload(
    identity: Identity, parts: Iterable[tuple[PodSpec, Pod | None]], platforms: Mapping[str, str]
) -> Workload:
    usages: dict[tuple[str, str, str], Usage] = {}
    problems: dict[str, None] = {}
    # What runs comes before what is only wanted: a node knows the digest.
    for spec, pod in sorted(parts, key=lambda part: part[1] is None):
        login = _login(identity.namespace, spec)
        known = {(name, image) for name, image, _ in usages}
        for container, status in _containers(spec, pod):
            if pod is None and (container.name, container.image) in known:
                continue
            try:
                image = running_image(container.image, status.image_id if status else "")
            except InvalidReferenceError as error:
                problems[f"container {container.name!r}: {error}"] = None
                continue
            usage = Usage(
                container=container.name,
                image=image,
                platform=platforms.get(spec.node_name, ""),
                login=login,
            )
            usages.setdefault((container.name, container.image, f"{image.key} {usage.platform}"), usage)
    return Workload(identity=identity, usages=tuple(usages.values()), problems=tuple(problems))


def _login(namespace: str, spec: PodSpec) -> Login:
    secrets = tuple(dict.fromkeys(each.name for each in spec.image_pull_secrets or () if each.name))
    account = spec.service_account_name or DEFAULT_SERVICE_ACCOUNT
    return Login(namespace=namespace, secrets=secrets, service_account=account)


def _containers(spec: PodSpec, pod: Pod | None) -> Iterator[tuple[Container, ContainerStatus | None]]:
    """Yield the containers of a pod or template, each with what the node says of it."""
    groups: tuple[tuple[Iterable[Container], Iterable[ContainerStatus]], ...] = (
        (spec.init_containers or (), pod.status.init_container_statuses or () if pod else ()),
        (spec.containers or (), pod.status.container_statuses or () if pod else ()),
        (spec.ephemeral_containers or (), pod.status.ephemeral_container_statuses or () if pod else ()),
    )
    for wanted, statuses in groups:
        by_name = {status.name: status for status in statuses}
        for container in wanted:
            yield container, by_name.get(container.name)
