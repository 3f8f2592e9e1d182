import sqlite3
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from analyzers.osv import Affected, normalise_time, parse_record
from store import advisories, lookup
from store.advisories import Feed, Incoming
from store.database import Store, open_store
from tests.fakes.osv_mirror import record

DAY = "2024-01-0{}T00:00:00.000000Z"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "cleanbill.db") as opened:
        yield opened


def incoming(*bodies: bytes) -> list[Incoming]:
    records = [parse_record(body) for body in bodies]
    return [(told, normalise_time(told.modified), body) for told, body in zip(records, bodies, strict=True)]


async def put(store: Store, feed: str, *bodies: bytes) -> int:
    async with store.transaction() as tx:
        return await advisories.put_records(tx, feed, incoming(*bodies))


async def follow(store: Store, *names: str) -> None:
    async with store.transaction() as tx:
        for name in names:
            await advisories.put_feed_state(
                tx, Feed(name=name, url="u", state="ok", current_at=DAY.format(1))
            )


def rows(store_path: Path, sql: str) -> Sequence[tuple[object, ...]]:
    with closing(sqlite3.connect(store_path)) as connection:
        return connection.execute(sql).fetchall()


KEYS = "SELECT feed, name FROM affected ORDER BY feed, name"
CHANGES = (
    "SELECT c.seq, c.feed, c.name, a.osv_id FROM advisory_changes c"
    " JOIN advisories a ON a.id = c.advisory_id ORDER BY c.seq, c.feed, c.name"
)
CURSOR = "SELECT value FROM cursors WHERE name = 'advisory_seq'"


async def test_a_record_is_kept_word_by_word_under_all_its_packages_and_names(
    store: Store, tmp_path: Path
) -> None:
    body = record(
        "GHSA-1",
        DAY.format(1),
        ("PyPI", "Py_Yaml"),
        ("Debian:12", "pyyaml"),
        ("Debian:11", "pyyaml"),
        aliases=["CVE-2024-1"],
        upstream=["CVE-2024-2", "CVE-2024-1"],
        related=["CVE-2024-3"],
    )
    assert await put(store, "PyPI", body) == 1
    assert await advisories.record(store.read, "GHSA-1") == body
    assert await advisories.record(store.read, "GHSA-2") is None
    assert rows(tmp_path / "cleanbill.db", KEYS) == [("Debian", "pyyaml"), ("PyPI", "py-yaml")]
    [(blocks,)] = rows(tmp_path / "cleanbill.db", "SELECT blocks FROM affected WHERE feed = 'Debian'")
    assert isinstance(blocks, bytes)
    assert msgspec.json.decode(blocks, type=tuple[Affected, ...]) == parse_record(body).affected[1:]
    assert await advisories.listed_times(store.read, ["GHSA-1", "GHSA-2"]) == {"GHSA-1": DAY.format(1)}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("CVE-2024-1", ["GHSA-1", "GHSA-2"]),
        ("cve-2024-1", ["GHSA-1", "GHSA-2"]),
        ("ghsa-1", ["GHSA-1"]),
        ("DSA-7", ["GHSA-2"]),
        ("CVE-2024-3", []),
    ],
)
async def test_advisories_are_found_by_any_name(store: Store, name: str, found: list[str]) -> None:
    first = record("GHSA-1", DAY.format(1), aliases=["CVE-2024-1"], related=["CVE-2024-3"])
    second = record("GHSA-2", DAY.format(1), aliases=["CVE-2024-1"], upstream=["DSA-7"])
    await put(store, "PyPI", first, second)
    named = await lookup.records_by_name(store.read, [name])
    assert sorted({each.osv_id for each in named}) == found


async def test_the_same_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    await follow(store, "Debian", "PyPI")
    body = record("A", DAY.format(1), ("Debian:12", "x"), ("PyPI", "x"))
    assert await put(store, "Debian", body) == 1
    assert await put(store, "PyPI", body) == 0
    assert rows(tmp_path / "cleanbill.db", CHANGES) == [(1, "Debian", "x", "A"), (1, "PyPI", "x", "A")]
    assert rows(tmp_path / "cleanbill.db", CURSOR) == [(1,)]


async def test_another_compression_of_the_same_is_the_same(store: Store, tmp_path: Path) -> None:
    body = record("A", DAY.format(1), ("Debian:12", "x"), details="x" * 1000)
    await put(store, "Debian", body)
    with closing(sqlite3.connect(tmp_path / "cleanbill.db")) as connection, connection:
        connection.execute("UPDATE advisories SET body = ?", [zlib.compress(body, 9)])
    assert await put(store, "Debian", body) == 0


async def test_listed_times_move_without_a_change(store: Store) -> None:
    body = record("A", DAY.format(1), ("Debian:12", "x"))
    await put(store, "Debian", body)
    async with store.transaction() as tx:
        moved = [(told, DAY.format(3), raw) for told, _, raw in incoming(body)]
        assert await advisories.put_records(tx, "Debian", moved) == 0
    assert await advisories.listed_times(store.read, ["A"]) == {"A": DAY.format(3)}


