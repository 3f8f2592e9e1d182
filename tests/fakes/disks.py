"""Disks made for tests: file systems by their own programs, tables and volumes by hand."""

import os
import stat
import struct
import subprocess
import uuid
import weakref
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from analyzers.disks.device import ImageFile

SECTOR = 512
MIB = 1024 * 1024
LINUX = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
STATUS = "Package: {}\nStatus: install ok installed\nVersion: 5.2-1\nArchitecture: amd64\n\n"


def image_of(data: bytes) -> ImageFile:
    """Return a file of these bytes, in memory."""
    fd = os.memfd_create("disk")
    os.write(fd, data)
    return _closing(fd)


def file_of(path: Path) -> ImageFile:
    """Return a file of this machine."""
    return _closing(os.open(path, os.O_RDONLY))


def _closing(fd: int) -> ImageFile:
    file = ImageFile(fd)
    weakref.finalize(file, os.close, fd)
    return file


def overwrite(path: Path, place: int, data: bytes) -> Path:
    """Put bytes into a file."""
    with path.open("r+b") as file:
        file.seek(place)
        file.write(data)
    return path


def write_tree(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def make_ext(root: Path, image: Path, size: str = "4M", *options: str) -> Path:
    """Make an ext4 file system of a directory's content."""
    subprocess.run(("mke2fs", "-q", "-F", "-t", "ext4", *options, "-d", root, image, size), check=True)
    return image


def make_xfs(root: Path, image: Path, *options: str) -> Path:
    """Make an XFS file system of a directory's content; 300 MB are the least there is."""
    with image.open("wb") as file:
        file.truncate(300 * MIB)
    prototype = image.with_suffix(".proto")
    prototype.write_text("\n".join(("/dev/null", "0 0", *_prototype("", root))) + "\n")
    subprocess.run(("mkfs.xfs", "-q", "-f", *options, "-p", prototype, image), check=True)
    return image


def _prototype(name: str, path: Path) -> Iterable[str]:
    mode = path.lstat().st_mode
    bits = f"{mode & 0o777:03o} 0 0"
    if stat.S_ISDIR(mode):
        yield f"{name} d--{bits}".lstrip()
        for each in sorted(path.iterdir()):
            yield from _prototype(each.name, each)
        yield "$"
    elif stat.S_ISLNK(mode):
        yield f"{name} l--{bits} {path.readlink()}"
    else:
        yield f"{name} ---{bits} {path}"


class Gpt(NamedTuple):
    """A partition of a GPT."""

    content: bytes
    type: uuid.UUID = LINUX
    name: str = ""
    id: uuid.UUID = uuid.UUID(int=1)


def gpt_disk(partitions: Sequence[Gpt], sector: int = SECTOR) -> bytes:
    """Return a disk with a GPT, its copy at the end included; partitions begin at whole MiBs."""
    starts, place = [], MIB
    for each in partitions:
        starts.append(place)
        place += -(-len(each.content) // MIB) * MIB
    size = place + MIB
    entries = b"".join(
        each.type.bytes_le
        + each.id.bytes_le
        + struct.pack("<QQQ", start // sector, (start + len(each.content)) // sector - 1, 0)
        + each.name.encode("utf-16-le").ljust(72, b"\0")
        for each, start in zip(partitions, starts, strict=True)
    ).ljust(128 * 128, b"\0")
    last = size // sector - 1
    disk = bytearray(size)
    disk[446:462] = struct.pack("<B3xB3xII", 0, 0xEE, 1, last)
    disk[510:512] = b"\x55\xaa"
    disk[sector : sector + 92] = _gpt_header(1, last, 2, size // sector, entries)
    disk[2 * sector : 2 * sector + len(entries)] = entries
    copy = size - sector - len(entries)
    disk[copy : copy + len(entries)] = entries
    disk[last * sector : last * sector + 92] = _gpt_header(last, 1, copy // sector, size // sector, entries)
    for each, start in zip(partitions, starts, strict=True):
        disk[start : start + len(each.content)] = each.content
    return bytes(disk)


def _gpt_header(own: int, other: int, first: int, sectors: int, entries: bytes) -> bytes:
    def packed(crc: int) -> bytes:
        return struct.pack(
            "<8sIIIIQQQQ16sQIII",
            b"EFI PART",
            0x10000,
            92,
            crc,
            0,
            own,
            other,
            34,
            sectors - 34,
            uuid.UUID(int=2).bytes_le,
            first,
            128,
            128,
            zlib.crc32(entries),
        )

    return packed(zlib.crc32(packed(0)))


def mbr_sector(entries: Sequence[tuple[int, int, int]], disk_id: int = 0) -> bytes:
    """Return a sector with a table of (type, first sector, sectors)."""
    table = b"".join(struct.pack("<B3xB3xII", 0, *each) for each in entries).ljust(64, b"\0")
    return bytes(440) + struct.pack("<I2x", disk_id) + table + b"\x55\xaa"


PHYSICAL = "Evukvj-fm5Z-PXiS-k6g7-s7v6-YUvN-QYUNim"
OTHER = "other0-fm5Z-PXiS-k6g7-s7v6-YUvN-QYUNim"
EXTENT_SECTORS = 2048


def lvm_text(segments: Mapping[str, Sequence[str]]) -> str:
    """Return the metadata of a group, as LVM 2.03 writes them, with these segments of each volume."""
    volumes = "\n".join(
        f'{name} {{\nid = "x"\nstatus = ["READ", "WRITE", "VISIBLE"]\nsegment_count = {len(each)}\n'
        + "\n".join(f"segment{number} {{\n{text}\n}}" for number, text in enumerate(each, 1))
        + "\n}\n"
        for name, each in segments.items()
    )
    return f"""my-vg {{
id = "pjamyP-bzhh-pAJ1-lGfW-PDCy-q3I8-VeAX3B"
seqno = 4
format = "lvm2"
status = ["RESIZEABLE", "READ", "WRITE"]
extent_size = {EXTENT_SECTORS}

physical_volumes {{

pv0 {{
id = "{PHYSICAL}"
device = "/dev/loop0"	# Hint only

pe_start = 2048
pe_count = 15
}}
pv1 {{
id = "{OTHER}"
pe_start = 2048
}}
}}

logical_volumes {{
{volumes}}}

}}
# Generated by LVM2 version 2.03.16(2) (2022-05-18)
contents = "Text Format Volume Group"
description = "Write from \\"vgcreate\\"."
creation_time = 1795423919
"""


def linear(start: int, count: int, first: int, where: str = "pv0") -> str:
    """Return a segment of so many extents."""
    return (
        f"start_extent = {start}\nextent_count = {count}\n\n"
        f'type = "striped"\nstripe_count = 1\t# linear\n\nstripes = [\n"{where}", {first}\n]'
    )


def lvm_disk(text: str, extents: bytes, *, wrapped: bool = False, own: str = PHYSICAL) -> bytes:
    """Return a physical volume with this metadata, in a ring of which they may go beyond the end."""
    data = text.encode() + b"\0"
    ring = MIB - 4096
    start = ring - 100 if wrapped else SECTOR
    crc = zlib.crc32(data, 0xF597A6CF ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
    area = bytearray(ring)
    area[4:68] = b" LVM2 x[5A%r0N*>" + struct.pack("<IQQQQII4x", 1, 4096, ring, start, len(data), crc, 0)
    first = data[: ring - start]
    area[start : start + len(first)] = first
    area[SECTOR : SECTOR + len(data) - len(first)] = data[len(first) :]
    header = own.replace("-", "").encode() + struct.pack("<QQQQQQQQQ", 0, MIB, 0, 0, 0, 4096, ring, 0, 0)
    label = b"LABELONE" + struct.pack("<QII", 1, 0, 32) + b"LVM2 001" + header
    return bytes(SECTOR) + label.ljust(4096 - SECTOR, b"\0") + bytes(area) + extents
