import asyncio
from dataclasses import dataclass, field

import pytest

from crawler.registry.client import RegistryClient
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import TooManyRequestsError
from crawler.registry.manifest import Descriptor
from crawler.registry.reference import parse_digest
from crawler.registry.sinks import MemorySink
from crawler.registry.transport import Timing
from tests.crawler.registry.conftest import Clock
from tests.fakes.registry import Canned, FakeRegistry, digest_of

DATA = b"layer"
LAYER = Descriptor(media_type="x", digest=parse_digest(digest_of(DATA)), size=len(DATA))
SPENT = {"RateLimit-Remaining": "0", "RateLimit-Reset": "300"}


@dataclass
class Held:
    """A clock that stands still, and lets nobody on who waits, until it is told to."""

    now_s: float = 1000.0
    pauses: asyncio.Queue[float] = field(default_factory=asyncio.Queue)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def sleep(self, seconds: float) -> None:
        self.pauses.put_nowait(seconds)
        await self.over.wait()

    def let_go(self, seconds: float) -> None:
        self.now_s += seconds
        self.over.set()

    def timing(self) -> Timing:
        return Timing(sleep=self.sleep, clock=lambda: self.now_s, chance=lambda: 1.0)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("refused", ["list", "blob"])
async def test_a_wait_that_one_request_was_told_is_for_all(
    registry: FakeRegistry, status: int, refused: str
) -> None:
    registry.push_blob(DATA)
    registry.faults.next_answers = [Canned(status, headers={"Retry-After": "7"})]
    held = Held()
    async with (
        RegistryClient(Endpoint(url=registry.url), timing=held.timing()) as client,
        asyncio.timeout(10),
        asyncio.TaskGroup() as group,
    ):
        first = client.ping() if refused == "list" else client.pull_blob("app", LAYER, MemorySink())
        group.create_task(first)
        assert await held.pauses.get() == 7.5
        others = [group.create_task(client.ping()) for _ in range(2)]
        assert [await held.pauses.get() for _ in others] == [7.0, 7.0]
        assert len(registry.requests) == 1
        held.let_go(8.0)
    assert [request.status for request in registry.requests] == [status, 200, 200, 200]


async def test_a_wait_too_long_for_one_request_is_kept_by_the_next(
    registry: FakeRegistry, timing: Timing, clock: Clock
) -> None:
    registry.faults.next_answers = [Canned(429, headers={"Retry-After": "300"})]
    async with RegistryClient(Endpoint(url=registry.url), timing=timing) as client:
        with pytest.raises(TooManyRequestsError):
            await client.ping()
        assert clock.pauses == []
        await client.ping()
    assert clock.pauses == [300.0]


@pytest.mark.parametrize(("here", "there", "pauses"), [(SPENT, {}, [300.0]), ({}, SPENT, [])])
async def test_the_allowance_of_a_place_redirected_to_is_not_the_registrys(
    clock: Clock, timing: Timing, here: dict[str, str], there: dict[str, str], pauses: list[float]
) -> None:
    async with (
        FakeRegistry() as registry,
        FakeRegistry() as elsewhere,
        RegistryClient(Endpoint(url=registry.url), timing=timing) as client,
    ):
        elsewhere.faults.headers = there
        registry.faults.next_answers = [Canned(307, headers={"Location": f"{elsewhere.url}/v2/"} | here)]
        await client.ping()
        await client.ping()
    assert len(elsewhere.requests) == 1
    assert clock.pauses == pauses


async def test_what_a_place_redirected_to_asks_to_wait_holds_up_nothing_else(registry: FakeRegistry) -> None:
    held = Held()
    async with (
        FakeRegistry() as elsewhere,
        RegistryClient(Endpoint(url=registry.url), timing=held.timing()) as client,
        asyncio.timeout(10),
        asyncio.TaskGroup() as group,
    ):
        elsewhere.push_blob(DATA)
        elsewhere.faults.next_answers = [Canned(503, headers={"Retry-After": "7"})]
        registry.faults.redirect_blobs_to = elsewhere.url
        sink = MemorySink()
        group.create_task(client.pull_blob("app", LAYER, sink))
        assert await held.pauses.get() == 7.5
        await client.ping()
        held.let_go(8.0)
    assert sink.value() == DATA
    assert held.pauses.empty()
