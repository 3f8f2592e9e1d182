import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from analyzers.inventory import Release
from analyzers.osv import normalise_time, parse_record
from crawler import rematch
from crawler.advisories.errors import FeedError
from crawler.clock import now
from crawler.rematch import Update, judge_new, match_all, update_advisories
from store import advisories, events, tags, verdicts
from store.database import Store, open_store
from store.events import EndpointRule, Event, FindingData
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.stored import REGISTRY, digest, package, python, remember, tag

ALL = EndpointRule(name="all", url="https://hooks.test", secret="whsec_aGFsbG8=")
CVE = "CVE-2024-0001"


def day(number: int) -> str:
    return f"2024-01-{number:02}T00:00:00Z"


@dataclass
class World:
    """A store, and an export of advisories beside it."""

    folder: Path
    store: Store
    mirror: Mirror

    async def update(self, *feeds: str) -> Update:
        """Write the export out, and follow it."""
        await asyncio.to_thread(self.mirror.write, self.folder / "osv")
        url = (self.folder / "osv").as_uri()
        return await update_advisories(self.store, url, [ALL], feeds or None)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(self.folder / "c.db")) as connection:
            return connection.execute(sql).fetchall()

    async def told(self, after: int = 0) -> list[tuple[str, str, str, str]]:
        """Return type, finding, package and cause of events."""
        found = await events.since(self.store.read, after)
        return [(each.type, finding(each).ids[0], finding(each).package, each.cause) for each in found]

    def states(self) -> list[tuple[object, ...]]:
        return self.rows("SELECT name, version, state, reason FROM package_versions ORDER BY name, version")

    def findings(self) -> list[tuple[object, ...]]:
        return self.rows(
            "SELECT v.name, v.version, f.id FROM findings f"
            " JOIN package_versions v ON v.id = f.package_version_id ORDER BY 1, 2, 3"
        )


def finding(event: Event) -> FindingData:
    assert isinstance(event.data, FindingData)
    return event.data


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_store(tmp_path / "c.db") as store:
        made = World(tmp_path, store, Mirror())
        made.mirror.put("Debian", record("DSA-0", day(1), ("Debian:12", "unheard-of")))
        made.mirror.put("PyPI", record("PYSEC-0", day(1), ("PyPI", "unheard-of")))
        yield made


async def holding(world: World, *names: str) -> None:
    """Let a tagged image have these Debian packages, judged."""
    digest = await remember(world.store, "app", [package(name) for name in names])
    await tag(world.store, "app", latest=digest)
    await world.update()


async def test_first_verdicts_are_silent(world: World) -> None:
    world.mirror.put("Debian", record(CVE, day(1), ("Debian:12", "bash"), ("Debian:12", "zsh")))
    digest = await remember(world.store, "app", [package("bash"), package("zsh", "2.0"), package("fish")])
    await tag(world.store, "app", latest=digest)
    update = await world.update()
    assert world.findings() == [("bash", "1.0", CVE)]
    assert {state for _, _, state, _ in world.states()} == {"matched"}
    assert (update.first_judged, update.rematch.events) == (3, 0)
    assert (await world.update()).first_judged == 0
    assert await world.told() == []


