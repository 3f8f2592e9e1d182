import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import apscheduler.executors.base
import apscheduler.schedulers.base
import apscheduler.triggers.interval
import pytest
from aiohttp import web
from apscheduler.triggers.cron import CronTrigger

from config.settings import Registry
from crawler import monitor, turns
from crawler.engine import crawl_lock
from crawler.locks import FileLock
from crawler.monitor import wait_s
from tests.fakes import images as made
from tests.fakes.daemon import BASE, World, flaw
from tests.fakes.images import layer, push
from tests.fakes.osv_mirror import Mirror
from tests.fakes.registry import FakeRegistry
from tests.fakes.waiting import until


async def test_a_registry_that_does_not_answer_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = asyncio.Event()
    async with FakeRegistry() as other:
        push(other, "web", "1.0", BASE)
        handle = other._answer  # noqa: SLF001 - the fake's own way in

        async def late(request: web.Request) -> web.StreamResponse:
            await answers.wait()
            return await handle(request)

        monkeypatch.setattr(other, "_answer", late)
        registries = (Registry(url=other.url), *world.settings.registries)
        async with world.watching(replace(world.settings, registries=registries)):
            await until(world.is_crawled)
            assert world.rows("SELECT url FROM registries") == [(world.registry.url,)]
            answers.set()
            await until(lambda: len(world.rows("SELECT 1 FROM registries WHERE baseline_at <> ''")) == 2)


async def test_another_process_that_crawls_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LOCK_POLL_S", 0.02)
    lock = FileLock(crawl_lock(world.settings, world.folder))
    assert lock.acquire()
    async with world.watching():
        await until(lambda: world.rows("SELECT name FROM sqlite_master WHERE name = 'deliveries'"))
        assert world.registry.requests == []
        lock.release()
        await until(world.is_crawled)


async def test_without_at_start_it_waits_for_its_time(world: World) -> None:
    crawl = replace(world.settings.crawl, at_start=False)
    async with world.watching(replace(world.settings, crawl=crawl)):
        await until(lambda: world.rows("SELECT name FROM sqlite_master WHERE name = 'deliveries'"))
    assert world.registry.requests == []


