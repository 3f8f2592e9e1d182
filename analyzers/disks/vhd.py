"""VHD, the disk images of Virtual PC and of Azure.

Format: https://www.microsoft.com/en-us/download/details.aspx?id=23850 (Virtual Hard Disk Image Format)
"""

import struct

from analyzers.disks.clusters import MOST_CLUSTER_BYTES, Clustered, Place
from analyzers.disks.device import SECTOR, Device, DiskError, Part
from analyzers.documents.wording import shown
from analyzers.limits import MIB

COOKIE = b"conectix"

_DYNAMIC_COOKIE = b"cxsparse"
_FIXED, _DYNAMIC, _DIFFERENCING = 2, 3, 4
_UNUSED = 0xFFFF_FFFF
_MOST_TABLE_BYTES = 64 * MIB


def open_vhd(image: Device, footer: bytes) -> Device:
    """Return the disk in an image; `footer` is the sector at its end, or the copy at its start.

    Raises:
        DiskError: it is damaged, or not whole.
    """
    table, size, kind = struct.unpack_from(">16xQ24xQ4xI", footer)
    if kind == _DIFFERENCING:
        raise DiskError("vhd: a layer over another image, which is not read: expected a whole one")
    if kind == _FIXED:
        return Part(image, 0, min(size, image.size_bytes - SECTOR))
    if kind != _DYNAMIC:
        raise DiskError(f"vhd: disk type {kind}, expected 2 (fixed) or 3 (dynamic)")
    header = image.read_at(table, 1024)
    if not header.startswith(_DYNAMIC_COOKIE):
        raise DiskError(f"vhd: {shown(header[:8])} at {table}, expected {shown(_DYNAMIC_COOKIE)}")
    offset, entries, block = struct.unpack_from(">16xQ4xII", header)
    if not SECTOR <= block <= MOST_CLUSTER_BYTES or block % SECTOR or entries * 4 > _MOST_TABLE_BYTES:
        raise DiskError(f"vhd: {entries} blocks of {block} bytes: expected fewer, in whole sectors")
    if entries * block < size:
        raise DiskError(f"vhd: {entries} blocks of {block} bytes, expected enough for {size} bytes")
    places = image.read_at(offset, entries * 4)
    # Each block is preceded by a bit for each of its sectors, in whole sectors.
    bitmap = -(-block // SECTOR // 8 // SECTOR) * SECTOR

    def locate(number: int) -> Place:
        (place,) = struct.unpack_from(">I", places, number * 4)
        return None if place == _UNUSED else int(place) * SECTOR + bitmap

    return Clustered(image, size, block, locate)
