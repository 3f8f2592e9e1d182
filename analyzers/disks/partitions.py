"""Partition tables: MBR with its chain of logical partitions, and GPT.

Formats: https://uefi.org/specs/UEFI/2.10/05_GUID_Partition_Table_Format.html (also of the MBR),
https://uapi-group.org/specifications/specs/discoverable_partitions_specification/ (types that say a place)
"""

import struct
import uuid
import zlib
from collections.abc import Iterator

import msgspec

from analyzers.disks.device import SECTOR, Device, DiskError, TruncatedError
from analyzers.limits import MIB

_SIGNATURE = b"\x55\xaa"
_TABLE = 446
_ENTRY = struct.Struct("<B3xB3xII")
_ENTRY_BYTES = 16
_STATES = (0x00, 0x80)
_EXTENDED = (0x05, 0x0F, 0x85)
_PROTECTIVE = 0xEE
_FIRST_LOGICAL = 5
_MOST_LOGICAL = 128

_GPT_MAGIC = b"EFI PART"
_GPT_HEADER = struct.Struct("<8s4xII4xQQ32xQIII")
_GPT_HEADER_BYTES = 92
_GPT_ENTRY = struct.Struct("<16s16sQQ8x72s")
_SECTOR_SIZES = (512, 4096)
_MOST_ENTRIES_BYTES = MIB

MOUNTED_AT = {
    uuid.UUID("8484680c-9521-48c6-9c11-b0720656f69e"): "usr",  # of x86-64, as the next of other machines
    uuid.UUID("b0e01050-ee5f-4390-949a-9101b17104e9"): "usr",
    uuid.UUID("4d21b016-b534-45c2-a9fb-5c16e091fd2d"): "var",
    uuid.UUID("3b8f8425-20e0-4f3b-907f-1a25a76f98e8"): "srv",
    uuid.UUID("933ac7e1-2eb4-4f13-b844-0e14e2aef915"): "home",
    uuid.UUID("bc13c2ff-59e6-4262-a352-b275fd6f7172"): "boot",
}
"""Types of partitions that systemd mounts without being told."""
_WITHOUT_FILES = {
    str(uuid.UUID("21686148-6449-6e6f-744e-656564454649")): "the boot loader's",
    str(uuid.UUID("9e1a2d38-c612-4316-aa26-8b49521e5a8b")): "the boot loader's (PReP)",
    str(uuid.UUID("e3c9e316-0b5c-4db8-817d-f92df00215ae")): "reserved by Windows",
    "0x41": "the boot loader's (PReP)",
}


