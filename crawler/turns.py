"""Turns at crawling: registries side by side, no other process meanwhile, and pruning alone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

from crawler.crawl import REGISTRIES_AT_ONCE
from crawler.locks import FileLock

LOCK_POLL_S = 2.0
"""How often a crawl that another process forbids is asked for again."""

_log = structlog.get_logger()


class Turns:
    """Lets crawls begin, and tidies up when none is under way."""

    def __init__(self, lock: FileLock, tidy: Callable[[], Awaitable[None]]) -> None:
        """Make it of the lock of all who crawl, and of what only may be done while nobody crawls."""
        self._lock, self._tidy = lock, tidy
        self._slots = asyncio.Semaphore(REGISTRIES_AT_ONCE)
        # Held by who comes in, and by the last one while it tidies up.
        self._door = asyncio.Lock()
        self._inside = 0

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Crawl within the block; who leaves it as the last one, and is not cancelled, tidies up."""
        async with self._slots:
            async with self._door:
                if not self._inside:
                    await self._take()
                self._inside += 1
            try:
                try:
                    yield
                except Exception:
                    await self._tidy_alone()
                    raise
                await self._tidy_alone()
            finally:
                self._inside -= 1
                if not self._inside:
                    self._lock.release()

    async def _tidy_alone(self) -> None:
        async with self._door:
            if self._inside == 1:
                await self._tidy()

    async def _take(self) -> None:
        """Wait until no other process crawls."""
        has_told = False
        while not self._lock.acquire():
            if not has_told:
                _log.warning("another process crawls with this store; waiting for its end")
                has_told = True
            await asyncio.sleep(LOCK_POLL_S)
