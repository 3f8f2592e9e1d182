import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.disks.device import DiskError
from analyzers.disks.xfs_log import is_clean
from tests.fakes.disks import SECTOR, image_of

SECTORS = 64
START = 8 * SECTOR
SUPERBLOCK = bytearray(SECTOR)
struct.pack_into(">4xI40xQ", SUPERBLOCK, 0, SECTOR, 8)
struct.pack_into(">I8xI", SUPERBLOCK, 84, 1000, SECTORS)
SUPERBLOCK[124] = 10

UNMOUNT, OTHER = 0x20, 0x01


def record(cycle: int, sectors: int, flags: int, *, operations: int = 1, size: int = 0) -> list[bytes]:
    """Return the sectors of a record; `size` says how long a record of this log may be."""
    header = bytearray(SECTOR)
    struct.pack_into(">IIII", header, 0, 0xFEEDBABE, cycle, 2, sectors * SECTOR)
    struct.pack_into(">I", header, 40, operations)
    struct.pack_into(">I", header, 320, size)
    more = [cycle.to_bytes(4, "big").ljust(SECTOR, b"\0")] * (max(1, size // 32768) - 1)
    first = cycle.to_bytes(4, "big") + bytes(5) + bytes([flags])
    body = [first.ljust(SECTOR, b"\0")] + [cycle.to_bytes(4, "big").ljust(SECTOR, b"\0")] * (sectors - 1)
    return [bytes(header), *more, *body]


def clean(written: list[bytes], old_cycle: int = 0, begin: int = 0) -> bool:
    """Tell whether a log is clean in which this was written last, from a sector on."""
    old = old_cycle.to_bytes(4, "big").ljust(SECTOR, b"\0")
    new = (old_cycle + 1).to_bytes(4, "big").ljust(SECTOR, b"\0")
    ring = [new] * begin + [old] * (SECTORS - begin)
    for number, sector in enumerate(written, begin):
        ring[number % SECTORS] = sector
    return is_clean(image_of(bytes(START) + b"".join(ring)), bytes(SUPERBLOCK))


@pytest.mark.parametrize("begin", [0, 1, 30, SECTORS - 2])
@pytest.mark.parametrize("old_cycle", [0, 7])
def test_an_unmount_at_the_end(begin: int, old_cycle: int) -> None:
    cycle = old_cycle + 1
    assert clean(record(cycle, 1, UNMOUNT), old_cycle, begin)
    assert not clean(record(cycle, 1, OTHER), old_cycle, begin)
    assert not clean(record(cycle, 1, UNMOUNT, operations=2), old_cycle, begin)


def test_an_unmount_before_the_end() -> None:
    assert not clean([*record(1, 1, UNMOUNT), *record(1, 3, OTHER)])
    assert clean([*record(1, 3, OTHER), *record(1, 1, UNMOUNT)])
    assert not clean([*record(1, 1, UNMOUNT), (1).to_bytes(4, "big").ljust(SECTOR, b"\0")])


def test_longer_headers_and_padding() -> None:
    assert clean(record(1, 8, UNMOUNT, size=256 * 1024))
    assert not clean(record(1, 8, OTHER, size=256 * 1024))


def test_no_log_and_no_record() -> None:
    assert not clean([])
    assert not is_clean(image_of(bytes(SECTOR)), bytes(SECTOR))
    with pytest.raises(DiskError):
        is_clean(image_of(bytes(SECTOR)), bytes(SUPERBLOCK))


@given(st.data())
def test_any_log_ends_in_an_answer_or_an_error(data: st.DataObject) -> None:
    block = bytearray(SUPERBLOCK)
    for place in data.draw(st.lists(st.sampled_from((4, 7, 48, 55, 84, 87, 96, 99, 124)), max_size=3)):
        block[place] = data.draw(st.integers(0, 255))
    ring = b"".join(record(1, 1, UNMOUNT) + [data.draw(st.binary(max_size=40)).ljust(SECTOR, b"\0")] * 4)
    try:
        answer = is_clean(image_of(bytes(START) + ring.ljust(SECTORS * SECTOR, b"\0")), bytes(block))
    except DiskError:
        return
    assert answer in {True, False}