async def test_a_cron_that_is_due_crawls(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def every_second(_cron: str, timezone: str) -> CronTrigger:
        return CronTrigger(second="*", timezone=timezone)

    monkeypatch.setattr(CronTrigger, "from_crontab", every_second)
    async with world.watching():
        await until(lambda: world.heads() >= 3)


@pytest.fixture
def sleep_until(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """It is 0:01 for the scheduler; the function lets the machine sleep until a later minute of that hour."""
    ahead = datetime(2026, 1, 1, 0, 1, tzinfo=UTC) - datetime.now(UTC)
    slept = timedelta()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp((datetime.now(UTC) + ahead + slept).timestamp(), tz)

    for module in (apscheduler.schedulers.base, apscheduler.executors.base, apscheduler.triggers.interval):
        monkeypatch.setattr(module, "datetime", Clock)

    def sleep(minute: int) -> None:
        nonlocal slept
        slept = timedelta(minutes=minute - 1)

    return sleep


async def test_runs_missed_while_the_machine_slept_are_one_run(
    world: World, sleep_until: Callable[[int], None]
) -> None:
    crawl = replace(world.settings.crawl, cron="*/5 * * * *")
    async with world.watching(replace(world.settings, crawl=crawl)):
        await until(world.is_crawled)
        assert world.heads() == 1
        sleep_until(18)
        await until(lambda: world.heads() == 2)
        world.mirror.put("Debian", flaw(2))
        await world.hook.got(1)
    assert world.heads() == 2


async def test_a_registrys_own_cron_goes_before_the_general_one(
    world: World, sleep_until: Callable[[int], None]
) -> None:
    often, seldom = "*/5 * * * *", "0 2 1 1 *"
    async with FakeRegistry() as general, FakeRegistry() as hurried:
        for registry in (general, hurried):
            push(registry, "web", "1.0", BASE)
        registries = (
            Registry(url=hurried.url, cron="*/2 * * * *"),
            Registry(url=general.url),
            Registry(url=world.registry.url, cron=seldom),
        )
        crawl = replace(world.settings.crawl, cron=often)

        def heads() -> list[int]:
            return [len(registry.paths("HEAD")) for registry in (hurried, general, world.registry)]

        async with world.watching(replace(world.settings, registries=registries, crawl=crawl)):
            await until(lambda: len(world.rows("SELECT 1 FROM registries WHERE baseline_at <> ''")) == 3)
            assert heads() == [1, 1, 1]
            sleep_until(3)
            await until(lambda: heads() == [2, 1, 1])
            sleep_until(7)
            await until(lambda: heads() == [3, 2, 1])
            world.mirror.put("Debian", flaw(2))
            await world.hook.got(1)
        assert heads() == [3, 2, 1]


async def test_it_never_updates_twice_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way: list[str] = []
    most = 0
    answer = Mirror._answer  # noqa: SLF001 - the fake's own way in

    async def slow(mirror: Mirror, request: web.Request, path: str) -> web.StreamResponse:
        nonlocal most
        under_way.append(path)
        most = max(most, len(under_way))
        await asyncio.sleep(0.1)
        under_way.remove(path)
        return await answer(mirror, request, path)

    advisories = replace(world.settings.advisories, every=0.02)
    async with world.watching(replace(world.settings, advisories=advisories)):
        await until(world.is_crawled)
        monkeypatch.setattr(Mirror, "_answer", slow)
        world.mirror.taken()
        await until(lambda: len(world.mirror.asked) >= 3)
    assert most == 1


async def test_what_failed_is_tried_again_when_it_is_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor, "SOONEST_S", 0.02)
    monkeypatch.setattr(monitor, "RETRY_LISTING_S", 0.3)  # for when a crawl takes longer than this
    monkeypatch.setattr("crawler.targets.image.FIRST_RETRY_S", 0.3)
    image = push(world.registry, "flaky", "1.0", BASE, layer(made.python("x", "1")))
    body = world.registry.blobs.pop(image.config_digest)
    failed = f"SELECT attempts FROM manifests WHERE digest = '{image.digest}' AND state = 'failed'"  # noqa: S608 - a digest
    async with world.watching():
        await until(lambda: world.is_crawled() and world.rows(failed))
        world.registry.push_blob(body)
        await until(lambda: not world.rows(failed))


async def test_what_could_not_be_listed_is_asked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor, "RETRY_LISTING_S", 0.1)
    world.registry.faults.refuses_all = True
    async with world.watching():
        await until(lambda: len(world.registry.requests) > 4)
        assert not world.is_crawled()
        world.registry.faults.refuses_all = False
        await until(world.is_crawled)


async def test_what_is_due_but_not_come_to_makes_nobody_hurry(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor, "SOONEST_S", 0.0)
    monkeypatch.setattr("crawler.targets.image.FIRST_RETRY_S", -1.0)
    digest = world.registry.push_manifest("broken", "1", b"<html>")
    async with world.watching():
        await until(world.is_crawled)
        crawls = world.heads()
        world.mirror.put("Debian", flaw(2))
        await world.hook.got(1)
    assert world.heads() == crawls
    assert world.rows(f"SELECT attempts FROM manifests WHERE digest = '{digest}'") == [(1,)]  # noqa: S608 - as above


@pytest.mark.parametrize(
    ("retry_at", "lacking", "seconds"),
    [
        (None, 0, None),
        (None, 1, 600.0),
        (None, 2, 1200.0),
        (None, 8, 76_800.0),
        (None, 9, 86_400.0),
        (None, 10_000, 86_400.0),
        ("2026-01-01T00:01:30.000000Z", 0, 90.0),
        ("2026-01-01T00:01:30.000000Z", 1, 90.0),
        ("2026-01-02T00:00:00.000000Z", 1, 600.0),
        ("2026-01-01T00:00:00.100000Z", 0, monitor.SOONEST_S),
    ],
)
def test_a_crawl_before_its_time(retry_at: str | None, lacking: int, seconds: float | None) -> None:
    assert wait_s(retry_at, "2026-01-01T00:00:00.000000Z", lacking=lacking) == seconds


async def test_what_stays_unreadable_is_asked_for_less_and_less(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float | None] = []

    def noted(retry_at: str | None, now: str, *, lacking: int) -> float | None:
        waits.append(wait_s(retry_at, now, lacking=lacking))
        return waits[-1] and waits[-1] / 6000

    monkeypatch.setattr(monitor, "wait_s", noted)
    world.registry.faults.refuses_all = True
    async with world.watching():
        await until(lambda: len(waits) == 3)
        world.registry.faults.refuses_all = False
        await until(world.is_crawled)
        await until(lambda: waits[-1] is None)
    assert waits[:3] == [600.0, 1200.0, 2400.0]
