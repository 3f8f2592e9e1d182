"""Hashes chunks beside the work on them."""

import hashlib
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Self

_AHEAD = 8
"""Chunks that may wait to be hashed."""


class Hashing:
    """SHA-256 of what passes, in a thread: hashing leaves the interpreter's lock to others.

    Use it in a `with` block; `sha256` is complete after it. Of one large layer, which is inflated and walked
    meanwhile, it would take a fifth of the time.
    """

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()
        self.size = 0
        """Bytes that have passed."""
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(_AHEAD)
        self._thread = threading.Thread(target=self._hash, name="hashing")

    def __enter__(self) -> Self:
        try:
            self._thread.start()
        except RuntimeError as error:  # its stack is more than the address space has left
            raise MemoryError(str(error)) from error
        return self

    def __exit__(self, *_error: object) -> None:
        self._waiting.put(None)
        self._thread.join()

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the chunks, and have them hashed."""
        for chunk in chunks:
            self._room.acquire()
            self._waiting.put(chunk)
            self.size += len(chunk)
            yield chunk

    def _hash(self) -> None:
        while (chunk := self._waiting.get()) is not None:
            self.sha256.update(chunk)
            self._room.release()
