import asyncio
import contextlib

import msgspec
import pytest

from crawler.registry import blobs
from crawler.registry.client import RegistryClient
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import UnreachableError
from crawler.registry.manifest import Descriptor
from crawler.registry.reference import parse_digest
from crawler.registry.retry import RetryPolicy
from crawler.registry.sinks import MemorySink
from crawler.registry.transport import Timing
from tests.fakes.registry import FakeRegistry, digest_of

BIG = bytes(range(256)) * 20_000
SMALL = bytes(10_000)


def described(data: bytes) -> Descriptor:
    return Descriptor(media_type="x", digest=parse_digest(digest_of(data)), size=len(data))


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send one byte at a time and never pause, until the client has enough."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(BIG)}\r\n\r\n".encode())
    for byte in BIG:
        if writer.is_closing():
            break
        writer.write(bytes((byte,)))
        await asyncio.sleep(0)
    writer.close()


async def test_a_body_that_drips_is_given_up(timing: Timing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "GRACE_S", 0.02)
    monkeypatch.setattr(blobs, "SLOWEST_BYTES_PER_S", 10**9)
    sink = MemorySink()
    async with (
        asyncio.timeout(20),
        asyncio.TaskGroup() as drips,
        await asyncio.start_server(
            lambda reader, writer: drips.create_task(drip(reader, writer)), "127.0.0.1", 0
        ) as server,
    ):
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with RegistryClient(Endpoint(url=url), timing=timing) as client:
            with pytest.raises(UnreachableError, match=r"app@sha256:.*: slower than 1000000000 bytes/s"):
                await client.pull_blob("app", described(BIG), sink)
    assert client.counts.retries == 4
    assert BIG.startswith(sink.value())


async def test_a_body_has_time_for_its_length(
    registry: FakeRegistry, timing: Timing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs, "GRACE_S", 0.0)
    monkeypatch.setattr(blobs, "SLOWEST_BYTES_PER_S", 1)
    registry.push_blob(BIG)
    sink = MemorySink()
    async with RegistryClient(Endpoint(url=registry.url), timing=timing) as client:
        await client.pull_blob("app", described(BIG), sink)
    assert sink.value() == BIG
    assert client.counts.retries == 0


@pytest.mark.parametrize(
    ("each", "requests", "outcome"),
    [
        (1000, 10, contextlib.nullcontext()),
        (999, 2, pytest.raises(UnreachableError, match="broke off")),
    ],
)
async def test_progress_starts_attempts_and_time_anew(
    timing: Timing,
    monkeypatch: pytest.MonkeyPatch,
    each: int,
    requests: int,
    outcome: contextlib.AbstractContextManager[object],
) -> None:
    monkeypatch.setattr(blobs, "PROGRESS_BYTES", 1000)
    timing = msgspec.structs.replace(timing, policy=RetryPolicy(total_s=1.0))
    sink = MemorySink()
    async with (
        FakeRegistry() as registry,
        RegistryClient(Endpoint(url=registry.url), timing=timing) as client,
    ):
        registry.push_blob(SMALL)
        registry.faults.drop_after = [each] * 9
        with outcome:
            await client.pull_blob("app", described(SMALL), sink)
    assert len(registry.requests) == requests
    assert len(sink.value()) == min(requests * each, len(SMALL))