async def test_what_an_advisory_newly_says_opens_changes_and_closes(world: World) -> None:
    await holding(world, "bash")
    about = ("Debian:12", "bash")
    severity = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
    world.mirror.put("Debian", record(CVE, day(2), about, summary="a flaw", severity=severity))
    update = await world.update()
    assert (update.rematch.changes, update.rematch.judged, update.rematch.events) == (1, 1, 1)
    (opened,) = await events.since(world.store.read, 0)
    data = finding(opened)
    assert (opened.type, opened.severity, opened.fixable) == ("finding.opened", "CRITICAL", True)
    assert (data.package, data.installed_version, data.fixed_version) == ("bash", "1.0", "2.0")
    assert (data.advisory.id, data.advisory.title, data.advisory.score) == (CVE, "a flaw", 9.8)
    assert data.before is None
    world.mirror.put("Debian", record(CVE, day(3), about, severity=severity, fixed="3.0"))
    await world.update()
    (changed,) = await events.since(world.store.read, opened.seq)
    before = finding(changed).before
    assert (changed.type, finding(changed).fixed_version) == ("finding.changed", "3.0")
    assert before is not None
    assert (before.fixed_version, before.severity) == ("2.0", "CRITICAL")
    world.mirror.put("Debian", record(CVE, day(4), about, withdrawn=day(4)))
    await world.update()
    (closed,) = await events.since(world.store.read, changed.seq)
    assert (closed.type, closed.severity, finding(closed).fixed_version) == (
        "finding.closed",
        "CRITICAL",
        "3.0",
    )
    assert world.findings() == []
    assert len({each.id for each in (opened, changed, closed)}) == 3
    assert world.rows("SELECT endpoint, first_seq, last_seq, state FROM deliveries ORDER BY first_seq") == [
        ("all", seq, seq, "due") for seq in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    "later",
    [
        record(CVE, day(3), ("Debian:12", "bash"), summary="in other words", details="more of them"),
        record(CVE, day(3), ("Debian:12", "bash"), ("Debian:11", "bash"), ("Debian:12", "zsh")),
    ],
    ids=["wording", "other packages"],
)
async def test_what_changes_no_verdict_tells_nobody(world: World, later: bytes) -> None:
    await holding(world, "bash")
    world.mirror.put("Debian", record(CVE, day(2), ("Debian:12", "bash")))
    await world.update()
    world.mirror.put("Debian", later)
    update = await world.update()
    assert (update.rematch.changes > 0, update.rematch.events) == (True, 0)
    assert len(await world.told()) == 1


async def test_a_package_the_advisory_speaks_of_no_more_is_closed(world: World) -> None:
    await holding(world, "bash", "zsh")
    world.mirror.put("Debian", record(CVE, day(2), ("Debian:12", "bash"), ("Debian:12", "zsh")))
    await world.update()
    world.mirror.put("Debian", record(CVE, day(3), ("Debian:12", "zsh")))
    await world.update()
    assert await world.told(2) == [("finding.closed", CVE, "bash", f"advisory:{CVE}@{day(3)}")]


async def test_a_record_that_names_a_known_vulnerability_opens_nothing_more(world: World) -> None:
    digest = await remember(world.store, "app", [python("jinja2")])
    await tag(world.store, "app", latest=digest)
    await world.update()
    world.mirror.put("PyPI", record("GHSA-aaaa", day(2), ("PyPI", "jinja2"), aliases=[CVE]))
    await world.update()
    assert await world.told() == [("finding.opened", CVE, "jinja2", f"advisory:GHSA-aaaa@{day(2)}")]
    world.mirror.put("PyPI", record("PYSEC-2024-1", day(3), ("PyPI", "Jinja2"), aliases=[CVE]))
    await world.update()
    assert len(await world.told()) == 1
    assert world.findings() == [("jinja2", "1.0", CVE)]
    # It stays open while one of the two holds it.
    world.mirror.put("PyPI", record("GHSA-aaaa", day(4), ("PyPI", "jinja2"), withdrawn=day(4)))
    await world.update()
    assert len(await world.told()) == 1
    world.mirror.put("PyPI", record("PYSEC-2024-1", day(5), ("PyPI", "jinja2"), withdrawn=day(5)))
    await world.update()
    assert [each[0] for each in await world.told(1)] == ["finding.closed"]


async def test_no_change_between_two_updates_is_passed_over(world: World) -> None:
    await holding(world, "bash", "zsh")
    world.mirror.put("Debian", record("CVE-2024-1", day(2), ("Debian:12", "bash")))
    world.mirror.put("Debian", record("CVE-2024-2", day(3), ("Debian:12", "zsh")))
    world.mirror.put("Debian", record("CVE-2024-1", day(4), ("Debian:12", "bash"), fixed="9"))
    await world.update()
    assert [each[1:3] for each in await world.told()] == [("CVE-2024-1", "bash"), ("CVE-2024-2", "zsh")]


async def test_many_changes_are_taken_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "CHANGES_AT_ONCE", 2)
    monkeypatch.setattr(rematch, "VERSIONS_AT_ONCE", 3)
    names = [f"p{number}" for number in range(10)]
    await holding(world, *names)
    for number, name in enumerate(names):
        world.mirror.put(
            "Debian", record(f"CVE-2024-{number}", day(2), ("Debian:12", name), ("Debian:12", "x"))
        )
    update = await world.update()
    assert (update.rematch.changes, update.rematch.judged, update.rematch.events) == (20, 10, 10)
    assert len(await world.told()) == 10
    assert world.rows("SELECT COUNT(*) FROM advisory_changes") == [(0,)]
    assert world.rows("SELECT name FROM cursors WHERE value = 10 ORDER BY name") == [
        ("advisory_seq",),
        ("event_seq",),
        ("matched_through",),
    ]


