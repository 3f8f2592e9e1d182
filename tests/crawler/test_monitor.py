import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

import aiohttp
import apscheduler.executors.base
import apscheduler.schedulers.base
import apscheduler.triggers.interval
import pytest
from aiohttp import web
from apscheduler.triggers.cron import CronTrigger
from standardwebhooks import Webhook as Verifier

from config.errors import ConfigError
from config.settings import Advisories, Crawl, Osv, Policy, Registry, Server, Settings, Webhook
from crawler import monitor
from crawler.engine import crawl_lock
from crawler.locks import FileLock
from crawler.monitor import wait_s, watch
from crawler.notify import outbox
from store import images
from store.database import Store, Writer
from store.errors import StoreError
from store.images import ImageRecord
from tests.crawler.notify.receivers import Hook, hangs, listening
from tests.fakes import images as made
from tests.fakes.engine import rows
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.osv_mirror import Mirror, record, serving
from tests.fakes.receiver import SECRET
from tests.fakes.registry import FakeRegistry
from tests.fakes.waiting import until

BASE = layer(debian(), dpkg(openssl="3.0.11-1"))


def flaw(number: int) -> bytes:
    """Return a record about the openssl of the images, of that day."""
    about = ("Debian:12", "openssl")
    return record(f"CVE-2024-{number}", f"2024-01-0{number}T00:00:00Z", about, fixed="3.0.12-1")


