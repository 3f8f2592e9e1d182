"""VMDK, the disk images of VMware: sparse ones, also stream-optimised, in one file.

Format: https://www.vmware.com/app/vmdk/?src=vmdk (Virtual Disk Format 5.0)
"""

import re
import struct
import zlib

from analyzers.disks.clusters import Clustered, Kept, Place
from analyzers.disks.device import SECTOR, Device, DiskError, head
from analyzers.limits import KIB, MIB

MAGIC = b"KDMV"
DESCRIPTOR = b"# Disk DescriptorFile"
OLD_MAGIC = b"COWD"

_HEADER = struct.Struct("<4xIIQQQQIQQQ5xH")
_ZEROED_GRAINS, _COMPRESSED = 1 << 2, 1 << 16
_DEFLATE = 1
_AT_THE_END = 0xFFFF_FFFF_FFFF_FFFF
_FOOTER_FROM_END = 1024
_MOST_GRAIN_BYTES = 8 * MIB
_MOST_TABLE_ENTRIES = 1 << 20
_MOST_DIRECTORY_BYTES = 64 * MIB
_MOST_DESCRIPTOR_BYTES = 64 * KIB
_EXTENT = re.compile(rb'^[ \t]*+(?:RW|RDONLY|NOACCESS)\s+\d+\s+\S+(?:\s+"([^"]*)")?', re.MULTILINE)
_PARENT = re.compile(rb"^[ \t]*+parentCID[ \t]*+=[ \t]*+([0-9a-fA-F]+)", re.MULTILINE)
_NO_PARENT = b"ffffffff"


def open_vmdk(image: Device) -> Device:
    """Return the disk in an image.

    Raises:
        DiskError: it is damaged, or not whole: no other file is ever looked for.
    """
    first = head(image, SECTOR)
    if first.startswith(DESCRIPTOR):
        names = [
            name.decode("utf-8", "replace") for name in _EXTENT.findall(head(image, _MOST_DESCRIPTOR_BYTES))
        ]
        raise DiskError(f"vmdk: a description of other files, which are not read: name {names[:3]!r} instead")
    if first.startswith(OLD_MAGIC):
        raise DiskError("vmdk: an old ESX sparse file, expected a hosted sparse or stream-optimised one")
    fields = _HEADER.unpack_from(first)
    if fields[8] == _AT_THE_END:
        fields = _HEADER.unpack(image.read_at(image.size_bytes - _FOOTER_FROM_END, _HEADER.size))
    _, flags, capacity, grain, descriptor, descriptor_size, entries, _, directory, _, compression = fields
    _check_descriptor(image, descriptor, descriptor_size)
    grain_bytes = grain * SECTOR
    if not 0 < grain_bytes <= _MOST_GRAIN_BYTES or not 0 < entries <= _MOST_TABLE_ENTRIES:
        raise DiskError(f"vmdk: grains of {grain_bytes} bytes, {entries} to a table: expected fewer, not 0")
    if flags & _COMPRESSED and compression != _DEFLATE:
        raise DiskError(f"vmdk: compression {compression}, expected 1 (deflate)")
    count = -(-capacity // (grain * entries))
    if count * 4 > _MOST_DIRECTORY_BYTES:
        raise DiskError(f"vmdk: {capacity} sectors, expected a grain directory of 64 MiB at most")
    tables = image.read_at(directory * SECTOR, count * 4)
    grains = _Grains(image, tables, entries, grain_bytes, flags)
    return Clustered(image, capacity * SECTOR, grain_bytes, grains.locate)


def _check_descriptor(image: Device, sector: int, sectors: int) -> None:
    text = image.read_at(sector * SECTOR, min(sectors * SECTOR, _MOST_DESCRIPTOR_BYTES)) if sector else b""
    parent = _PARENT.search(text)
    if parent and parent[1].lower() != _NO_PARENT:
        raise DiskError("vmdk: a layer over another image, which is not read: expected a whole one")
    if len(_EXTENT.findall(text)) > 1:
        raise DiskError("vmdk: a part of a disk in several files, expected a whole one")


class _Grains:
    """The two levels of tables."""

    def __init__(self, image: Device, tables: bytes, entries: int, grain_bytes: int, flags: int) -> None:
        self._image, self._tables, self._entries = image, tables, entries
        self._grain_bytes, self._flags = grain_bytes, flags
        self._table = Kept(lambda sector: image.read_at(sector * SECTOR, entries * 4), entries * 4)
        self._inflated = Kept(self._inflate, grain_bytes)

    def locate(self, number: int) -> Place:
        """Return where a grain is."""
        index, slot = divmod(number, self._entries)
        (table,) = struct.unpack_from("<I", self._tables, index * 4)
        if not table:
            return None
        (sector,) = struct.unpack_from("<I", self._table(table), slot * 4)
        if not sector or (sector == 1 and self._flags & _ZEROED_GRAINS):
            return None
        return self._inflated(sector) if self._flags & _COMPRESSED else sector * SECTOR

    def _inflate(self, sector: int) -> bytes:
        (size,) = struct.unpack("<8xI", self._image.read_at(sector * SECTOR, 12))
        if size > 2 * self._grain_bytes:
            raise DiskError(f"vmdk: the grain at sector {sector} has {size} compressed bytes, expected fewer")
        data = self._image.read_at(sector * SECTOR + 12, size)
        try:
            grain = zlib.decompressobj().decompress(data, self._grain_bytes)
        except zlib.error as error:
            raise DiskError(f"vmdk: the compressed grain at sector {sector} is damaged") from error
        # The disk's last grain may be shorter than the others.
        return grain.ljust(self._grain_bytes, b"\0")
