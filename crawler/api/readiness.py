"""Whether the daemon knows enough for its answers to mean anything."""

from collections.abc import Sequence

from store import verdicts
from store.database import Reader
from store.status import read_baselines, read_feeds


class Readiness:
    """What has to be done once: the first crawl of every registry, the first update of advisories.

    What an earlier process did counts too, as far as the store remembers it.
    """

    def __init__(self, registries: Sequence[str]) -> None:
        """Wait for these registries, addressed as the store addresses them."""
        self._waiting = dict.fromkeys(registries, "the first crawl is not done")
        self._is_updated, self._update = False, "the first update of advisories is not done"

    def crawled(self, registry: str) -> None:
        """Wait for this registry no more."""
        self._waiting.pop(registry, None)

    def failed(self, registry: str, reason: str) -> None:
        """Tell of this registry, when it is still waited for, why it could not be listed."""
        if registry in self._waiting:
            self._waiting[registry] = f"no crawl could list it yet: {reason}"

    def updated(self) -> None:
        """Wait for advisories no more."""
        self._is_updated = True

    def not_updated(self, reason: str) -> None:
        """Tell, while advisories are waited for, why none could be had."""
        self._update = f"no update of advisories could be made yet: {reason}"

    async def missing(self, reader: Reader) -> list[str]:
        """Return one sentence for each thing that is not done; none when all is."""
        if self._waiting:
            baselines = await read_baselines(reader)
            for registry in [each for each in self._waiting if baselines.get(each)]:
                self.crawled(registry)
        if not self._is_updated:
            self._is_updated = any(feed.current_at for feed in await read_feeds(reader)) or (
                not self._waiting and not await verdicts.feeds_needed(reader)
            )
        first = [] if self._is_updated else [self._update]
        return first + [f"{registry}: {reason}" for registry, reason in self._waiting.items()]
