"""Tells whether an XFS file system was unmounted: else much of what was written last is in its log only.

Format: https://git.kernel.org/pub/scm/fs/xfs/xfs-documentation.git ("Journaling Log")
"""

import struct

from analyzers.disks.device import SECTOR, Device

_RECORD = 0xFEED_BABE
_HEADER_FOR_BYTES = 32 * 1024
"""Length of a record that needs no second sector of header."""
_UNMOUNT = 0x20
# Eight buffers of 256 KiB may be under way at a time; the last record begins no further back.
_MOST_BACK = 8 * 256 * 1024 // SECTOR


def is_clean(device: Device, superblock: bytes) -> bool:
    """Return whether the log's last record is that of an unmount; whatever is odd about it means no.

    Raises:
        DiskError: the log lies beyond the device.
    """
    block_bytes, start = struct.unpack_from(">4xI40xQ", superblock)
    group_blocks, blocks = struct.unpack_from(">I8xI", superblock, 84)
    group_bits = min(superblock[124], 63)
    if not start or not blocks:
        return False  # on a device of its own
    group, inside = start >> group_bits, start & ((1 << group_bits) - 1)
    log = _Log(device, (group * group_blocks + inside) * block_bytes, blocks * block_bytes // SECTOR)
    return log.ends_with_unmount()


class _Log:
    """A ring of sectors, each of which begins with the number of the cycle in which it was written."""

    def __init__(self, device: Device, offset: int, sectors: int) -> None:
        self._device, self._offset, self._sectors = device, offset, sectors

    def _sector(self, number: int) -> bytes:
        return self._device.read_at(self._offset + number % self._sectors * SECTOR, SECTOR)

    def _cycle(self, number: int) -> int:
        first, second = struct.unpack_from(">II", self._sector(number))
        return int(second if first == _RECORD else first)

    def _head(self) -> int:
        """Return the first sector of the cycle before: those up to it are of the latest."""
        latest = self._cycle(0)
        low, high = 0, self._sectors
        while low < high:
            middle = (low + high) // 2
            if self._cycle(middle) == latest:
                low = middle + 1
            else:
                high = middle
        return low

    def ends_with_unmount(self) -> bool:
        head = self._head()
        for back in range(1, min(_MOST_BACK, self._sectors) + 1):
            header = self._sector(head - back)
            magic, _, _, length = struct.unpack_from(">IIII", header)
            if magic != _RECORD:
                continue
            (operations,) = struct.unpack_from(">I", header, 40)
            (size,) = struct.unpack_from(">I", header, 320)
            headers = max(1, -(-size // _HEADER_FOR_BYTES))
            flags = self._sector(head - back + headers)[9]
            return operations == 1 and bool(flags & _UNMOUNT) and back == headers + length // SECTOR
        return False
