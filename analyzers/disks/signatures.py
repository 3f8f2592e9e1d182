"""What a partition or volume holds, told by the magic bytes of those who write there."""

import enum

import msgspec

from analyzers.disks.device import Device
from analyzers.limits import KIB


class Content(enum.Enum):
    """What is to be done with what lies there."""

    EXT = "ext"
    XFS = "xfs"
    LVM = "LVM"
    PLAIN = "plain"
    """Known to have no Linux system on it: named, and left alone."""
    CLOSED = "closed"
    """May have a system on it, and cannot be read."""


class Signature(msgspec.Struct, frozen=True):
    """A magic, and what it tells."""

    offset: int
    magic: bytes
    content: Content
    name: str


# A member of an array or an encrypted device may show its old or inner content as well, so these come first.
_SIGNATURES = (
    Signature(0, b"LUKS\xba\xbe", Content.CLOSED, "encrypted (LUKS)"),
    Signature(3, b"-FVE-FS-", Content.CLOSED, "encrypted (BitLocker)"),
    Signature(0, b"\xfc\x4e\x2b\xa9", Content.CLOSED, "a part of a RAID (md)"),
    Signature(4 * KIB, b"\xfc\x4e\x2b\xa9", Content.CLOSED, "a part of a RAID (md)"),
    *(Signature(place * 512 + 24, b"LVM2 001", Content.LVM, "LVM2") for place in range(4)),
    Signature(1080, b"\x53\xef", Content.EXT, "ext"),
    Signature(0, b"XFSB", Content.XFS, "XFS"),
    Signature(64 * KIB + 64, b"_BHRfS_M", Content.CLOSED, "Btrfs"),
    Signature(4086, b"SWAPSPACE2", Content.PLAIN, "swap"),
    Signature(4086, b"SWAP-SPACE", Content.PLAIN, "swap"),
    Signature(64 * KIB - 10, b"SWAPSPACE2", Content.PLAIN, "swap"),
    Signature(3, b"NTFS    ", Content.CLOSED, "NTFS"),
    Signature(3, b"ReFS\0\0\0\0", Content.CLOSED, "ReFS"),
    Signature(3, b"EXFAT   ", Content.PLAIN, "exFAT"),
    Signature(54, b"FAT1", Content.PLAIN, "FAT"),
    Signature(82, b"FAT32", Content.PLAIN, "FAT"),
    *(
        Signature(128 * KIB + place * KIB, magic, Content.CLOSED, "ZFS")
        for place in range(0, 128, 4)
        for magic in (b"\x0c\xb1\xba\x00\0\0\0\0", b"\0\0\0\0\x00\xba\xb1\x0c")
    ),
    Signature(1024, b"\x10\x20\xf5\xf2", Content.CLOSED, "F2FS"),
    Signature(0, b"hsqs", Content.CLOSED, "SquashFS"),
    Signature(1024, b"\xe2\xe1\xf5\xe0", Content.CLOSED, "EROFS"),
    Signature(32 * KIB + 1, b"CD001", Content.CLOSED, "ISO 9660"),
    Signature(32, b"NXSB", Content.CLOSED, "APFS"),
    Signature(1024, b"H+\0\x04", Content.CLOSED, "HFS+"),
    Signature(4 * KIB + 24, b"\xc6\x85\x73\xf6\x4e\x1a\x45\xca", Content.CLOSED, "bcachefs"),
    Signature(64 * KIB + 1372, b"\x19\x01\x54\x19", Content.CLOSED, "UFS"),
    Signature(8 * KIB + 1372, b"\x19\x01\x54\x19", Content.CLOSED, "UFS"),
    Signature(32 * KIB, b"JFS1", Content.CLOSED, "JFS"),
    Signature(64 * KIB + 52, b"ReIsEr", Content.CLOSED, "ReiserFS"),
)
_SEEN_BYTES = 256 * KIB
_EMPTY = Signature(0, b"", Content.PLAIN, "empty")
_UNKNOWN = Signature(0, b"", Content.CLOSED, "of an unknown format")


def recognise(device: Device) -> Signature:
    """Return what lies on a device. Raises DiskError: its first bytes cannot be read."""
    start = device.read_at(0, min(_SEEN_BYTES, device.size_bytes))
    for signature in _SIGNATURES:
        if start.startswith(signature.magic, signature.offset):
            return signature
    return _UNKNOWN if start.strip(b"\0") else _EMPTY