class Partition(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a disk's bytes, as its table has it."""

    number: int
    """From 1, as Linux counts; logical ones of an MBR from 5."""
    offset: int
    size_bytes: int
    type: str
    """MBR: "0x83"; GPT: the type's UUID in lower case."""
    uuid: str = ""
    """As fstab's PARTUUID has it."""
    name: str = ""

    @property
    def without_files(self) -> str:
        """What it is for, when its type says that it has no files; else empty."""
        return _WITHOUT_FILES.get(self.type, "")

    @property
    def mounted_at(self) -> str:
        """The place that its type says, or nothing."""
        return MOUNTED_AT.get(uuid.UUID(self.type), "") if "-" in self.type else ""


def read_partitions(disk: Device) -> tuple[Partition, ...] | None:
    """Return a disk's partitions in the table's order; None when it has no table.

    Raises:
        DiskError: the table is damaged, or a partition goes beyond the disk's end.
    """
    if disk.size_bytes < 2 * SECTOR:
        return None
    entries = _entries(disk.read_at(0, SECTOR))
    if entries is None:
        return None
    if any(type_ == _PROTECTIVE for type_, _, _ in entries):
        found = tuple(_gpt(disk))
    else:
        found = tuple(_mbr(disk, entries))
    for each in found:
        if each.offset + each.size_bytes > disk.size_bytes:
            end = each.offset + each.size_bytes
            raise TruncatedError(
                f"disk: truncated: it has {disk.size_bytes} bytes, "
                f"expected at least {end}, where partition {each.number} ends"
            )
    return found


def _entries(sector: bytes) -> list[tuple[int, int, int]] | None:
    """Return (type, first sector, sectors) of the four entries; None when it is no table."""
    if sector[510:] != _SIGNATURE or sector[3:11] in {b"NTFS    ", b"EXFAT   ", b"-FVE-FS-"}:
        return None
    if sector[54:57] == b"FAT" or sector[82:85] == b"FAT":
        return None  # a boot sector has the same signature
    entries = []
    for number in range(4):
        state, type_, first, count = _ENTRY.unpack_from(sector, _TABLE + number * _ENTRY_BYTES)
        if state not in _STATES:
            return None
        entries.append((type_, first, count))
    return entries if any(type_ and count for type_, _, count in entries) else None


def _mbr(disk: Device, entries: list[tuple[int, int, int]]) -> Iterator[Partition]:
    (disk_id,) = struct.unpack("<I", disk.read_at(440, 4))
    logical: list[tuple[int, int, int]] = []
    for number, (type_, first, count) in enumerate(entries, 1):
        if type_ in _EXTENDED:
            logical += _logical(disk, first)
        elif type_ and count:
            yield _of_mbr(number, type_, first, count, disk_id)
    for number, (type_, first, count) in enumerate(logical, _FIRST_LOGICAL):
        yield _of_mbr(number, type_, first, count, disk_id)


def _of_mbr(number: int, type_: int, first: int, count: int, disk_id: int) -> Partition:
    return Partition(
        number=number,
        offset=first * SECTOR,
        size_bytes=count * SECTOR,
        type=f"0x{type_:02x}",
        uuid=f"{disk_id:08x}-{number:02x}",
    )


def _logical(disk: Device, extended: int) -> Iterator[tuple[int, int, int]]:
    """Yield the partitions of a chain: each link has one, and the place of the next link."""
    place, seen = extended, set[int]()
    while place not in seen:
        if len(seen) == _MOST_LOGICAL:
            raise DiskError(f"mbr: more than {_MOST_LOGICAL} logical partitions")
        seen.add(place)
        entries = _entries(disk.read_at(place * SECTOR, SECTOR))
        if entries is None:
            if len(seen) == 1:
                return  # an extended partition with nothing in it yet
            raise DiskError(f"mbr: no table of logical partitions in sector {place}, expected one")
        (type_, first, count), (next_type, next_place, _) = entries[:2]
        if type_ and count:
            yield type_, place + first, count
        if next_type not in _EXTENDED:
            return
        place = extended + next_place
    raise DiskError(f"mbr: the chain of logical partitions leads back to sector {place}")


def _gpt(disk: Device) -> Iterator[Partition]:
    for sector in _SECTOR_SIZES:
        for place in (sector, disk.size_bytes - sector):
            if (table := _gpt_table(disk, place, sector)) is not None:
                yield from _of_gpt(*table, sector)
                return
    raise DiskError("gpt: neither the table nor the copy at the disk's end is valid")


def _gpt_table(disk: Device, place: int, sector: int) -> tuple[bytes, int] | None:
    """Return the entries and the length of each, when the header at a place is valid, and they are."""
    header = disk.read_at(place, _GPT_HEADER_BYTES)
    magic, length, crc, own, _, first, count, size, entries_crc = _GPT_HEADER.unpack_from(header)
    if magic != _GPT_MAGIC or not _GPT_HEADER_BYTES <= length <= sector or own * sector != place:
        return None
    whole = disk.read_at(place, length)
    if zlib.crc32(whole[:16] + bytes(4) + whole[20:]) != crc:
        return None
    if size < _GPT_ENTRY.size or count * size > _MOST_ENTRIES_BYTES:
        raise DiskError(f"gpt: {count} entries of {size} bytes, expected at most 1 MiB in all")
    if first * sector + count * size > disk.size_bytes:
        return None
    entries = disk.read_at(first * sector, count * size)
    return (entries, size) if zlib.crc32(entries) == entries_crc else None


def _of_gpt(entries: bytes, size: int, sector: int) -> Iterator[Partition]:
    for number in range(len(entries) // size):
        type_, own, first, last, name = _GPT_ENTRY.unpack_from(entries, number * size)
        if type_ == bytes(16):
            continue
        if last < first:
            raise DiskError(f"gpt: partition {number + 1} ends in sector {last}, expected {first} or later")
        yield Partition(
            number=number + 1,
            offset=first * sector,
            size_bytes=(last - first + 1) * sector,
            type=str(uuid.UUID(bytes_le=type_)),
            uuid=str(uuid.UUID(bytes_le=own)),
            name=name.decode("utf-16-le", "replace").partition("\0")[0],
        )
