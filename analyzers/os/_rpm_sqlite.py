"""Yields the package headers of rpm's SQLite database.

Formats: https://www.sqlite.org/fileformat2.html, https://rpm.org/wiki/Releases/4.16.0 (the sqlite backend).
The file is a stranger's: https://www.sqlite.org/security.html
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from analyzers.errors import ParseError

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_VERSIONS = slice(18, 20)  # the write and read format versions: 1 rollback journal, 2 write-ahead log
_ROLLBACK = b"\x01\x01"
_STEPS = 100_000
_STEPS_PER_BYTE = 16
_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ})


def blobs(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes of each header in the table Packages.

    Raises:
        ParseError: SQLite cannot read it, or the table's blobs are longer than the file that holds them.
    """
    if not data.startswith(_MAGIC) or len(data) < _HEADER_BYTES:
        raise ParseError(f"not an SQLite database: {data[:16]!r}, expected {_MAGIC!r}")
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            yield from _rows(connection, data)
        except (sqlite3.Error, OverflowError, MemoryError) as error:
            raise ParseError(f"rpm database: {error!r}") from error


def _rows(connection: sqlite3.Connection, data: bytes) -> Iterator[tuple[int, bytes]]:
    _open(connection, data)
    table = "SELECT rootpage FROM sqlite_schema WHERE type IS 'table' AND name IS 'Packages'"
    if not any(rootpage for (rootpage,) in connection.execute(table)):
        raise ParseError("rpm database: no table Packages")
    total = 0
    for number, blob in connection.execute("SELECT hnum, blob FROM Packages"):
        if not isinstance(number, int) or not isinstance(blob, bytes):
            raise ParseError(
                f"rpm database: row {number!r} of Packages: {type(blob).__name__}, expected a blob"
            )
        total += len(blob)
        if total > len(data):  # rows that share overflow pages could multiply a small file
            raise ParseError(f"rpm database: headers are longer than the file's {len(data)} bytes")
        yield number, blob


def _open(connection: sqlite3.Connection, data: bytes) -> None:
    """Load `data`, then allow the connection nothing but plain reads, for a bounded number of steps.

    A database in write-ahead mode cannot be opened from memory (SQLITE_CANTOPEN); the file itself is a whole
    database in either mode, so it is marked as one with a rollback journal.
    """
    image = bytearray(data)
    image[_VERSIONS] = _ROLLBACK
    connection.deserialize(image)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    connection.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
    )
    steps_left = iter(range(1 + len(data) * _STEPS_PER_BYTE // _STEPS))
    connection.set_progress_handler(lambda: next(steps_left, None) is None, _STEPS)
