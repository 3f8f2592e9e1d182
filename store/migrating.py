"""Brings a database file up to date: the files in `migrations`, in the order of their names, each once.

A migration and the note that it was applied are one transaction, so a process may die anywhere in it.
"""

import contextlib
import fcntl
import os
import sqlite3
from pathlib import Path

from store.errors import StoreError

BUSY_TIMEOUT_S = 300.0
"""How long a write waits for another process's transaction."""

_FILES = Path(__file__).with_name("migrations")
_NOTES = "CREATE TABLE migrations (name TEXT PRIMARY KEY)"
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"

# The first stores were migrated by a library, https://ollycope.com/software/yoyo/, with tables of its own.
_OLD_TABLES = ("yoyo_lock", "_yoyo_log", "_yoyo_version", "_yoyo_migration")
_OLD_NOTES = "SELECT migration_id FROM _yoyo_migration"


def is_behind(path: Path) -> bool:
    """Tell whether there are migrations to apply.

    Raises:
        StoreError: the file is another program's, or a newer version's of this one.
        sqlite3.DatabaseError: the file is no database.
    """
    if not path.exists():
        return True
    with contextlib.closing(_connect(path)) as connection:
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
    with path.with_suffix(".migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():
            with contextlib.closing(_connect(path)) as connection:
                _apply(connection)
        else:
            _make(path)


def _make(path: Path) -> None:
    """Make a new one beside its place, and put it there once it is on the disk: one wait instead of ten."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    try:
        with contextlib.closing(_connect(new)) as connection:
            connection.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY")
            _apply(connection)
        with new.open("rb") as written:
            os.fsync(written.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _apply(connection: sqlite3.Connection) -> None:
    tables = _first_column(connection, _TABLES)
    applied = _applied(connection, tables)
    if "migrations" not in tables:
        old = [f"INSERT INTO migrations {_OLD_NOTES}"] if applied else []
        _together(connection, _NOTES, *old, *(f"DROP TABLE IF EXISTS {name}" for name in _OLD_TABLES))
    for file in sorted(_FILES.glob("*.sql")):
        if file.stem not in applied:
            note = f"INSERT INTO migrations VALUES ('{file.stem}')"  # noqa: S608 - a file of ours
            _together(connection, file.read_text(encoding="utf-8"), note)


def _together(connection: sqlite3.Connection, *statements: str) -> None:
    connection.executescript(";\n".join(["BEGIN IMMEDIATE", *statements, "COMMIT"]))


def _applied(connection: sqlite3.Connection, tables: set[str]) -> set[str]:
    if "migrations" in tables:
        return _first_column(connection, "SELECT name FROM migrations")
    return _first_column(connection, _OLD_NOTES) if "_yoyo_migration" in tables else set()


def _first_column(connection: sqlite3.Connection, sql: str) -> set[str]:
    return {name for (name, *_) in connection.execute(sql)}


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
