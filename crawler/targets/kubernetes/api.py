"""GET requests to Kubernetes' API: pages, retries, limits.

Reference: https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from yarl import URL

from analyzers.limits import MIB
from crawler.http import aiohttp
from crawler.registry.errors import (
    DeniedError,
    InsecureError,
    NotFoundError,
    ProtocolError,
    RegistryError,
    ServerError,
    TooLargeError,
    TooManyRequestsError,
    UnauthorizedError,
    UnreachableError,
)
from crawler.registry.retry import RetryPolicy, next_pause_s, parse_retry_after
from crawler.registry.translate import translated
from crawler.targets.kubernetes.access import Access
from crawler.targets.kubernetes.objects import Page, Status, parse_object, parse_page

PAGE_OBJECTS = 500
"""Objects asked for at once, as kubectl does."""
PAGES = 20_000
"""Pages of one list."""
OBJECTS = 1_000_000
"""Objects of one list."""
ANSWER_BYTES = 512 * MIB
"""Length of an answer: a server may ignore `limit` and give everything."""
ERROR_BYTES = 64 * 1024
"""How much of an error's body is read."""
CONNECTIONS = 8
"""Requests under way at one time."""
CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 60.0
"""Silence after which a connection is given up."""
ANSWER_TIMEOUT_S = 300.0
EXPIRIES = 3
"""Lists that may expire, each begun anew, before one is asked for whole."""

_SENTENCES: dict[int, tuple[type[RegistryError], str]] = {
    HTTPStatus.UNAUTHORIZED: (UnauthorizedError, "the login is refused"),
    HTTPStatus.FORBIDDEN: (DeniedError, "forbidden"),
    HTTPStatus.NOT_FOUND: (NotFoundError, "not found"),
}
_T = TypeVar("_T", bound=msgspec.Struct)
Seen = Callable[[Sequence[tuple[_T, msgspec.Raw]]], Awaitable[None]]
"""Takes objects of a list, each with its JSON."""


class ExpiredError(ProtocolError):
    """The list that a page belongs to is no longer kept."""


