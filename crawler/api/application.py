"""The daemon's HTTP interface: is it alive, is it ready, and its numbers."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client.exposition import choose_encoder

from crawler.api.metrics import Metrics
from crawler.api.readiness import Readiness
from store.database import Store
from store.status import check_alive, read_status

STORE_TIMEOUT_S = 5.0
"""A database that takes longer for a trivial query is not well."""
FRESH_S = 15.0
"""For so long the store's numbers are told again without counting."""


@dataclass(slots=True, kw_only=True)
class State:
    """What the answers are made of."""

    store: Store
    metrics: Metrics
    readiness: Readiness
    monotonic: Callable[[], float] = time.monotonic
    """Seconds since any moment."""
    _counted_at: float | None = field(default=None, init=False)
    _counting: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def count(self) -> None:
        """Let the metrics tell numbers of the store that are at most FRESH_S old."""
        async with self._counting:
            now = self.monotonic()
            if self._counted_at is None or now - self._counted_at >= FRESH_S:
                self.metrics.show(await read_status(self.store.read))
                self._counted_at = now


_STATE = web.AppKey("state", State)


def application(state: State) -> web.Application:
    """Return the application; errors are JSON with the key "error"."""
    app = web.Application(middlewares=[_errors_as_json])
    app[_STATE] = state
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz)
    app.router.add_get("/metrics", _metrics)
    return app


async def _healthz(request: web.Request) -> web.Response:
    reason = await _failure(request.app[_STATE].store)
    if reason:
        return _json({"status": "failing", "reason": reason}, HTTPStatus.SERVICE_UNAVAILABLE)
    return _json({"status": "ok"})


async def _readyz(request: web.Request) -> web.Response:
    state = request.app[_STATE]
    reason = await _failure(state.store)
    reasons = [reason] if reason else await state.readiness.missing(state.store.read)
    if reasons:
        return _json({"status": "not ready", "reasons": reasons}, HTTPStatus.SERVICE_UNAVAILABLE)
    return _json({"status": "ready"})


async def _metrics(request: web.Request) -> web.Response:
    state = request.app[_STATE]
    await state.count()
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    # reads /proc, for the process's own numbers
    body = await asyncio.to_thread(encode, state.metrics.registry)
    return web.Response(body=body, headers={"Content-Type": content_type})


async def _failure(store: Store) -> str:
    """Return why the store does not answer; empty when it does."""
    try:
        async with asyncio.timeout(STORE_TIMEOUT_S):
            await check_alive(store.read)
    except TimeoutError:
        return f"the store did not answer within {STORE_TIMEOUT_S:.0f} s"
    except (sqlite3.Error, ValueError) as error:  # ValueError: the connection is closed
        return f"the store does not answer: {error}"
    return ""


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPError as error:
        answer = _json({"error": error.reason.lower()}, error.status)
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer


def _json(value: object, status: int = HTTPStatus.OK) -> web.Response:
    return web.json_response(value, status=status, headers={"Cache-Control": "no-store"})
