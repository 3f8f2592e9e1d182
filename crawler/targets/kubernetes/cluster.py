"""Everything of a cluster that is wanted, read at one time."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from config.units import is_glob
from crawler.concurrency import for_each
from crawler.registry.errors import (
    DeniedError,
    InsecureError,
    NotFoundError,
    RegistryError,
    UnauthorizedError,
    UnreachableError,
)
from crawler.targets.kubernetes.api import PAGE_OBJECTS, Api, path_of
from crawler.targets.kubernetes.judging import (
    CORE,
    OTHERS,
    Judge,
    Judgement,
    Listed,
    Manifest,
    identity_of,
)
from crawler.targets.kubernetes.objects import Controller, Namespace, Node, Pod, Version
from crawler.targets.kubernetes.workloads import Identity, Objects, Wanted, Workload, workloads

LISTS_AT_ONCE = 4
APPS, BATCH = "apis/apps/v1", "apis/batch/v1"
_LINKS = (
    ("ReplicaSet", APPS, "replicasets"),
    ("Job", BATCH, "jobs"),
    ("ReplicationController", CORE, "replicationcontrollers"),
)
"""Controllers that may belong to others; without them pods cannot be told whose they are."""
_TOPS = (
    ("Deployment", APPS, "deployments"),
    ("StatefulSet", APPS, "statefulsets"),
    ("DaemonSet", APPS, "daemonsets"),
    ("CronJob", BATCH, "cronjobs"),
)
_PLURALS = {"NetworkPolicy": "networkpolicies", "Ingress": "ingresses"}
_OTHERS = tuple((kind, group, _PLURALS.get(kind, f"{kind.lower()}s")) for kind, group in OTHERS.items())
_WITHOUT_NAMESPACE = frozenset({"ClusterRole", "ClusterRoleBinding", "Namespace"})
_PAGE_OBJECTS = {"ConfigMap": 50}
"""Of lists whose objects may be large: 1 MiB each."""
_KNOWN = frozenset({"Pod", *(kind for kind, _, _ in (*_LINKS, *_TOPS))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster as far as it could be read."""

    name: str
    version: str
    """Of its API server; empty when it does not say."""
    workloads: tuple[Workload, ...]
    problems: tuple[str, ...]
    """What could not be read, so that something may be missing."""
    notes: tuple[str, ...]
    """What else there is to know."""
    platforms: tuple[str, ...]
    """Of its nodes, sorted; empty when they may not be listed."""
    judgements: Mapping[Identity, Judgement] = field(default_factory=dict)
    """On the workloads, and on what runs nothing, when they were asked for."""
    unlisted: frozenset[str] = frozenset()
    """The kinds of what may be missing when there are problems; "" for all of them."""


async def read_cluster(api: Api, wanted: Wanted, judge: Judge | None = None) -> Cluster:
    """Return the workloads that are wanted, and maybe what checks say of them.

    Lists are asked for the whole cluster at once, or when that is forbidden, or the wanted namespaces have
    no globs, for one namespace after another. What is refused becomes a problem. Objects are judged page by
    page: nobody keeps their manifests.

    Raises:
        RegistryError: nobody answers, the login is refused, or no list at all could be had.
    """
    reader = _Reader(api, wanted, judge)
    await reader.read()
    if reader.failures and not reader.lists:
        raise reader.failures[0]
    found = workloads(
        Objects(pods=tuple(reader.pods), controllers=tuple(reader.controllers), platforms=reader.platforms),
        wanted,
    )
    return Cluster(
        name=api.cluster,
        version=reader.version,
        workloads=tuple(found),
        problems=tuple(dict.fromkeys(reader.problems)),
        notes=tuple(dict.fromkeys(reader.notes)),
        platforms=tuple(sorted(set(reader.platforms.values()))),
        judgements=reader.judgements,
        unlisted=frozenset(reader.unlisted),
    )


