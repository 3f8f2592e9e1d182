"""Repositories that the settings name, for registries that list nothing."""

from collections.abc import AsyncIterator


class ListedCatalog:
    """A list that needs no request."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    async def repositories(self) -> AsyncIterator[str]:
        """Yield each name once."""
        for name in dict.fromkeys(self._names):
            yield name
