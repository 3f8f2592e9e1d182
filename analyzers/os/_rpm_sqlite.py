"""Yields the package headers of rpm's SQLite database.

Formats: https://www.sqlite.org/fileformat2.html, https://rpm.org/wiki/Releases/4.16.0 (the sqlite backend).
The file is a stranger's: https://www.sqlite.org/security.html
"""

import re
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing

from analyzers.documents.wording import beginning, kind_of, shown
from analyzers.errors import ParseError

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_VERSIONS = slice(18, 20)  # the write and read format versions: 1 rollback journal, 2 write-ahead log
_ROLLBACK = b"\x01\x01"
_STEPS = 100_000
_STEPS_PER_BYTE = 4
_COMPUTED = re.compile(r"\b(?:AS|GENERATED|VIRTUAL)\b", re.IGNORECASE)
_TABLE = "SELECT sql FROM sqlite_schema WHERE type IS 'table' AND name IS 'Packages'"


def blobs(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes of each header in the table Packages.

    Raises:
        ParseError: SQLite cannot read it, or the table's blobs are longer than the file that holds them.
    """
    if not data.startswith(_MAGIC) or len(data) < _HEADER_BYTES:
        raise ParseError(f"not an SQLite database: {beginning(data)}, expected {shown(_MAGIC)}")
    _check_length(data)
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            yield from _rows(connection, data)
        except (sqlite3.Error, UnicodeDecodeError, OverflowError, MemoryError) as error:
            raise ParseError(f"rpm database: {error}") from error


def _rows(connection: sqlite3.Connection, data: bytes) -> Iterator[tuple[int, bytes]]:
    _open(connection, data)
    if not [
        sql for (sql,) in connection.execute(_TABLE) if isinstance(sql, str) and not _COMPUTED.search(sql)
    ]:
        raise ParseError("rpm database: no table Packages of stored columns")
    total = 0
    for number, blob in connection.execute("SELECT hnum, blob FROM Packages"):
        if not isinstance(number, int) or not isinstance(blob, bytes):
            raise ParseError(f"rpm database: row {number!r} of Packages: {kind_of(blob)}, expected a blob")
        total += len(blob)
        if total > len(data):  # rows that share overflow pages could multiply a small file
            raise ParseError(f"rpm database: headers are longer than the file's {len(data)} bytes")
        yield number, blob


def _check_length(data: bytes) -> None:
    """Refuse a file cut short: SQLite takes what is missing for zeros, and pages of zeros hold no rows."""
    (page_bytes,) = struct.unpack_from(">H", data, 16)
    page_bytes = 65536 if page_bytes == 1 else page_bytes
    changes, pages = struct.unpack_from(">II", data, 24)
    (pages_valid_for,) = struct.unpack_from(">I", data, 92)
    expected = pages * page_bytes if changes == pages_valid_for else page_bytes
    if not page_bytes or len(data) % page_bytes or len(data) < expected:
        raise ParseError(f"rpm database: {len(data)} bytes, expected {pages} pages of {page_bytes}")


def _open(connection: sqlite3.Connection, data: bytes) -> None:
    """Load `data`, and let reading it cost a bounded number of steps and of bytes for one value.

    A database in write-ahead mode cannot be opened from memory (SQLITE_CANTOPEN); the file itself is a whole
    database in either mode, so it is marked as one with a rollback journal.
    """
    image = bytearray(data)
    image[_VERSIONS] = _ROLLBACK
    connection.deserialize(image)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, len(data))
    steps_left = iter(range(1 + len(data) * _STEPS_PER_BYTE // _STEPS))
    connection.set_progress_handler(lambda: next(steps_left, None) is None, _STEPS)
