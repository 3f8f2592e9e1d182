"""Stops patterns that users wrote where they take too long: Python's `re` tries all ways to match.

One of its searches gives way to nothing but signals, and only the main thread receives these; in others it
takes as long as it takes. Worker processes, which read files, have no other thread.
"""

import signal
import threading
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

OWN_SECONDS = 5.0
"""Of the processor's time, for one pattern of a user in each eight MiB of a file."""
OWN_TIMES = 3
"""Files in which a pattern is stopped before no more are searched with it."""

_BYTES = 8 << 20
_Result = TypeVar("_Result")


class Patience:
    """What patterns may take in one file, and which took more."""

    def __init__(self, size: int, stopped: Counter[str]) -> None:
        """Allow for a file of `size` bytes; `stopped` has in how many files each pattern was stopped."""
        self.problems: list[str] = []
        self._seconds = OWN_SECONDS * (1 + size // _BYTES)
        self._stopped = stopped

    def bounded(self, name: str, work: Callable[[], _Result], instead: _Result) -> _Result:
        """Return what `work` returns, or `instead` when a pattern is too slow, which is one problem then."""
        if self._stopped[name] >= OWN_TIMES:
            self._tell(f"{name}: not searched with any more, it was stopped in {OWN_TIMES} files (OWN_TIMES)")
            return instead
        try:
            return in_time(work, self._seconds)
        except OutOfTimeError:
            self._stopped[name] += 1
            self._tell(f"{name}: stopped after {self._seconds:g} s, expected at most that (OWN_SECONDS)")
            return instead

    def _tell(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


class OutOfTimeError(Exception):
    """A search took more time than it may."""


def in_time(work: Callable[[], _Result], seconds: float) -> _Result:
    """Return what `work` returns.

    Args:
        work: what must not call this.
        seconds: of the processor's time.

    Raises:
        OutOfTimeError: it took more, in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    before = signal.signal(signal.SIGVTALRM, _stop)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        try:
            return work()
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:
        signal.signal(signal.SIGVTALRM, before)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise OutOfTimeError
