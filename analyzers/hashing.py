"""Hashes chunks beside the work on them."""

import functools
import hashlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
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
        self._room = threading.Semaphore(_AHEAD)
        self._work: queue.SimpleQueue[Callable[[], None]]

    def __enter__(self) -> Self:
        self._work = _thread()
        return self

    def __exit__(self, *_error: object) -> None:
        is_done = threading.Event()
        self._work.put(is_done.set)
        is_done.wait()

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the chunks, and have them hashed."""
        for chunk in chunks:
            self._room.acquire()
            self._work.put(functools.partial(self._update, chunk))
            self.size += len(chunk)
            yield chunk

    def _update(self, chunk: bytes) -> None:
        self.sha256.update(chunk)
        self._room.release()


@functools.cache
def _thread() -> queue.SimpleQueue[Callable[[], None]]:
    """Return where a thread takes its work from that lives as long as the process.

    A thread begins with the vector registers of the one that starts it, and isal's check of gzip leaves those
    in a state in which SHA-256 takes a third longer. So one is started before the first layer, not for each.

    Raises:
        MemoryError: its stack is more than the address space has left.
    """
    work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    try:
        threading.Thread(target=_run, args=(work,), name="hashing", daemon=True).start()
    except RuntimeError as error:
        raise MemoryError(str(error)) from error
    return work


def _run(work: queue.SimpleQueue[Callable[[], None]]) -> None:
    while True:
        work.get()()
