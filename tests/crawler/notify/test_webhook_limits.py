import asyncio
import base64
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from crawler import clock
from crawler.notify import webhook
from crawler.notify.outbox import Outbox
from crawler.notify.schedule import Answered, Unreachable
from crawler.notify.webhook import LONGEST_ANSWER_BYTES, open_session, receiver, send
from store import deliveries, events
from store.database import open_store
from store.events import EndpointRule
from tests.fakes.fleet import NOW, Fleet, finding
from tests.fakes.hooks import Answer, hangs, listening, says

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()


async def post(url: str) -> Answered | Unreachable:
    to = receiver(EndpointRule(name="one", url=url, secret=SECRET))
    async with asyncio.timeout(5), open_session() as session:
        return await send(session, to, "msg_1", b"{}", now=datetime.now(UTC), agent="cleanbill/1.0")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a hundredth of the time be all that a receiver has."""
    seconds = webhook._TIMEOUT.total  # noqa: SLF001 - what is made of TIMEOUT_S
    assert seconds == webhook.TIMEOUT_S
    monkeypatch.setattr(webhook, "_TIMEOUT", aiohttp.ClientTimeout(total=seconds / 100))


def stops_after_the_head(status: int) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status)
        await response.prepare(request)
        await asyncio.Event().wait()
        return response

    return answer


def never_ends(status: int, cut_off: asyncio.Event) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status)
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * LONGEST_ANSWER_BYTES)
        except (asyncio.CancelledError, ConnectionError):
            cut_off.set()
            raise

    return answer


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("script", "answer"),
    [
        (hangs, Unreachable("no answer within 15 s")),
        (stops_after_the_head(200), Answered(status=200)),
        (stops_after_the_head(503), Answered(status=503)),
    ],
)
async def test_a_receiver_that_says_nothing_more_is_left(
    script: Answer, answer: Answered | Unreachable
) -> None:
    async with listening(script) as hook:
        assert await post(hook.url) == answer


@pytest.mark.parametrize(
    ("status", "answer"), [(200, Answered(status=200)), (500, Answered(status=500, excerpt="x" * 200))]
)
async def test_an_answer_without_an_end_is_cut_off(status: int, answer: Answered) -> None:
    cut_off = asyncio.Event()
    async with listening(never_ends(status, cut_off)) as hook:
        assert await post(hook.url) == answer
        async with asyncio.timeout(5):
            await cut_off.wait()


@pytest.mark.parametrize(("blanks", "excerpt"), [(LONGEST_ANSWER_BYTES - 1, "x"), (LONGEST_ANSWER_BYTES, "")])
async def test_a_refusal_is_read_up_to_its_limit(blanks: int, excerpt: str) -> None:
    async with listening(says(400, " " * blanks + "x")) as hook:
        assert await post(hook.url) == Answered(status=400, excerpt=excerpt)


@pytest.mark.usefixtures("hurried")
async def test_an_answer_that_never_comes_is_a_failed_attempt(tmp_path: Path) -> None:
    async with listening(hangs, says(204)) as hook, open_store(tmp_path / "c.db") as store:
        one = EndpointRule(name="one", url=hook.url, secret=SECRET)
        fleet = Fleet(tmp_path / "c.db")
        fleet.image("debian", ["base"])
        fleet.package("ssl", ("base", "var/lib/dpkg/status"))
        async with store.transaction() as tx:
            await events.append(tx, [finding("ssl", "base")], [one], NOW)
        times = [NOW]
        outbox = Outbox(store, [one], now=lambda: times[-1])

        async def told() -> list[tuple[str, int, str]]:
            found = await deliveries.listing(store.read, endpoint="one")
            return [(each.state, each.attempts, each.last_error) for each in found]

        assert await outbox.drain(5) == 1
        assert await told() == [("due", 1, "no answer within 15 s")]
        times.append(clock.later(NOW, 86_400))
        assert await outbox.drain(5) == 0
    assert len(hook.received) == 2
