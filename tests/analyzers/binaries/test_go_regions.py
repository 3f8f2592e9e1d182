import runpy
import struct
from pathlib import Path
from typing import Any

import pytest

from analyzers.binaries._go_buildinfo import BuildInfo, parse_build_info

MAKE: dict[str, Any] = runpy.run_path(str(Path(__file__).parent / "testdata/go/make.py"))
INFO: bytes = MAKE["inline"](b"go1.22.3", MAKE["framed"](MAKE["MODULES"]))
FOUND = BuildInfo("go1.22.3", MAKE["MODULES"].decode())
HEADER_BYTES, PROGRAM_BYTES, EMPTY_BYTES = 64, 56, 64
LOADED, WRITABLE, READABLE = 1, 6, 4


def program(*, before: int, flags: int = WRITABLE) -> bytes:
    """Return a program with its build information in the segment after so many others of these flags."""
    start = (HEADER_BYTES + PROGRAM_BYTES * (before + 1) + 15) // 16 * 16
    places = [(flags, start, EMPTY_BYTES)] * before + [(WRITABLE, start + EMPTY_BYTES, len(INFO))]
    head = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    head += struct.pack("<HHIQQQI", 2, 62, 1, 0, HEADER_BYTES, 0, 0)
    head += struct.pack("<6H", HEADER_BYTES, PROGRAM_BYTES, len(places), 64, 0, 0)
    head += b"".join(
        struct.pack("<IIQQQQQQ", LOADED, permissions, at, at, at, size, size, 16)
        for permissions, at, size in places
    )
    return head.ljust(start, b"\0") + bytes(EMPTY_BYTES) + INFO


@pytest.mark.parametrize(("before", "found"), [(0, FOUND), (7, FOUND), (8, None), (60_000, None)])
def test_the_first_writable_segments_are_searched(before: int, found: BuildInfo | None) -> None:
    assert parse_build_info(program(before=before)) == found


def test_other_segments_do_not_count() -> None:
    assert parse_build_info(program(before=100, flags=READABLE)) == FOUND
