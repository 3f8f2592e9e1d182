"""Brings a database file up to date: the files in `migrations`, in the order of their names, each once.

Those that are missing are applied in one transaction, with a note of each: a process may die anywhere in it.
"""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from store.errors import StoreError

BUSY_TIMEOUT_S = 300.0
"""How long a write waits for another process's transaction."""

_FILES = Path(__file__).with_name("migrations")
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"

# The first stores were migrated by a library, https://ollycope.com/software/yoyo/, with tables of its own.
_OLD_TABLES = ("yoyo_lock", "_yoyo_log", "_yoyo_version", "_yoyo_migration")


def is_behind(path: Path) -> bool:
    """Tell whether there are migrations to apply.

    Raises:
        StoreError: the file is another program's, or a newer version's of this one.
        sqlite3.DatabaseError: the file is no database.
    """
    if not path.exists():
        return True
    with contextlib.closing(_connect(path)) as connection:
        connection.execute("BEGIN")  # another process may be migrating it just now
        tables = _first_column(connection, _TABLES)
        applied = _applied(connection, tables)
    if not applied and tables - {*_OLD_TABLES, "migrations"}:
        raise StoreError(f"{path}: not a database of ours (it has tables {sorted(tables)[:3]})")
    known = {file.stem for file in _FILES.glob("*.sql")}
    if applied - known:
        newer = sorted(applied - known)
        raise StoreError(f"{path}: written by a newer version of this program (migrations {newer})")
    return bool(known - applied) or "migrations" not in tables


def migrate(path: Path) -> None:
    """Apply what is missing, one process at a time; the file is made when there is none.

    Raises:
        OSError, sqlite3.DatabaseError: the file cannot be written.
    """
    with _beside(path, ".migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():
            with contextlib.closing(_connect(path)) as connection:
                _apply(connection)
        else:
            _make(path)


def _make(path: Path) -> None:
    """Make a new one beside its place, and put it there once it is on the disk: one wait instead of ten."""
    new = _beside(path, ".new")
    new.unlink(missing_ok=True)
    try:
        with contextlib.closing(_connect(new)) as connection:
            connection.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY")
            _apply(connection)
        with new.open("rb") as written:
            os.fsync(written.fileno())
        # Logs of a database that somebody deleted would be replayed into this one.
        for log in ("-wal", "-shm", "-journal"):
            _beside(path, log).unlink(missing_ok=True)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}{suffix}")


def _apply(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    tables = _first_column(connection, _TABLES)
    applied = _applied(connection, tables)
    if "migrations" not in tables:
        connection.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY)")
        connection.executemany("INSERT INTO migrations VALUES (?)", [(name,) for name in sorted(applied)])
        for name in _OLD_TABLES:
            connection.execute(f"DROP TABLE IF EXISTS {name}")
    for file in sorted(_FILES.glob("*.sql")):
        if file.stem not in applied:
            for statement in _statements(file.read_text(encoding="utf-8")):
                connection.execute(statement)
            connection.execute("INSERT INTO migrations VALUES (?)", [file.stem])
    connection.execute("COMMIT")


def _statements(sql: str) -> Iterator[str]:
    """Yield the statements of a script, each of which begins on a line of its own."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


def _applied(connection: sqlite3.Connection, tables: set[str]) -> set[str]:
    if "migrations" in tables:
        return _first_column(connection, "SELECT name FROM migrations")
    if "_yoyo_migration" in tables:
        return _first_column(connection, "SELECT migration_id FROM _yoyo_migration")
    return set()


def _first_column(connection: sqlite3.Connection, sql: str) -> set[str]:
    return {name for (name, *_) in connection.execute(sql)}


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
