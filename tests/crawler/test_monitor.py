import asyncio
import contextlib
import errno
import os
import socket
from dataclasses import replace

import pytest
from standardwebhooks import Webhook as Verifier

from config.errors import ConfigError
from config.settings import Policy, Registry, Server, Settings, Webhook
from crawler import clock, monitor
from crawler.advisories.imports import import_paths
from crawler.engine import Engine
from crawler.monitor import watch
from crawler.notify import outbox
from crawler.rematch import match_all
from store import images
from store.database import Store, Writer, open_store
from store.errors import StoreError
from store.images import ImageRecord
from store.pruning import Pruned
from tests.fakes.daemon import BASE, World, flaw
from tests.fakes.hooks import hangs, listening
from tests.fakes.images import layer, node, push
from tests.fakes.osv_mirror import record
from tests.fakes.receiver import SECRET
from tests.fakes.registry import FakeRegistry
from tests.fakes.waiting import until


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
        world.mirror.instead["Debian/modified_id.csv"] = b"\xff, and for another reason"
        await until(lambda: len(world.mirror.asked) > 16)
        world.mirror.instead.clear()
        await until(lambda: said("advisories complete again"))
    assert "".join(out).count("advisories not complete") == 1


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
        await world.measures("cleanbill_crawl_success", "", 0.0)
        is_full = False
        await world.measures("cleanbill_crawl_success", "", 1.0)


async def test_a_crawl_after_which_nothing_can_be_pruned_is_one(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def refused(_engine: Engine, _settings: Settings) -> Pruned:
        raise StoreError("no space left on device")

    monkeypatch.setattr(monitor, "forget_old", refused)
    async with world.watching():
        await until(world.is_crawled)
        await world.measures("cleanbill_crawl_success", "", 1.0)
    assert "not pruned" in capsys.readouterr().out


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


async def test_a_tag_that_waits_for_advisories_is_told_whoever_brings_them(world: World) -> None:
    world.mirror.missing |= {"Debian/modified_id.csv", "Debian/all.zip"}
    file = world.folder / "flaw.json"
    file.write_bytes(flaw(1))
    settings = replace(world.settings, crawl=replace(world.settings.crawl, tell_first=True))
    async with world.watching(settings):
        await until(world.is_crawled)
        world.mirror.taken()
        await until(lambda: world.mirror.asked)
        assert world.rows("SELECT type FROM events") == []
        async with open_store(world.folder / "cleanbill.db") as store:
            await import_paths(store, [file], clock.now)
            await match_all(store, ())
        await until(lambda: world.rows("SELECT type FROM events") == [("image.added",)])


async def test_a_mirror_that_fails_is_left_to_the_updates(world: World) -> None:
    world.mirror.missing |= {"Debian/modified_id.csv", "Debian/all.zip"}
    async with FakeRegistry() as second, FakeRegistry() as third:
        for each in (second, third):
            push(each, "web", "1.0", BASE)
        registries = (*world.settings.registries, Registry(url=second.url), Registry(url=third.url))
        advisories = replace(world.settings.advisories, every=3600.0)
        async with world.watching(replace(world.settings, registries=registries, advisories=advisories)):
            await until(lambda: len(world.rows("SELECT 1 FROM registries WHERE baseline_at <> ''")) == 3)
    asked = [path for path, _ in world.mirror.asked]
    # By the first crawl, and by the update of the start when it came after that.
    assert max(map(asked.count, asked)) <= 2


async def test_a_feed_that_fails_holds_up_no_other(world: World) -> None:
    world.mirror.missing |= {"Debian/modified_id.csv", "Debian/all.zip"}
    world.mirror.put("npm", record("GHSA-1", "2024-01-01T00:00:00Z", ("npm", "left-pad")))
    async with FakeRegistry() as second:
        push(second, "web", "1.0", layer(node("left-pad", "1.3.0")))
        registries = (*world.settings.registries, Registry(url=second.url))
        advisories = replace(world.settings.advisories, every=3600.0)
        async with world.watching(replace(world.settings, registries=registries, advisories=advisories)):
            await until(lambda: world.rows("SELECT name FROM feeds WHERE current_at <> ''") == [("npm",)])


async def test_what_cannot_be_opened_ends_it_with_a_reason(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = Server(listen=f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(ConfigError, match="cannot listen"):
            await watch(replace(world.settings, server=server), world.folder, asyncio.Event())
    (world.folder / "file").touch()
    with pytest.raises(StoreError, match="file"):
        await watch(world.settings, world.folder / "file", asyncio.Event())
