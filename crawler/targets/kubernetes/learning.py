"""The images of a cluster: each is learned once, by a login that its workloads have for it."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from config.settings import Registry
from crawler.clients import client_of
from crawler.concurrency import for_each
from crawler.engine import Engine
from crawler.registry.auth import Credentials
from crawler.registry.auth_file import AuthFile
from crawler.registry.client import RegistryClient
from crawler.registry.errors import (
    DeniedError,
    NotFoundError,
    RegistryError,
    UnauthorizedError,
)
from crawler.registry.manifest import Described
from crawler.registry.reference import Reference
from crawler.sources.remote import RemoteSource
from crawler.targets.image import INDEX, chosen
from crawler.targets.kubernetes.api import Api, path_of
from crawler.targets.kubernetes.cluster import Cluster
from crawler.targets.kubernetes.image_ids import RunningImage
from crawler.targets.kubernetes.judging import CORE
from crawler.targets.kubernetes.objects import Secret, ServiceAccount
from crawler.targets.kubernetes.pull_secrets import login_of, parse_secret
from crawler.targets.kubernetes.workloads import Login, Usage
from store import images

IMAGES_AT_ONCE = 6
SECRETS_AT_ONCE = 8
DEFAULT_PLATFORM = "linux/amd64"
"""Of a cluster that does not tell its nodes' platforms."""
_NOT_THIS_WAY = (UnauthorizedError, DeniedError, NotFoundError)
"""What another login or place may do better; registries deny having what they may not show."""


@dataclass(slots=True, kw_only=True)
class ClusterImage:
    """An image that containers of a cluster run, and what became of it."""

    image: RunningImage
    platforms: set[str] = field(default_factory=set)
    logins: dict[Login, None] = field(default_factory=dict)
    digests: tuple[str, ...] = ()
    """Of the analysed manifests: one, or one for each platform."""
    problems: list[str] = field(default_factory=list)
    """Why it could not be read, or not be trusted to be what runs."""


def images_of(cluster: Cluster) -> dict[str, ClusterImage]:
    """Return the distinct images of a cluster by `RunningImage.key`."""
    found: dict[str, ClusterImage] = {}
    for usage in _usages(cluster):
        image = found.setdefault(usage.image.key, ClusterImage(image=usage.image))
        image.image = _with_places_of(image.image, usage.image)
        image.platforms.update([usage.platform] if usage.platform else [])
        image.logins[usage.login] = None
    for image in found.values():
        image.platforms = image.platforms or set(cluster.platforms) or {DEFAULT_PLATFORM}
    return found


def _usages(cluster: Cluster) -> Iterator[Usage]:
    for workload in cluster.workloads:
        yield from workload.usages


def _with_places_of(one: RunningImage, other: RunningImage) -> RunningImage:
    return replace(one, places=tuple(dict.fromkeys((*one.places, *other.places))))


async def learn_images(
    engine: Engine, api: Api, found: Collection[ClusterImage], registry_of: Callable[[str], Registry]
) -> list[str]:
    """Make each image analysed, or say in its problems why it is not.

    Of what the store knows nobody is asked; other images cost what they cost elsewhere.

    Args:
        engine: what scans share.
        api: the cluster, asked for the pull secrets of images that are not known.
        found: the images.
        registry_of: gives the settings of a registry by its name; raises a RegistryError for a bad one.

    Returns:
        Pull secrets that could not be used; it was tried without them.
    """
    unknown: list[ClusterImage] = []
    for image in found:
        await _recall(engine, image)
        if not image.digests:
            unknown.append(image)
    secrets = PullSecrets(api)
    await secrets.fetch({login for image in unknown for login in image.logins})
    async with contextlib.AsyncExitStack() as opened:
        learner = _Learner(engine, secrets, _Clients(opened, registry_of))
        await for_each(unknown, learner.learn, limit=IMAGES_AT_ONCE)
    return sorted(secrets.problems.values())


async def _recall(engine: Engine, image: ClusterImage) -> None:
    """Give the image the digests that the store has analysed all of; none otherwise."""
    digest = image.image.digest
    if digest is None:
        return
    manifests = await _manifests(engine, digest, image.platforms)
    states = await images.manifest_states(engine.store.read, manifests)
    analysed = [each for each in manifests if each in states and states[each].state == "analysed"]
    if analysed == manifests and not await engine.images.unfinished(manifests):
        image.digests = tuple(manifests)


async def _manifests(engine: Engine, digest: str, platforms: Collection[str]) -> list[str]:
    """Return the manifest itself, or those of a known index that are wanted."""
    children = await images.index_children(engine.store.read, digest)
    states = await images.manifest_states(engine.store.read, children)
    held = {child: platform for child, platform in children.items() if states[child].reason != INDEX}
    return chosen(held, platforms) if held else [digest]


