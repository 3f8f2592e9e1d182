import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from standardwebhooks.webhooks import Webhook

from config.settings import Policy, Settings
from config.settings import Webhook as WebhookOf
from crawler import clock
from crawler.locks import FileLock
from crawler.notify.outbox import POLL_S, Outbox, wait
from crawler.notify.webhook import open_session
from crawler.policies.rules import tell_expired
from store import deliveries, events
from store.database import Store, open_store
from store.events import EndpointRule, NewEvent
from tests.fakes.fleet import NOW, Fleet, finding, moved
from tests.fakes.hooks import Answer, Hook, babbles, drops, hangs, listening, says

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()


class Time:
    """A clock that stands until it is moved, and waits that end when they are woken."""

    def __init__(self) -> None:
        self.at = NOW
        self.waits: list[float] = []
        self.is_idle = asyncio.Event()

    def now(self) -> str:
        return self.at

    def pass_by(self, seconds: float) -> None:
        self.at = clock.later(self.at, seconds)

    async def wait(self, wake: asyncio.Event, timeout_s: float) -> None:
        self.waits.append(timeout_s)
        self.is_idle.set()
        await wake.wait()

    async def until_idle(self) -> None:
        self.is_idle.clear()
        await self.is_idle.wait()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "c.db") as opened:
        fleet = Fleet(tmp_path / "c.db")
        fleet.image("debian", ["base"])
        fleet.image("team/app", ["base", "code"], tags=["v1", "v2"])
        fleet.package("ssl", ("base", "var/lib/dpkg/status"))
        yield opened


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with listening() as opened:
        yield opened


def rule(hook: Hook, name: str = "one", **more: object) -> EndpointRule:
    return EndpointRule(name=name, url=hook.url, secret=SECRET, **more)  # type: ignore[arg-type]  # any of its fields


def pump(store: Store, time: Time, *rules: EndpointRule, lock: Path | None = None) -> Outbox:
    return Outbox(store, rules, lock=lock, now=time.now, chance=lambda: 0.5, wait=time.wait)


def ssl(cause: str = "CVE-2026-1@1") -> NewEvent:
    return finding("ssl", "base", cause=cause)


async def append(store: Store, rules: list[EndpointRule], *new: NewEvent) -> None:
    async with store.transaction() as tx:
        await events.append(tx, new, rules, NOW)


async def states(store: Store, endpoint: str = "one") -> list[tuple[str, int, str]]:
    listed = await deliveries.listing(store.read, endpoint=endpoint)
    return [(each.state, each.attempts, each.last_error) for each in reversed(listed)]


async def test_a_cause_is_told_in_one_signed_message(store: Store, time: Time, hook: Hook) -> None:
    one = rule(hook)
    await append(store, [one], ssl())
    assert await pump(store, time, one).drain(5) == 0
    (got,) = hook.received
    signed_at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    assert Webhook(SECRET).sign(got.id, signed_at, got.body.decode()) == got.headers["webhook-signature"]
    assert got.event["id"] == got.id
    assert got.event["type"] == "cleanbill.finding.opened"
    (told,) = got.event["data"]["findings"]
    (layer,) = told["layers"]
    assert layer["base_image"] == "registry.test/debian:latest"
    assert [(image["repository"], image["tags"]) for image in layer["images"]] == [
        ("debian", ["latest"]),
        ("team/app", ["v1", "v2"]),
    ]
    assert got.event["data"]["images_total"] == 2
    assert await states(store) == [("delivered", 1, "")]


async def test_messages_carry_the_real_time(store: Store, hook: Hook) -> None:
    one = rule(hook)
    await append(store, [one], ssl())
    await Outbox(store, [one], source="https://c.test", agent="cleanbill/9").drain(5)
    (got,) = hook.received
    assert Webhook(SECRET).verify(got.body, got.headers)["source"] == "https://c.test"
    assert got.headers["user-agent"] == "cleanbill/9"


