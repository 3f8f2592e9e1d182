"""Waits for conditions of which nobody tells."""

import asyncio
import time
from collections.abc import Callable

WITHIN_S = 60.0
POLL_S = 0.005


async def until(condition: Callable[[], object], within_s: float = WITHIN_S) -> None:
    """Return when the condition holds. Raises TimeoutError when it does not come to that."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(POLL_S)


def blocking_until(condition: Callable[[], object], within_s: float = WITHIN_S) -> None:
    """Do the same outside of a loop."""
    end_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end_s:
            raise TimeoutError
        time.sleep(POLL_S)
