"""Layers on their way through the disk: downloaded into a file that a worker may read while it grows."""

import asyncio
import contextlib
import itertools
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from crawler.directories import temporary_directory
from crawler.errors import LayerError

FOLLOW_BYTES = 1 << 20
"""A follower is told of progress in steps of this many bytes."""


class Spooled:
    """One blob's file; a sink for the download, and news of it for a follower."""

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.size = path, size
        self.restarts = 0
        """How often bytes already announced were taken back: what was read of them is worth nothing."""
        self._file = path.open("wb", buffering=0)
        self._written = self._announced = 0
        self._complete = False
        self._error: Exception | None = None
        self._loop, self._news = asyncio.get_running_loop(), asyncio.Event()
        self._thread = threading.get_ident()

    def write(self, data: bytes) -> None:
        """Append bytes; may be called from another thread."""
        # A raw file may write less than it is given, when the disk is nearly full.
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self._written += len(data)
        if self._written - self._announced >= FOLLOW_BYTES:
            self._announced = self._written
            if threading.get_ident() == self._thread:
                self._news.set()
            else:
                self._loop.call_soon_threadsafe(self._news.set)

    def restart(self) -> None:
        """Forget every byte; may be called from another thread."""
        self.restarts += 1
        self._written = self._announced = 0
        self._file.seek(0)
        self._file.truncate()

    def finish(self, error: Exception | None = None) -> None:
        """Say that all bytes are there and are right, or why they will not come."""
        self._error, self._complete = error, True
        self._news.set()

    async def beyond(self, count: int) -> int:
        """Return how many bytes may be read once there are more than `count`, or all are there.

        Raises what `finish` was given: then no byte may be trusted. With `count` = `size` it returns
        only when the blob is complete and verified.
        """
        # Before the end at least one byte is held back, so that nobody takes all of them for verified.
        while not self._complete and count >= min(self._announced, self.size - 1):
            self._news.clear()
            await self._news.wait()
        if self._error is not None:
            raise self._error
        return self.size if self._complete else min(self._announced, self.size - 1)

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
        self.path.unlink()


class Spool:
    """A directory for blobs with a byte budget."""

    def __init__(self, directory: Path, budget_bytes: int) -> None:
        self._directory, self._budget_bytes = directory, budget_bytes
        self._taken, self._room = 0, asyncio.Condition()
        self._numbers = itertools.count()

    @contextlib.asynccontextmanager
    async def blob(self, size: int) -> AsyncIterator[Spooled]:
        """Give a file for a blob of `size` bytes, once the budget has room; it is removed at the end.

        A blob larger than the whole budget gets its turn when it is alone.

        Raises:
            LayerError: the disk is too small for it.
        """
        async with self._room:
            while not await self._has_room(size):
                await self._room.wait()
            self._taken += size
        try:
            spooled = Spooled(self._directory / str(next(self._numbers)), size)
            try:
                yield spooled
            finally:
                spooled.close()
        finally:
            async with self._room:
                self._taken -= size
                self._room.notify_all()

    async def _has_room(self, size: int) -> bool:
        if self._taken and self._taken + size > self._budget_bytes:
            return False
        free = (await asyncio.to_thread(shutil.disk_usage, self._directory)).free
        if self._taken:
            # What of the others is written already counts twice: on a nearly full disk they take turns.
            return self._taken + size <= free
        if size > free:
            where = self._directory.parent
            raise LayerError(f"a layer of {size} bytes does not fit on the disk of {where}: {free} are free")
        return True


@contextlib.contextmanager
def open_spool(parent: Path, budget_bytes: int) -> Iterator[Spool]:
    """Give an empty spool below `parent`, and remove those that killed processes left there."""
    with temporary_directory(parent) as directory:
        yield Spool(directory, budget_bytes)