@pytest.mark.parametrize(
    ("globs", "repositories"),
    [(("team/*",), ["team/app"]), (("other/*",), []), (("x", "deb*"), ["debian"])],
)
async def test_repository_globs_decide_when_it_is_sent(
    store: Store, time: Time, hook: Hook, globs: tuple[str, ...], repositories: list[str]
) -> None:
    one = rule(hook, repositories=globs)
    await append(store, [one], ssl())
    assert await pump(store, time, one).drain(5) == 0
    assert [state for state, *_ in await states(store)] == ["delivered" if repositories else "filtered"]
    found = [
        image["repository"]
        for got in hook.received
        for told in got.event["data"]["findings"]
        for layer in told["layers"]
        for image in layer["images"]
    ]
    assert found == repositories


@pytest.mark.parametrize(
    ("globs", "expires", "repositories"),
    [
        (("*",), "", []),
        (("team/*",), "", ["debian"]),
        (("registry.test/debian",), "2026-03-02", ["team/app"]),
        (("*",), "2026-03-01", ["debian", "team/app"]),
    ],
)
async def test_policies_decide_which_images_are_told(  # noqa: PLR0913, PLR0917 - a row of the table
    store: Store, time: Time, hook: Hook, globs: tuple[str, ...], expires: str, repositories: list[str]
) -> None:
    one = rule(hook)
    await append(store, [one], ssl())
    policy = Policy(ids=("DSA-1",), repositories=globs, expires=expires)
    assert await Outbox(store, [one], policies=[policy], now=time.now).drain(5) == 0
    assert [state for state, *_ in await states(store)] == ["delivered" if repositories else "filtered"]
    found = [
        image["repository"]
        for got in hook.received
        for told in got.event["data"]["findings"]
        for layer in told["layers"]
        for image in layer["images"]
    ]
    assert found == repositories


async def test_a_policy_whose_time_is_over_is_told(store: Store, time: Time, hook: Hook) -> None:
    policy = Policy(ids=("CVE-1", "CVE-2"), owner="ops", reason="unused", expires="2026-03-01")
    await tell_expired(store, Settings(policies=(policy,), webhooks=(WebhookOf(url=hook.url),)), NOW)
    one = EndpointRule(name=hook.url, url=hook.url, repositories=("team/*",))
    assert await pump(store, time, one).drain(5) == 0
    (got,) = hook.received
    assert (got.event["type"], got.event["subject"]) == ("cleanbill.policy.expired", "CVE-1, CVE-2")
    (told,) = got.event["data"]["policies"]
    assert (told["owner"], told["reason"], told["expires"]) == ("ops", "unused", "2026-03-01")
    assert told["repositories"] == ["*"]


async def test_events_the_rule_holds_back_are_not_in_the_message(
    store: Store, time: Time, hook: Hook
) -> None:
    one = rule(hook, min_severity="HIGH")
    low = finding("ssl", "base", severity="LOW", type="finding.changed")
    await append(store, [one], ssl(), low)
    await pump(store, time, one).drain(5)
    assert [event["type"] for event in hook.received[0].event["data"]["events"]] == ["finding.opened"]


async def test_a_tags_move_is_told(store: Store, time: Time, hook: Hook) -> None:
    one = rule(hook)
    await append(store, [one], moved("v1"))
    await pump(store, time, one).drain(5)
    assert hook.received[0].event["subject"] == "registry.test/app:v1"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says(500, "out of paper"), "it answered 500: 'out of paper'"),
        (says(302, Location="/elsewhere"), "it answered 302, and redirects are not followed"),
        (says(429), "it answered 429"),
        (drops, "closed the connection without an answer"),
        (babbles, "the answer is not HTTP"),
    ],
)
async def test_a_failure_is_tried_again_later_with_the_same_id_and_body(
    store: Store, time: Time, hook: Hook, answer: Answer, error: str
) -> None:
    one = rule(hook)
    hook.script = [answer, says(200)]
    await append(store, [one], ssl())
    outbox = pump(store, time, one)
    assert await outbox.drain(5) == 1
    assert await states(store) == [("due", 1, error)]
    assert await outbox.drain(5) == 1
    assert len(hook.received) == 1
    time.pass_by(5)
    assert await outbox.drain(5) == 0
    first, second = hook.received
    assert (first.id, first.body) == (second.id, second.body)
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert await states(store) == [("delivered", 2, "")]


async def test_a_receiver_that_asks_for_time_gets_it(store: Store, time: Time, hook: Hook) -> None:
    one = rule(hook)
    hook.script = [says(503, Retry_After="900")]
    await append(store, [one], ssl())
    await pump(store, time, one).drain(5)
    (waiting,) = await deliveries.listing(store.read)
    assert waiting.due_at == clock.later(NOW, 900)


