import asyncio
import contextlib
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from store import database
from store.database import Store, open_store
from store.errors import StoreError
from store.migrating import migrate
from tests.fakes.nobody import as_nobody


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "on the way" / "c.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    async with open_store(path) as opened:
        yield opened


async def set_cursor(store: Store, value: int) -> None:
    async with store.transaction() as tx:
        assert await tx.run("set_cursor", name="event_seq", value=value) == 1


async def cursor(store: Store) -> int:
    return int(await store.read.value("cursor", name="event_seq"))


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


async def test_a_transaction_is_seen_when_it_is_committed(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.run("set_cursor", name="event_seq", value=7)
        assert await tx.value("cursor", name="event_seq") == 7
        assert await cursor(store) == 0
    assert await cursor(store) == 7


async def test_a_transaction_that_fails_changes_nothing(store: Store) -> None:
    async def fail() -> None:
        async with store.transaction() as tx:
            await tx.run("set_cursor", name="event_seq", value=7)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await cursor(store) == 0
    await set_cursor(store, 3)
    assert await cursor(store) == 3


async def test_many_rows_or_none(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.many("add_endpoint", [("a",), ("b",)])
        await tx.many("add_endpoint", [])
    assert [row[0] for row in await store.read.all("all_endpoints")] == ["a", "b"]
    assert await store.read.one("feed", name="none") is None
    assert await store.read.value("feed", name="none") is None


async def test_a_reader_does_not_write(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await store.read.all("set_cursor", name="event_seq", value=1)


async def test_a_commit_that_fails_changes_nothing_and_ends(store: Store) -> None:
    writer = store._writer  # noqa: SLF001 - no query of ours fails as late as on a full disk
    await writer.executescript(
        "PRAGMA foreign_keys = ON; CREATE TEMP TABLE a (id PRIMARY KEY);"
        "CREATE TEMP TABLE b (a REFERENCES a DEFERRABLE INITIALLY DEFERRED)"
    )

    async def fail() -> None:
        async with store.transaction() as tx:
            await tx.run("set_cursor", name="event_seq", value=7)
            await writer.execute("INSERT INTO b VALUES (1)")

    with pytest.raises(sqlite3.IntegrityError):
        await fail()
    assert await cursor(store) == 0
    await set_cursor(store, 8)
    assert await cursor(store) == 8


async def test_a_disk_that_fills_is_told_with_the_database(tmp_path: Path) -> None:
    path = tmp_path / "db"
    async with open_store(path) as store:
        await store._writer.execute("PRAGMA max_page_count = 1")  # noqa: SLF001 - as a full disk answers
        with pytest.raises(StoreError, match=f"^{path}: no space left on device$"):
            async with store.transaction() as tx:
                await tx.many("add_endpoint", [(f"{number}{'a' * 9999}",) for number in range(99)])
        assert await store.read.all("all_endpoints") == []


async def test_transactions_follow_each_other(store: Store) -> None:
    async def add() -> None:
        async with store.transaction() as tx:
            value = await tx.value("cursor", name="event_seq")
            await asyncio.sleep(0)
            await tx.run("set_cursor", name="event_seq", value=value + 1)

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(add())
    assert await cursor(store) == 20


@pytest.mark.parametrize("steps", range(8))
async def test_cancelled_anywhere_the_next_transaction_works(store: Store, steps: int) -> None:
    task = asyncio.ensure_future(set_cursor(store, 7))  # noqa: TID251 - cancelled by itself, not with a group
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    before = await cursor(store)
    await set_cursor(store, before + 1)
    assert await cursor(store) == before + 1


async def test_cancelled_while_another_process_writes(store: Store, path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        task = asyncio.ensure_future(set_cursor(store, 7))  # noqa: TID251 - as above
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        other.execute("COMMIT")
        with pytest.raises(asyncio.CancelledError):
            await task
    await set_cursor(store, 3)
    assert await cursor(store) == 3


async def test_another_process_is_waited_for_and_named_when_it_writes_too_long(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.0)
        with pytest.raises(StoreError, match=r"c\.db: another process has been writing for \d+ s"):
            await set_cursor(store, 7)
        monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 60.0)
        task = asyncio.ensure_future(set_cursor(store, 8))  # noqa: TID251 - as above
        await asyncio.sleep(1.5 * database.WRITER_TURN_S)  # it has asked once in vain
        other.execute("COMMIT")
        await task
    assert await cursor(store) == 8


async def test_the_log_gives_the_disk_back_after_a_long_read(store: Store, path: Path) -> None:
    log = path.with_name("c.db-wal")
    names = [(number, "x" * 1000) for number in range(40_000)]
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reading:
        reading.execute("BEGIN")
        reading.execute("SELECT COUNT(*) FROM cursors").fetchall()
        with contextlib.closing(sqlite3.connect(path)) as writing:
            writing.execute("CREATE TABLE filler (id INTEGER PRIMARY KEY, text TEXT)")
            writing.executemany("INSERT INTO filler VALUES (?, ?)", names)
            writing.commit()
        assert log.stat().st_size > 32 << 20
    for number in range(3):
        await set_cursor(store, number)
    assert log.stat().st_size <= 16 << 20


async def test_two_processes_share_a_file(store: Store, path: Path) -> None:
    async with open_store(path) as other:
        await set_cursor(other, 4)
        assert await cursor(store) == 4


async def test_opened_again_it_is_as_it_was(path: Path) -> None:
    async with open_store(path) as store:
        await set_cursor(store, 9)
    async with open_store(path) as store:
        assert await cursor(store) == 9
    assert rows(path, "PRAGMA journal_mode") == [("wal",)]


@pytest.fixture
def read_only() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own may be its user's alone
        path = Path(folder, "c.db")
        migrate(path)
        path.chmod(0o444)
        path.parent.chmod(0o555)
        yield path
        path.parent.chmod(0o755)


async def test_who_may_only_read_it_is_told_what_to_do(
    read_only: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "is_behind", lambda _: False)  # nobody may not see our migrations, either
    with as_nobody(), pytest.raises(StoreError, match=r"c\.db: this user may not write it, .* its owner$"):
        await open_store(read_only).__aenter__()


async def test_a_place_where_no_file_can_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"/file: is a file, expected a directory for c\.db"):
        await open_store(tmp_path / "file" / "c.db").__aenter__()
