"""Findings seen from images."""

import asyncio
import heapq
from collections.abc import Iterable, Mapping, Sequence
from operator import add, itemgetter
from types import MappingProxyType

import msgspec

from analyzers.findings import Finding
from analyzers.severity import Severity
from store.database import Reader, Row
from store.ids import manifest_id, row_id

_FINDING = msgspec.json.Decoder(Finding)


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


async def of_image(reader: Reader, digest: str) -> list[ImageFinding]:
    """Return the findings of an analysed image."""
    rows = await reader.all("findings_of_manifest", manifest_id=manifest_id(digest))
    return [
        ImageFinding(name, version, path, purl, package, _FINDING.decode(body))
        for name, version, path, purl, package, body in rows
    ]


async def undecided(reader: Reader, digest: str) -> int:
    """Return how many packages of an image have no verdict yet, also for want of advisories."""
    return int(await reader.value("undecided_of_manifest", manifest_id=manifest_id(digest)))


_WORST_FIRST = tuple(each.name for each in sorted(Severity, reverse=True))
_Counts = tuple[int, ...]
"""Findings of each severity in that order. A fleet has a hundred thousand of these."""
_NONE: _Counts = (0,) * len(_WORST_FIRST)


class _Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What a fleet has."""

    total: _Counts
    worst: list[tuple[int, _Counts]]
    """(image, findings)"""
    suppressed: int


async def overview(
    reader: Reader,
    registries: Sequence[str],
    worst: int,
    suppressed: Mapping[int, Mapping[int, Mapping[str, int]]] = MappingProxyType({}),
) -> Overview:
    """Return what is known of the tagged images of these registries, with the `worst` many worst off.

    Args:
        reader: of the store.
        registries: their addresses.
        worst: how many images to name.
        suppressed: image → component set → severity → findings that do not count.
    """
    ids = msgspec.json.encode([row_id("registry", url) for url in registries]).decode()
    counted = await reader.all("severities_by_set")
    held = await reader.all("sets_of_tagged_images", registries=ids)
    # Of a large fleet this takes seconds, in which the daemon has others to answer.
    sums = await asyncio.to_thread(_summed, counted, held, suppressed, worst)
    named = await reader.all(
        "tagged_image_names",
        manifest_ids=msgspec.json.encode([image for image, _ in sums.worst]).decode(),
        registries=ids,
    )
    names = {image: _without_scheme(name) for image, name in named}
    failures = await reader.all("tagged_failures", registries=ids)
    return Overview(
        states=tuple((row[0], row[1], row[2]) for row in await reader.all("tagged_states", registries=ids)),
        failures=tuple((_without_scheme(name), state, reason) for name, state, reason in failures),
        severities=_named(sums.total),
        suppressed=sums.suppressed,
        worst=tuple((names[image], _named(counts)) for image, counts in sums.worst),
        unchecked=tuple((row[0], row[1]) for row in await reader.all("unchecked_reasons", registries=ids)),
        with_problems=tuple(
            _without_scheme(name) for (name,) in await reader.all("images_with_problems", registries=ids)
        ),
        undecided=await reader.value("undecided_findings"),
    )


def _summed(
    counted: Iterable[Row],
    held: Iterable[Row],
    suppressed: Mapping[int, Mapping[int, Mapping[str, int]]],
    worst: int,
) -> _Sums:
    """Return what (set, severity, findings) and (image, set) make together."""
    by_set: dict[int, _Counts] = {}
    for set_id, severity, count in counted:
        by_set[set_id] = _plus(by_set.get(set_id, _NONE), {severity: count})
    by_image: dict[int, _Counts] = {}
    left_out = 0
    for image, set_id in held:
        if set_id not in by_set:
            continue
        before, added = by_image.get(image, _NONE), by_set[set_id]
        by_image[image] = added if before is _NONE else tuple(map(add, before, added))
        if gone := suppressed.get(image, {}).get(set_id):
            by_image[image] = _plus(by_image[image], {severity: -count for severity, count in gone.items()})
            left_out += sum(gone.values())
    return _Sums(
        total=tuple(map(sum, zip(_NONE, *by_image.values(), strict=True))),
        worst=heapq.nlargest(worst, by_image.items(), key=itemgetter(1)),
        suppressed=left_out,
    )


def _plus(counts: _Counts, more: Mapping[str, int]) -> _Counts:
    return tuple(count + more.get(severity, 0) for severity, count in zip(_WORST_FIRST, counts, strict=True))


def _named(counts: _Counts) -> dict[str, int]:
    return {severity: count for severity, count in zip(_WORST_FIRST, counts, strict=True) if count}


def _without_scheme(url: str) -> str:
    return url.partition("://")[2]
