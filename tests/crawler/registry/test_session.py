import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from crawler.registry import session
from crawler.registry.client import RegistryClient
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import UnreachableError
from crawler.registry.transport import Timing
from tests.fakes.registry import FakeRegistry

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"


@contextlib.asynccontextmanager
async def going_no_further_than(start: bytes) -> AsyncIterator[str]:
    """Give the address of a server whose answers are `start`, and then nothing."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(start)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX: ", HEAD], ids=["head", "body"])
@pytest.mark.parametrize("whose", ["registry", "token server"])
async def test_an_answer_that_takes_too_long_on_the_whole_is_given_up(
    timing: Timing, monkeypatch: pytest.MonkeyPatch, start: bytes, whose: str
) -> None:
    monkeypatch.setattr(session, "ANSWER_S", 0.05)
    async with going_no_further_than(start) as url, FakeRegistry(auth="bearer") as registry:
        registry.realm = url
        address = url if whose == "registry" else registry.url
        async with RegistryClient(Endpoint(url=address), timing=timing) as client:
            with pytest.raises(UnreachableError) as caught:
                await client.ping()
    place = url.removeprefix("http://")
    thing = f"token server {place}" if whose == "token server" else f"{place}: "
    assert str(caught.value).startswith(thing)
    assert str(caught.value).endswith("no whole answer within 0.05 s")
    assert client.counts.retries == 4
