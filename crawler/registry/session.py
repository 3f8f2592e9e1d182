"""Single requests on behalf of one registry: its certificates, proxies and limits."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

import msgspec
from yarl import URL

from crawler.http import aiohttp, environment_proxy
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import TooLargeError, UnreachableError
from crawler.registry.origins import Origin, origin_of
from crawler.registry.retry import parse_retry_after
from crawler.registry.tls import tls_context

ANSWER_S = 300.0
"""The longest time for the head of an answer, and for a body that is read at once: silence alone would let
them drip for days."""
HEADER_BYTES = 16 * 1024
"""Length of one header; what some gateways say to browsers is longer than the 8 KiB of aiohttp's default."""
READ_BUFFER_BYTES = 1024 * 1024
"""What a connection reads ahead; 64 KiB, aiohttp's default, halves the throughput of large blobs."""
USER_AGENT = "cleanbill"


class Counts(msgspec.Struct):
    """What a client did so far: requests by purpose, bytes of their bodies, and repeated attempts."""

    lists: int = 0
    heads: int = 0
    manifests: int = 0
    blobs: int = 0
    tokens: int = 0
    retries: int = 0
    received_bytes: int = 0
    layer_bytes: int = 0
    """Of them, those that were streamed: layers."""


class Session:
    """Open connections to one registry and where it leads to; use it as an async context manager."""

    def __init__(self, endpoint: Endpoint, counts: Counts) -> None:
        self._endpoint = endpoint
        self._counts = counts
        self._session: aiohttp.ClientSession | None = None
        self._tls: dict[bool, ssl.SSLContext] = {}
        self._proxies: dict[Origin, str | None] = {}

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Some gateways gzip a blob on its way: its digest is of the bytes without that.
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(
                total=None,
                sock_connect=self._endpoint.connect_timeout_s,
                sock_read=self._endpoint.read_timeout_s,
            ),
            auto_decompress=False,
            read_bufsize=READ_BUFFER_BYTES,
            max_field_size=HEADER_BYTES,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], *, thing: str, body: bytes | None = None
    ) -> aiohttp.ClientResponse:
        """Return the unread answer to one request; redirects are not followed.

        Raises:
            UnreachableError: there is none in time; `thing` begins the message.
            aiohttp.ClientError: it fails otherwise; see `translate`.
        """
        if self._session is None:
            raise RuntimeError("the transport is not open; use it as an async context manager")
        target = origin_of(url)
        async with _in_time(thing):
            return await self._session.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
                ssl=self._tls_for(target) if target.scheme == "https" else True,
                proxy=self._proxy_for(target),
            )

    async def read(self, response: aiohttp.ClientResponse, limit: int, limit_name: str, thing: str) -> bytes:
        """Return the whole body of an answer.

        Raises:
            TooLargeError: it has more than `limit` bytes.
            UnreachableError: it does not end in time.
            aiohttp.ClientError: as `request`.
        """
        chunks, length = [], 0
        async with _in_time(thing):
            while chunk := await response.content.readany():
                length += len(chunk)
                self._counts.received_bytes += len(chunk)
                if length > limit:
                    response.close()
                    raise TooLargeError(limit_name, f"{thing}: more than the limit of {limit} bytes")
                chunks.append(chunk)
        return b"".join(chunks)

    def _tls_for(self, target: Origin) -> ssl.SSLContext:
        """Return the context for `target`; the client's certificate is shown to the registry only."""
        shows = target == self._endpoint.origin and bool(self._endpoint.client_cert)
        if shows not in self._tls:
            self._tls[shows] = tls_context(self._endpoint, shows_certificate=shows)
        return self._tls[shows]

    def _proxy_for(self, target: Origin) -> str | None:
        if target not in self._proxies:
            host = f"[{target.host}]" if ":" in target.host else target.host
            self._proxies[target] = environment_proxy(f"{target.scheme}://{host}:{target.port}")
        return self._proxies[target]


def asked_wait_s(response: aiohttp.ClientResponse) -> float | None:
    """Return the seconds that an answer asks to wait; None when it does not."""
    return parse_retry_after(response.headers.get("Retry-After", ""), response.headers.get("Date", ""))


@asynccontextmanager
async def _in_time(thing: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(ANSWER_S):
            yield
    except TimeoutError as error:
        if isinstance(error, aiohttp.ServerTimeoutError):
            raise
        raise UnreachableError(f"{thing}: no whole answer within {ANSWER_S:g} s") from error
