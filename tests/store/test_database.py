import asyncio
import contextlib
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.database import Store, open_store
from store.errors import StoreError

TABLES = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%yoyo%' ORDER BY name"


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


async def test_room_for_a_new_database_is_looked_for_first(tmp_path: Path) -> None:
    path = tmp_path / "db"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    try:
        with pytest.raises(StoreError, match=f"^{path}: file too large$"):
            async with open_store(path):
                pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(tmp_path) == ["db.migrating"]  # noqa: PTH208 - this may block


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


async def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "c.db").touch()
    async with open_store(tmp_path / "c.db") as store:
        assert await cursor(store) == 0


async def test_what_is_no_database_of_ours_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    path.write_bytes(b"hello world " * 100)
    with pytest.raises(StoreError, match=r"c\.db: file is not a database"):
        await open_store(path).__aenter__()
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE photos (name TEXT)")
    with pytest.raises(StoreError, match=r"not a database of ours \(it has tables \['photos'\]\)"):
        await open_store(path).__aenter__()


async def test_a_newer_programs_database_is_left_alone(path: Path) -> None:
    async with open_store(path):
        pass
    with contextlib.closing(sqlite3.connect(path)) as other, other:
        other.execute(
            "UPDATE _yoyo_migration SET migration_id = '9999_future' WHERE migration_id LIKE '0001%'"
        )
    with pytest.raises(StoreError, match=r"newer version of this program \(migrations \['9999_future'\]\)"):
        await open_store(path).__aenter__()


async def test_a_place_where_no_file_can_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"/file: is a file, expected a directory for c\.db"):
        await open_store(tmp_path / "file" / "c.db").__aenter__()


DIES_AT_A_STATEMENT = """
import os, pathlib, signal, sys
from yoyo.backends.base import DatabaseBackend
from store import database

execute = DatabaseBackend.execute
done = 0

def dies(*args):
    global done
    if done == dies_at:
        os.kill(os.getpid(), signal.SIGKILL)
    done += 1
    return execute(*args)

DatabaseBackend.execute = dies
dies_at = -1
database._migrate(pathlib.Path(sys.argv[1], "whole.db"))
for dies_at in sorted({*range(10), *range(10, done, 7), *range(done - 10, done)}):
    done = 0
    if not (child := os.fork()):
        database._migrate(pathlib.Path(sys.argv[1], f"{dies_at}.db"))
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
"""


async def test_a_first_start_may_be_killed_at_any_statement(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DIES_AT_A_STATEMENT, str(tmp_path)]
    subprocess.run(command, check=True, timeout=60)  # noqa: ASYNC221 - nothing else runs
    left = sorted(tmp_path.glob("[0-9]*.migrating"))  # noqa: ASYNC240 - as above
    assert len(left) > 20
    for each in (killed.with_suffix(".db") for killed in left):
        async with open_store(each):
            pass
        assert rows(each, TABLES) == rows(tmp_path / "whole.db", TABLES)
    assert not list(tmp_path.glob("*.new*"))  # noqa: ASYNC240 - as above
