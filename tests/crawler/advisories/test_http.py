import asyncio
import io
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from crawler.advisories import http
from crawler.advisories.errors import FeedError
from crawler.advisories.http import HttpSource, open_http
from crawler.advisories.source import Traffic
from crawler.registry.retry import RetryPolicy

TWICE = RetryPolicy(attempts=2, total_s=60.0)
DRIPPING = r"Go/x: not complete after \d+ s"


async def drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x")
        await asyncio.sleep(0.01)


async def no_pause(_seconds: float) -> None:
    return


@pytest.fixture
async def dripping() -> AsyncIterator[HttpSource]:
    app = web.Application()
    app.router.add_get("/Go/x", drip)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        async with open_http(f"http://{host}:{port}", policy=TWICE, sleep=no_pause) as source:
            yield source
    finally:
        await runner.cleanup()


async def test_a_file_that_drips_is_given_up(dripping: HttpSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "READ_ATTEMPT_S", http.READ_ATTEMPT_S / 3000)
    traffic = Traffic()
    async with asyncio.timeout(5):
        with pytest.raises(FeedError, match=DRIPPING):
            await dripping.read("Go", "x", limit=1000, traffic=traffic)
    assert traffic.requests == 2
    assert 0 < traffic.bytes < 1000


async def test_an_archive_that_drips_is_given_up(
    dripping: HttpSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "DOWNLOAD_ATTEMPT_S", http.DOWNLOAD_ATTEMPT_S / 36_000)
    traffic = Traffic()
    async with asyncio.timeout(5):
        with pytest.raises(FeedError, match=DRIPPING):
            await dripping.download("Go", "x", io.BytesIO(), limit=1000, traffic=traffic)
    assert traffic.requests == 2
    assert 0 < traffic.bytes < 1000
