import contextlib
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from store.database import open_store
from store.errors import StoreError
from store.migrating import is_behind, migrate

MIGRATIONS = Path(sys.modules["store.migrating"].__file__ or "").with_name("migrations")
NAMES = sorted(file.stem for file in MIGRATIONS.glob("*.sql"))
TABLES = "SELECT name, sql FROM sqlite_master ORDER BY name"
NOTES = "SELECT name FROM migrations ORDER BY name"
LEFT_BY_YOYO = """
CREATE TABLE yoyo_lock (locked INT, ctime TIMESTAMP, pid INT NOT NULL, PRIMARY KEY (locked));
CREATE TABLE _yoyo_log (id VARCHAR(36), migration_id VARCHAR(255), PRIMARY KEY (id));
CREATE TABLE _yoyo_version (version INT NOT NULL PRIMARY KEY, installed_at_utc TIMESTAMP);
CREATE TABLE _yoyo_migration
    (migration_hash VARCHAR(64), migration_id VARCHAR(255), PRIMARY KEY (migration_hash));
INSERT INTO _yoyo_version VALUES (2, '2026-11-23 20:51:16.407775');
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.db"


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def make(path: Path, *scripts: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for script in scripts:
            connection.executescript(script)


def of_yoyo(path: Path, applied: int) -> None:
    """Make a store as the library left it after so many migrations."""
    scripts = [(MIGRATIONS / f"{name}.sql").read_text(encoding="utf-8") for name in NAMES[:applied]]
    notes = [f"INSERT INTO _yoyo_migration VALUES ('{name}#', '{name}')" for name in NAMES[:applied]]  # noqa: S608 - our own names
    make(path, LEFT_BY_YOYO, *scripts, *notes)


def test_a_new_one_has_every_migration(path: Path) -> None:
    assert is_behind(path)
    migrate(path)
    assert not is_behind(path)
    assert rows(path, NOTES) == [(name,) for name in NAMES]
    assert sorted(file.name for file in path.parent.iterdir()) == ["c.db", "c.db.migrating"]


def test_an_empty_file_becomes_a_database(path: Path) -> None:
    path.touch()
    assert is_behind(path)
    migrate(path)
    assert rows(path, NOTES) == [(name,) for name in NAMES]


@pytest.mark.parametrize("applied", range(len(NAMES) + 1))
def test_a_store_that_the_library_made_goes_on(tmp_path: Path, path: Path, applied: int) -> None:
    of_yoyo(path, applied)
    if applied:
        make(path, "UPDATE cursors SET value = 7 WHERE name = 'event_seq'")
    assert is_behind(path)
    migrate(path)
    assert not is_behind(path)
    assert rows(path, "SELECT value FROM cursors WHERE name = 'event_seq'") == [(7 if applied else 0,)]
    migrate(tmp_path / "new.db")
    assert rows(path, TABLES) == rows(tmp_path / "new.db", TABLES)
    assert rows(path, NOTES) == rows(tmp_path / "new.db", NOTES)


def test_what_is_no_database_of_ours_is_left_alone(path: Path) -> None:
    path.write_bytes(b"hello world " * 100)
    with pytest.raises(sqlite3.DatabaseError, match="file is not a database"):
        is_behind(path)
    path.unlink()
    make(path, "CREATE TABLE photos (name TEXT)")
    with pytest.raises(StoreError, match=r"not a database of ours \(it has tables \['photos'\]\)"):
        is_behind(path)


def test_a_newer_programs_database_is_left_alone(path: Path) -> None:
    migrate(path)
    make(path, "UPDATE migrations SET name = '9999_future' WHERE name LIKE '0001%'")
    with pytest.raises(StoreError, match=r"newer version of this program \(migrations \['9999_future'\]\)"):
        is_behind(path)


async def test_errors_name_the_file_and_nothing_half_made_is_left(path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    try:
        with pytest.raises(StoreError, match=f"^{path}: disk I/O error$"):
            await open_store(path).__aenter__()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [file.name for file in path.parent.iterdir()] == ["c.db.migrating"]


DIES_AT_A_STATEMENT = """
import os, pathlib, shutil, signal, sqlite3, sys
from store import migrating

connect, folder = sqlite3.connect, pathlib.Path(sys.argv[1])
done, dies_at = 0, -1

def dies(statement):
    global done
    if done == dies_at:
        os.kill(os.getpid(), signal.SIGKILL)
    done += 1

def connected(*args, **values):
    connection = connect(*args, **values)
    connection.set_trace_callback(dies)
    return connection

migrating.sqlite3.connect = connected
start = folder / "start.db"
if start.exists():
    shutil.copy(start, folder / "whole.db")
migrating.migrate(folder / "whole.db")
for dies_at in range(done):
    done, path = 0, folder / f"{dies_at}.db"
    if start.exists():
        shutil.copy(start, path)
    if not (child := os.fork()):
        migrating.migrate(path)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
"""


@pytest.mark.parametrize("applied", [None, 0, 1, len(NAMES)])
def test_it_may_be_killed_at_any_statement(tmp_path: Path, applied: int | None) -> None:
    if applied is not None:
        of_yoyo(tmp_path / "start.db", applied)
    subprocess.run([sys.executable, "-c", DIES_AT_A_STATEMENT, str(tmp_path)], check=True, timeout=60)
    left = sorted(tmp_path.glob("[0-9]*.migrating"))
    assert len(left) > 5
    for each in (killed.with_suffix("") for killed in left):
        migrate(each)
        assert not is_behind(each)
        for sql in (TABLES, NOTES):
            assert rows(each, sql) == rows(tmp_path / "whole.db", sql), each
    assert not list(tmp_path.glob("*.new*"))


MIGRATES_BESIDE_OTHERS = """
import os, pathlib, sys
from store.migrating import is_behind, migrate

path, go = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
children = []
for _ in range(8):
    if not (child := os.fork()):
        while not go.exists():
            pass
        if is_behind(path):
            migrate(path)
        assert not is_behind(path)
        os._exit(0)
    children.append(child)
go.touch()
assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(children)
"""


@pytest.mark.parametrize("applied", [None, 0, 2, len(NAMES)])
def test_many_may_open_it_at_the_same_time(tmp_path: Path, path: Path, applied: int | None) -> None:
    if applied is not None:
        of_yoyo(path, applied)
    command = [sys.executable, "-c", MIGRATES_BESIDE_OTHERS, str(path), str(tmp_path / "go")]
    subprocess.run(command, check=True, timeout=60)
    assert rows(path, NOTES) == [(name,) for name in NAMES]


def test_the_log_of_a_deleted_database_is_not_replayed(path: Path) -> None:
    migrate(path)
    written = Path(f"{path}-wal")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript("PRAGMA journal_mode = WAL; UPDATE cursors SET value = 7")
        log = written.read_bytes()
    path.unlink()
    written.write_bytes(log)
    migrate(path)
    assert rows(path, "SELECT DISTINCT value FROM cursors") == [(0,)]