@dataclass
class Interrupted(Exception):  # noqa: N818 - not an error, a kill
    """What a test raises in the middle of a transaction."""


@pytest.mark.parametrize(
    "where", ["store.events.append", "store.verdicts.put", "store.verdicts.changes_matched"]
)
async def test_verdicts_events_and_cursor_come_together_or_not_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    await holding(world, "bash")
    world.mirror.put("Debian", record(CVE, day(2), ("Debian:12", "bash")))
    tables = ("verdicts", "findings", "events", "event_sets", "deliveries", "cursors", "package_versions")

    def everything() -> list[list[tuple[object, ...]]]:
        return [world.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables]  # noqa: S608 - our own names

    before = everything()
    with monkeypatch.context() as patch:
        patch.setattr(where, _interrupting(where))
        with pytest.raises(Interrupted):
            await world.update()
    after = everything()
    assert [part for part in after if part not in before] == [
        [row if row[0] != "advisory_seq" else ("advisory_seq", 1) for row in before[5]]
    ]
    assert (await match_all(world.store, [ALL]))[0].events == 1
    assert [each[0] for each in await world.told()] == ["finding.opened"]


def _interrupting(where: str) -> Callable[..., Awaitable[None]]:
    real: dict[str, Callable[..., Awaitable[object]]] = {
        "append": events.append,
        "put": verdicts.put,
        "changes_matched": verdicts.changes_matched,
    }
    work = real[where.rpartition(".")[2]]

    async def interrupted(*args: object) -> None:
        await work(*args)
        raise Interrupted

    return interrupted


async def test_images_without_a_tag_are_not_told_of(world: World) -> None:
    kept = await remember(world.store, "kept", [package("bash")])
    moved = await remember(world.store, "moved", [package("zsh")])
    await tag(world.store, "app", latest=moved)
    await tag(world.store, "app", latest=kept)
    await world.update()
    world.mirror.put("Debian", record(CVE, day(2), ("Debian:12", "bash"), ("Debian:12", "zsh")))
    await world.update()
    assert [each[2] for each in await world.told()] == ["bash"]
    assert world.findings() == [("bash", "1.0", CVE), ("zsh", "1.0", CVE)]


@pytest.mark.parametrize(
    ("release", "version", "state", "reason"),
    [
        (Release(id="debian", version_id="99"), "1.0", "unchecked", "no advisories for Debian:99"),
        (Release(id="alpine", version_id="3.20"), "1.0", "unchecked", "no ecosystem for dpkg packages"),
        (None, "1.0", "unchecked", "without an operating system release"),
        (Release(id="ubuntu", version_id="24.04"), "1.0", "", "no advisories of Ubuntu: "),
    ],
)
async def test_what_cannot_be_checked_says_why(
    world: World, release: Release | None, version: str, state: str, reason: str
) -> None:
    digest = await remember(world.store, "app", [package("bash", version)], release=release)
    await tag(world.store, "app", latest=digest)
    await world.update()
    ((_, _, found, told),) = world.states()
    assert reason in str(told)
    assert found == state or (not state and found in {"pending", "unchecked"})
    assert world.findings() == []


@pytest.mark.parametrize(
    ("version", "reason", "findings"),
    [("1.0 beta", "'1.0 beta'", [("bash", "1.0 beta", CVE)]), ("", "states no version", [])],
)
async def test_a_version_that_cannot_be_read_matters_when_an_advisory_names_the_package(
    world: World, version: str, reason: str, findings: list[tuple[str, str, str]]
) -> None:
    digest = await remember(world.store, "app", [package("bash", version), package("zsh", version)])
    await tag(world.store, "app", latest=digest)
    world.mirror.put("Debian", record(CVE, day(1), ("Debian:12", "bash")))
    await world.update()
    (_, _, found, told), other = sorted(world.states())
    assert (found, reason in str(told)) == ("unchecked", True)
    assert other == ("zsh", version, "matched", "")
    assert world.findings() == findings


async def test_events_are_no_older_than_the_tags_they_touch(world: World) -> None:
    await holding(world, "bash")
    await _put(world.store, record(CVE, day(2), ("Debian:12", "bash")))
    async with asyncio.TaskGroup() as group, world.store.transaction() as tx:
        group.create_task(rematch.rematch(world.store, [ALL]))
        await asyncio.sleep(0)  # it waits for the transaction
        moved = now()
        await tags.put_tags(tx, REGISTRY, "app", found={"new": digest("app")}, unread=(), now=moved)
    (event,) = await events.since(world.store.read, 0)
    assert event.time > moved