@asynccontextmanager
async def open_api(
    access: Access,
    *,
    policy: RetryPolicy | None = None,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncIterator["Api"]:
    """Give the API of a cluster."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "cleanbill", "Accept": "application/json"},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=READ_TIMEOUT_S),
        trust_env=False,  # it would send logins from ~/.netrc
    )
    async with session:
        yield Api(access, session, policy=policy or RetryPolicy(), sleep=sleep)


class Api:
    """Reads from one cluster; made by `open_api`. Every method raises RegistryErrors."""

    def __init__(
        self,
        access: Access,
        session: aiohttp.ClientSession,
        *,
        policy: RetryPolicy,
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        self._access, self._session, self._policy, self._sleep = access, session, policy, sleep
        self._host = urlsplit(access.url).netloc.rpartition("@")[2]

    @property
    def cluster(self) -> str:
        """The cluster's name; its host when it has none."""
        return self._access.cluster or self._host

    async def get(self, path: str, kind: type[_T]) -> _T:
        """Return one object."""
        place = f"{self._host}{path}"
        return parse_object(await self._body(path, {}), kind, place)

    async def objects(
        self, path: str, kind: type[_T], *, seen: Seen[_T] | None = None, limit: int = PAGE_OBJECTS
    ) -> tuple[list[_T], list[str]]:
        """Return the objects of a list, all of one moment, and why others of it could not be read.

        Args:
            path: of the list.
            kind: of the objects.
            seen: is given the objects of each page; twice, maybe, where the list had to be begun anew.
            limit: objects asked for at once.
        """
        for page_objects in (*(limit,) * EXPIRIES, 0):
            try:
                return await self._objects(path, kind, page_objects, seen)
            except ExpiredError:
                # Pages are kept for minutes only. What came before has to be read again, at last in one go.
                if not page_objects:
                    raise
        raise AssertionError

    async def _objects(
        self, path: str, kind: type[_T], limit: int, seen: Seen[_T] | None
    ) -> tuple[list[_T], list[str]]:
        found: list[_T] = []
        problems: list[str] = []
        async for page in self._pages(path, limit):
            own: list[tuple[_T, msgspec.Raw]] = []
            for number, item in enumerate(page.items, len(found) + len(problems)):
                try:
                    own.append((parse_object(item, kind, f"{self._host}{path}: items[{number}]"), item))
                except ProtocolError as error:
                    problems.append(str(error))
            found += (each for each, _ in own)
            if seen is not None:
                await seen(own)
            if len(found) + len(problems) > OBJECTS:
                raise TooLargeError("objects", f"{self._host}{path}: more than {OBJECTS} objects")
        return found, problems

    async def _pages(self, path: str, limit: int) -> AsyncIterator[Page]:
        place, seen, after = f"{self._host}{path}", set[str](), ""
        while True:
            asked = {"limit": str(limit)} if limit else {}
            page = parse_page(await self._body(path, asked | ({"continue": after} if after else {})), place)
            yield page
            after = page.next
            if not after:
                return
            if after in seen or len(seen) >= PAGES:
                raise ProtocolError(f"{place}: expected a last page within {PAGES}, and none twice")
            seen.add(after)

    async def _body(self, path: str, query: Mapping[str, str]) -> bytes:
        began_s, attempt = time.monotonic(), 0
        while True:
            attempt += 1
            try:
                return await self._once(path, query)
            except RegistryError as error:
                pause_s = next_pause_s(
                    self._policy,
                    error,
                    attempt=attempt,
                    elapsed_s=time.monotonic() - began_s,
                    chance=random.random(),  # noqa: S311 - it spreads pauses
                )
                if pause_s is None:
                    raise
            await self._sleep(pause_s)

    async def _once(self, path: str, query: Mapping[str, str]) -> bytes:
        thing = f"{self._host}{path}"
        url = f"{self._access.url}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                with translated(thing):
                    async with self._session.get(
                        URL(url, encoded=True),
                        headers=await self._headers(),
                        allow_redirects=False,  # the login is for nobody else
                        ssl=self._access.tls or True,
                        server_hostname=self._access.server_name or None,
                        proxy=self._access.proxy or None,
                    ) as response:
                        if response.status == HTTPStatus.OK:
                            return await _read(response, ANSWER_BYTES, thing)
                        raise _error(response, await response.content.read(ERROR_BYTES), thing)
        except InsecureError as error:
            raise InsecureError(
                f"{error}; certificate-authority in the kubeconfig names who signs for the cluster"
            ) from error
        except TimeoutError as error:
            raise UnreachableError(f"{thing}: not complete after {ANSWER_TIMEOUT_S:.0f} s") from error

    async def _headers(self) -> dict[str, str]:
        authorization = await self._access.authorization()
        return {"Authorization": authorization} if authorization else {}


def path_of(group: str, resource: str, *, namespace: str = "", name: str = "") -> str:
    """Return the path of a list, or with a name that of an object.

    Args:
        group: such as "api/v1" or "apis/apps/v1".
        resource: such as "pods".
        namespace: empty for all of them, or for what lies in none.
        name: of one object.
    """
    parts = [group, *(("namespaces", _segment(namespace)) if namespace else ()), resource]
    return "/" + "/".join([*parts, *((_segment(name),) if name else ())])


def _segment(name: str) -> str:
    # A client would take these for steps in the path.
    if name in {".", ".."}:
        raise ProtocolError(f"{name!r}: expected the name of an object")
    return quote(name, safe="")


async def _read(response: aiohttp.ClientResponse, limit: int, thing: str) -> bytes:
    body = bytearray()
    async for data in response.content.iter_any():
        body += data
        if len(body) > limit:
            response.close()
            raise TooLargeError("answer_bytes", f"{thing}: more than the limit of {limit} bytes")
    return bytes(body)


def _error(response: aiohttp.ClientResponse, body: bytes, thing: str) -> RegistryError:
    status, headers = response.status, response.headers
    said = f"status {status}" + _reason(body)
    retry_after_s = parse_retry_after(headers.get("Retry-After", ""), headers.get("Date", ""))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TooManyRequestsError(f"{thing}: too many requests ({said})", retry_after_s=retry_after_s)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerError(f"{thing}: the server is failing ({said})", retry_after_s=retry_after_s)
    if status == HTTPStatus.GONE:
        return ExpiredError(f"{thing}: the list has expired ({said})")
    kind, sentence = _SENTENCES.get(status, (ProtocolError, "unexpected answer"))
    return kind(f"{thing}: {sentence} ({said})")


def _reason(body: bytes) -> str:
    try:
        message = msgspec.json.decode(body, type=Status).message
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""
    return f": {' '.join(message.split())[:300]}" if message else ""
