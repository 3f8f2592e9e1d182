"""How the repositories of a registry are found: one file for each kind of registry."""

from collections.abc import AsyncIterator, Callable, Sequence
from fnmatch import translate
from re import compile as compile_pattern
from typing import Literal, Protocol

from config.units import is_glob
from crawler.registry.catalogs import distribution, harbor, listed
from crawler.registry.client import RegistryClient

CatalogKind = Literal["auto", "distribution", "harbor", "list"]


class Catalog(Protocol):
    """Knows the repositories of one registry."""

    def repositories(self) -> AsyncIterator[str]:
        """Yield each repository's name; raises a RegistryError when the list cannot be had whole."""
        ...


def catalog_for(kind: CatalogKind, client: RegistryClient, patterns: Sequence[str] = ()) -> Catalog:
    """Return the catalog of `client`'s registry, cut to what `patterns` match.

    Args:
        kind: "list" takes the patterns as names; "auto" does so when none of them is a glob, since many
            registries refuse to list, and else asks a registry that calls itself Harbor by Harbor's API.
        client: the open client.
        patterns: names or globs; none means everything. See `matcher`.

    Raises:
        ValueError: kind "list" with a glob, or without any name.
    """
    if kind == "list" or (kind == "auto" and patterns and not any(map(is_glob, patterns))):
        if not patterns or any(map(is_glob, patterns)):
            raise ValueError(f"repositories: kind 'list' expects names without globs, got {list(patterns)!r}")
        return listed.ListedCatalog(tuple(patterns))
    wanted = matcher(patterns)
    if kind == "distribution":
        return distribution.DistributionCatalog(client, wanted)
    if kind == "harbor":
        return harbor.HarborCatalog(client, wanted)
    return AutoCatalog(client, wanted)


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return the test whether a whole repository name matches one of `patterns`; no pattern matches all.

    In a glob "*" stands for any characters, "/" included: "team/*" holds "team/app" and "team/app/web".
    "?" stands for one character, "[ab]" for one of those.
    """
    if not patterns:
        return lambda _name: True
    matches = [compile_pattern(translate(pattern)).match for pattern in patterns]
    return lambda name: any(match(name) is not None for match in matches)


class AutoCatalog:
    """Finds out what kind of registry it is when the list is wanted."""

    def __init__(self, client: RegistryClient, wanted: Callable[[str], bool]) -> None:
        self._client = client
        self._wanted = wanted

    async def repositories(self) -> AsyncIterator[str]:
        """Yield each repository's name."""
        # The service's name comes with the 401 that every crawl of a Harbor meets anyway.
        is_harbor = await self._client.service() == harbor.SERVICE
        kind = harbor.HarborCatalog if is_harbor else distribution.DistributionCatalog
        async for name in kind(self._client, self._wanted).repositories():
            yield name
