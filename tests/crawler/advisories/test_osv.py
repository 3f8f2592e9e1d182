import itertools
import random
import sqlite3
import tempfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from crawler.advisories import archive, osv
from crawler.advisories.http import open_http
from crawler.advisories.osv import FeedOutcome, update
from crawler.advisories.source import open_source
from store import advisories
from store.advisories import Feed, Incoming
from store.database import Store, Writer, open_store
from tests.fakes.osv_mirror import LAST_MODIFIED, Mirror, record, serving

LIST, ZIP = "Debian/modified_id.csv", "Debian/all.zip"


def day(number: int) -> str:
    return f"2024-01-{number:02}T00:00:00Z"


def debian(name: str, modified: int, *packages: str, **more: object) -> bytes:
    return record(name, day(modified), *(("Debian:12", package) for package in packages), **more)  # type: ignore[arg-type]  # any field


RECORDS = tuple(debian(f"D-{number}", number, f"p{number}") for number in range(1, 9))


@pytest.fixture
async def mirror() -> AsyncIterator[Mirror]:
    async with serving({"Debian": RECORDS, "Go": [record("G-1", day(1), ("Go", "m"))]}) as served:
        yield served


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "cleanbill.db") as opened:
        yield opened


@pytest.fixture
def now() -> Callable[[], str]:
    ticks = itertools.count(1)
    return lambda: f"2025-01-01T00:00:{next(ticks):02}.000000Z"


class Follower:
    """Updates one store from one mirror; remembers how long it was asked to wait."""

    def __init__(self, store: Store, mirror: Mirror, now: Callable[[], str]) -> None:
        self.store, self.mirror, self.now = store, mirror, now
        self.waited_s: list[float] = []

    async def update(self, *feeds: str) -> FeedOutcome:
        async def sleep(seconds: float) -> None:
            self.waited_s.append(seconds)

        async with open_http(self.mirror.url, sleep=sleep) as source:
            outcomes = await update(self.store, feeds or ("Debian",), source, self.now)
        return outcomes[0]

    async def feed(self) -> Feed:
        found = await advisories.feed(self.store.read, "Debian")
        assert found is not None
        return found


@pytest.fixture
def follower(store: Store, mirror: Mirror, now: Callable[[], str]) -> Follower:
    return Follower(store, mirror, now)


def content(folder: Path) -> list[Sequence[tuple[object, ...]]]:
    """Everything that an update writes, but for the states of feeds and the journal."""
    queries = (
        "SELECT osv_id, modified, listed, withdrawn, inflate(body) FROM advisories ORDER BY osv_id",
        "SELECT feed, name, advisory_id, blocks FROM affected ORDER BY feed, name, advisory_id",
        "SELECT name, advisory_id FROM advisory_names ORDER BY name, advisory_id",
    )
    with closing(sqlite3.connect(folder / "cleanbill.db")) as connection:
        connection.create_function("inflate", 1, zlib.decompress)
        return [connection.execute(sql).fetchall() for sql in queries]


def changes(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "cleanbill.db")) as connection:
        return [
            name for (name,) in connection.execute("SELECT name FROM advisory_changes ORDER BY seq, name")
        ]


async def fresh_content(folder: Path, mirror: Mirror) -> list[Sequence[tuple[object, ...]]]:
    """What a store that was never interrupted holds."""
    async with (
        open_store(folder / "fresh" / "cleanbill.db") as store,
        open_source(mirror.url) as source,
    ):
        await update(store, ["Debian"], source, lambda: "2025")
    return content(folder / "fresh")


async def test_a_first_sync_takes_list_and_archive(
    follower: Follower, mirror: Mirror, tmp_path: Path
) -> None:
    outcome = await follower.update()
    assert (outcome.state, outcome.reason, outcome.records_changed, outcome.requests) == ("ok", "", 8, 2)
    assert outcome.bytes == len(mirror.body(LIST) or b"") + len(mirror.body(ZIP) or b"")
    assert mirror.taken() == [(LIST, 200), (ZIP, 200)]
    assert await advisories.record(follower.store.read, "D-3") == RECORDS[2]
    assert changes(tmp_path) == []
    feed = await follower.feed()
    assert (feed.url, feed.state, feed.current_at) == (mirror.url, "ok", "2025-01-01T00:00:01.000000Z")
    assert (bool(feed.etag), feed.last_modified) == (True, LAST_MODIFIED)


