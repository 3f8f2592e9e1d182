"""The SQLite file: opening, migrating, reading, and writing in transactions."""

import asyncio
import contextlib
import errno
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiosqlite

from store.errors import StoreError
from store.migrating import BUSY_TIMEOUT_S, is_behind, migrate
from store.queries import query

_FULL = os.strerror(errno.ENOSPC).lower()
_FULL_CODES = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}
"""The second one, when the file beside the database that its users share finds no room."""
_NOT_OURS = "this user may not write it, which reading takes, too: run this as its owner"
_PRIMARY_CODE = 0xFF
"""Of SQLite's codes, what stands before the details."""
WRITER_TURN_S = 1.0
"""How long a thread waits for other processes' writing before the loop is asked whether to go on."""

Values = Mapping[str, object]
Row = tuple[Any, ...]


class Reader:
    """Runs named queries on one connection; each call is one hop to the connection's thread."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def all(self, name: str, /, **values: object) -> list[Row]:
        """Return every row of a query."""
        return [tuple(row) for row in await self._connection.execute_fetchall(query(name), values)]

    async def one(self, name: str, /, **values: object) -> Row | None:
        """Return the first row of a query, or None."""
        rows = await self.all(name, **values)
        return rows[0] if rows else None

    async def value(self, name: str, /, **values: object) -> Any:  # noqa: ANN401 - the query decides
        """Return the first column of the first row of a query, or None."""
        row = await self.one(name, **values)
        return row[0] if row else None


class Writer(Reader):
    """A reader inside a transaction that may also write."""

    async def run(self, name: str, /, **values: object) -> int:
        """Run a statement; return how many rows it changed."""
        # A statement that returns no rows is over when it has run; closing its cursor would be a second hop.
        cursor = await self._connection.execute(query(name), values)
        return cursor.rowcount

    async def many(self, name: str, rows: Iterable[Values | Sequence[object]], /) -> None:
        """Run a statement for each row, in one hop."""
        listed = list(rows)
        if listed:
            await self._connection.executemany(query(name), listed)


class Store:
    """One open database: one connection that writes, one that reads beside it."""

    def __init__(self, path: Path, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._path, self._writer, self._lock = path, writer, asyncio.Lock()
        self.read = Reader(reader)
        """Sees what is committed, also while a transaction is open."""

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Writer]:
        """Give a writer whose changes are committed together, or, when the block raises, not at all.

        Raises:
            StoreError: the disk is full, or another process goes on writing for minutes.
        """
        async with self._lock:
            try:
                await self._begin()
                yield Writer(self._writer)
                await self._writer.commit()  # fails on a full disk, say, and is then still open
            except BaseException as error:
                await self._writer.rollback()
                if isinstance(error, sqlite3.DatabaseError) and _is_full(error):
                    raise StoreError(f"{self._path}: {_FULL}") from error
                raise

    async def _begin(self) -> None:
        """Wait until no other process writes, a second at a time, so that this can be cancelled."""
        started = time.monotonic()
        while True:
            try:
                # Also when this is cancelled the connection's thread carries it out.
                await self._writer.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & _PRIMARY_CODE != sqlite3.SQLITE_BUSY:
                    raise
                waited_s = time.monotonic() - started
                if waited_s > BUSY_TIMEOUT_S:
                    raise StoreError(
                        f"{self._path}: another process has been writing for {waited_s:.0f} s"
                    ) from error
            else:
                return


@contextlib.asynccontextmanager
async def open_store(path: Path) -> AsyncIterator[Store]:
    """Open the database file, made and migrated when needed. Raises StoreError, naming the file."""
    async with contextlib.AsyncExitStack() as opened:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if is_behind(path):
                await asyncio.to_thread(migrate, path)
            writer = await opened.enter_async_context(_connect(path))
            await writer.execute(f"PRAGMA busy_timeout = {WRITER_TURN_S * 1000:.0f}")
            reader = await opened.enter_async_context(_connect(path))
            await reader.execute("PRAGMA query_only = ON")
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{path}: {_reason(error, path)}") from error
        except FileExistsError as error:
            raise StoreError(f"{path.parent}: is a file, expected a directory for {path.name}") from error
        except OSError as error:
            raise StoreError(f"{path}: {os.strerror(error.errno or 0).lower()}") from error
        yield Store(path, writer, reader)


def _reason(error: sqlite3.DatabaseError, path: Path) -> str:
    if _is_full(error):
        return _FULL
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    may_not = code == sqlite3.SQLITE_CANTOPEN and not os.access(path, os.R_OK | os.W_OK, effective_ids=True)
    return _NOT_OURS if may_not or code == sqlite3.SQLITE_READONLY else str(error)


def _is_full(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", None) in _FULL_CODES


@contextlib.asynccontextmanager
async def _connect(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    async with aiosqlite.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_S) as connection:
        # With NORMAL a power cut may undo the last transactions, whole ones: the work is then done again.
        # Mapping the file instead of reading it saves nothing that can be measured, and fills the memory.
        await connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
            "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32000;"
            # A long read lets the log grow; afterwards it gives the disk back.
            "PRAGMA journal_size_limit = 16777216;"
        )
        yield connection