@dataclass
class World:
    """A registry, a mirror, a receiver, and a daemon that is started by the test."""

    folder: Path
    registry: FakeRegistry
    mirror: Mirror
    hook: Hook
    settings: Settings

    @contextlib.asynccontextmanager
    async def watching(self, settings: Settings | None = None) -> AsyncIterator[None]:
        """Let the daemon work within the block; it has to end when it is told to."""
        stop = asyncio.Event()
        async with asyncio.timeout(15), asyncio.TaskGroup() as group:
            group.create_task(watch(settings or self.settings, self.folder, stop))
            yield
            stop.set()

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return rows(self.folder, sql) if (self.folder / "cleanbill.db").exists() else []

    def is_crawled(self) -> bool:
        try:
            return bool(self.rows("SELECT 1 FROM registries WHERE baseline_at <> ''"))
        except Exception:  # noqa: BLE001 - the tables may not be there yet
            return False

    async def get(self, path: str) -> tuple[int, str]:
        url = f"http://{self.settings.server.listen}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, await answer.text()

    async def measures(self, name: str, labels: str, value: float) -> None:
        """Return once the metrics say so of the registry."""
        line = f'\n{name}{{{labels}registry="{self.registry.url}"}} {value}\n'
        async with asyncio.timeout(10):
            while line not in (await self.get("/metrics"))[1]:
                pass

    def heads(self) -> int:
        return len(self.registry.paths("HEAD"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    feeds = {"Debian": [flaw(1)]}
    async with FakeRegistry() as registry, serving(feeds) as mirror, listening() as hook:
        push(registry, "app", "1.0", BASE)
        settings = Settings(
            registries=(Registry(url=registry.url),),
            crawl=Crawl(cron="0 2 1 1 *", workers=1),
            advisories=Advisories(every=0.2, osv=Osv(url=mirror.url)),
            webhooks=(Webhook(url=hook.url, secret=SECRET),),
            server=Server(listen=f"127.0.0.1:{free_port()}"),
        )
        yield World(tmp_path, registry, mirror, hook, settings)


async def test_an_advisory_that_appears_is_told_within_seconds_and_signed(world: World) -> None:
    async with world.watching():
        await until(world.is_crawled)
        world.mirror.put("Debian", flaw(2))
        await world.hook.got(1)
        (message,) = world.hook.received
        Verifier(SECRET).verify(message.body, message.headers)
        event = message.event
        assert (event["specversion"], event["type"]) == ("1.0", "cleanbill.finding.opened")
        assert event["data"]["advisory"]["id"] == "CVE-2024-2"
        (image,) = event["data"]["findings"][0]["layers"][0]["images"]
        assert (image["repository"], image["tags"]) == ("app", ["1.0"])
        await until(lambda: world.rows("SELECT 1 FROM deliveries WHERE state = 'delivered'"))
    assert world.heads() == 1


async def test_a_policy_whose_day_has_come_is_told_once(world: World) -> None:
    over = Policy(ids=("CVE-2024-1",), owner="ops", expires="2024-01-01")
    settings = replace(world.settings, policies=(over,))
    async with world.watching(settings):
        await world.hook.got(1)
        assert world.hook.received[0].event["type"] == "cleanbill.policy.expired"
    async with world.watching(settings):
        await until(world.is_crawled)
        world.mirror.put("Debian", flaw(2))
        await world.hook.got(2)
    assert world.hook.received[1].event["type"] == "cleanbill.finding.opened"


async def test_what_a_policy_covers_is_not_told(world: World) -> None:
    covering = Policy(ids=("CVE-2024-2",), repositories=("app",), reason="unused")
    async with world.watching(replace(world.settings, policies=(covering,))):
        await until(world.is_crawled)
        world.mirror.put("Debian", flaw(2))
        await until(lambda: world.rows("SELECT 1 FROM deliveries WHERE state = 'filtered'"))
    assert world.hook.received == []


async def test_health_readiness_and_metrics(world: World) -> None:
    world.registry.faults.stalled = True
    async with world.watching():
        await until(lambda: world.registry.paths("HEAD"))
        assert (await world.get("/healthz"))[0] == 200
        status, text = await world.get("/readyz")
        assert (status, "the first crawl is not done" in text) == (503, True)
        world.registry.faults.stalled = False
    async with world.watching():
        await until(world.is_crawled)
        await until(lambda: world.rows("SELECT 1 FROM feeds"))
        await until(lambda: world.rows("SELECT 1 FROM feeds WHERE current_at <> ''"))
        assert await world.get("/readyz") == (200, '{"status": "ready"}')
        await world.measures("cleanbill_crawl_success", "", 1.0)
        text = (await world.get("/metrics"))[1]
        assert f'cleanbill_image_findings{{registry="{world.registry.url}",severity="UNKNOWN"}} 1.0' in text


async def test_a_receiver_that_hangs_holds_up_nobody(world: World) -> None:
    async with listening(hangs) as hanging:
        webhooks = (Webhook(url=hanging.url, secret=SECRET), *world.settings.webhooks)
        stop = asyncio.Event()
        async with asyncio.timeout(15), asyncio.TaskGroup() as group:
            daemon = group.create_task(watch(replace(world.settings, webhooks=webhooks), world.folder, stop))
            await until(world.is_crawled)
            for number in (2, 3, 4):
                world.mirror.put("Debian", flaw(number))
                await world.hook.got(number - 1)
            assert len(hanging.received) == 1
            daemon.cancel()
    assert [message.event["data"]["advisory"]["id"] for message in world.hook.received] == [
        f"CVE-2024-{number}" for number in (2, 3, 4)
    ]


async def test_it_never_crawls_twice_at_once(world: World) -> None:
    other = FakeRegistry()
    push(other, "web", "1.0", BASE)
    busy: list[str] = []
    most = 0

    def watched(registry: FakeRegistry) -> None:
        handle = registry._answer  # noqa: SLF001 - the fake's own way in

        async def counted(request: Any) -> Any:  # noqa: ANN401 - aiohttp's
            nonlocal most
            busy.append(registry.url)
            most = max(most, len(set(busy)))
            try:
                await asyncio.sleep(0.01)
                return await handle(request)
            finally:
                busy.remove(registry.url)

        registry._answer = counted  # type: ignore[method-assign]  # noqa: SLF001 - as above

    watched(world.registry)
    watched(other)
    async with other:
        registries = (*world.settings.registries, Registry(url=other.url, cron="0 3 1 1 *"))
        async with world.watching(replace(world.settings, registries=registries)):
            await until(lambda: world.is_crawled() and len(world.rows("SELECT 1 FROM registries")) == 2)
    assert most == 1


async def test_another_process_that_crawls_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor, "LOCK_POLL_S", 0.02)
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
    monkeypatch.setattr(monitor, "LOCK_POLL_S", 0.02)
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
    monkeypatch.setattr(monitor, "LOCK_POLL_S", 0.0)
    monkeypatch.setattr("crawler.targets.image.FIRST_RETRY_S", -1.0)
    digest = world.registry.push_manifest("broken", "1", b"<html>")
    async with world.watching():
        await until(world.is_crawled)
        crawls = world.heads()
        world.mirror.put("Debian", flaw(2))
        await world.hook.got(1)
    assert world.heads() == crawls
    assert world.rows(f"SELECT attempts FROM manifests WHERE digest = '{digest}'") == [(1,)]  # noqa: S608 - as above


async def test_feeds_that_cannot_be_had_are_complained_of_once(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    out: list[str] = []

    def said(text: str) -> bool:
        out.append(capsys.readouterr().out)
        return text in "".join(out)

    world.mirror.instead["Debian/modified_id.csv"] = b"not a list"
    async with world.watching():
        await until(lambda: len(world.mirror.asked) > 8)
        world.mirror.instead.clear()
        await until(lambda: said("advisories complete again"))
    assert "".join(out).count("advisories not complete") == 1


async def test_what_cannot_be_opened_ends_it_with_a_reason(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = Server(listen=f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(ConfigError, match="cannot listen"):
            await watch(replace(world.settings, server=server), world.folder, asyncio.Event())
    (world.folder / "file").touch()
    with pytest.raises(StoreError, match="file"):
        await watch(world.settings, world.folder / "file", asyncio.Event())


@pytest.mark.parametrize(
    ("retry_at", "is_partial", "seconds"),
    [
        (None, False, None),
        (None, True, 600.0),
        ("2026-01-01T00:01:30.000000Z", False, 90.0),
        ("2026-01-01T00:01:30.000000Z", True, 90.0),
        ("2026-01-01T00:00:00.100000Z", False, monitor.LOCK_POLL_S),
        # It was due and the crawl did not come to it: at once it would not either.
        ("2025-12-31T00:00:00.000000Z", False, 600.0),
        ("2025-12-31T00:00:00.000000Z", True, 600.0),
    ],
)
def test_a_crawl_before_its_time(retry_at: str | None, *, is_partial: bool, seconds: float | None) -> None:
    assert wait_s(retry_at, "2026-01-01T00:00:00.000000Z", is_partial=is_partial) == seconds


async def test_an_image_that_cannot_be_read_makes_a_crawl_incomplete(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.registry.push_manifest("broken", "1", b"<html>")
    async with world.watching():
        await until(world.is_crawled)
        await world.measures("cleanbill_crawls_total", 'outcome="partial",', 1.0)
        await world.measures("cleanbill_crawl_success", "", 0.0)
        out: list[str] = []

        def told() -> list[str]:
            out.append(capsys.readouterr().out)
            return [line for line in "".join(out).splitlines() if "not read" in line]

        await until(told)
    assert "broken:1" in told()[0]
    assert "expected JSON" in told()[0]


async def test_a_full_disk_ends_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor, "RETRY_LISTING_S", 0.1)
    monkeypatch.setattr(outbox, "REFUSED_S", 0.1)
    is_full, refused = True, list[str]()
    transaction = Store.transaction

    def refusing(store: Store) -> contextlib.AbstractAsyncContextManager[Writer]:
        if is_full:
            refused.append("")
            raise StoreError("no space left on device")
        return transaction(store)

    async with world.watching():
        await until(world.is_crawled)
        monkeypatch.setattr(Store, "transaction", refusing)
        world.mirror.put("Debian", flaw(2))
        await until(lambda: len(refused) > 5)
        assert world.hook.received == []
        is_full = False
        await world.hook.got(1)
        await until(lambda: world.rows("SELECT 1 FROM deliveries WHERE state = 'delivered'"))


async def test_a_crawl_given_up_for_a_full_disk_is_no_success_until_the_next_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor, "RETRY_LISTING_S", 0.1)
    is_full = True
    put_image = images.put_image

    async def refusing(tx: Writer, image: ImageRecord, now: str) -> None:
        if is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        await put_image(tx, image, now)

    monkeypatch.setattr(images, "put_image", refusing)

    async with world.watching():
        await until(world.heads)
        await world.measures("cleanbill_crawls_total", 'outcome="failed",', 1.0)
        await world.measures("cleanbill_crawl_success", "", 0.0)
        is_full = False
        await world.measures("cleanbill_crawl_success", "", 1.0)


async def test_feeds_that_the_first_crawl_could_not_have_are_told(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.mirror.missing |= {"Debian/modified_id.csv", "Debian/all.zip"}
    advisories = replace(world.settings.advisories, every=3600.0)
    out: list[str] = []

    def told() -> list[str]:
        out.append(capsys.readouterr().out)
        return [line for line in "".join(out).splitlines() if "advisories not complete" in line]

    async with world.watching(replace(world.settings, advisories=advisories)):
        await until(told)
        status, why = await world.get("/readyz")
    assert "has no Debian: expected OSV" in told()[0]
    assert (status, "no update of advisories could be made yet: Debian: " in why) == (503, True)
