"""Webhook receivers on loopback: polite, slow, lying and broken ones."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def says(status: int, text: str = "", **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=text, headers=named)

    return answer


async def drops(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def babbles(request: web.Request) -> web.StreamResponse:
    assert isinstance(request.transport, asyncio.WriteTransport)
    request.transport.write(b"SMTP 220 ready\r\n\r\n")
    request.transport.close()
    return web.Response()


async def breaks_off(request: web.Request) -> web.StreamResponse:
    assert isinstance(request.transport, asyncio.WriteTransport)
    request.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
    request.transport.close()
    return web.Response()


async def hangs(_request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    return web.Response()


@dataclass(slots=True)
class Received:
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:  # noqa: ANN401 -- JSON
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass(slots=True)
class Hook:
    """Answers by `script`, one entry for each request, the last one for all further ones."""

    url: str = ""
    script: list[Answer] = field(default_factory=lambda: [says(204)])
    received: list[Received] = field(default_factory=list)
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(headers, await request.read()))
        async with self._arrived:
            self._arrived.notify_all()
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return await answer(request)

    async def got(self, count: int) -> None:
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.received) >= count)


@contextlib.asynccontextmanager
async def listening(*script: Answer) -> AsyncIterator[Hook]:
    hook = Hook()
    hook.script = list(script) or hook.script
    app = web.Application(client_max_size=16 * 1024**2)
    app.router.add_route("*", "/hook", hook.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        hook.url = f"http://{host}:{port}/hook"
        yield hook
    finally:
        await runner.cleanup()