async def test_the_order_of_causes_is_kept_when_one_fails(store: Store, time: Time, hook: Hook) -> None:
    one = rule(hook)
    hook.script = [says(200), says(500), says(200)]
    causes = ["first", "second", "third"]
    await append(store, [one], *map(ssl, causes))
    outbox = pump(store, time, one)
    assert await outbox.drain(5) == 2
    time.pass_by(60)
    assert await outbox.drain(5) == 0
    told = [got.event["data"]["cause"] for got in hook.received]
    assert told == ["first", "second", "second", "third"]


async def test_what_is_refused_five_times_lets_the_next_one_through(
    store: Store, time: Time, hook: Hook
) -> None:
    one = rule(hook)
    hook.script = [*[says(422)] * 5, says(200)]
    await append(store, [one], ssl("bad"), ssl("good"))
    outbox = pump(store, time, one)
    for _ in range(5):
        await outbox.drain(5)
        time.pass_by(3600)
    assert await states(store) == [("dead", 5, "it answered 422 (5 attempts)"), ("delivered", 1, "")]


async def test_silence_ends_after_three_days(store: Store, time: Time, hook: Hook) -> None:
    one = rule(hook)
    hook.script = [says(500)]
    await append(store, [one], ssl())
    outbox = pump(store, time, one)
    while await outbox.drain(5):
        (waiting,) = await deliveries.listing(store.read)
        time.at = waiting.due_at
    assert await states(store) == [("dead", 14, "it answered 500 (14 attempts)")]
    assert time.at < clock.later(NOW, 3 * 86_400)


async def test_a_receiver_that_is_gone_is_left_alone_until_it_is_enabled(
    store: Store, time: Time, hook: Hook
) -> None:
    one = rule(hook)
    hook.script = [says(410), says(200)]
    await append(store, [one], ssl("first"), ssl("second"))
    outbox = pump(store, time, one)
    assert await outbox.drain(5) == 2
    time.pass_by(86_400)
    assert await outbox.drain(5) == 2
    assert len(hook.received) == 1
    (endpoint,) = await deliveries.endpoints(store.read)
    assert (endpoint.disabled, endpoint.disabled_at) == ("it answered 410", NOW)
    async with store.transaction() as tx:
        await deliveries.enable(tx, "one")
    assert await outbox.drain(5) == 0
    assert len(hook.received) == 3


async def test_a_process_that_ends_before_the_answer_sends_the_same_again(
    store: Store, time: Time, hook: Hook
) -> None:
    one = rule(hook)
    hook.script = [hangs, says(200)]
    await append(store, [one], ssl())
    async with asyncio.TaskGroup() as group:
        killed = group.create_task(pump(store, time, one).run(asyncio.Event()))
        await hook.got(1)
        killed.cancel()
    assert await states(store) == [("due", 0, "")]
    await pump(store, time, one).drain(5)
    assert [got.id for got in hook.received] == [hook.received[0].id] * 2
    assert await states(store) == [("delivered", 1, "")]


async def test_one_that_hangs_holds_up_nobody_else(store: Store, time: Time, hook: Hook) -> None:
    async with listening(hangs) as slow:
        rules = [rule(slow, "slow"), rule(hook, "quick")]
        await append(store, rules, ssl("first"), ssl("second"))
        async with asyncio.TaskGroup() as group:
            running = group.create_task(pump(store, time, *rules).run(asyncio.Event()))
            await slow.got(1)
            await hook.got(2)
            running.cancel()
    assert [state for state, *_ in await states(store, "slow")] == ["due", "due"]


async def test_draining_ends_in_time(store: Store, time: Time, hook: Hook) -> None:
    one = rule(hook)
    hook.script = [hangs]
    await append(store, [one], ssl())
    assert await pump(store, time, one).drain(0.05) == 1


async def test_without_endpoints_there_is_nothing_to_do(store: Store, time: Time) -> None:
    assert await pump(store, time).drain(5) == 0
    stop = asyncio.Event()
    stop.set()
    await pump(store, time).run(stop)
    assert time.waits == []