async def test_what_did_not_change_is_asked_for_once(follower: Follower, mirror: Mirror) -> None:
    await follower.update()
    mirror.taken()
    outcome = await follower.update()
    assert (outcome.state, outcome.records_changed, mirror.taken()) == ("ok", 0, [(LIST, 304)])
    assert (await follower.feed()).current_at == "2025-01-01T00:00:02.000000Z"


async def test_an_update_takes_the_records_that_differ_wherever_they_stand(
    follower: Follower, mirror: Mirror, tmp_path: Path
) -> None:
    await follower.update()
    mirror.taken()
    mirror.put("Debian", debian("D-1", 9, "p1"), debian("D-0", 2, "late"))
    outcome = await follower.update()
    asked = {path for path, _ in mirror.taken()}
    assert (outcome.state, outcome.records_changed) == ("ok", 2)
    assert asked == {LIST, "Debian/D-1.json", "Debian/D-0.json"}
    assert sorted(changes(tmp_path)) == ["late", "p1"]
    assert content(tmp_path) == await fresh_content(tmp_path, mirror)


async def test_many_differences_come_as_an_archive(follower: Follower, mirror: Mirror) -> None:
    await follower.update()
    mirror.taken()
    mirror.put("Debian", *(debian(f"D-{number}", 20, "p") for number in range(1, 5)))
    assert (await follower.update()).records_changed == 4
    assert mirror.taken() == [(LIST, 200), (ZIP, 200)]


async def test_without_an_archive_the_records_come_one_by_one(
    follower: Follower, mirror: Mirror, tmp_path: Path
) -> None:
    mirror.missing.add(ZIP)
    assert (await follower.update()).records_changed == 8
    mirror.missing.clear()
    assert content(tmp_path) == await fresh_content(tmp_path, mirror)


async def test_without_a_list_the_archive_is_taken_each_time(follower: Follower, mirror: Mirror) -> None:
    mirror.missing.add(LIST)
    assert (await follower.update()).records_changed == 8
    mirror.taken()
    outcome = await follower.update()
    assert (outcome.state, outcome.records_changed) == ("ok", 0)
    assert mirror.taken() == [(LIST, 404), (ZIP, 200)]


async def test_an_ecosystem_the_source_does_not_have_is_absent(follower: Follower) -> None:
    await follower.update("Debian")
    outcome = await follower.update("Hex")
    assert (outcome.state, outcome.reason) == ("absent", "the feed has no ecosystem 'Hex'")
    _, feed = await advisories.feeds(follower.store.read)
    assert (feed.state, feed.current_at) == ("absent", None)


async def test_a_source_that_has_nothing_may_be_a_wrong_address(follower: Follower, mirror: Mirror) -> None:
    outcome = await follower.update("Hex", "CRAN")
    reason = f"{mirror.url}: has no CRAN, Hex: expected OSV's export or a mirror of it"
    assert (outcome.state, outcome.reason) == ("failed", reason)
    stored = await advisories.feeds(follower.store.read)
    assert [(each.name, each.state, each.reason) for each in stored] == [
        ("CRAN", "failed", reason),
        ("Hex", "failed", reason),
    ]
    await follower.update("Debian")
    assert (await follower.update("Hex")).state == "absent"


async def test_a_wrong_address_after_a_right_one_takes_nothing_away(
    follower: Follower, store: Store, tmp_path: Path
) -> None:
    await follower.update("Debian")
    current_at = (await follower.feed()).current_at
    for _ in range(2):
        async with open_source(tmp_path.as_uri()) as nowhere:
            [outcome] = await update(store, ["Debian"], nowhere, follower.now)
        assert outcome.state == "failed"
        assert outcome.reason.endswith("has no Debian: expected OSV's export or a mirror of it")
    feed = await follower.feed()
    assert (feed.state, feed.current_at) == ("failed", current_at)


async def test_feeds_fail_alone(follower: Follower, store: Store) -> None:
    await follower.update("Debian", "Go", "Hex")
    states = {feed.name: feed.state for feed in await advisories.feeds(store.read)}
    assert states == {"Debian": "ok", "Go": "ok", "Hex": "absent"}