async def test_a_feed_that_is_there_at_last_is_matched(world: World) -> None:
    digest = await remember(world.store, "app", [python("jinja2")])
    await tag(world.store, "app", latest=digest)
    world.mirror.put("PyPI", record(CVE, day(1), ("PyPI", "jinja2")))
    world.mirror.instead["PyPI/modified_id.csv"] = b"not a list"
    update = await world.update()
    assert [(each.feed, each.state) for each in update.feeds] == [("PyPI", "failed")]
    ((_, _, state, reason),) = world.states()
    assert (state, str(reason).startswith("no advisories of PyPI: ")) == ("pending", True)
    world.mirror.instead.clear()
    await world.update()
    assert world.states() == [("jinja2", "1.0", "matched", "")]
    assert world.findings() == [("jinja2", "1.0", CVE)]


async def test_a_version_nobody_can_read_is_matched_when_it_is_listed(world: World) -> None:
    digest = await remember(world.store, "app", [python("jinja2", "1.0 beta build")])
    await tag(world.store, "app", latest=digest)
    await world.update()
    assert world.findings() == []
    listed = record(CVE, day(2))
    affected = [{"package": {"ecosystem": "PyPI", "name": "jinja2"}, "versions": ["1.0 beta build"]}]
    world.mirror.put("PyPI", listed.replace(b'"affected": []', b'"affected": ' + _json(affected)))
    await world.update()
    assert world.findings() == [("jinja2", "1.0 beta build", CVE)]
    assert [each[0] for each in await world.told()] == ["finding.opened"]


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


async def test_a_release_that_the_feed_comes_to_know_is_news(world: World) -> None:
    digest = await remember(
        world.store, "app", [package("bash")], release=Release(id="debian", version_id="13")
    )
    await tag(world.store, "app", latest=digest)
    await world.update()
    assert [row[2] for row in world.states()] == ["unchecked"]
    world.mirror.put("Debian", record(CVE, day(2), ("Debian:13", "bash")))
    await world.update()
    assert world.states() == [("bash", "1.0", "matched", "")]
    assert [each[:3] for each in await world.told()] == [("finding.opened", CVE, "bash")]


async def test_only_the_feeds_named_are_fetched(world: World) -> None:
    await remember(world.store, "app", [package("bash"), python("jinja2")])
    update = await world.update("PyPI")
    assert [each.feed for each in update.feeds] == ["PyPI"]
    assert [row[2] for row in world.states()] == ["pending", "matched"]


async def test_an_address_of_no_known_kind_is_an_error(world: World) -> None:
    with pytest.raises(FeedError, match="gopher"):
        await update_advisories(world.store, "gopher://osv.test", [])


async def test_advisories_that_change_while_new_packages_are_judged_are_not_missed(tmp_path: Path) -> None:
    """Another process stores a change at any moment of judging; the end is as if one came after the other."""
    for moment in range(12):
        path = tmp_path / f"{moment}.db"
        async with open_store(path) as store, open_store(path) as other:
            await _put(store, record(CVE, day(1), ("Debian:12", "unheard-of")))
            await tag(store, "app", latest=await remember(store, "app", [package("bash")]))

            async def change(store: Store = other, wait: int = moment) -> None:
                for _ in range(wait):
                    await asyncio.sleep(0)
                await _put(store, record(CVE, day(2), ("Debian:12", "bash")))
                await rematch.rematch(store, [ALL])

            async with asyncio.TaskGroup() as group:
                group.create_task(change())
                group.create_task(judge_new(store, ["Debian"]))
            await match_all(store, [ALL])
            assert await store.read.all("feeds_needed") == [("Debian",)]
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT id FROM findings").fetchall() == [(CVE,)], moment
            assert connection.execute("SELECT state FROM package_versions").fetchall() == [("matched",)]


async def _put(store: Store, body: bytes) -> None:
    told = parse_record(body)
    async with store.transaction() as tx:
        await advisories.put_records(tx, "Debian", [(told, normalise_time(told.modified), body)])
        feed = advisories.Feed(name="Debian", url="u", state="ok", current_at=now())
        await advisories.put_feed_state(tx, feed)