async def test_the_pump_sends_what_it_is_notified_of_and_stops(store: Store, time: Time, hook: Hook) -> None:
    one, stop = rule(hook), asyncio.Event()
    outbox = pump(store, time, one)
    async with asyncio.TaskGroup() as group:
        group.create_task(outbox.run(stop))
        await time.until_idle()
        assert hook.received == []
        await append(store, [one], ssl())
        outbox.notify()
        await hook.got(1)
        await time.until_idle()
        stop.set()
    assert await states(store) == [("delivered", 1, "")]
    assert set(time.waits) == {POLL_S}


async def test_the_pump_waits_for_the_next_attempt_but_not_longer_than_it_polls(
    store: Store, time: Time, hook: Hook
) -> None:
    one, stop = rule(hook), asyncio.Event()
    hook.script = [says(500), says(200)]
    await append(store, [one], ssl())
    outbox = pump(store, time, one)
    async with asyncio.TaskGroup() as group:
        group.create_task(outbox.run(stop))
        await time.until_idle()
        time.pass_by(4)
        outbox.notify()
        await time.until_idle()
        time.pass_by(1)
        outbox.notify()
        await hook.got(2)
        stop.set()
    assert time.waits[:2] == [2.0, 1.0]


async def test_a_request_under_way_is_finished_when_the_pump_stops(
    store: Store, time: Time, hook: Hook
) -> None:
    one, stop = rule(hook), asyncio.Event()

    async def stops(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        stop.set()
        return await says(200)(request)

    hook.script = [stops]
    await append(store, [one], ssl("first"), ssl("second"))
    await pump(store, time, one).run(stop)
    assert [state for state, *_ in await states(store)] == ["delivered", "due"]


async def test_only_one_process_sends(store: Store, time: Time, hook: Hook, tmp_path: Path) -> None:
    one, stop, lock = rule(hook), asyncio.Event(), tmp_path / "outbox.lock"
    other = FileLock(lock)
    assert other.acquire()
    await append(store, [one], ssl())
    outbox = pump(store, time, one, lock=lock)
    assert await outbox.drain(5) == 1
    async with asyncio.TaskGroup() as group:
        group.create_task(outbox.run(stop))
        await time.until_idle()
        assert hook.received == []
        other.release()
        outbox.notify()
        await hook.got(1)
        stop.set()
    assert other.acquire()
    other.release()


async def test_messages_for_an_endpoint_that_is_gone_are_dead_and_can_be_replayed(
    store: Store, time: Time, hook: Hook
) -> None:
    gone, one = rule(hook, "gone"), rule(hook)
    await append(store, [gone], ssl())
    stop = asyncio.Event()
    stop.set()
    await pump(store, time, one).run(stop)
    assert await states(store, "gone") == [("dead", 0, "its endpoint is not in the settings any more")]
    async with store.transaction() as tx:
        assert await deliveries.replay(tx, NOW) == 1
    assert await pump(store, time, gone).drain(5) == 0
    assert len(hook.received) == 1


async def test_a_pump_that_waits_for_its_turn_can_be_stopped(
    store: Store, time: Time, hook: Hook, tmp_path: Path
) -> None:
    other, stop = FileLock(tmp_path / "outbox.lock"), asyncio.Event()
    assert other.acquire()
    async with asyncio.TaskGroup() as group:
        group.create_task(pump(store, time, rule(hook), lock=tmp_path / "outbox.lock").run(stop))
        await time.until_idle()
        stop.set()
    other.release()
    assert hook.received == []


@pytest.mark.parametrize("prepare", [asyncio.Event.set, asyncio.Event.clear])
async def test_a_wait_ends_by_the_event_or_the_time(prepare: Callable[[asyncio.Event], None]) -> None:
    wake = asyncio.Event()
    prepare(wake)
    waiting: Awaitable[None] = wait(wake, 0.001)
    await waiting


async def test_the_session_is_the_callers_choice(store: Store, time: Time, hook: Hook) -> None:
    opened: list[aiohttp.ClientSession] = []

    def factory() -> aiohttp.ClientSession:
        opened.append(open_session())
        return opened[-1]

    outbox = Outbox(store, [rule(hook)], now=time.now, session=factory)
    assert await outbox.drain(5) == 0
    assert [session.closed for session in opened] == [True]
