"""What an ext4 inode keeps of its file's or directory's content in itself.

Format: https://docs.kernel.org/filesystems/ext4/overview.html#inline-data
"""

import struct

from analyzers.disks.device import Device, DiskError

_META_GROUPS, _WIDE = 0x10, 0x80
_OWN_INODE_BYTES = 128
_INLINE = 0x1000_0000
_ATTRIBUTES = 0xEA02_0000
_SYSTEM, _NAME = 7, b"data"


class InlineData:
    """Finds inodes, and their content."""

    def __init__(self, device: Device, superblock: bytes) -> None:
        """Read a file system by its superblock. Raises DiskError: its numbers make no sense."""
        self._device = device
        first, scale = struct.unpack_from("<II", superblock, 20)
        (self._per_group,) = struct.unpack_from("<I", superblock, 40)
        (self._inode_bytes,) = struct.unpack_from("<H", superblock, 88)
        (incompatible,) = struct.unpack_from("<I", superblock, 96)
        (wide,) = struct.unpack_from("<H", superblock, 254)
        self._block_bytes = 1024 << scale
        self._descriptors = (first + 1) * self._block_bytes
        self._descriptor_bytes = wide if incompatible & _WIDE else 32
        odd = incompatible & _META_GROUPS or self._descriptor_bytes < 32  # noqa: PLR2004 - the least
        if not self._per_group or self._inode_bytes < _OWN_INODE_BYTES or odd:
            raise DiskError("ext: inodes with data in places that are not known")

    def of(self, inode: int) -> bytes | None:
        """Return what an inode has of its own content; None when that is in blocks. Raises DiskError."""
        data = self._inode(inode)
        (flags,) = struct.unpack_from("<I", data, 32)
        if not flags & _INLINE:
            return None
        return data[40:100] + self._attribute(data)

    def _inode(self, inode: int) -> bytes:
        group, index = divmod(inode - 1, self._per_group)
        descriptor = self._device.read_at(
            self._descriptors + group * self._descriptor_bytes, self._descriptor_bytes
        )
        (table,) = struct.unpack_from("<I", descriptor, 8)
        if self._descriptor_bytes >= 64:  # noqa: PLR2004 - the least with a second half
            table += struct.unpack_from("<I", descriptor, 40)[0] << 32
        place = table * self._block_bytes + index * self._inode_bytes
        return self._device.read_at(place, self._inode_bytes)

    def _attribute(self, data: bytes) -> bytes:
        if len(data) < _OWN_INODE_BYTES + 4:
            return b""
        (extra,) = struct.unpack_from("<H", data, _OWN_INODE_BYTES)
        area = data[_OWN_INODE_BYTES + extra :]
        if area[:4] != _ATTRIBUTES.to_bytes(4, "little"):
            return b""
        area, place = area[4:], 0
        while len(entry := area[place : place + 16]) == 16 and any(entry[:4]):  # noqa: PLR2004 - its length
            name_length, index, offset, _, size = struct.unpack_from("<BBHII", entry)
            if index == _SYSTEM and area[place + 16 : place + 16 + name_length] == _NAME:
                return area[offset : offset + size]
            place += 16 + (name_length + 3 & ~3)
        return b""
