"""Manifests, layers, and the packages of images."""

import functools
import hashlib
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from analyzers.identity import Identity, identify
from analyzers.inventory import Found, LayerInventory, Package, Problem, Release
from analyzers.squash import Squashed
from store.database import Reader, Writer
from store.errors import StoreError
from store.ids import layer_id, manifest_id, row_id
from store.pruning import drop_sets

_Value = TypeVar("_Value")

_PRUNED = "was pruned meanwhile; scan it again"
WALK = "walk"
"""Name under which a layer's whiteouts and counts are kept, beside what its analyzers found."""


NOT_ASKED_FOR = "its platform is not among those asked for"
"""Why an image of an index stays pending."""


class ManifestState(msgspec.Struct, frozen=True):
    """How far one manifest has come."""

    digest: str
    media_type: str
    state: str
    """pending · analysed · not_an_image · failed · too_large"""
    reason: str
    attempts: int
    """Failures in a row."""
    retry_at: str | None
    analysed_with: str
    """Fingerprint of the analyzers that made the state; empty for a state that needs none."""


class LayerState(msgspec.Struct, frozen=True):
    """How far one layer has come."""

    size_bytes: int
    """Compressed."""
    diff_id: str
    analyzers: dict[str, int]
    """Analyzer id → version, of those that have read the layer."""
    reason: str
    """Why it could not be read; empty when it was."""
    limit: str
    """The limit that forbids it; empty when it is none."""
    retry_at: str | None


class ImageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One analysed image on its way into the store."""

    digest: str
    platform: str
    config_digest: str
    config: bytes
    layers: tuple[tuple[str, str], ...]
    """(layer digest, history line), bottom up; the layers are already stored."""
    squashed: Squashed
    problems: tuple[Problem, ...]
    analysed_with: str


class LayerRow(msgspec.Struct, frozen=True):
    """One layer of a stored image."""

    digest: str
    diff_id: str
    size_bytes: int
    """Uncompressed."""
    created_by: str


class ImageRow(msgspec.Struct, frozen=True):
    """A stored image, but for its packages."""

    platform: str
    config_digest: str
    config: bytes
    release: str | None
    """JSON of analyzers.inventory.Release."""
    problems: str
    """JSON list of analyzers.inventory.Problem."""
    reason: str
    """Why newer analyzers could not read it again; empty when they did, or are still to."""
    layers: tuple[LayerRow, ...]


class ComponentRow(msgspec.Struct, frozen=True):
    """A package of a stored image, with how far its matching has come."""

    layer: int
    path: str
    package: str
    """JSON of analyzers.inventory.Package."""
    purl: str
    package_version_id: int
    feed: str
    state: str
    reason: str


async def manifest_states(reader: Reader, digests: Collection[str]) -> dict[str, ManifestState]:
    """Return the state of each digest that was ever met."""
    rows = await reader.all("manifest_states", digests=_json(sorted(digests)))
    return {row[0]: ManifestState(*row) for row in rows}


async def add_manifest(tx: Writer, digest: str, media_type: str, size_bytes: int, reason: str = "") -> None:
    """Afterwards the digest is known; a new one is pending, for the reason given."""
    await add_manifests(tx, [(digest, media_type, size_bytes)], reason)


async def add_manifests(tx: Writer, found: Iterable[tuple[str, str, int]], reason: str = "") -> None:
    """Afterwards these (digest, media type, bytes) are known; new ones are pending, for the reason given."""
    await tx.many(
        "add_manifest",
        [
            {
                "id": manifest_id(digest),
                "digest": digest,
                "media_type": media_type,
                "size_bytes": size_bytes,
                "reason": reason,
            }
            for digest, media_type, size_bytes in found
        ],
    )


async def set_manifest_state(  # noqa: PLR0913 - the columns of one row
    tx: Writer,
    digest: str,
    state: str,
    *,
    reason: str,
    attempts: int = 0,
    retry_at: str | None = None,
    analysed_with: str = "",
) -> None:
    """Afterwards the manifest, which is known, is in this state."""
    await tx.run(
        "set_manifest_state",
        id=manifest_id(digest),
        state=state,
        reason=reason,
        attempts=attempts,
        retry_at=retry_at,
        analysed_with=analysed_with,
    )


async def ask_for(tx: Writer, digests: Collection[str]) -> None:
    """Afterwards none of these known manifests is left out for its platform."""
    await tx.run("ask_for_manifests", digests=_json(sorted(digests)), reason=NOT_ASKED_FOR)


async def put_index(tx: Writer, digest: str, children: Mapping[str, str]) -> None:
    """Afterwards the known manifest is an index with these known children, digest → platform."""
    parent = manifest_id(digest)
    await tx.run("drop_index_children", index_id=parent)
    rows = [
        {"index_id": parent, "manifest_id": manifest_id(child), "platform": platform}
        for child, platform in children.items()
    ]
    await tx.many("add_index_child", rows)
    await set_manifest_state(tx, digest, "not_an_image", reason="index")


async def index_children(reader: Reader, digest: str) -> dict[str, str]:
    """Return the images of a known index, digest → platform."""
    return {row[0]: row[1] for row in await reader.all("index_children", index_id=manifest_id(digest))}


async def layer_state(reader: Reader, digest: str) -> LayerState | None:
    """Return what is known of a layer, None when it was never met."""
    row = await reader.one("layer_row", id=layer_id(digest))
    if row is None:
        return None
    size_bytes, diff_id, analyzers, reason, limit, retry_at = row
    versions = msgspec.json.decode(analyzers, type=dict[str, int])
    return LayerState(size_bytes, diff_id, versions, reason, limit, retry_at)


async def put_layer(  # noqa: PLR0913 - one layer, and what is known of it
    tx: Writer,
    digest: str,
    size_bytes: int,
    inventory: LayerInventory,
    analyzers: Mapping[str, int],
    *,
    others: Mapping[str, int] = {},
) -> None:
    """Afterwards the layer counts as read by these analyzers; what others had found is kept.

    Args:
        tx: the transaction.
        digest: of the layer.
        size_bytes: as its manifest has it.
        inventory: what these analyzers found.
        analyzers: their ids and versions.
        others: those whose findings are known to be there.

    Raises:
        StoreError: what others found was pruned since then.
    """
    known = await layer_state(tx, digest)
    if not others.items() <= (known.analyzers if known else {}).items():
        raise StoreError(f"layer {digest}: {_PRUNED}")
    versions = (known.analyzers if known else {}) | dict(analyzers)
    await tx.run(
        "put_layer",
        id=layer_id(digest),
        digest=digest,
        size_bytes=size_bytes,
        diff_id=inventory.diff_id,
        unpacked_bytes=inventory.size_bytes,
        entries=inventory.entries,
        analyzers=_json(versions),
        reason="",
        limit_name="",
        retry_at=None,
    )
    if known and known.analyzers:
        # Which analyzer met a problem is not known, so those of earlier readings stay.
        walk = await _walk(tx, digest)
        problems = tuple(dict.fromkeys((*walk.problems, *inventory.problems)))
        inventory = msgspec.structs.replace(inventory, problems=problems)
    parts = {analyzer: _pack(found) for analyzer, found in inventory.found.items()}
    parts[WALK] = _pack(msgspec.structs.replace(inventory, found={}))
    if known:
        await tx.run("drop_inventories", layer_id=layer_id(digest), analyzers=_json([*analyzers, WALK]))
    rows = [{"layer_id": layer_id(digest), "analyzer": name, "body": body} for name, body in parts.items()]
    await tx.many("add_inventory", rows)


async def put_layer_failure(  # noqa: PLR0913 - the columns of one row
    tx: Writer, digest: str, size_bytes: int, *, reason: str, limit: str, retry_at: str | None
) -> None:
    """Afterwards the layer counts as unreadable until `retry_at` (None: for good)."""
    await tx.run(
        "put_layer",
        id=layer_id(digest),
        digest=digest,
        size_bytes=size_bytes,
        diff_id="",
        unpacked_bytes=0,
        entries=0,
        analyzers="{}",
        reason=reason,
        limit_name=limit,
        retry_at=retry_at,
    )


async def inventory(reader: Reader, digest: str) -> LayerInventory:
    """Return what a stored layer holds. Raises KeyError for one that was not read."""
    rows = await reader.all("inventories", layer_id=layer_id(digest))
    parts = {analyzer: body for analyzer, body in rows}  # noqa: C416 - dict() loses the types
    walk = _unpack(parts.pop(WALK), LayerInventory)
    found = {analyzer: unpack_found(body) for analyzer, body in sorted(parts.items())}
    return msgspec.structs.replace(walk, found=found)


async def image_row(reader: Reader, digest: str) -> ImageRow:
    """Return a stored image. Raises KeyError when the manifest is none, or not analysed."""
    row = await reader.one("image_row", manifest_id=manifest_id(digest))
    if row is None:
        raise KeyError(digest)
    layers = await reader.all("image_layers", manifest_id=manifest_id(digest))
    platform, config_digest, config, release, problems, reason = row
    made = tuple(LayerRow(*layer) for layer in layers)
    return ImageRow(platform, config_digest, config, release, problems, reason, made)


async def components(reader: Reader, digest: str) -> list[ComponentRow]:
    """Return the packages of a stored image, by kind, name, version and path."""
    rows = await reader.all("image_components", manifest_id=manifest_id(digest))
    return [ComponentRow(*row) for row in rows]


async def inventories(reader: Reader, digest: str, analyzers: Collection[str]) -> list[LayerInventory]:
    """Return what some analyzers found in the layers of a stored image, bottom up; none when none did."""
    rows = await reader.all(
        "image_inventories", manifest_id=manifest_id(digest), analyzers=_json([*analyzers, WALK])
    )
    if all(analyzer == WALK for _, analyzer, _ in rows):
        return []
    walks = {position: _unpack(body, LayerInventory) for position, name, body in rows if name == WALK}
    found: dict[int, dict[str, tuple[Found, ...]]] = {position: {} for position in walks}
    for position, analyzer, body in rows:
        if analyzer != WALK:
            found[position][analyzer] = unpack_found(body)
    return [msgspec.structs.replace(walk, found=found[position]) for position, walk in walks.items()]


async def _walk(reader: Reader, digest: str) -> LayerInventory:
    rows = await reader.all("inventories", layer_id=layer_id(digest))
    (body,) = (body for analyzer, body in rows if analyzer == WALK)
    return _unpack(body, LayerInventory)


async def put_image(tx: Writer, image: ImageRecord, now: str) -> None:
    """Afterwards the known manifest is an analysed image with these packages.

    Package versions that nobody had are pending: they have no verdict yet.

    Raises:
        StoreError: it, or a layer of it, was pruned since it was looked for.
    """
    known = await tx.run(
        "set_manifest_analysed",
        id=manifest_id(image.digest),
        platform=image.platform,
        config_digest=image.config_digest,
        config=image.config,
        release=_json(image.squashed.release) if image.squashed.release else None,
        problems=_json(image.problems),
        now=now,
        analysed_with=image.analysed_with,
    )
    if not known:
        raise StoreError(f"{image.digest}: {_PRUNED}")
    sets = _component_sets(image.squashed, len(image.layers))
    await _put_sets(tx, sets)
    before = await tx.all("parts_of_manifests", ids=_json([manifest_id(image.digest)]))
    if before:
        await tx.run("drop_manifest_layers", manifest_id=manifest_id(image.digest))
    rows = [
        (manifest_id(image.digest), position, layer_id(digest), sets[position].id, created_by)
        for position, (digest, created_by) in enumerate(image.layers)
    ]
    await tx.many("add_manifest_layer", rows)
    layers = {layer_id(digest) for digest, _ in image.layers}
    if await tx.value("count_layers", ids=_json(layers)) != len(layers):
        raise StoreError(f"{image.digest}: a layer of it {_PRUNED}")
    if before:
        await drop_sets(tx, {set_id for _, set_id in before})


class _ComponentSet:
    """The packages credited to one layer of an image."""

    def __init__(self, members: Sequence[tuple["_Component", str]]) -> None:
        self.members = members
        lines = sorted(f"{row[0]} {path}\n" for row, path in self.members)
        self.digest = "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()
        self.id = row_id("component_set", self.digest)


_Component = tuple[int, str, str, str, str, bytes, Identity]


def _component_sets(squashed: Squashed, layers: int) -> list[_ComponentSet]:
    members: list[list[tuple[_Component, str]]] = [[] for _ in range(layers)]
    for component in squashed.components:
        row = _component(component.package, squashed.release)
        members[component.layer].append((row, component.path))
    return [_ComponentSet(each) for each in members]


@functools.lru_cache(maxsize=1 << 14)
def _component(package: Package, release: Release | None) -> _Component:
    identity = identify(package, release)
    body = msgspec.json.encode(package)
    component_id = row_id("component", body.decode(), identity.purl, identity.ecosystem)
    return component_id, package.kind, package.name, package.version, identity.purl, body, identity


async def _put_sets(tx: Writer, sets: Sequence[_ComponentSet]) -> None:
    """Write the sets that are not there yet, with their components and package versions."""
    rows = await tx.all("known_sets", ids=_json([found.id for found in sets]))
    known = {set_id for (set_id,) in rows}
    new = {found.id: found for found in sets if found.id not in known}.values()
    components = {row[0]: row for found in new for row, _ in found.members}.values()
    await tx.many("add_package_version", [_package_version(row[-1]) for row in components])
    await tx.many(
        "add_component", [(*row[:5], row[5].decode(), _package_version(row[-1])[0]) for row in components]
    )
    await tx.many("add_set", [(found.id, found.digest, len(found.members)) for found in new])
    members = [(found.id, row[0], path) for found in new for row, path in found.members]
    await tx.many("add_set_component", members)


def _package_version(identity: Identity) -> tuple[int, str, str, str, str, str, str]:
    key = (identity.ecosystem, identity.name, identity.version, identity.unchecked)
    state = "unchecked" if identity.unchecked else "pending" if identity.feed else "matched"
    return (row_id("package_version", *key), identity.feed, *key[:3], state, identity.unchecked)


def _pack(value: object) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(value), 1)


def unpack_found(body: bytes) -> tuple[Found, ...]:
    """Return what an analyzer found in a layer, from the column that has it."""
    return _unpack(body, tuple[Found, ...])


def _unpack(body: bytes, kind: type[_Value]) -> _Value:
    return msgspec.msgpack.decode(zlib.decompress(body), type=kind)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
