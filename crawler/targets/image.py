"""One image: from its manifest to its packages in the store."""

import asyncio
import errno
import functools
import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from analyzers.catalogue import catalogue
from analyzers.inventory import LayerInventory, Problem, Scanner
from analyzers.squash import Squashed, squash
from crawler import clock
from crawler.concurrency import KeyedLocks, for_each
from crawler.errors import LayerError
from crawler.layers import Layers
from crawler.registry.errors import ManifestError, RegistryError
from crawler.registry.kinds import Kind, classify, is_attestation
from crawler.registry.manifest import (
    CONFIG_BYTES,
    Descriptor,
    ImageConfig,
    Index,
    Manifest,
    RawManifest,
    layer_commands,
    parse_config,
)
from crawler.registry.reference import parse_digest
from crawler.sources import ImageSource
from crawler.sources.platforms import suits
from crawler.targets.refusals import Place, Refusals
from store import images
from store.database import Store
from store.images import ImageRecord, ManifestState

if TYPE_CHECKING:
    from crawler.targets.image_contents import ContentSearch
    from store.content_sets import EncodedSet

_Choose = Callable[[Mapping[str, str]], list[str]]
"""Returns which of an index's images are looked into; digest → platform."""

ALL_PLATFORMS = "all"
CALLED_ATTESTATION = "attestation, by what its index says"
"""Why a manifest was never fetched. Anybody can say so of an image: a tag of its own has it looked into."""
LAYERS_AT_ONCE = 4
"""Layers of one image that are pulled at a time."""
INDEX = "index"
INDEX_LEVELS = 8
"""Indexes in each other that are followed; builders make one."""
SIZE_LIMITS = frozenset({"layer_bytes", "memory_bytes", "entries", "manifest_bytes", "blob_bytes"})
"""Limits whose passing makes an image too_large rather than failed."""
FIRST_RETRY_S, LAST_RETRY_S = 600.0, 24 * 3600.0
"""A failed manifest is tried again after the first time, then after twice as long each, up to the last."""


OUR_FAULTS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""What this machine lacks says nothing about an image: it ends the crawl, and the next one goes on.

