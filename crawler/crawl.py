"""One pass over a registry: what its tags point to now, and every image that was never looked into."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from config.settings import Registry, Settings
from crawler import clock, rematch
from crawler.advisories.osv import FeedOutcome
from crawler.clients import client_of
from crawler.concurrency import for_each
from crawler.engine import Engine
from crawler.notify.endpoints import rules
from crawler.registry.catalogs import catalog_for, matcher
from crawler.registry.client import RegistryClient
from crawler.registry.errors import NotFoundError, RegistryError
from crawler.registry.manifest import Described
from crawler.sources.remote import RemoteSource
from crawler.targets.refusals import Place
from crawler.telling.tags import Searched, tell_tags
from store import advisories, images, tags, verdicts
from store.pruning import Pruned, prune, set_crawled

REGISTRIES_AT_ONCE = 4
"""While one is slow, or answers nothing, the others go on."""
REPOSITORIES_AT_ONCE = 8
TAGS_AT_ONCE = 8
"""Tags of one repository that are resolved at a time; the client limits the whole."""
IMAGES_AT_ONCE = 12
"""Images that are learned at a time: while some wait for the registry, others are put together."""

OTHERS_ASKED = 8
"""Repositories that are asked for an image that one could not give."""


@dataclass(slots=True, kw_only=True)
class Pass:
    """How far one pass over one registry has come, and in the end what it found."""

    registry: str
    repositories: int = 0
    """Found in the catalog."""
    repositories_done: int = 0
    tags: int = 0
    tags_changed: int = 0
    manifests: int = 0
    """Distinct, that tags point to."""
    manifests_done: int = 0
    listed: bool = False
    """Whether the catalog could be read to its end."""
    failures: list[tuple[str, str]] = field(default_factory=list)
    """(name, reason) of what could not be listed or resolved."""
    list_requests: int = 0
    head_requests: int = 0
    other_requests: int = 0
    """Manifests, blobs and tokens."""
    retries: int = 0
    received_bytes: int = 0
    """Of every body."""
    pulled_bytes: int = 0
    """Of layers."""
    feeds: tuple[FeedOutcome, ...] = ()
    """What came of fetching the advisories of ecosystems that were met for the first time."""


@dataclass(slots=True)
class NewFeeds:
    """Feeds that crawls meet for the first time; those side by side may meet the same."""

    fetching: asyncio.Lock = field(default_factory=asyncio.Lock)
    in_vain: set[str] = field(default_factory=set)
    """Those that could not be had lately: asking takes minutes, and is left to updates."""

    async def fetch(self, engine: Engine, settings: Settings) -> tuple[FeedOutcome, ...]:
        """Fetch those that were never fetched, and match what is stored; return what came of fetching."""
        endpoints = rules(settings)
        async with self.fetching:
            met = [feed for feed in await _feeds_never_fetched(engine) if feed not in self.in_vain]
            if met:
                url = settings.advisories.osv.url
                outcomes = (await rematch.update_advisories(engine.store, url, endpoints, met)).feeds
                self.in_vain.update(outcome.feed for outcome in outcomes if outcome.state == "failed")
                return outcomes
        await rematch.match_all(engine.store, endpoints)
        return ()


async def crawl_and_tell(
    engine: Engine,
    settings: Settings,
    registry: Registry,
    watched: Callable[[Pass], None],
    feeds: NewFeeds | None,
) -> Pass:
    """Crawl a registry, judge what is new, and put what changed into the event log.

    The first pass that could list the registry tells nothing unless it is asked to: it is what later changes
    are compared with.

    Args:
        engine: what scans share.
        settings: platforms, the source of advisories, whom to tell.
        registry: the registry.
        watched: see `crawl`.
        feeds: those that are met for the first time; None when none may be fetched.
    """
    platforms = registry.platforms or settings.crawl.platforms
    progress = await crawl(engine, registry, platforms, watched)
    if feeds is not None:
        progress.feeds = await feeds.fetch(engine, settings)
    else:
        await rematch.match_all(engine.store, rules(settings))
    tells_first = settings.crawl.tell_first
    if progress.listed and tells_first:
        await _begin_to_tell(engine, registry, silent=False)
    await tell_tags(
        engine.store,
        registry.url,
        settings,
        clock.now(),
        Searched(engine.secrets.packed, engine.images.analysed_with, platforms),
    )
    if progress.listed and not tells_first:
        await _begin_to_tell(engine, registry, silent=True)
    if progress.listed:
        await set_crawled(engine.store, registry.url, clock.now())
    return progress


async def forget_old(engine: Engine, settings: Settings) -> Pruned:
    """Prune the store of what ended longer ago than the settings keep it; nobody may crawl meanwhile."""
    if not settings.store.keep:
        return Pruned()
    now = clock.now()
    in_settings = [each.url for each in settings.registries]
    before = clock.later(now, -settings.store.keep)
    pruned = await prune(engine.store, before, now=now, watched=in_settings)
    engine.layers.forget()
    return pruned


async def _begin_to_tell(engine: Engine, registry: Registry, *, silent: bool) -> None:
    """Let changes of tags be told from now on, if they were not; those that there are as well or not."""
    if not await tags.has_baseline(engine.store.read, registry.url):
        async with engine.store.transaction() as tx:
            await tags.set_baseline(tx, registry.url, clock.now(), silent=silent)


async def _feeds_never_fetched(engine: Engine) -> list[str]:
    needed = await verdicts.feeds_needed(engine.store.read)
    have = {feed.name for feed in await advisories.feeds(engine.store.read) if feed.current_at}
    return [feed for feed in needed if feed not in have]


async def crawl(
    engine: Engine, registry: Registry, platforms: Collection[str], watched: Callable[[Pass], None]
) -> Pass:
    """Walk a registry once; afterwards the store holds its tags as they are and what their images hold.

    `watched` is given the pass at its start, so that its progress can be shown.
    """
    progress = Pass(registry=registry.url)
    watched(progress)
    try:
        async with client_of(registry) as client:
            try:
                await _Crawl(engine, registry, platforms, client, progress).run()
            finally:
                _count(progress, client)
    except RegistryError as error:
        progress.failures.append((registry.url, str(error)))
    return progress


def _count(progress: Pass, client: RegistryClient) -> None:
    counts = client.counts
    progress.list_requests, progress.head_requests = counts.lists, counts.heads
    progress.other_requests = counts.manifests + counts.blobs + counts.tokens
    progress.retries = counts.retries
    progress.received_bytes, progress.pulled_bytes = counts.received_bytes, counts.layer_bytes


class _Crawl:
    """The state of one pass."""

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        platforms: Collection[str],
        client: RegistryClient,
        progress: Pass,
    ) -> None:
        self._engine, self._registry, self._platforms = engine, registry, platforms
        self._client, self._progress = client, progress
        self._wants = _chosen(registry.repositories, registry.exclude)
        self._wants_tag = _chosen(registry.tags, registry.exclude_tags)
        self._listed_tags = self._wanted_tags = self._not_asked = 0
        self._seen: set[str] = set()
        self._refused: dict[str, str] = {}
        self._image_slots = asyncio.Semaphore(IMAGES_AT_ONCE)

    async def run(self) -> None:
        """Walk every repository; what cannot be read is a failure of its own, with its reason."""
        catalog = catalog_for(self._registry.kind, self._client, self._registry.repositories)
        names = {name: None async for name in catalog.repositories() if self._wants(name)}
        self._progress.repositories, self._progress.listed = len(names), True
        await for_each(names, self._repository, limit=REPOSITORIES_AT_ONCE)
        await for_each(self._refused.items(), self._ask_others, limit=IMAGES_AT_ONCE)
        if self._not_asked:
            reason = (
                f"answers no more; {self._not_asked} of its repositories, tags and images were not asked for"
            )
            self._progress.failures.append((self._registry.url, reason))
        before = await tags.repositories_with_tags(self._engine.store.read, self._registry.url)
        if before and not names:
            # So answers a registry to somebody whose login it has forgotten.
            reason = f"lists no repository; the {len(before)} known ones are kept as they were"
            self._progress.failures.append((self._registry.url, reason))
            return
        for gone in before:
            if gone not in names:
                await self._put_tags(gone, {}, ())
        self._expect_some(names)

    def _expect_some(self, names: Collection[str]) -> None:
        """Note it as a failure when nothing is what the settings ask for: that looks clean, and is a slip."""
        registry = self._registry
        if not names and (registry.repositories, registry.exclude) != (("*",), ()):
            reason = f"has no repository that repositories = {list(registry.repositories)} asks for"
            self._progress.failures.append((registry.url, reason))
        elif self._listed_tags and not self._wanted_tags:
            reason = f"has {self._listed_tags} tags, and none that tags = {list(registry.tags)} asks for"
            self._progress.failures.append((registry.url, reason))

    def _is_in_vain(self) -> bool:
        """Tell whether there is no sense in asking for one thing more, and count it."""
        is_silent = self._client.is_silent
        self._not_asked += is_silent
        return is_silent

    async def _repository(self, name: str) -> None:
        if self._is_in_vain():
            return
        try:
            listed = [tag async for tag in self._client.tags(name)]
        except NotFoundError as error:
            if name in self._registry.repositories:
                # Nobody listed it but the settings: a slip of the pen, or a login that may not see it.
                self._progress.failures.append((name, str(error)))
                return
            # Registries go on listing a repository whose last tag was deleted.
            listed = []
        except RegistryError as error:
            self._progress.failures.append((name, str(error)))
            return
        found = [tag for tag in listed if self._wants_tag(tag)]
        self._listed_tags += len(listed)
        self._wanted_tags += len(found)
        described: dict[str, Described] = {}
        unread: list[str] = []

        async def resolve(tag: str) -> None:
            if self._is_in_vain():
                unread.append(tag)
                return
            try:
                described[tag] = await self._client.head_manifest(name, tag)
            except RegistryError as error:
                unread.append(tag)
                self._progress.failures.append((f"{name}:{tag}", str(error)))

        await for_each(dict.fromkeys(found), resolve, limit=TAGS_AT_ONCE)
        await self._put_tags(name, described, unread)
        self._progress.tags += len(described)
        await self._learn(name, {str(each.digest) for each in described.values()} - self._seen)
        self._progress.repositories_done += 1

    async def _put_tags(self, name: str, found: dict[str, Described], unread: Collection[str]) -> None:
        digests = {tag: str(each.digest) for tag, each in found.items()}
        reader, registry = self._engine.store.read, self._registry.url
        if not any(await tags.changed_tags(reader, registry, name, found=digests, unread=unread)):
            return
        known = await images.manifest_states(self._engine.store.read, set(digests.values()))
        new = {each.digest: each for each in found.values() if each.digest not in known}
        async with self._engine.store.transaction() as tx:
            await images.add_manifests(
                tx, ((each.digest, each.media_type, each.size) for each in new.values())
            )
            self._progress.tags_changed += await tags.put_tags(
                tx,
                self._registry.url,
                name,
                found=digests,
                unread=unread,
                now=clock.now(),
                wants=self._wants_tag if self._wants(name) else _nothing,
            )

    async def _learn(self, repository: str, digests: Collection[str]) -> None:
        self._seen.update(digests)
        self._progress.manifests += len(digests)
        place = Place(self._registry.url, repository)
        unfinished = await self._engine.images.unfinished(digests, place)
        self._progress.manifests_done += len(digests) - len(unfinished)
        source = RemoteSource(self._client, repository)

        async def learn(digest: str) -> None:
            async with self._image_slots:
                if self._is_in_vain():
                    return
                if await self._engine.images.learn(source, digest, self._platforms, place):
                    self._refused[digest] = repository
            self._progress.manifests_done += 1

        await for_each(unfinished, learn, limit=IMAGES_AT_ONCE)

    async def _ask_others(self, refused: tuple[str, str]) -> None:
        """Ask other repositories for an image that one of them could not give."""
        digest, by = refused
        having = await tags.repositories_of(self._engine.store.read, self._registry.url, digest)
        for name in [name for name in having if name != by][:OTHERS_ASKED]:
            if self._is_in_vain():
                return
            source, place = RemoteSource(self._client, name), Place(self._registry.url, name)
            if not await self._engine.images.learn(source, digest, self._platforms, place):
                return


def _nothing(_tag: str) -> bool:
    return False


def _chosen(include: Collection[str], exclude: Collection[str]) -> Callable[[str], bool]:
    wants = matcher(tuple(include))
    refuses = matcher(tuple(exclude)) if exclude else None
    return lambda name: wants(name) and not (refuses and refuses(name))
