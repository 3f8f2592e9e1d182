"""HTTP to one registry: logins, redirects, retries, pace and limits around aiohttp."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from types import TracebackType
from typing import Literal, Self, TypeVar

import msgspec

from crawler.http import aiohttp
from crawler.registry.answers import ERROR_BYTES, error_code, error_for
from crawler.registry.auth import Credentials
from crawler.registry.challenge import parse_challenges
from crawler.registry.credentials import CredentialSource
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import (
    ProtocolError,
    RegistryError,
    ServerError,
    UnauthorizedError,
    UnreachableError,
)
from crawler.registry.login import Login
from crawler.registry.origins import absolute, check_plain_http, origin_of
from crawler.registry.retry import (
    Pace,
    RetryPolicy,
    Silence,
    next_pause_s,
    parse_allowance,
)
from crawler.registry.session import Counts, Session, asked_wait_s
from crawler.registry.token_servers import TokenServers
from crawler.registry.translate import translated

REDIRECTS = 5
"""Redirects followed for one request."""

_T = TypeVar("_T")
_MOVED = frozenset({301, 302, 303, 307, 308})
_FINE = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT})

Purpose = Literal["lists", "heads", "manifests", "blobs"]


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One GET or HEAD."""

    url: str
    purpose: Purpose
    thing: str
    """What is asked for, as messages name it."""
    method: Literal["GET", "HEAD"] = "GET"
    repository: str = ""
    scope: str = ""
    headers: Mapping[str, str] = {}
    login: Literal["challenge", "basic", "none"] = "challenge"
    """How to log in: as the registry asks, with Basic at once, or not at all."""


class Answer(msgspec.Struct, frozen=True):
    """A successful answer, read to its end."""

    url: str
    headers: Mapping[str, str]
    links: tuple[str, ...]
    """The Link headers."""
    body: bytes


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """When to try again; tests give their own clock, so that nobody sleeps."""

    policy: RetryPolicy = RetryPolicy()
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    """Seconds that only grow."""
    chance: Callable[[], float] = random.random
    """A number from 0 to 1 that spreads pauses."""


async def nobody(_repository: str) -> Credentials | None:
    """Return no login: the credential source of anonymous clients."""
    return None


