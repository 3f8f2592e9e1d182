"""Findings seen from images."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from analyzers.findings import Finding
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
    by_image, number = await _severities(reader, ids, suppressed)
    total: Counter[str] = Counter()
    for counts in by_image.values():
        total.update(counts)
    first = sorted(by_image.items(), key=lambda item: _badness(item[1]), reverse=True)[:worst]
    named = await reader.all(
        "tagged_image_names",
        manifest_ids=msgspec.json.encode([image for image, _ in first]).decode(),
        registries=ids,
    )
    names = {image: _without_scheme(name) for image, name in named}
    failures = await reader.all("tagged_failures", registries=ids)
    return Overview(
        states=tuple((row[0], row[1], row[2]) for row in await reader.all("tagged_states", registries=ids)),
        failures=tuple((_without_scheme(name), state, reason) for name, state, reason in failures),
        severities=+total,
        suppressed=number,
        worst=tuple((names[image], counts) for image, counts in first),
        unchecked=tuple((row[0], row[1]) for row in await reader.all("unchecked_reasons", registries=ids)),
        with_problems=tuple(
            _without_scheme(name) for (name,) in await reader.all("images_with_problems", registries=ids)
        ),
        undecided=await reader.value("undecided_findings"),
    )


async def _severities(
    reader: Reader, registries: str, suppressed: Mapping[int, Mapping[int, Mapping[str, int]]]
) -> tuple[dict[int, Counter[str]], int]:
    """Return manifest id → severity → findings, of tagged images that have any, and how many are left out."""
    counted = await reader.all("severities_by_set")
    held = await reader.all("sets_of_tagged_images", registries=registries)
    # Of a large fleet this takes seconds, in which the daemon has others to answer.
    return await asyncio.to_thread(_summed, counted, held, suppressed)


def _summed(
    counted: Iterable[Row], held: Iterable[Row], suppressed: Mapping[int, Mapping[int, Mapping[str, int]]]
) -> tuple[dict[int, Counter[str]], int]:
    by_set: dict[int, Counter[str]] = defaultdict(Counter)
    for set_id, severity, count in counted:
        by_set[set_id][severity] += count
    by_image: dict[int, Counter[str]] = defaultdict(Counter)
    left_out = 0
    for image, set_id in held:
        if set_id in by_set:
            by_image[image].update(by_set[set_id])
            if gone := suppressed.get(image, {}).get(set_id):
                by_image[image].subtract(gone)
                left_out += sum(gone.values())
    return by_image, left_out


def _without_scheme(url: str) -> str:
    return url.partition("://")[2]


def _badness(counts: Mapping[str, int]) -> list[int]:
    return [counts.get(severity, 0) for severity in ("CRITICAL", "HIGH", "MEDIUM", "LOW", "UNKNOWN")]