Only a layer that the disk could not hold alone fails its image instead: the others need not wait for it.
"""


class ImageCounts(msgspec.Struct):
    """What became of the manifests asked for."""

    analysed: int = 0
    known: int = 0


def fingerprint(versions: Mapping[str, int], remembered: "ContentSearch | None" = None) -> str:
    """Return what tells by which analyzers an image was analysed: a word for each thing looked for.

    One more is for what of its contents is remembered.
    """
    scanners = {analyzer.id: analyzer.scanner for analyzer in catalogue()}
    apart: dict[str, list[tuple[str, int]]] = {}
    for each in sorted(versions.items()):
        apart.setdefault(scanners.get(each[0], Scanner.PACKAGES), []).append(each)
    words = [
        f"{scanner}:{hashlib.sha256(msgspec.json.encode(apart[scanner])).hexdigest()[:16]}"
        for scanner in sorted(apart)
    ]
    if remembered:
        # Somebody may have read the layers with newer analyzers since, and remembered nothing.
        made_by = " ".join((remembered.fingerprint, *words))
        words.append(f"contents:{hashlib.sha256(made_by.encode()).hexdigest()[:16]}")
    return " ".join(words)


def includes(analysed_with: str, wanted: str) -> bool:
    """Tell whether all that one fingerprint says was done by the other, too."""
    return {*wanted.split()} <= {*analysed_with.split()}


def united(before: str, now: str) -> str:
    """Return the fingerprint of an image of which was found, apart, what each of two says."""
    words = {word.partition(":")[0]: word for word in (*before.split(), *now.split()) if ":" in word}
    return " ".join(words[key] for key in sorted(words))


def wanted(platform: str, platforms: Collection[str]) -> bool:
    """Tell whether "linux/arm64/v8" is among platforms, either maybe without variant, or they are "all"."""
    return ALL_PLATFORMS in platforms or (bool(platform) and any(suits(platform, each) for each in platforms))


def platform_of(config: ImageConfig) -> str:
    """Return "os/architecture" or "os/architecture/variant" of an image."""
    return "/".join(part for part in (config.os, config.architecture, config.variant) if part)


class _Asked(NamedTuple):
    """How one manifest, and all that it leads to, is asked for."""

    source: ImageSource
    choose: _Choose
    place: Place | None
    again: bool


class Images:
    """Learns what images hold, each manifest once."""

    def __init__(
        self,
        store: Store,
        layers: Layers,
        versions: Mapping[str, int],
        remembered: "ContentSearch | None" = None,
    ) -> None:
        """Make what learns images; `remembered` is what of their contents is kept for counts and events."""
        self._store, self._layers, self._remembered = store, layers, remembered
        self._analysed_with = fingerprint(versions, remembered)
        self._locks = KeyedLocks()
        self._refusals = Refusals()
        self.counts = ImageCounts()

    @property
    def analysed_with(self) -> str:
        """Return the fingerprint of what is learned of images now."""
        return self._analysed_with

    async def unfinished(self, digests: Collection[str], place: Place | None = None) -> list[str]:
        """Return, sorted, the known manifests that `learn` has something to do for; count the others."""
        states = await images.manifest_states(self._store.read, digests)
        left = [
            digest
            for digest, state in sorted(states.items())
            if state.reason == INDEX or not self._is_final(state, place, again=False)
        ]
        self.counts.known += len(states) - len(left)
        return left

    async def learn(  # noqa: PLR0913 - one manifest, and how it is asked for
        self,
        source: ImageSource,
        digest: str,
        platforms: Collection[str],
        place: Place | None = None,
        *,
        again: bool = False,
        or_all: bool = True,
    ) -> bool:
        """Make the known manifest, and what an index leads to, analysed, not_an_image, failed or too_large.

        What the world does wrong becomes the manifest's state, with the reason; it is not raised. Returns
        whether something could not be had at `place` now that another repository may have.

        Args:
            source: what holds the manifest.
            digest: its digest.
            platforms: which images of an index are wanted; see `wanted`.
            place: what the source is; what could not be had at other places is asked for there at once.
            again: try what failed once more, even when it is not yet time to.
            or_all: see `chosen`.
        """
        choose = functools.partial(chosen, platforms=platforms, or_all=or_all)
        return await self._learn(_Asked(source, choose, place, again), digest, level=0)

    async def _learn(self, asked: _Asked, digest: str, *, level: int) -> bool:
        async with self._locks.hold(digest):
            state = (await images.manifest_states(self._store.read, [digest]))[digest]
            if state.state == "not_an_image" and state.reason == INDEX and level < INDEX_LEVELS:
                children = await images.index_children(self._store.read, digest)
                wanted_ones = asked.choose(children)
                await self._ask_for(wanted_ones)
                return await self._learn_children(asked, digest, children, wanted_ones, level)
            if not self._is_final(state, asked.place, again=asked.again):
                return await self._try(asked, state, level)
            self.counts.known += 1
            return False

    def _is_final(self, state: ManifestState, place: Place | None, *, again: bool) -> bool:
        match state.state:
            case "analysed" if includes(state.analysed_with, self._analysed_with):
                return True
            case "analysed" | "failed" | "too_large":
                return not again and _waits(state) and not self._refusals.elsewhere(state.digest, place)
        return state.state == "not_an_image" and state.reason != CALLED_ATTESTATION

    async def _try(self, asked: _Asked, state: ManifestState, level: int) -> bool:
        is_due = asked.again or not _waits(state)
        if is_due:
            self._refusals.forget(state.digest)
        try:
            refused = await self._read(asked, state, level)
        except (LayerError, RegistryError, OSError) as error:
            if isinstance(error, OSError) and error.errno in OUR_FAULTS:
                raise
            refused_by = self._refusals.note(state.digest, asked.place, error)
            if is_due or refused_by is None:
                await self._fail(state, error)
            return bool(refused_by and refused_by.repository)
        self._refusals.forget(state.digest)
        return refused

    async def _read(self, asked: _Asked, state: ManifestState, level: int) -> bool:
        raw = await asked.source.manifest(parse_digest(state.digest))
        manifest = raw.parse()
        kind = classify(manifest)
        if isinstance(manifest, Index):
            if level >= INDEX_LEVELS:
                raise ManifestError(f"index {state.digest}: more than {INDEX_LEVELS} indexes in each other")
            return await self._index(asked, raw, manifest, level)
        if kind.kind is Kind.IMAGE:
            await self._image(asked.source, raw, manifest, state.analysed_with)
        else:
            await self._set_aside(raw.digest, kind.name or kind.kind)
        return False

    async def _index(self, asked: _Asked, raw: RawManifest, index: Index, level: int) -> bool:
        children = {
            str(entry.digest): str(entry.platform or "")
            for entry in index.manifests
            if not is_attestation(entry)
        }
        called = {str(entry.digest) for entry in index.manifests} - children.keys()
        wanted_ones = asked.choose(children)
        async with self._store.transaction() as tx:
            known = await images.manifest_states(tx, called)
            entries = [(entry.digest, entry.media_type, entry.size) for entry in index.manifests]
            await images.add_manifests(tx, entries, images.NOT_ASKED_FOR)
            for digest in called - known.keys():
                await images.set_manifest_state(tx, digest, "not_an_image", reason=CALLED_ATTESTATION)
            await images.put_index(tx, raw.digest, children)
            # Together with the index: or its tag counts as told before they are read.
            await images.ask_for(tx, wanted_ones)
        return await self._learn_children(asked, raw.digest, children, wanted_ones, level)

    async def _adopt(self, digest: str, children: Mapping[str, str]) -> None:
        """Make the images of an index's indexes its own: tags are looked up one level deep."""
        nested: dict[str, str] = {}
        for child in children:
            nested |= await images.index_children(self._store.read, child)
        if nested.keys() - children.keys():
            async with self._store.transaction() as tx:
                await images.put_index(tx, digest, {**nested, **children})

    async def _ask_for(self, digests: Collection[str]) -> None:
        states = await images.manifest_states(self._store.read, digests)
        if any(state.reason == images.NOT_ASKED_FOR for state in states.values()):
            async with self._store.transaction() as tx:
                await images.ask_for(tx, digests)

    async def _learn_children(
        self, asked: _Asked, digest: str, children: Mapping[str, str], wanted_ones: Sequence[str], level: int
    ) -> bool:
        refused = [await self._learn(asked, child, level=level + 1) for child in wanted_ones]
        await self._adopt(digest, children)
        return any(refused)

    async def _image(self, source: ImageSource, raw: RawManifest, manifest: Manifest, before: str) -> None:
        await self._layers.warm(len(manifest.layers))
        body = await source.blob(manifest.config.digest, CONFIG_BYTES)
        config = parse_config(body)
        inventories = await self._inventories(source, manifest)
        squashed, contents = await asyncio.to_thread(self._put_together, inventories, body)
        commands = layer_commands(config, len(manifest.layers))
        problems = [Problem(problem.path, problem.reason) for problem in squashed.problems]
        image = ImageRecord(
            digest=raw.digest,
            platform=platform_of(config),
            config_digest=manifest.config.digest,
            config=body,
            layers=tuple((layer.digest, made) for layer, made in zip(manifest.layers, commands, strict=True)),
            squashed=squashed,
            problems=(*problems, *_other_contents(config, inventories)),
            analysed_with=united(before, self._analysed_with),
        )
        async with self._store.transaction() as tx:
            await images.put_image(tx, image, clock.now())
            if contents is not None:
                from store.content_sets import put_contents  # noqa: PLC0415 - only crawls remember them

                await put_contents(tx, raw.digest, contents)
        self.counts.analysed += 1

    def _put_together(
        self, inventories: Sequence[LayerInventory], config: bytes
    ) -> "tuple[Squashed, list[EncodedSet] | None]":
        squashed = squash(inventories)
        remembered = self._remembered
        if remembered is None:
            return squashed, None
        from store.content_sets import encode  # noqa: PLC0415 - only crawls remember them

        return squashed, encode(remembered.contents_of(inventories, squashed, config))

    async def _inventories(self, source: ImageSource, manifest: Manifest) -> list[LayerInventory]:
        found: dict[str, LayerInventory] = {}
        failures: list[LayerError | RegistryError | OSError] = []

        async def read(layer: Descriptor) -> None:
            if failures:
                return
            try:
                found[layer.digest] = await self._layers.inventory(source, layer)
            except (LayerError, RegistryError, OSError) as error:
                failures.append(error)

        # The largest first: the others are done in the meantime.
        layers = sorted({layer.digest: layer for layer in manifest.layers}.values(), key=_size, reverse=True)
        await for_each(layers, read, limit=LAYERS_AT_ONCE)
        if failures:
            raise failures[0]
        return [found[layer.digest] for layer in manifest.layers]

    async def _set_aside(self, digest: str, what: str) -> None:
        async with self._store.transaction() as tx:
            await images.set_manifest_state(tx, digest, "not_an_image", reason=what)

    async def _fail(self, state: ManifestState, error: Exception) -> None:
        limit = getattr(error, "limit", "")
        # What older analyzers found is worth more than nothing: it stays, with why there is no more.
        is_known = state.state == "analysed"
        outcome = "too_large" if limit in SIZE_LIMITS else "failed"
        attempts = state.attempts + 1
        wait_s = min(FIRST_RETRY_S * 2 ** min(state.attempts, 20), LAST_RETRY_S)
        async with self._store.transaction() as tx:
            await images.set_manifest_state(
                tx,
                state.digest,
                "analysed" if is_known else outcome,
                analysed_with=state.analysed_with if is_known else "",
                reason=str(error),
                attempts=attempts,
                retry_at=clock.later(clock.now(), wait_s),
            )


