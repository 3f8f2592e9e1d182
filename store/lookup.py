"""Questions that people ask of the store: where a vulnerability or package is, and how much is known."""

import zlib
from collections.abc import Collection, Sequence
from typing import TypeVar

import msgspec

from analyzers.findings import Finding
from store.database import Reader, Row
from store.images import NOT_ASKED_FOR

_FINDING = msgspec.json.Decoder(Finding)
_T = TypeVar("_T")


class NamedRecord(msgspec.Struct, frozen=True):
    """An advisory that goes by a name."""

    name: str
    """As the source spells it."""
    osv_id: str
    withdrawn: bool
    body: bytes
    """JSON of analyzers.osv.Record."""


class VersionFinding(msgspec.Struct, frozen=True):
    """A finding and the package version it is about."""

    package_version_id: int
    finding: Finding


class Candidate(msgspec.Struct, frozen=True):
    """A component whose purl may be the one that is sought."""

    id: int
    purl: str
    version: str


class Component(msgspec.Struct, frozen=True):
    """A package as images carry it."""

    id: int
    package_version_id: int
    name: str
    version: str
    purl: str
    package: str
    """JSON of analyzers.inventory.Package."""


class Place(msgspec.Struct, frozen=True):
    """A component in a layer of an image."""

    manifest_id: int
    layer_id: int
    created_by: str
    component_id: int
    path: str


class Layer(msgspec.Struct, frozen=True):
    """A layer's names."""

    id: int
    digest: str
    diff_id: str


class Manifest(msgspec.Struct, frozen=True):
    """An image, and whether it is one that runs under a name now."""

    id: int
    digest: str
    platform: str
    is_tagged: bool
    was_tagged: bool

    @property
    def is_current(self) -> bool:
        """Whether it counts: a tag points to it, or it was scanned without a crawl ever having met a tag."""
        return self.is_tagged or not self.was_tagged


class Tagged(msgspec.Struct, frozen=True):
    """A tag that points to an image now, itself or through an index."""

    manifest_id: int
    registry: str
    repository: str
    tag: str


class Unjudged(msgspec.Struct, frozen=True):
    """Package versions that no advisory could be matched with."""

    feed: str
    state: str
    reason: str
    packages: int


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How many images an answer rests on: those with a tag now, and those that never had one."""

    images: int
    unread: tuple[tuple[str, int], ...]
    """Why an image could not be read, and how many; most first."""
    with_problems: int
    """Analysed, but for some of their files."""


async def registries(reader: Reader) -> list[str]:
    """Return the address of each registry that was ever crawled."""
    return [url for (url,) in await reader.all("all_registries")]


async def tag_spans(reader: Reader, registry: str, repository: str, tag: str) -> list[tuple[str, str | None]]:
    """Return from when to when a tag was there, oldest first; None for now."""
    rows = await reader.all("spans_of_tag", registry=registry, repository=repository, tag=tag)
    return [(since, until) for since, until in rows]


async def feed_demand(reader: Reader) -> dict[str, int]:
    """Return the feeds that stored packages need, and how many package versions do."""
    return {feed: packages for feed, packages in await reader.all("feed_demand")}  # noqa: C416 - for the types


async def feed_sizes(reader: Reader) -> dict[str, int]:
    """Return feed → how many stored records speak about a package of it."""
    return {feed: records for feed, records in await reader.all("feed_sizes")}  # noqa: C416 - as above


async def records_by_name(reader: Reader, names: Collection[str]) -> list[NamedRecord]:
    """Return the records that have one of these names, whatever its letters' case."""
    rows = await reader.all("records_by_name", names=_json(sorted(names)))
    return [NamedRecord(row[0], row[1], bool(row[2]), zlib.decompress(row[3])) for row in rows]


async def findings_naming(reader: Reader, names: Collection[str]) -> list[VersionFinding]:
    """Return every finding that has one of these names as an id or as an erratum's, in any case."""
    wanted = {name.lower() for name in names}
    rows = await reader.all("findings_naming", patterns=_json(id_patterns(names)))
    found = (VersionFinding(row[0], _FINDING.decode(row[1])) for row in rows)
    return [each for each in found if not wanted.isdisjoint(_names(each.finding))]


