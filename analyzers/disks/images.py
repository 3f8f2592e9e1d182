"""Recognises the format of a disk image.

A raw image has no format: whatever is none of the others is one.
"""

from collections.abc import Iterator

from analyzers.disks import qcow2, vhd, vhdx, vmdk
from analyzers.disks.device import SECTOR, Device, DiskError, ImageFile, head
from analyzers.errors import ParseError
from analyzers.tar_header import parse_entry, verify_checksum

_MOST_MEMBERS = 1000
_TAR_MAGIC = b"ustar"
_REFUSED = {
    (0, b"\x7fELF"): "a program",
    (0, b"\x1f\x8b"): "gzip's",
    (0, b"\x28\xb5\x2f\xfd"): "zstd's",
    (0, b"\xfd7zXZ\0"): "xz's",
    (0, b"BZh"): "bzip2's",
    (0, b"PK\x03\x04"): "a zip file",
    (0, b"QED\0"): "QEMU's old QED",
    (0, b"WithoutFreeSpace"): "Parallels'",
    (0, b"WithouFreSpacExt"): "Parallels'",
    (64, b"\x7f\x10\xda\xbe"): "VirtualBox's VDI",
}
"""(Place, magic) → whose format it is that we leave to others."""
_DISKS = (".vmdk", ".vhd", ".vhdx", ".img")
_FORMATS = "a raw, QCOW2, VMDK, VHD or VHDX image, or an OVA"


def open_image(file: ImageFile) -> Device:
    """Return the disk in a file.

    Raises:
        DiskError: it is of a format that is not read, damaged, or not whole.
    """
    first = head(file, SECTOR)
    return _open_ova(file) if first[257:262] == _TAR_MAGIC else _open_single(file, first)


def _open_single(file: ImageFile, first: bytes) -> Device:
    if first.startswith(qcow2.MAGIC):
        return qcow2.open_qcow2(file)
    if first.startswith((vmdk.MAGIC, vmdk.DESCRIPTOR, vmdk.OLD_MAGIC)):
        return vmdk.open_vmdk(file)
    if first.startswith(vhdx.MAGIC):
        return vhdx.open_vhdx(file)
    if first.startswith(vhd.COOKIE):
        return vhd.open_vhd(file, first)
    for (place, magic), whose in _REFUSED.items():
        if first.startswith(magic, place):
            raise DiskError(f"disk: the file is {whose}, expected {_FORMATS}")
    if file.size_bytes < 2 * SECTOR:
        raise DiskError(f"disk: a file of {file.size_bytes} bytes, expected {_FORMATS}")
    last = file.read_at(file.size_bytes - SECTOR, SECTOR)
    return vhd.open_vhd(file, last) if last.startswith(vhd.COOKIE) else file


def _open_ova(file: ImageFile) -> Device:
    """Return the one disk in an appliance: a tar with a description and images in it."""
    disks = [part for name, part in _members(file) if name.lower().endswith(_DISKS)]
    if len(disks) != 1:
        raise DiskError(f"ova: {len(disks)} disks in it, expected one: unpack it, and name each")
    return _open_single(disks[0], head(disks[0], SECTOR))


def _members(file: ImageFile) -> Iterator[tuple[str, ImageFile]]:
    offset = 0
    for _ in range(_MOST_MEMBERS):
        block = file.read_at(offset, SECTOR)
        if not block.strip(b"\0"):
            return
        try:
            verify_checksum(block)
            entry = parse_entry(block, {})
        except ParseError as error:
            raise DiskError(f"ova: at {offset}: {error}") from error
        offset += SECTOR
        yield entry.path, file.part(offset, entry.size)
        offset += -(-entry.size // SECTOR) * SECTOR
    raise DiskError(f"ova: more than {_MOST_MEMBERS} files in it")