def _waits(state: ManifestState) -> bool:
    return bool(state.retry_at and state.retry_at > clock.now())


def _size(layer: Descriptor) -> int:
    return layer.size


def chosen(children: Mapping[str, str], platforms: Collection[str], *, or_all: bool = True) -> list[str]:
    """Return the children of the platforms asked for; when there is none, all, so that no image goes unseen.

    Without `or_all`, only a lone one is then, and those of which nobody says what they are for: whoever wants
    one image does not wait for all of them.
    """
    fitting = [digest for digest, platform in children.items() if wanted(platform, platforms)]
    or_all = or_all or len(children) == 1
    return fitting or [digest for digest, platform in children.items() if or_all or not platform]


def _other_contents(config: ImageConfig, inventories: Sequence[LayerInventory]) -> Iterator[Problem]:
    """Yield a problem for each layer whose content is not what the configuration names."""
    diff_ids = config.rootfs.diff_ids
    if len(diff_ids) != len(inventories):
        yield Problem("", f"config.rootfs.diff_ids: {len(diff_ids)} for {len(inventories)} layers")
        return
    for number, (diff_id, inventory) in enumerate(zip(diff_ids, inventories, strict=True)):
        if diff_id != inventory.diff_id:
            yield Problem(
                "", f"layer {number}: content {inventory.diff_id}, the configuration says {diff_id}"
            )
