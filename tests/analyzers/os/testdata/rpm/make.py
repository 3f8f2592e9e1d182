"""Writes this folder's samples: `python tests/analyzers/os/testdata/rpm/make.py`.

Everything is made up here after the documents of the formats that the analyzer names; the Berkeley DB files
are written by db5.3_load of Debian's db5.3-util, and stay as they are where that is missing.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

import shutil
import sqlite3
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

Value = str | list[str] | list[int]


BASH: Mapping[int, Value] = {
    1000: "bash",
    1001: "5.1.8",
    1002: "6.el9",
    1011: "Rocky Enterprise Software Foundation",
    1014: "GPLv3+",
    1022: "x86_64",
    1044: "bash-5.1.8-6.el9.src.rpm",
    1047: ["bash", "bash(x86-64)"],
    1049: ["libc.so.6()(64bit)", "rpmlib(CompressedFileNames)", "bash"],
    1116: [0, 0, 1],
    1117: ["bash", "sh", "bash"],
    1118: ["/usr/bin/", "/usr/share/doc/"],
}
GLIBC: Mapping[int, Value] = {
    1000: "glibc",
    1001: "2.34",
    1002: "60.el9",
    1003: [1],
    1015: "somebody",
    1022: "x86_64",
    1044: "glibc-src-2.34-61.el9.src.rpm",
    1047: ["glibc", "libc.so.6()(64bit)"],
    5096: "glibc:el9:9020020230101",
}
KEY: Mapping[int, Value] = {1000: "gpg-pubkey", 1001: "350d275d", 1002: "6279464b", 1014: "pubkey"}


def header(values: Mapping[int, Value]) -> bytes:
    """Return an rpm header as a database holds it."""
    index, store = b"", b""
    for tag, value in values.items():
        if isinstance(value, str):
            kind, count, raw = 6, 1, value.encode() + b"\0"
        elif value and isinstance(value[0], int):
            store += b"\0" * (-len(store) % 4)
            kind, count, raw = 4, len(value), struct.pack(f">{len(value)}I", *value)
        else:
            kind, count, raw = 8, len(value), b"".join(f"{one}\0".encode() for one in value)
        index += struct.pack(">IIII", tag, kind, len(store), count)
        store += raw
    return struct.pack(">II", len(values), len(store)) + index + store


def database(
    blobs: list[object], schema: str = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)"
) -> bytes:
    """Return rpm's SQLite database with one row for each of `blobs`."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA page_size = 1024")
        connection.execute(schema)
        if blobs:
            connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])
        connection.commit()
        connection.execute("VACUUM")
        return connection.serialize()


def ndb(blobs: Mapping[int, bytes]) -> bytes:
    """Return rpm's ndb database with a package of each number; one slot between them was freed."""
    pages = 1 + len(blobs) * 16 // 4096
    slots, blocks, start = b"Slot" + bytes(12), b"", pages * 4096 // 16
    for number, blob in blobs.items():
        head = struct.pack("<4sIII", b"BlbS", number, 1700000000, len(blob))
        padding = bytes(-(len(blob) + 12) % 16)
        tail = struct.pack("<II4s", zlib.adler32(head + blob + padding), len(blob), b"BlbE")
        slots += struct.pack("<4sIII", b"Slot", number, start, (len(blob) + len(padding) + 28) // 16)
        blocks += head + blob + padding + tail
        start = (pages * 4096 + len(blocks)) // 16
    head = struct.pack("<4sIIII12x", b"RpmP", 0, 7, pages, max(blobs, default=0) + 1)
    rest = pages * 4096 - len(head) - len(slots)
    return head + slots + (b"Slot" + bytes(12)) * (rest // 16) + blocks


def berkeley(blobs: list[bytes], *, order: str = "<", page_bytes: int = 512) -> bytes:
    """Return rpm's Berkeley DB hash as db5.3_load writes it, numbers in this byte order."""
    lorder = {"<": 1234, ">": 4321}[order]
    lines = ["VERSION=3", "format=bytevalue", "type=hash", f"db_pagesize={page_bytes}", f"db_lorder={lorder}"]
    lines += ["HEADER=END", f" {struct.pack(order + 'I', 0).hex()}", f" {len(blobs):08x}"]
    for number, blob in enumerate(blobs, start=1):
        lines += [f" {struct.pack(order + 'I', number).hex()}", f" {blob.hex()}"]
    text = "\n".join([*lines, "DATA=END", ""])
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["db5.3_load", f"{folder}/Packages"], input=text, text=True, check=True)
        return (Path(folder) / "Packages").read_bytes()


def in_wal_mode(data: bytes) -> bytes:
    """Return the database with the marks of write-ahead mode, as rpm leaves it behind."""
    return data[:18] + b"\x02\x02" + data[20:]


FOLDER = Path(__file__).parent
BERKELEY = ("good/var/lib/rpm/Packages", "odd/usr/share/rpm/Packages")
SAMPLES = {
    "good/var/lib/rpm/rpmdb.sqlite": in_wal_mode(database([header(BASH), header(GLIBC), header(KEY)])),
    "good/usr/lib/sysimage/rpm/Packages.db": ndb({1: header(BASH), 5: header(GLIBC), 6: header(KEY)}),
    "odd/usr/lib/sysimage/rpm/rpmdb.sqlite": database(
        [header(BASH), b"\0\0\0\x01\0\0\0\xff", header({1000: "x"})]
    ),
    "empty/var/lib/rpm/rpmdb.sqlite": b"",
    "empty/var/lib/rpm/Packages": b"",
    "empty/var/lib/rpm/Packages.db": ndb({}),
    "broken/var/lib/rpm/rpmdb.sqlite": database([header(BASH)])[:1500],
    "broken/var/lib/rpm/rpmdb.sqlite-wal": b"\x37\x7f\x06\x82" + b"\0" * 60,
    "broken/var/lib/rpm/Packages": b"\0" * 12 + b"\x61\x15\x06\x00",
    "broken/usr/share/rpm/Packages.db": b"RpmP",
}
if shutil.which("db5.3_load"):
    blobs = [header(BASH), header(GLIBC), header(KEY)]
    SAMPLES |= zip(BERKELEY, (berkeley(blobs), berkeley(blobs, order=">")), strict=True)
else:
    SAMPLES |= {name: (FOLDER / name).read_bytes() for name in BERKELEY}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = FOLDER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
