"""An export of OSV records on a web server: conditional, resumed, repeated where that helps.

Spec: https://www.rfc-editor.org/rfc/rfc9110 (sections 13, conditional requests, and 14, ranges)
"""

import asyncio
import io
import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import BinaryIO, TypeVar
from urllib.parse import quote

from yarl import URL

from analyzers.limits import MIB
from config.addresses import without_credentials
from crawler.advisories.errors import AnswerError, FeedError, MissingError
from crawler.advisories.source import UNKNOWN, Document, Traffic, Validators
from crawler.http import aiohttp, environment_proxy
from crawler.registry.errors import (
    ProtocolError,
    RegistryError,
    ServerError,
    TooManyRequestsError,
    UnreachableError,
)
from crawler.registry.retry import RetryPolicy, next_pause_s, parse_retry_after
from crawler.registry.translate import translated

CONNECTIONS = 16
"""Requests under way at one time."""
CONNECT_TIMEOUT_S = 20.0
READ_TIMEOUT_S = 60.0
"""Silence after which a connection is given up."""
READ_ATTEMPT_S = 300.0
"""Time for one attempt at a file that is read whole."""
DOWNLOAD_ATTEMPT_S = 3600.0
"""Time for one attempt at an archive."""
REDIRECTS = 5
POLICY = RetryPolicy(attempts=8, total_s=300.0)
PROGRESS_BYTES = MIB
"""An attempt that brought this much starts the count of attempts anew."""

_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_FINE = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED})
_CONTENT_RANGE = re.compile(r"bytes (?P<first>[0-9]{1,19})-[0-9]{1,19}/(?:[0-9]{1,19}|\*)")
_T = TypeVar("_T")