class PullSecrets:
    """The logins that workloads have in their cluster; fetched before they are asked for."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._accounts: dict[tuple[str, str], tuple[str, ...]] = {}
        self._files: dict[tuple[str, str], AuthFile] = {}
        self.problems: dict[tuple[str, str, str], str] = {}
        """(resource, namespace, name) → why it cannot be used."""

    async def fetch(self, wanted: Iterable[Login]) -> None:
        """Read the service accounts of these logins, and the secrets that either names."""
        wanted = list(wanted)
        accounts = dict.fromkeys((login.namespace, login.service_account) for login in wanted)
        await for_each(accounts, self._fetch_account, limit=SECRETS_AT_ONCE)
        names = dict.fromkeys((login.namespace, name) for login in wanted for name in self._names(login))
        await for_each(names, self._fetch_secret, limit=SECRETS_AT_ONCE)

    def files(self, login: Login) -> list[AuthFile]:
        """Return what the login's secrets hold: its own before those of its service account."""
        found = (self._files.get((login.namespace, name)) for name in self._names(login))
        return [file for file in found if file is not None]

    def missed(self, login: Login) -> list[str]:
        """Return why parts of the login cannot be used."""
        keys = [("serviceaccounts", login.namespace, login.service_account)]
        keys += [("secrets", login.namespace, name) for name in self._names(login)]
        return [self.problems[key] for key in keys if key in self.problems]

    def _names(self, login: Login) -> list[str]:
        of_account = self._accounts.get((login.namespace, login.service_account), ())
        return list(dict.fromkeys((*login.secrets, *of_account)))

    async def _fetch_account(self, key: tuple[str, str]) -> None:
        namespace, name = key
        try:
            path = path_of(CORE, "serviceaccounts", namespace=namespace, name=name)
            account = await self._api.get(path, ServiceAccount)
        except RegistryError as error:
            self.problems["serviceaccounts", namespace, name] = str(error)
            return
        self._accounts[key] = tuple(each.name for each in account.image_pull_secrets or () if each.name)

    async def _fetch_secret(self, key: tuple[str, str]) -> None:
        namespace, name = key
        try:
            secret = await self._api.get(path_of(CORE, "secrets", namespace=namespace, name=name), Secret)
            self._files[key] = parse_secret(secret, f"secret {namespace}/{name}")
        except RegistryError as error:
            self.problems["secrets", namespace, name] = str(error)


class _Clients:
    """One client for each registry and login: tokens of one login are nothing for another."""

    def __init__(self, opened: contextlib.AsyncExitStack, registry_of: Callable[[str], Registry]) -> None:
        self._opened, self._registry_of = opened, registry_of
        self._clients: dict[tuple[str, Credentials | None], RegistryClient] = {}
        self._lock = asyncio.Lock()

    async def get(self, registry: str, credentials: Credentials | None) -> RegistryClient:
        """Return an open client; None logs in as this machine does. Raises RegistryError."""
        async with self._lock:
            key = (registry, credentials)
            if key not in self._clients:
                client = _client(self._registry_of(registry), credentials)
                self._clients[key] = await self._opened.enter_async_context(client)
            return self._clients[key]


def _client(registry: Registry, credentials: Credentials | None) -> RegistryClient:
    client = client_of(registry)
    if credentials is None:
        return client

    async def given(_repository: str) -> Credentials | None:
        return credentials

    return RegistryClient(replace(client.endpoint, username="", password=""), credentials=given)


class _Learner:
    """Learns single images."""

    def __init__(self, engine: Engine, secrets: PullSecrets, clients: _Clients) -> None:
        self._engine, self._secrets, self._clients = engine, secrets, clients

    async def learn(self, image: ClusterImage) -> None:
        """Make the image analysed, or say why it is not; one fails, the others go on."""
        failures: dict[str, None] = {}
        given_up: set[str] = set()
        for place, credentials in self._ways(image, failures):
            if place.registry in given_up:
                continue
            try:
                client = await self._clients.get(place.registry, credentials)
                source = RemoteSource(client, place.repository)
                described = await source.describe(place.target)
            except RegistryError as error:
                failures[str(error)] = None
                if not isinstance(error, _NOT_THIS_WAY):
                    given_up.add(place.registry)
                continue
            await self._read(image, source, described)
            return
        missed = [each for login in image.logins for each in self._secrets.missed(login)]
        image.problems += [*failures, *dict.fromkeys(missed)]

    def _ways(
        self, image: ClusterImage, failures: dict[str, None]
    ) -> Iterator[tuple[Reference, Credentials | None]]:
        """Yield where the image may be and what to log in with: the cluster's logins, then our own."""
        files = [file for login in image.logins for file in self._secrets.files(login)]
        for place in image.image.places:
            known: dict[Credentials | None, None] = {}
            for file in files:
                try:
                    credentials = login_of(file, place.registry, place.repository)
                except RegistryError as error:
                    failures[str(error)] = None
                else:
                    known |= {credentials: None} if credentials else {}
            for each in (*known, None):
                yield place, each

    async def _read(self, image: ClusterImage, source: RemoteSource, described: Described) -> None:
        store = self._engine.store
        async with store.transaction() as tx:
            await images.add_manifest(tx, described.digest, described.media_type, described.size)
        await self._engine.images.learn(source, described.digest, image.platforms, again=True)
        manifests = await _manifests(self._engine, described.digest, image.platforms)
        states = await images.manifest_states(store.read, manifests)
        image.digests = tuple(each for each in manifests if states[each].state == "analysed")
        image.problems += [
            f"not an image but a {state.reason}" if state.state == "not_an_image" else state.reason
            for state in map(states.__getitem__, manifests)
            if state.state != "analysed"
        ]
        if image.image.image_id and image.digests:
            await self._check_id(image, described.digest)

    async def _check_id(self, image: ClusterImage, digest: str) -> None:
        """Say so when a tag, all that the pod tells, is not what its node runs."""
        rows = [await images.image_row(self._engine.store.read, each) for each in image.digests]
        # The id is the configuration's digest; Docker with containerd's store gives the manifest's.
        if image.image.image_id not in {digest, *image.digests, *(row.config_digest for row in rows)}:
            image.problems.append(
                f"what runs is {image.image.image_id}; the registry has another image by this name"
            )