@dataclass(slots=True)
class _Reader:
    """What has come so far."""

    api: Api
    wanted: Wanted
    judge: Judge | None
    version: str = ""
    pods: list[Pod] = field(default_factory=list)
    controllers: list[tuple[str, Controller]] = field(default_factory=list)
    platforms: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    judgements: dict[Identity, Judgement] = field(default_factory=dict)
    failures: list[RegistryError] = field(default_factory=list)
    lists: int = 0
    """Those that could be had."""
    unlisted: set[str] = field(default_factory=set)
    """As `Cluster.unlisted`."""
    named: tuple[str, ...] = ()
    """The wanted namespaces, when they have no globs."""
    expanded: tuple[str, ...] | None = None
    """The wanted ones of all namespaces, once they are asked for."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def read(self) -> None:
        """Read everything; failures are kept, but for those that everything else would meet as well."""
        await self._version()
        globs = self.wanted.namespaces
        if globs and not any(is_glob(name) for name in globs):
            self.named = tuple(name for name in dict.fromkeys(globs) if self.wanted.has_namespace(name))
            await for_each(self.named, self._check_namespace, limit=LISTS_AT_ONCE)
        tops = [each for each in _TOPS if self.wanted.has_kind(each[0])]
        judged = self.judge.others if self.judge else ()
        others = [each for each in _OTHERS if each[0] in judged and self.wanted.has_kind(each[0])]
        lists = (("Pod", CORE, "pods"), *_LINKS, *tops, *others)
        await for_each(lists, lambda each: self._list(*each), limit=LISTS_AT_ONCE)
        await self._nodes()

    async def _check_namespace(self, name: str) -> None:
        """Note a namespace that is not there: its lists are empty like those of one without workloads."""
        try:
            await self.api.get(path_of(CORE, "namespaces", name=name), Namespace)
        except DeniedError:
            pass  # those who may read inside of a namespace often may not read it itself
        except RegistryError as error:
            self._failed(error)

    async def _list(self, kind: str, group: str, resource: str) -> None:
        is_whole = kind in _WITHOUT_NAMESPACE
        if is_whole and self.wanted.namespaces:
            return
        namespaces = self.named
        if not namespaces:
            try:
                await self._keep(kind, group, path_of(group, resource))
            except DeniedError as error:
                namespaces = () if is_whole else await self._expanded()
                if not namespaces:
                    self._failed(error, kind)
            except RegistryError as error:
                self._missed(kind, resource, error)

        async def of_namespace(name: str) -> None:
            try:
                await self._keep(kind, group, path_of(group, resource, namespace=name))
            except RegistryError as error:
                self._missed(kind, resource, error)

        await for_each(namespaces, of_namespace, limit=LISTS_AT_ONCE)

    async def _keep(self, kind: str, group: str, path: str) -> None:
        async def seen(found: Sequence[tuple[Pod | Controller | Listed, msgspec.Raw]]) -> None:
            await self._judge(kind, group, found)

        if kind == "Pod":
            pods, problems = await self.api.objects(path, Pod, seen=seen)
            self.pods += [pod for pod in pods if self.wanted.has_namespace(pod.metadata.namespace)]
        elif kind in _KNOWN:
            controllers, problems = await self.api.objects(path, Controller, seen=seen)
            self.controllers += [
                (kind, each) for each in controllers if self.wanted.has_namespace(each.metadata.namespace)
            ]
        else:
            limit = _PAGE_OBJECTS.get(kind, PAGE_OBJECTS)
            _, problems = await self.api.objects(path, Listed, seen=seen, limit=limit)
        self._incomplete(problems, kind)
        self.lists += 1

    async def _judge(
        self, kind: str, group: str, found: Sequence[tuple[Pod | Controller | Listed, msgspec.Raw]]
    ) -> None:
        """Have those of the objects judged that are wanted."""
        if self.judge is None:
            return
        manifests: dict[Identity, Manifest] = {}
        for each, body in found:
            namespace = each.metadata.name if kind == "Namespace" else each.metadata.namespace
            if not namespace or self.wanted.has_namespace(namespace):
                identity = identity_of(kind, each.metadata, _KNOWN)
                if identity is not None and self.wanted.has_kind(identity.kind):
                    manifests[identity] = Manifest(group=group, kind=kind, body=bytes(body))
        if manifests:
            self.judgements |= await asyncio.to_thread(self.judge.judged, manifests)

    async def _expanded(self) -> tuple[str, ...]:
        """Return the wanted namespaces, for what may not be listed in all of them at once."""
        async with self.lock:
            if self.expanded is None:
                self.expanded = await self._namespaces()
        return self.expanded

    async def _namespaces(self) -> tuple[str, ...]:
        try:
            found, problems = await self.api.objects(path_of(CORE, "namespaces"), Namespace)
        except RegistryError as error:
            self._failed(error)
            self.problems.append("--include-namespaces can name the namespaces that may be read")
            return ()
        self._incomplete(problems)
        names = (each.metadata.name for each in found)
        return tuple(name for name in names if self.wanted.has_namespace(name))

    async def _nodes(self) -> None:
        try:
            nodes, problems = await self.api.objects(path_of(CORE, "nodes"), Node)
        except RegistryError as error:
            self.notes.append(f"the nodes' platforms are not known: {error}")
            return
        self.notes += problems
        self.platforms = {node.metadata.name: node.platform for node in nodes if node.platform}

    async def _version(self) -> None:
        try:
            self.version = (await self.api.get("/version", Version)).git_version
        except (UnreachableError, InsecureError, UnauthorizedError):
            raise
        except RegistryError as error:
            self.notes.append(f"the server's version is not known: {error}")

    def _missed(self, kind: str, resource: str, error: RegistryError) -> None:
        if kind in OTHERS and isinstance(error, NotFoundError):
            # Older and smaller servers do not have all of them.
            self.notes.append(f"the server knows no {resource}, so that there were none to judge")
        else:
            self._failed(error, kind)

    def _failed(self, error: RegistryError, kind: str = "") -> None:
        self.failures.append(error)
        self._incomplete([str(error)], kind)

    def _incomplete(self, problems: Sequence[str], kind: str = "") -> None:
        if problems:
            self.problems += problems
            self.unlisted.add(kind)
