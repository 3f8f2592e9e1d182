"""Findings of tagged images as policies judge them: by component and path, by repository."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import msgspec

from analyzers.findings import Finding
from analyzers.inventory import Package
from store.database import Reader
from store.findings import IMAGES_AT_ONCE, Counts
from store.lookup import id_patterns
from store.tags import registry_id

_PACKAGE = msgspec.json.Decoder(Package)
_FINDING = msgspec.json.Decoder(Finding)
_IDS = 1 << 63
"""Row ids are evenly spread below this."""
_FINDINGS_AT_ONCE = 1024

BySet = Mapping[int, Counts]
"""Component set → findings."""
Counted = tuple[int, str | None, Counts]
"""Component, the path that it is in or None for any, number of findings."""


class ComponentFinding(msgspec.Struct, frozen=True):
    """A finding of a component, in whichever image."""

    component: int
    purl: str
    package: Package
    finding: Finding


async def repositories(reader: Reader, registries: Sequence[str]) -> dict[int, str]:
    """Return repository → its name with the registry's host, "registry.example.com/team/app"."""
    rows = await reader.all("repositories_with_images", registries=_registries(registries))
    return {id_: f"{url.rpartition('://')[2].rstrip('/')}/{name}" for id_, url, name in rows}


async def repositories_of_images(
    reader: Reader, registries: Sequence[str]
) -> AsyncIterator[dict[int, set[int]]]:
    """Yield image → the repositories that have a tag for it now, some thousand images at a time."""
    asked = _registries(registries)
    for first, last in _spans(await reader.value("number_of_manifests"), IMAGES_AT_ONCE):
        found: dict[int, set[int]] = defaultdict(set)
        rows = await reader.all("repositories_of_images", registries=asked, first=first, last=last)
        for image, repository in rows:
            found[image].add(repository)
        yield found


async def findings_of_components(
    reader: Reader, ids: Collection[str]
) -> AsyncIterator[list[ComponentFinding]]:
    """Yield findings of components in whose JSON one of the ids stands, in any case; all for no ids.

    They come some thousand at a time, those of a component together.
    """
    patterns = msgspec.json.encode(id_patterns(ids)).decode()
    for first, last in _spans(await reader.value("number_of_findings"), _FINDINGS_AT_ONCE):
        rows = await reader.all("findings_of_components", patterns=patterns, first=first, last=last)
        yield [ComponentFinding(row[0], row[1], _package(row[2]), _FINDING.decode(row[3])) for row in rows]


async def paths_of_components(reader: Reader, components: Collection[int]) -> dict[int, list[str]]:
    """Return component → the paths that it has in any image."""
    found: dict[int, list[str]] = defaultdict(list)
    asked = msgspec.json.encode(sorted(components)).decode()
    for component, path in await reader.all("paths_of_components", components=asked):
        found[component].append(path)
    return found


async def by_set(reader: Reader, findings: Iterable[Counted]) -> BySet:
    """Return how many of these findings each set of components has."""
    asked = msgspec.json.encode([(component, path, *counts) for component, path, counts in findings]).decode()
    return {row[0]: row[1:] for row in await reader.all("severities_by_set_of", findings=asked)}


def _spans(rows: int, at_once: int) -> Iterator[tuple[int, int]]:
    """Yield the first and the last id of parts that have about so many of the rows."""
    parts = 1 + rows // at_once
    bounds = [_IDS * part // parts for part in range(parts + 1)]
    for first, after in pairwise(bounds):
        yield first, after - 1


@lru_cache(maxsize=1024)
def _package(body: str) -> Package:
    # Of one package version all findings and components come together.
    return _PACKAGE.decode(body)


def _registries(urls: Sequence[str]) -> str:
    return msgspec.json.encode([registry_id(url) for url in urls]).decode()