class Transport:
    """An open session with one registry host; use it as an async context manager."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        credentials: CredentialSource,
        timing: Timing,
    ) -> None:
        self.endpoint = endpoint
        self.origin = endpoint.origin
        self.counts = Counts()
        self._session = Session(endpoint, self.counts)
        self.login = Login(
            self.origin,
            insecure=endpoint.insecure,
            credentials=self._explicit if endpoint.credentials else credentials,
            send=TokenServers(endpoint, self._session, self.counts, timing.clock).send,
            clock=timing.clock,
        )
        self.sleep = timing.sleep
        self.clock = timing.clock
        self._timing = timing
        self._pace = Pace()
        self._silence = Silence()
        self._slots = asyncio.Semaphore(endpoint.concurrency)

    async def __aenter__(self) -> Self:
        await self._session.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.__aexit__(kind, error, trace)

    async def fetch(self, ask: Ask, *, limit: int, limit_name: str) -> Answer:
        """Return the answer to `ask`, retried while that helps.

        Raises:
            RegistryError: see `errors`; TooLargeError when the body has more than `limit` bytes.
        """

        async def once() -> Answer:
            async with self.open(ask) as response:
                body = await self._session.read(response, limit, limit_name, self.name(ask))
                links = tuple(response.headers.getall("Link", ()))
                return Answer(str(response.url), response.headers, links, body)

        return await self._retrying(once)

    @asynccontextmanager
    async def open(self, ask: Ask) -> AsyncIterator[aiohttp.ClientResponse]:
        """Give the unread successful answer to one attempt of `ask`, within the host's limits.

        Raises:
            RegistryError: see `errors`.
        """
        pause_s = self._pace.wait_s(self.clock())
        if pause_s > 0:
            await self.sleep(pause_s)
        async with self._slots:
            with translated(self.name(ask), self.endpoint):
                response = await self._answered(ask)
                try:
                    yield response
                finally:
                    # Closes the connection when the body was not read to its end.
                    response.release()

    @property
    def is_silent(self) -> bool:
        """Whether the registry has not answered for so long that asking for more is in vain."""
        return self._silence.lasts(self.clock())

    def name(self, ask: Ask) -> str:
        """Return how messages call the thing that `ask` is for."""
        return f"{self.origin}: {ask.thing}"

    def pause_s(self, error: RegistryError, *, attempt: int, began_s: float) -> float | None:
        """Return the seconds before the next attempt, after counting it; None when there is none."""
        now_s = self.clock()
        if isinstance(error, UnreachableError) and self._silence.lasts(now_s):
            return None
        pause_s = next_pause_s(
            self._timing.policy,
            error,
            attempt=attempt,
            elapsed_s=now_s - began_s,
            chance=self._timing.chance(),
        )
        if pause_s is not None:
            self.counts.retries += 1
        return pause_s

    async def _retrying(self, work: Callable[[], Awaitable[_T]]) -> _T:
        began_s, attempt = self.clock(), 0
        while True:
            attempt += 1
            try:
                return await work()
            except RegistryError as error:
                pause_s = self.pause_s(error, attempt=attempt, began_s=began_s)
                if pause_s is None:
                    raise
            await self.sleep(pause_s)

    async def _answered(self, ask: Ask) -> aiohttp.ClientResponse:
        authorization = await self._first_authorization(ask)
        response = await self._followed(ask, authorization)
        if response.status == HTTPStatus.UNAUTHORIZED and ask.login != "none":
            authorization = await self._second_authorization(ask, response, authorization)
            response = await self._followed(ask, authorization)
            if response.status == HTTPStatus.UNAUTHORIZED:
                response.close()
                raise await self.login.refused(ask.repository, self.name(ask))
        if response.status not in _FINE:
            raise await self._refusal(ask, response)
        return response

    async def _first_authorization(self, ask: Ask) -> str:
        if ask.login == "none":
            return ""
        if ask.login == "basic":
            return await self.login.basic(ask.repository)
        return await self.login.header(ask.scope, ask.repository)

    async def _second_authorization(self, ask: Ask, response: aiohttp.ClientResponse, refused: str) -> str:
        if origin_of(str(response.url)) != self.origin:
            response.close()
            raise UnauthorizedError(f"{self.name(ask)}: the place it redirects to wants a login")
        challenges = parse_challenges(response.headers.getall("WWW-Authenticate", ()))
        await _drain(response)
        return await self.login.answer(
            challenges, ask.scope, ask.repository, refused=refused, thing=self.name(ask)
        )

    async def _followed(self, ask: Ask, authorization: str) -> aiohttp.ClientResponse:
        """Follow redirects by hand: authorization stays at home, and TLS is not lost on the way."""
        url, seen = ask.url, set[str]()
        while len(seen) <= REDIRECTS:
            seen.add(url)
            response = await self._send(ask, url, authorization)
            location = response.headers.get("Location")
            if response.status not in _MOVED or location is None:
                return response
            await _drain(response)
            url = absolute(location, url)
            target = origin_of(url)
            check_plain_http(
                target, self.origin, insecure=self.endpoint.insecure, purpose=f"redirect for {ask.thing}"
            )
            if target != self.origin:
                authorization = ""
            if url in seen:
                raise ProtocolError(f"{self.name(ask)}: redirects in a circle")
        raise ProtocolError(f"{self.name(ask)}: more than {REDIRECTS} redirects")

    async def _send(self, ask: Ask, url: str, authorization: str) -> aiohttp.ClientResponse:
        setattr(self.counts, ask.purpose, getattr(self.counts, ask.purpose) + 1)
        headers = {**ask.headers, "Authorization": authorization} if authorization else ask.headers
        thing = self.name(ask)
        if origin_of(url) != self.origin:
            return await self._session.request(ask.method, url, headers, thing=thing)
        with self._silence.noting(self.clock), translated(thing, self.endpoint):
            response = await self._session.request(ask.method, url, headers, thing=thing)
        self._note_allowance(response)
        return response

    def _note_allowance(self, response: aiohttp.ClientResponse) -> None:
        remaining = response.headers.get("RateLimit-Remaining")
        if remaining is None:
            return
        limit, reset = (
            response.headers.get("RateLimit-Limit", ""),
            response.headers.get("RateLimit-Reset", ""),
        )
        allowance = parse_allowance(remaining=remaining, limit=limit, reset=reset)
        if allowance is not None:
            self._pace.allow(allowance, self.clock())

    async def _refusal(self, ask: Ask, response: aiohttp.ClientResponse) -> RegistryError:
        status, retry_after_s = response.status, asked_wait_s(response)
        body = await response.content.read(ERROR_BYTES)
        response.release()
        thing, place = self.name(ask), origin_of(str(response.url))
        if place != self.origin:
            thing = f"{thing}, redirected to {place}"
        error = error_for(status, thing, code=error_code(body), retry_after_s=retry_after_s)
        if place == self.origin and isinstance(error, ServerError) and retry_after_s is not None:
            self._pace.pause(retry_after_s, self.clock())
        return error

    async def _explicit(self, _repository: str) -> Credentials | None:
        return self.endpoint.credentials


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Read the short body of an answer that is not used, so that its connection can be."""
    await response.content.read(ERROR_BYTES)
    response.release()
