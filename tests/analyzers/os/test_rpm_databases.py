import runpy
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.os import _rpm_bdb, _rpm_ndb

MAKE: dict[str, Any] = runpy.run_path(str(Path(__file__).parent / "testdata/rpm/make.py"))
SAMPLES: dict[str, bytes] = MAKE["SAMPLES"]
BERKELEY = SAMPLES["good/var/lib/rpm/Packages"]
BIG_ENDIAN = SAMPLES["odd/usr/share/rpm/Packages"]
NDB = SAMPLES["good/usr/lib/sysimage/rpm/Packages.db"]
BLOBS = [MAKE["header"](MAKE[name]) for name in ("BASH", "GLIBC", "KEY")]


def changed(data: bytes, offset: int, value: bytes) -> bytes:
    return data[:offset] + value + data[offset + len(value) :]


@pytest.mark.parametrize("data", [BERKELEY, BIG_ENDIAN])
def test_berkeley_db_in_both_byte_orders(data: bytes) -> None:
    assert sorted(_rpm_bdb.blobs(data)) == list(enumerate(BLOBS, start=1))


@pytest.mark.program("db5.3_load")
@pytest.mark.parametrize("page_bytes", [512, 4096, 65536])
def test_what_berkeley_db_itself_wrote(page_bytes: int) -> None:
    blobs = [bytes([number % 256]) * (number * 97 % 9000 + 1) for number in range(1, 300)]
    data = MAKE["berkeley"](blobs, page_bytes=page_bytes)
    assert dict(_rpm_bdb.blobs(data)) == dict(enumerate(blobs, start=1))


def overflow_page(data: bytes) -> int:
    pages = range(0, len(data), 512)
    return next(offset for offset in pages if data[offset + 25] == 7)


def hash_page(data: bytes) -> int:
    return next(o for o in range(0, len(data), 512) if data[o + 25] in (2, 13) and any(data[o + 20 : o + 22]))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a Berkeley DB hash"),
        (changed(BERKELEY, 12, b"\x62\x31\x05\x00"), "not a Berkeley DB hash"),
        (BERKELEY[:-512], "2048 bytes, expected 5 pages of 512"),
        (changed(BERKELEY, 20, b"\0\3\0\0"), "pages of 768 bytes"),
        (changed(BERKELEY, 24, b"\1"), "encryption 1"),
        (changed(BERKELEY, 26, b"\1"), "flags 1"),
        (changed(BERKELEY, 25, b"\x09"), "page type 9"),
        (changed(BERKELEY, hash_page(BERKELEY) + 8, b"\x63"), "says it is 99"),
        (changed(BERKELEY, hash_page(BERKELEY) + 20, b"\xff\0"), "255 entries"),
        (changed(BERKELEY, hash_page(BERKELEY) + 20, b"\xfe\xff"), "65534 entries"),
        (changed(BERKELEY, hash_page(BERKELEY) + 26, b"\xff\xff"), "item from 65535 to 512"),
        (changed(BERKELEY, overflow_page(BERKELEY) + 25, b"\x0d"), "expected an overflow page|entries"),
        (changed(BERKELEY, overflow_page(BERKELEY) + 22, b"\xff\xff"), "expected an overflow page"),
        (changed(BERKELEY, overflow_page(BERKELEY) + 22, b"\1\0"), "bytes on overflow pages, expected"),
        (changed(BERKELEY, overflow_page(BERKELEY) + 16, b"\x63\0"), "overflow page 99 of 4, missing"),
    ],
)
def test_berkeley_db_that_is_broken(data: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        list(_rpm_bdb.blobs(data))


def test_a_chain_that_ends_in_itself() -> None:
    page = overflow_page(BERKELEY)
    with pytest.raises(ParseError, match="used twice"):
        list(_rpm_bdb.blobs(changed(BERKELEY, page + 16, struct.pack("<I", page // 512))))


def test_ndb() -> None:
    assert list(_rpm_ndb.blobs(NDB)) == list(zip((1, 5, 6), BLOBS, strict=True))
    assert list(_rpm_ndb.blobs(SAMPLES["empty/var/lib/rpm/Packages.db"])) == []


def test_ndb_with_several_pages_of_slots() -> None:
    blobs = {number: bytes([number % 256]) * number for number in range(1, 600)}
    assert dict(_rpm_ndb.blobs(MAKE["ndb"](blobs))) == blobs


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an ndb database"),
        (changed(NDB, 4, b"\1"), "version 1 of ndb, expected 0"),
        (changed(NDB, 12, b"\0"), "0 pages of slots"),
        (changed(NDB, 12, b"\xff"), "255 pages of slots"),
        (changed(NDB, 32, b"Slop"), "expected 'Slot'"),
        (NDB[:-16], "in a file of"),
        (changed(NDB, 48 + 8, b"\1\0"), "blocks from 1,"),
        (changed(NDB, 48 + 4, b"\0"), "package 0 in"),
        (changed(NDB, 48 + 4, b"\2"), "of package 1"),
        (changed(NDB, 48 + 12, b"\1"), "package 1: 16 bytes"),
        (changed(NDB, 4096, b"XlbS"), "expected 'BlbS'"),
        (changed(NDB, 4096 + 12, b"\xff\xff"), "header of 65535"),
        (changed(NDB, 64, NDB[48:64] * 200), "longer than the file's"),
    ],
)
def test_ndb_that_is_broken(data: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        list(_rpm_ndb.blobs(data))


@settings(max_examples=300, deadline=1000)
@given(
    which=st.sampled_from([(BERKELEY, _rpm_bdb.blobs), (BIG_ENDIAN, _rpm_bdb.blobs), (NDB, _rpm_ndb.blobs)]),
    changes=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=6),
    end=st.integers(0, 6000),
)
def test_damage_ends_in_no_more_bytes_than_the_file_or_parse_error(
    which: tuple[bytes, Any], changes: list[tuple[int, int]], end: int
) -> None:
    data, reader = bytearray(which[0]), which[1]
    for at, value in changes:
        data[at % len(data)] = value
    try:
        found = list(reader(bytes(data[:end])))
    except ParseError:
        return
    assert sum(len(blob) for _, blob in found) <= len(data)
