import sqlite3
import struct
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.os._rpm_sqlite import blobs

PAGE = 512
CHILDREN = (PAGE - 8) // 6  # SQLite takes more cells of a page for damage
SCHEMA = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)"


def database(folder: Path) -> bytearray:
    """Return a database of two pages, the second one for rows."""
    path = folder / "rpmdb.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE}")
        connection.execute(SCHEMA)
        connection.commit()
    data = bytearray(path.read_bytes())
    assert len(data) == 2 * PAGE
    return data


def inner(child: int) -> bytes:
    """Return a page that leads to one and the same page again and again."""
    cell = struct.pack(">IB", child, 1)
    at = PAGE - len(cell)
    head = struct.pack(">BHHHBI", 5, 0, CHILDREN, at, 0, child)
    return (head + struct.pack(">H", at) * CHILDREN).ljust(at, b"\0") + cell


def leaf() -> bytes:
    """Return a page with one row many times: its number, and no bytes."""
    cell = bytes([3, 1, 3, 0, 12])
    at = PAGE - len(cell)
    head = struct.pack(">BHHHB", 13, 0, CHILDREN, at, 0)
    return (head + struct.pack(">H", at) * CHILDREN).ljust(at, b"\0") + cell


def layered(folder: Path, levels: int) -> bytes:
    data = database(folder)
    pages = [*(inner(2 + level) for level in range(1, levels)), leaf()]
    data[PAGE:] = b"".join(pages)
    data[28:32] = struct.pack(">I", len(data) // PAGE)
    return bytes(data)


def test_pages_that_lead_to_one_page_are_rows_again_and_again(tmp_path: Path) -> None:
    assert list(blobs(layered(tmp_path, 1))) == [(1, b"")] * CHILDREN


def test_a_small_file_costs_few_steps(tmp_path: Path) -> None:
    data = layered(tmp_path, 4)
    assert len(data) < 4096
    with pytest.raises(ParseError, match="rpm database: interrupted"):
        list(islice(blobs(data), 300_000))