@asynccontextmanager
async def open_http(
    url: str,
    *,
    policy: RetryPolicy = POLICY,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncIterator["HttpSource"]:
    """Give the source at an http or https URL."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        cookie_jar=aiohttp.DummyCookieJar(),
        # A range and an ETag are of the bytes as they are stored.
        headers={"User-Agent": "cleanbill", "Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=READ_TIMEOUT_S),
        auto_decompress=False,
        trust_env=False,  # it would send logins from ~/.netrc; proxies are looked up below
    )
    async with session:
        yield HttpSource(url, session, policy=policy, sleep=sleep)


@dataclass(slots=True, kw_only=True)
class _Part:
    """What has come of a file."""

    target: BinaryIO
    limit: int
    length: int = 0
    pending: bytearray = field(default_factory=bytearray)
    """The end of it, not written yet."""
    validators: Validators = UNKNOWN
    """What the server calls the version that the part is of."""

    def headers(self) -> dict[str, str]:
        """Return what asks for the rest; nothing when the file has to come anew."""
        # A weak ETag does not promise the same bytes.
        strong = "" if self.validators.etag.startswith("W/") else self.validators.etag
        validator = strong or self.validators.last_modified
        if not (self.length and validator):
            return {}
        return {"Range": f"bytes={self.length}-", "If-Range": validator}

    def restart(self) -> None:
        """Forget what has come."""
        self.target.seek(0)
        self.target.truncate()
        self.length = 0
        self.pending.clear()

    def flush(self) -> None:
        """Write what is pending."""
        self.target.write(self.pending)
        self.pending.clear()


class HttpSource:
    """See `crawler.advisories.source.Source`; made by `open_http`."""

    def __init__(
        self,
        url: str,
        session: aiohttp.ClientSession,
        *,
        policy: RetryPolicy,
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        self._base, self._session, self._policy, self._sleep = url.rstrip("/"), session, policy, sleep
        self._chance = random.random
        self._answered, self._dead = False, False

    @property
    def url(self) -> str:
        """The address, without credentials."""
        return without_credentials(self._base)

    async def read(
        self, folder: str, name: str, *, limit: int, traffic: Traffic, known: Validators = UNKNOWN
    ) -> Document | None:
        """See `Source.read`."""
        path, target = _path(folder, name), io.BytesIO()
        part = _Part(target=target, limit=limit)
        asked = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        headers = {key: value for key, value in asked.items() if value}

        async def once() -> Document | None:
            async with self._opened(path, headers, traffic, READ_ATTEMPT_S) as response:
                if response.status == HTTPStatus.NOT_MODIFIED:
                    return None
                if response.status != HTTPStatus.OK:
                    raise AnswerError(f"{self.url}/{path}: unexpected answer (status {response.status})")
                part.restart()
                await self._receive(response, part, path, traffic)
                part.flush()
                return Document(target.getvalue(), part.validators)

        return await self._retrying(once)

    async def download(
        self, folder: str, name: str, target: BinaryIO, *, limit: int, traffic: Traffic
    ) -> None:
        """See `Source.download`. After a drop only the rest is fetched, if the file is still the same."""
        path = _path(folder, name)
        part = _Part(target=target, limit=limit)

        async def once() -> None:
            headers = part.headers()
            try:
                async with self._opened(path, headers, traffic, DOWNLOAD_ATTEMPT_S) as response:
                    if response.status != HTTPStatus.PARTIAL_CONTENT:
                        await asyncio.to_thread(part.restart)
                    elif _first_byte(response) != part.length:
                        raise ProtocolError(f"{self.url}/{path}: expected the bytes from {part.length} on")
                    await self._receive(response, part, path, traffic)
            finally:
                await asyncio.to_thread(part.flush)

        await self._retrying(once, progress=lambda: part.length)

    async def _receive(
        self, response: aiohttp.ClientResponse, part: _Part, path: str, traffic: Traffic
    ) -> None:
        part.validators = Validators(
            etag=response.headers.get("ETag", ""), last_modified=response.headers.get("Last-Modified", "")
        )
        while data := await response.content.readany():
            traffic.bytes += len(data)
            part.length += len(data)
            part.pending += data
            if part.length > part.limit:
                response.close()
                raise AnswerError(f"{self.url}/{path}: more than {part.limit} bytes")
            if len(part.pending) >= MIB:
                await asyncio.to_thread(part.flush)

    @asynccontextmanager
    async def _opened(
        self, path: str, headers: Mapping[str, str], traffic: Traffic, timeout_s: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Give the unread answer to one attempt."""
        thing = f"{self.url}/{path}"
        traffic.requests += 1
        try:
            async with asyncio.timeout(timeout_s):
                with translated(thing):
                    async with await self._get(path, headers, thing) as response:
                        self._answered, self._dead = True, False
                        _check(response, thing, secure=self._base.startswith("https:"))
                        yield response
        except TimeoutError as error:
            raise UnreachableError(f"{thing}: not complete after {timeout_s:.0f} s") from error

    async def _get(self, path: str, headers: Mapping[str, str], thing: str) -> aiohttp.ClientResponse:
        try:
            return await self._session.get(
                URL(f"{self._base}/{path}", encoded=True),
                headers=headers,
                max_redirects=REDIRECTS,
                proxy=environment_proxy(self._base),
            )
        except aiohttp.TooManyRedirects as error:
            raise AnswerError(f"{thing}: more than {REDIRECTS} redirects") from error
        except aiohttp.ClientConnectionError:
            # That nobody answers says nothing about the file: it is the same for all feeds.
            with translated(self.url):
                raise

    async def _retrying(
        self, work: Callable[[], Awaitable[_T]], progress: Callable[[], int] = lambda: 0
    ) -> _T:
        began_s, attempt = time.monotonic(), 0
        while True:
            attempt, before = attempt + 1, progress()
            try:
                return await work()
            except RegistryError as error:
                now_s = time.monotonic()
                if progress() - before >= PROGRESS_BYTES:
                    began_s, attempt = now_s, 1
                pause_s = next_pause_s(
                    self._policy, error, attempt=attempt, elapsed_s=now_s - began_s, chance=self._chance()
                )
                if pause_s is None or self._dead:
                    # The attempts at one file tell that nobody is there; those of twenty feeds take minutes.
                    self._dead = not self._answered
                    raise FeedError(str(error)) from error
            await self._sleep(pause_s)


def _path(folder: str, name: str) -> str:
    return f"{quote(folder, safe='')}/{quote(name, safe='')}"


def _check(response: aiohttp.ClientResponse, thing: str, *, secure: bool) -> None:
    """Raise what any answer stands for that is neither the file nor "still the same"."""
    if secure and any(step.url.scheme != "https" for step in (*response.history, response)):
        raise AnswerError(f"{thing}: redirects to plain http")
    status, headers = response.status, response.headers
    retry_after_s = parse_retry_after(headers.get("Retry-After", ""), headers.get("Date", ""))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise TooManyRequestsError(f"{thing}: too many requests (status 429)", retry_after_s=retry_after_s)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ServerError(f"{thing}: the server is failing (status {status})", retry_after_s=retry_after_s)
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        raise ProtocolError(f"{thing}: ends before what came of it (status {status})")
    if status in _GONE:
        raise MissingError(f"{thing}: no such file (status {status})")
    if status not in _FINE:
        raise AnswerError(f"{thing}: unexpected answer (status {status})")


def _first_byte(response: aiohttp.ClientResponse) -> int | None:
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return int(match["first"]) if match else None
