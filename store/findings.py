"""Findings seen from images."""

import asyncio
import heapq
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter, sub

import msgspec

from analyzers.findings import Finding
from analyzers.severity import Severity
from store.database import Reader, Row
from store.ids import manifest_id, row_id

_FINDING = msgspec.json.Decoder(Finding)
_SETS = msgspec.json.Decoder(set[int])

Counts = tuple[int, ...]
"""Findings of each severity, of the worst first."""
WORST_FIRST = tuple(each.name for each in sorted(Severity, reverse=True))
"""The order of `Counts`."""
IMAGES_AT_ONCE = 4096
"""A fleet has hundreds of thousands, of which no list is to be in memory."""


class ImageFinding(msgspec.Struct, frozen=True):
    """A finding and the package of an image that it is about."""

    package: str
    """Its name."""
    version: str
    path: str
    purl: str
    package_json: str
    """Of analyzers.inventory.Package."""
    finding: Finding


class Part(msgspec.Struct, frozen=True):
    """Images in which the same findings count."""

    images: Sequence[int]
    suppressed: Mapping[int, Counts]
    """Component set → its findings that do not count."""


class Overview(msgspec.Struct, frozen=True):
    """What is known of all images that a tag points to now."""

    states: tuple[tuple[str, str, int], ...]
    """(state, reason, manifests)"""
    failures: tuple[tuple[str, str, str], ...]
    """(name, state, reason) of every image that could not be read."""
    severities: Mapping[str, int]
    """Severity → findings, each counted in every image that has it."""
    suppressed: int
    """Findings that do not count, counted in the same way."""
    worst: tuple[tuple[str, Mapping[str, int]], ...]
    """The images with the most severe findings: name, severity → findings."""
    unchecked: tuple[tuple[str, int], ...]
    """(reason, packages) without a verdict."""
    with_problems: tuple[str, ...]
    """The images in which something could not be read, by name."""
    undecided: int
    """Findings, of any stored package, of which no advisory says whether they are true."""


async def apart(reader: Reader, old: str, new: str) -> tuple[list[ImageFinding], list[ImageFinding]]:
    """Return the findings of two analysed images, without those of packages that are surely the same.

    The images are given by their digests; one that is "" has none.
    """
    rows = await reader.all("findings_apart", old=manifest_id(old), new=manifest_id(new))
    had: list[ImageFinding] = []
    has: list[ImageFinding] = []
    for side, name, version, path, purl, package, body in rows:
        found = ImageFinding(name, version, path, purl, package, _FINDING.decode(body))
        if side != "new":
            had.append(found)
        if side != "old":
            has.append(found)
    return had, has


async def undecided(reader: Reader, digest: str) -> int:
    """Return how many packages of an image have no verdict yet, also for want of advisories."""
    return int(await reader.value("undecided_of_manifest", manifest_id=manifest_id(digest)))


async def overview(
    reader: Reader, registries: Sequence[str], worst: int, parts: AsyncIterable[Part]
) -> Overview:
    """Return what is known of the tagged images of these registries, with the `worst` many worst off.

    Args:
        reader: of the store.
        registries: their addresses.
        worst: how many images to name.
        parts: all tagged images of the registries, each once.
    """
    ids = _json([row_id("registry", url) for url in registries])
    sums = _Sums({row[0]: row[1:] for row in await reader.all("severities_by_set")}, worst)
    async for part in parts:
        for images in pages(part.images):
            rows = await reader.all("sets_of_images", images=_json(images))
            # Of a large fleet this takes seconds, in which the daemon has others to answer.
            await asyncio.to_thread(sums.add, rows, part.suppressed)
    named = await reader.all(
        "tagged_image_names", manifest_ids=_json([image for image, _ in sums.worst]), registries=ids
    )
    names = {image: _without_scheme(name) for image, name in named}
    failures = await reader.all("tagged_failures", registries=ids)
    return Overview(
        states=tuple((row[0], row[1], row[2]) for row in await reader.all("tagged_states", registries=ids)),
        failures=tuple((_without_scheme(name), state, reason) for name, state, reason in failures),
        severities=_named(sums.total),
        suppressed=sums.suppressed,
        worst=tuple((names[image], _named(counts)) for image, counts in sums.worst if image in names),
        unchecked=tuple((row[0], row[1]) for row in await reader.all("unchecked_reasons", registries=ids)),
        with_problems=tuple(
            _without_scheme(name) for (name,) in await reader.all("images_with_problems", registries=ids)
        ),
        undecided=await reader.value("undecided_findings"),
    )


def pages(images: Sequence[int]) -> Iterator[list[int]]:
    """Yield as many of the images as go into one query."""
    for start in range(0, len(images), IMAGES_AT_ONCE):
        yield list(images[start : start + IMAGES_AT_ONCE])


class _Sums:
    """What a fleet has, added up some images at a time."""

    def __init__(self, by_set: Mapping[int, Counts], most: int) -> None:
        self._by_set, self._most = by_set, most
        self.total: Counts = (0,) * len(WORST_FIRST)
        self.suppressed = 0
        self.worst: list[tuple[int, Counts]] = []
        """(image, findings) of the `most` worst ones; among equals the first one stays."""

    def add(self, rows: Iterable[Row], suppressed: Mapping[int, Counts]) -> None:
        """Add images and the JSON of their sets, each image once."""
        counted = []
        for image, listed in rows:
            sets = [each for each in _SETS.decode(listed) if each in self._by_set]
            if found := [self._by_set[each] for each in sets]:
                # What was judged after these were counted may be more.
                gone = [
                    tuple(map(min, suppressed[each], self._by_set[each]))
                    for each in sets
                    if each in suppressed
                ]
                counted.append((image, self._left(_sum(found), gone)))
        self.total = _sum([self.total, *(counts for _, counts in counted)])
        self.worst = heapq.nlargest(self._most, [*self.worst, *counted], key=itemgetter(1))

    def _left(self, counts: Counts, gone: Sequence[Counts]) -> Counts:
        if not gone:
            return counts
        less = _sum(gone)
        self.suppressed += sum(less)
        return tuple(map(sub, counts, less))


def _sum(counts: Iterable[Counts]) -> Counts:
    return tuple(map(sum, zip(*counts, strict=True)))


def _named(counts: Counts) -> dict[str, int]:
    return {severity: count for severity, count in zip(WORST_FIRST, counts, strict=True) if count}


def _json(ids: Sequence[int]) -> str:
    return msgspec.json.encode(ids).decode()


def _without_scheme(url: str) -> str:
    return url.partition("://")[2]