async def test_packages_a_record_leaves_are_journalled_with_those_it_has(
    store: Store, tmp_path: Path
) -> None:
    await follow(store, "Debian")
    await put(store, "Debian", record("A", DAY.format(1), ("Debian:12", "old"), ("Debian:12", "kept")))
    await put(store, "Debian", record("A", DAY.format(2), ("Debian:12", "kept"), ("Debian:12", "new")))
    assert rows(tmp_path / "cleanbill.db", KEYS) == [("Debian", "kept"), ("Debian", "new")]
    assert rows(tmp_path / "cleanbill.db", CHANGES) == [
        (1, "Debian", "kept", "A"),
        (1, "Debian", "old", "A"),
        (2, "Debian", "kept", "A"),
        (2, "Debian", "new", "A"),
        (2, "Debian", "old", "A"),
    ]


async def test_each_changed_record_has_its_own_number(store: Store, tmp_path: Path) -> None:
    await follow(store, "Debian")
    bodies = [record(name, DAY.format(1), ("Debian:12", "x")) for name in "ABC"]
    assert await put(store, "Debian", *bodies) == 3
    numbers = [row[0] for row in rows(tmp_path / "cleanbill.db", CHANGES)]
    assert numbers == [1, 2, 3]
    assert rows(tmp_path / "cleanbill.db", CURSOR) == [(3,)]


async def test_a_withdrawn_record_stays_and_is_journalled(store: Store, tmp_path: Path) -> None:
    await follow(store, "Debian")
    await put(store, "Debian", record("A", DAY.format(1), ("Debian:12", "x")))
    gone = record("A", DAY.format(2), ("Debian:12", "x"), withdrawn=DAY.format(2))
    assert await put(store, "Debian", gone) == 1
    assert rows(tmp_path / "cleanbill.db", "SELECT osv_id, withdrawn FROM advisories") == [("A", 1)]
    assert rows(tmp_path / "cleanbill.db", CHANGES)[1:] == [(2, "Debian", "x", "A")]


@pytest.mark.parametrize(("state", "journalled"), [("pending", 0), ("unchecked", 1), ("matched", 1)])
async def test_a_first_sync_is_journalled_only_where_something_was_judged(
    store: Store, tmp_path: Path, state: str, journalled: int
) -> None:
    with closing(sqlite3.connect(tmp_path / "cleanbill.db")) as connection, connection:
        connection.execute(
            "INSERT INTO package_versions (id, feed, ecosystem, name, version, state)"
            " VALUES (1, 'Debian', 'Debian:12', 'x', '1', ?)",
            [state],
        )
    await put(store, "Debian", record("A", DAY.format(1), ("Debian:12", "y"), ("Go", "y")))
    assert len(rows(tmp_path / "cleanbill.db", CHANGES)) == journalled
    assert rows(tmp_path / "cleanbill.db", CURSOR) == [(journalled,)]


BOTH = (("npm", "x"), ("RubyGems", "x"))


@pytest.mark.parametrize(
    ("feed", "packages", "kept_day"),
    [
        ("npm", BOTH, 2),
        ("npm", (("npm", "x"),), 1),
        ("", (("npm", "x"),), 2),
        ("", (), 2),
    ],
    ids=["shared", "its own", "of a file", "of a file, without packages"],
)
async def test_older_copies_count_only_in_a_feed_that_has_the_record_to_itself(
    store: Store, feed: str, packages: tuple[tuple[str, str], ...], kept_day: int
) -> None:
    await put(store, feed, record("A", DAY.format(2), *packages))
    await put(store, feed, record("A", DAY.format(1), *packages))
    stored = await advisories.record(store.read, "A")
    assert stored == record("A", DAY.format(kept_day), *packages)


async def test_of_two_with_one_id_the_newer_is_taken(store: Store) -> None:
    bodies = [record("A", DAY.format(day), ("Debian:12", "x")) for day in (1, 3, 2)]
    assert await put(store, "Debian", *bodies) == 1
    assert await advisories.record(store.read, "A") == bodies[1]


async def test_feed_states_are_replaced_whole(store: Store) -> None:
    assert await advisories.feed(store.read, "Go") is None
    first = Feed(name="Go", url="u", state="ok", current_at=DAY.format(1), etag="e", last_modified="l")
    second = Feed(name="Go", url="v", state="failed", reason="why")
    other = Feed(name="Debian", url="u", state="partial", reason="r")
    async with store.transaction() as tx:
        for state in (first, other, second):
            await advisories.put_feed_state(tx, state)
    assert await advisories.feed(store.read, "Go") == second
    assert await advisories.feeds(store.read) == [other, second]