async def test_a_disk_that_takes_no_archive_fails_the_feed(
    follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    outcome = await follower.update()
    assert (outcome.state, "No such file" in outcome.reason) == ("failed", True)
    monkeypatch.undo()
    assert (await follower.update()).state == "ok"


async def test_a_dropped_archive_is_resumed(follower: Follower, mirror: Mirror, tmp_path: Path) -> None:
    # Longer than what the client reads ahead, which it loses with the connection.
    noise = random.Random(1)
    for number in range(10, 16):
        mirror.put("Debian", debian(f"D-{number}", number, "p", details=noise.randbytes(400_000).hex()))
    mirror.drops[ZIP] = 2
    size = len(mirror.body(ZIP) or b"")
    outcome = await follower.update()
    assert (outcome.state, outcome.records_changed) == ("ok", 14)
    assert mirror.taken() == [(LIST, 200), (ZIP, 200), (ZIP, 206), (ZIP, 206)]
    assert outcome.bytes == size + len(mirror.body(LIST) or b"")
    assert content(tmp_path) == await fresh_content(tmp_path, mirror)


async def test_an_archive_that_changed_between_drop_and_resumption_comes_anew(
    follower: Follower, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.drops[ZIP] = 1
    send = mirror._send  # noqa: SLF001 - it is wrapped

    async def changing(*args: object) -> object:
        response = await send(*args)  # type: ignore[arg-type]  # handed on
        mirror.put("Debian", debian("D-9", 9, "p9"))
        return response

    monkeypatch.setattr(Mirror, "_send", lambda _self, *args: changing(*args))
    outcome = await follower.update()
    assert (outcome.state, outcome.records_changed) == ("ok", 9)
    assert mirror.taken() == [(LIST, 200), (ZIP, 200), (ZIP, 200)]


async def test_drops_without_end_fail_the_feed(follower: Follower, mirror: Mirror, tmp_path: Path) -> None:
    mirror.drops[LIST] = 1000
    outcome = await follower.update()
    assert outcome.state == "failed"
    assert outcome.reason == f"{mirror.url}/{LIST}: the body broke off"
    assert content(tmp_path) == [[], [], []]


async def test_retry_after_is_kept(follower: Follower, mirror: Mirror) -> None:
    mirror.refusals[LIST] = 1
    assert (await follower.update()).state == "ok"
    assert mirror.taken()[:2] == [(LIST, 429), (LIST, 200)]
    assert max(follower.waited_s) >= 3


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        (ZIP, None, "no whole zip archive"),
        (ZIP, b"<html>", "no whole zip archive"),
        (LIST, b"<html>\n", "line 1: '<html>': expected a time, a comma and an id"),
        (LIST, b"", "no lines"),
    ],
    ids=["truncated zip", "page for zip", "page for list", "empty list"],
)
async def test_a_damaged_download_changes_nothing_and_is_reported(  # noqa: PLR0913, PLR0917 - two tables
    follower: Follower, mirror: Mirror, tmp_path: Path, path: str, body: bytes | None, words: str
) -> None:
    await follower.update()
    before, feed = content(tmp_path), await follower.feed()
    mirror.put("Debian", *(debian(f"D-{number}", 20, "p") for number in range(1, 5)))
    whole = mirror.body(path) or b""
    mirror.instead[path] = whole[: len(whole) * 2 // 3] if body is None else body
    outcome = await follower.update()
    assert (outcome.state, outcome.records_changed) == ("failed", 0)
    assert outcome.reason.startswith(f"{mirror.url}/{path}: ")
    assert words in outcome.reason
    after = await follower.feed()
    assert (content(tmp_path), after.current_at, after.etag) == (before, feed.current_at, feed.etag)
    mirror.instead.clear()
    assert ((await follower.update()).state, content(tmp_path)) == (
        "ok",
        await fresh_content(tmp_path, mirror),
    )


async def test_an_unfinished_list_is_used_but_not_taken_for_known(follower: Follower, mirror: Mirror) -> None:
    await follower.update()
    mirror.put("Debian", debian("D-9", 9, "p9"))
    mirror.instead[LIST] = mirror.listing("Debian")[:-1]
    assert (await follower.update()).records_changed == 1
    assert (await follower.feed()).etag == ""


@pytest.mark.parametrize("archive_too", [True, False])
async def test_a_broken_record_is_partial_and_tried_again(
    follower: Follower,
    mirror: Mirror,
    tmp_path: Path,
    archive_too: bool,  # noqa: FBT001 - a column
) -> None:
    good = mirror.feeds["Debian"]["D-4"]
    listing = mirror.listing("Debian")
    if archive_too:
        mirror.instead[LIST] = listing
        mirror.feeds["Debian"]["D-4"] = b'{"id": "D-4"'
    else:
        await follower.update()
        mirror.put("Debian", debian("D-4", 20, "p4"))
        mirror.instead["Debian/D-4.json"] = good[:-5]
    outcome = await follower.update()
    assert outcome.state == "partial"
    assert outcome.reason.startswith("1 unreadable record: 'D-4': OSV record: ")
    feed = await follower.feed()
    assert (feed.state, feed.reason, feed.etag) == ("partial", outcome.reason, "")
    assert feed.current_at is not None
    mirror.instead.clear()
    mirror.feeds["Debian"]["D-4"] = debian("D-4", 20, "p4")
    assert (await follower.update()).state == "ok"
    assert content(tmp_path) == await fresh_content(tmp_path, mirror)


async def test_a_record_broken_in_the_archive_alone_is_taken_singly(
    follower: Follower, mirror: Mirror, tmp_path: Path
) -> None:
    whole = mirror.feeds["Debian"].copy()
    mirror.feeds["Debian"]["D-4"] = b"{"
    mirror.instead = {ZIP: mirror.body(ZIP) or b""}
    mirror.feeds["Debian"] = whole
    assert (await follower.update()).state == "ok"
    mirror.instead.clear()
    assert content(tmp_path) == await fresh_content(tmp_path, mirror)


async def test_an_old_copy_of_a_stored_record_is_no_update(
    follower: Follower, mirror: Mirror, tmp_path: Path
) -> None:
    await follower.update()
    mirror.instead["Debian/D-1.json"] = RECORDS[0]
    mirror.put("Debian", debian("D-1", 9, "p1"))
    outcome = await follower.update()
    assert (outcome.state, outcome.records_changed) == ("partial", 0)
    mirror.instead.clear()
    outcome = await follower.update()
    assert (outcome.state, outcome.records_changed) == ("ok", 1)
    assert content(tmp_path) == await fresh_content(tmp_path, mirror)


@pytest.mark.parametrize(
    ("instead", "words"),
    [
        (None, "no such file (status 404)"),
        (debian("D-5", 9), "'D-5': expected 'D-9'"),
        (debian("D-9", 8, "p9"), "older than the list says"),
    ],
    ids=["missing", "another", "older"],
)
async def test_a_record_that_is_not_what_the_list_says_is_partial(
    follower: Follower, mirror: Mirror, instead: bytes | None, words: str
) -> None:
    await follower.update()
    mirror.put("Debian", debian("D-9", 9, "p9"))
    if instead is None:
        mirror.missing.add("Debian/D-9.json")
    else:
        mirror.instead["Debian/D-9.json"] = instead
    outcome = await follower.update()
    assert (outcome.state, words in outcome.reason) == ("partial", True)
    mirror.missing.clear()
    mirror.instead.clear()
    assert (await follower.update()).state == "ok"
    assert await advisories.record(follower.store.read, "D-9") == debian("D-9", 9, "p9")


async def test_a_record_that_stays_older_than_its_list_is_believed(
    follower: Follower, mirror: Mirror
) -> None:
    await follower.update()
    mirror.put("Debian", debian("D-9", 9, "p9"))
    mirror.instead[LIST] = mirror.listing("Debian").replace(b"2024-01-09", b"2024-01-10")
    assert (await follower.update()).state == "partial"
    assert (await follower.update()).state == "ok"
    mirror.taken()
    assert (await follower.update()).state == "ok"
    assert mirror.taken() == [(LIST, 304)]


async def test_an_archive_older_than_the_list_is_completed_and_takes_nothing_back(
    follower: Follower, mirror: Mirror, tmp_path: Path
) -> None:
    mirror.instead[ZIP] = mirror.body(ZIP) or b""
    await follower.update()
    for modified in (20, 21):
        mirror.put("Debian", *(debian(f"D-{number}", modified, "new") for number in range(1, 5)))
        outcome = await follower.update()
        assert (outcome.state, outcome.records_changed) == ("ok", 4)
    mirror.instead.clear()
    assert content(tmp_path) == await fresh_content(tmp_path, mirror)


async def test_a_feed_of_which_much_is_unreadable_is_failed(follower: Follower, mirror: Mirror) -> None:
    mirror.put("Debian", *(debian(f"E-{number}", 3, "p") for number in range(20)))
    mirror.missing |= {ZIP, *(f"Debian/E-{number}.json" for number in range(11))}
    outcome = await follower.update()
    assert (outcome.state, outcome.records_changed) == ("failed", 17)
    assert outcome.reason.startswith("11 unreadable records: 'E-")
    assert (await follower.feed()).current_at is None


class Killed(Exception):  # noqa: N818 - a fault of ours, not of the world
    pass


@asynccontextmanager
async def killed_at(monkeypatch: pytest.MonkeyPatch, batch: int) -> AsyncIterator[None]:
    """Let the store fail in its nth batch, after the records of that batch were written."""
    true: Callable[[Writer, str, Sequence[Incoming]], Awaitable[int]] = advisories.put_records
    batches = itertools.count(1)

    async def dying(tx: Writer, feed: str, records: Sequence[Incoming]) -> int:
        changed = await true(tx, feed, records)
        if next(batches) == batch:
            raise Killed
        return changed

    with monkeypatch.context() as patch:
        patch.setattr(advisories, "put_records", dying)
        with pytest.raises(ExceptionGroup) as caught:
            yield
    assert (
        caught.group_contains(Killed) if hasattr(caught, "group_contains") else caught.value.subgroup(Killed)
    )


@pytest.mark.parametrize("batch", [1, 2, 4])
async def test_a_first_sync_goes_on_after_a_kill(
    follower: Follower, mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(archive, "BATCH_RECORDS", 2)
    async with killed_at(monkeypatch, batch):
        await follower.update()
    assert len(content(tmp_path)[0]) == 2 * (batch - 1)
    assert (await follower.update()).records_changed == 8 - 2 * (batch - 1)
    assert content(tmp_path) == await fresh_content(tmp_path, mirror)


@pytest.mark.parametrize("batch", [1, 2])
async def test_an_update_goes_on_after_a_kill(
    follower: Follower, mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    await follower.update()
    mirror.put("Debian", debian("D-1", 9, "p1"), debian("D-2", 9, "p2"))
    monkeypatch.setattr(osv, "RECORDS_A_TRANSACTION", 1)
    async with killed_at(monkeypatch, batch):
        await follower.update()
    assert (await follower.update()).records_changed == 3 - batch
    assert sorted(changes(tmp_path)) == ["p1", "p2"]
    assert content(tmp_path) == await fresh_content(tmp_path, mirror)


async def test_a_server_that_goes_away_leaves_what_came(
    follower: Follower, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    await follower.update()
    mirror.put("Debian", debian("D-1", 9, "p1"), debian("D-2", 9, "p2"))
    mirror.drops["Debian/D-1.json"] = 1000
    monkeypatch.setattr(osv, "RECORDS_AT_ONCE", 1)
    outcome = await follower.update()
    assert (outcome.state, outcome.records_changed) == ("failed", 1)
    assert "D-1.json: the body broke off" in outcome.reason
    mirror.drops.clear()
    outcome = await follower.update()
    assert (outcome.state, outcome.records_changed) == ("ok", 1)


async def test_withdrawn_records_and_left_packages_are_journalled(
    follower: Follower, mirror: Mirror, tmp_path: Path
) -> None:
    await follower.update()
    mirror.put("Debian", debian("D-1", 9, "p1", withdrawn=day(9)), debian("D-2", 9, "q2"))
    assert (await follower.update()).records_changed == 2
    assert sorted(changes(tmp_path)) == ["p1", "p2", "q2"]
    assert content(tmp_path) == await fresh_content(tmp_path, mirror)


async def test_a_record_that_vanished_from_the_list_stays(follower: Follower, mirror: Mirror) -> None:
    await follower.update()
    del mirror.feeds["Debian"]["D-1"]
    assert (await follower.update()).state == "ok"
    assert await advisories.record(follower.store.read, "D-1") == RECORDS[0]


async def test_a_record_of_two_ecosystems_is_taken_once(follower: Follower, mirror: Mirror) -> None:
    both = record("D-9", day(9), ("Debian:12", "x"), ("Go", "x"))
    mirror.put("Debian", both)
    mirror.put("Go", both)
    await follower.update("Debian")
    mirror.taken()
    outcome = await follower.update("Go")
    assert (outcome.state, outcome.records_changed) == ("ok", 1)


async def test_another_sources_validators_are_not_sent(
    follower: Follower, mirror: Mirror, store: Store
) -> None:
    await follower.update()
    feed = await follower.feed()
    async with store.transaction() as tx:
        moved = Feed(name="Debian", url="import:x", state="ok", current_at="2024", etag=feed.etag)
        await advisories.put_feed_state(tx, moved)
    mirror.taken()
    await follower.update()
    assert mirror.taken() == [(LIST, 200)]
    assert (await follower.feed()).url == mirror.url
