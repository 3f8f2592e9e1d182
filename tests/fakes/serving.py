"""Servers in a thread with a loop of their own, for code that is not async or runs elsewhere."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager

STARTED_WITHIN_S = 10


@contextmanager
def serving(server: AbstractAsyncContextManager[object]) -> Iterator[None]:
    """Serve until the end of the block."""
    started, stop = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with server:
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    if not started.wait(timeout=STARTED_WITHIN_S):
        raise RuntimeError(f"{server!r} did not start")
    try:
        yield
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(timeout=STARTED_WITHIN_S)