def id_patterns(names: Collection[str]) -> list[str]:
    """Return patterns of LIKE for a finding's JSON in which one of the ids stands, in any case."""
    return [f"%{_escaped(_json(name))}%" for name in sorted({name.lower() for name in names})]


async def components_of_versions(reader: Reader, version_ids: Collection[int]) -> list[int]:
    """Return the components that are these package versions."""
    return [row[0] for row in await reader.all("components_of_versions", ids=_json(sorted(version_ids)))]


async def purl_candidates(reader: Reader, kind: str, name: str) -> list[Candidate]:
    """Return the components of a purl type in whose purl an encoded name stands, whatever its case."""
    prefix, inside = f"pkg:{_escaped(kind)}/%", f"%/{_escaped(name)}%"
    return _listed(await reader.all("components_by_purl", prefix=prefix, name=inside), Candidate)


async def places(reader: Reader, component_ids: Collection[int]) -> list[Place]:
    """Return every layer of every stored image that has one of the components."""
    return _listed(await reader.all("places_of_components", components=_json(sorted(component_ids))), Place)


async def components(reader: Reader, ids: Collection[int]) -> dict[int, Component]:
    """Return components by row id."""
    rows = await reader.all("components_named", ids=_json(sorted(ids)))
    return {row[0]: Component(*row) for row in rows}


async def layers(reader: Reader, ids: Collection[int]) -> dict[int, Layer]:
    """Return layers by row id."""
    return {row[0]: Layer(*row) for row in await reader.all("layers_named", ids=_json(sorted(ids)))}


async def manifests(reader: Reader, ids: Collection[int]) -> dict[int, Manifest]:
    """Return manifests by row id."""
    rows = await reader.all("manifests_named", ids=_json(sorted(ids)))
    return {row[0]: Manifest(row[0], row[1], row[2], bool(row[3]), bool(row[4])) for row in rows}


async def tags_of(reader: Reader, manifest_ids: Collection[int]) -> list[Tagged]:
    """Return the tags that point to the images now, by registry, repository, image and name."""
    return _listed(await reader.all("tags_of_manifests", ids=_json(sorted(manifest_ids))), Tagged)


async def unjudged(reader: Reader) -> list[Unjudged]:
    """Return what could not be checked and why, most packages first."""
    return _listed(await reader.all("unjudged_packages"), Unjudged)


async def coverage(reader: Reader) -> Coverage:
    """Return how many images are known, and of how many that says little."""
    images = problems = 0
    unread: dict[str, int] = {}
    for state, reason, has_problems, number in await reader.all("current_manifests"):
        if reason == NOT_ASKED_FOR:
            continue
        images += number
        if state == "analysed":
            problems += number if has_problems else 0
        else:
            why = reason or "not analysed yet"
            unread[why] = unread.get(why, 0) + number
    first = sorted(unread.items(), key=lambda item: (-item[1], item[0]))
    return Coverage(images=images, unread=tuple(first), with_problems=problems)


async def endpoints_of(reader: Reader, delivery_ids: Collection[str]) -> dict[str, str]:
    """Return delivery id → endpoint, of those that exist."""
    rows = await reader.all("deliveries_of_ids", ids=_json(sorted(delivery_ids)))
    return {row[0]: row[1] for row in rows}


async def endpoints_with_dead(reader: Reader) -> list[str]:
    """Return the endpoints to which a delivery was given up."""
    return [row[0] for row in await reader.all("endpoints_with_dead")]


def _listed(rows: Sequence[Row], kind: type[_T]) -> list[_T]:
    return [kind(*row) for row in rows]


def _names(finding: Finding) -> set[str]:
    return {name.lower() for name in (finding.id, *finding.ids, *finding.vendor_ids)}


def _escaped(text: str) -> str:
    """Return the text as a part of a LIKE pattern that means itself."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
