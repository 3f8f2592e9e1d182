"""VHDX, the disk images of Hyper-V.

Format: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-vhdx/
"""

import struct
import uuid
from collections.abc import Iterator

from analyzers.disks.clusters import MOST_CLUSTER_BYTES, Clustered, Place
from analyzers.disks.device import Device, DiskError
from analyzers.limits import KIB, MIB

MAGIC = b"vhdxfile"

_HEADERS = (64 * KIB, 128 * KIB)
_REGIONS = (192 * KIB, 256 * KIB)
_TABLE_BYTES = 64 * KIB
_MOST_ENTRIES = 2047
_MOST_BAT_BYTES = 64 * MIB
_MOST_DISK_BYTES = 64 << 40
_HAS_PARENT = 2
_NO_LOG = bytes(16)
_SECTOR_SIZES = (512, 4096)
_MIN_BLOCK_BYTES = MIB
_PRESENT, _PARTLY_PRESENT = 6, 7
_STATE = 7

_BAT = uuid.UUID("2dc27766-f623-4200-9d64-115e9bfd4a08")
_METADATA = uuid.UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e")
_PARAMETERS = uuid.UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b")
_DISK_SIZE = uuid.UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8")
_SECTOR_SIZE = uuid.UUID("8141bf1d-a96f-4709-ba47-f233a8faab5f")


def open_vhdx(image: Device) -> Device:
    """Return the disk in an image.

    Raises:
        DiskError: it is damaged, was not closed, or is not whole.
    """
    if _current_header(image)[48:64] != _NO_LOG:
        raise DiskError("vhdx: the image was not closed: its log holds changes, expected it without any")
    regions = dict(_regions(image))
    if _BAT not in regions or _METADATA not in regions:
        raise DiskError("vhdx: no region of blocks or of metadata, expected both")
    size, block, sector = _measures(image, *regions[_METADATA])
    ratio = (1 << 23) * sector // block
    offset, length = regions[_BAT]
    blocks = -(-size // block)
    entries = blocks + max(blocks - 1, 0) // ratio
    if entries * 8 > min(length, _MOST_BAT_BYTES):
        raise DiskError(f"vhdx: a table of {length} bytes for {blocks} blocks, expected one that suffices")
    table = image.read_at(offset, entries * 8)

    def locate(number: int) -> Place:
        # After the entries of `ratio` blocks comes that of a bitmap, which only layers need.
        (entry,) = struct.unpack_from("<Q", table, 8 * (number + number // ratio))
        if entry & _STATE == _PARTLY_PRESENT:
            raise DiskError(f"vhdx: block {number} is a part of a layer's, expected a whole one")
        return (entry >> 20) * MIB if entry & _STATE == _PRESENT else None

    return Clustered(image, size, block, locate)


def _current_header(image: Device) -> bytes:
    """Return the valid header that was written last."""
    found = [image.read_at(offset, 4 * KIB) for offset in _HEADERS]
    valid = [each for each in found if each.startswith(b"head") and _crc_of(each) == each[4:8]]
    if not valid:
        raise DiskError("vhdx: no valid header")
    return max(valid, key=lambda header: header[8:16][::-1])


def _regions(image: Device) -> Iterator[tuple[uuid.UUID, tuple[int, int]]]:
    tables = [image.read_at(offset, _TABLE_BYTES) for offset in _REGIONS]
    table = next((each for each in tables if each.startswith(b"regi") and _crc_of(each) == each[4:8]), None)
    if table is None:
        raise DiskError("vhdx: no valid table of regions")
    (count,) = struct.unpack_from("<I", table, 8)
    for number in range(min(count, _MOST_ENTRIES)):
        guid, offset, length = struct.unpack_from("<16sQI", table, 16 + 32 * number)
        yield uuid.UUID(bytes_le=guid), (offset, length)


def _measures(image: Device, offset: int, length: int) -> tuple[int, int, int]:
    """Return the sizes of disk, block and logical sector."""
    table = image.read_at(offset, min(length, _TABLE_BYTES)).ljust(_TABLE_BYTES, b"\0")
    if not table.startswith(b"metadata"):
        raise DiskError("vhdx: no valid table of metadata")
    (count,) = struct.unpack_from("<H", table, 10)
    items = {}
    for number in range(min(count, _MOST_ENTRIES)):
        guid, place = struct.unpack_from("<16sI", table, 32 + 32 * number)
        items[uuid.UUID(bytes_le=guid)] = place
    if missing := {_PARAMETERS, _DISK_SIZE, _SECTOR_SIZE} - items.keys():
        raise DiskError(f"vhdx: no metadata {min(map(str, missing))!r}")
    block, flags = struct.unpack("<II", image.read_at(offset + items[_PARAMETERS], 8))
    (size,) = struct.unpack("<Q", image.read_at(offset + items[_DISK_SIZE], 8))
    (sector,) = struct.unpack("<I", image.read_at(offset + items[_SECTOR_SIZE], 4))
    if flags & _HAS_PARENT:
        raise DiskError("vhdx: a layer over another image, which is not read: expected a whole one")
    is_power = block & (block - 1) == 0
    if not (_MIN_BLOCK_BYTES <= block <= MOST_CLUSTER_BYTES and is_power and sector in _SECTOR_SIZES):
        raise DiskError(
            f"vhdx: blocks of {block} and sectors of {sector} bytes: expected 1 to 256 MiB, 512 or 4096"
        )
    if size > _MOST_DISK_BYTES:
        raise DiskError(f"vhdx: a disk of {size} bytes, expected at most {_MOST_DISK_BYTES}")
    return size, block, sector


def _crc_of(part: bytes) -> bytes:
    """Return the checksum of a header or table, whose own place counts as zeros."""
    return crc32c(part[:4] + bytes(4) + part[8:]).to_bytes(4, "little")


def _crc_table() -> tuple[int, ...]:
    table = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0x82F6_3B78 if number & 1 else 0)  # noqa: PLW2901 - a register
        table.append(number)
    return tuple(table)


_TABLE = _crc_table()


def crc32c(data: bytes) -> int:
    """Return the CRC-32C of https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4."""
    crc = 0xFFFF_FFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFF_FFFF
