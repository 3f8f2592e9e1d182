"""Repositories by `_catalog`, which the reference implementation and its relatives have.

Spec: https://distribution.github.io/distribution/spec/api/#listing-repositories
"""

from collections.abc import AsyncIterator, Callable

from crawler.registry.client import RegistryClient


class DistributionCatalog:
    """The registry's own list."""

    def __init__(self, client: RegistryClient, wanted: Callable[[str], bool]) -> None:
        self._client = client
        self._wanted = wanted

    async def repositories(self) -> AsyncIterator[str]:
        """Yield each wanted repository's name."""
        async for name in self._client.catalog():
            if self._wanted(name):
                yield name
