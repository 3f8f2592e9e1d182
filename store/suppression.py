"""Findings of tagged images as policies judge them: by component and path, by repository."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from analyzers.findings import Finding
from analyzers.inventory import Package
from store.database import Reader
from store.lookup import id_patterns
from store.tags import registry_id

_PACKAGE = msgspec.json.Decoder(Package)
_FINDING = msgspec.json.Decoder(Finding)

BySet = Mapping[int, Mapping[str, int]]
"""Component set → severity → findings."""
Counted = tuple[int, str | None, str, int]
"""Component, the path that it is in or None for any, severity, number of findings."""


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


async def repositories_of_images(reader: Reader, registries: Sequence[str]) -> dict[int, set[int]]:
    """Return image → the repositories that have a tag for it now."""
    found: dict[int, set[int]] = defaultdict(set)
    for image, repository in await reader.all("repositories_of_images", registries=_registries(registries)):
        found[image].add(repository)
    return found


async def findings_of_components(reader: Reader, ids: Collection[str]) -> list[ComponentFinding]:
    """Return the findings of components in whose JSON one of the ids stands, in any case; all for no ids."""
    patterns = msgspec.json.encode(id_patterns(ids)).decode()
    rows = await reader.all("findings_of_components", patterns=patterns)
    return [ComponentFinding(row[0], row[1], _package(row[2]), _FINDING.decode(row[3])) for row in rows]


async def paths_of_components(reader: Reader, components: Collection[int]) -> dict[int, list[str]]:
    """Return component → the paths that it has in any image."""
    found: dict[int, list[str]] = defaultdict(list)
    asked = msgspec.json.encode(sorted(components)).decode()
    for component, path in await reader.all("paths_of_components", components=asked):
        found[component].append(path)
    return found


async def by_set(reader: Reader, findings: Iterable[Counted]) -> BySet:
    """Return how many of these findings each set of components has."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    asked = msgspec.json.encode(list(findings)).decode()
    for set_id, severity, number in await reader.all("severities_by_set_of", findings=asked):
        found[set_id][severity] += number
    return found


@lru_cache(maxsize=1024)
def _package(body: str) -> Package:
    # Of one package version all findings and components come together.
    return _PACKAGE.decode(body)


def _registries(urls: Sequence[str]) -> str:
    return msgspec.json.encode([registry_id(url) for url in urls]).decode()
