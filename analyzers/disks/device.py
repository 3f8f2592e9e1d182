"""Addressable bytes of fixed size: a disk, or a part of one."""

import bisect
import os
from collections.abc import Iterable
from typing import Protocol

import msgspec

from analyzers.errors import ParseError

SECTOR = 512


class DiskError(ParseError):
    """A disk, or a part of one, cannot be read as what it is."""


class TruncatedError(DiskError):
    """An image ends before its disk does: whatever is read from it is not to be trusted."""


class Device(Protocol):
    """What a disk, a partition or a logical volume is to its reader."""

    size_bytes: int

    def read_at(self, offset: int, count: int, /) -> bytes:
        """Return exactly `count` bytes from `offset`. Raises DiskError when they are not to be had."""
        ...


class ImageFile:
    """A file of this machine."""

    def __init__(self, fd: int, offset: int = 0, size_bytes: int | None = None) -> None:
        """Read the file, or `size_bytes` of it from `offset`, by its descriptor, which stays the caller's."""
        # A block device has no size but the end that can be sought.
        self.size_bytes = os.lseek(fd, 0, os.SEEK_END) if size_bytes is None else size_bytes
        self._fd, self._offset = fd, offset

    def part(self, offset: int, size_bytes: int) -> "ImageFile":
        """Return a part of it."""
        return ImageFile(self._fd, self._offset + offset, size_bytes)

    def read_at(self, offset: int, count: int, /) -> bytes:
        """Return exactly `count` bytes from `offset`. Raises DiskError."""
        try:
            data = os.pread(self._fd, min(count, self.size_bytes - offset), self._offset + offset)
        except (OSError, ValueError, OverflowError) as error:
            self._expect(offset, count)
            raise DiskError(f"disk: {count} bytes at {offset} cannot be read: {error}") from error
        if len(data) != count:
            self._expect(offset, count)
            raise TruncatedError(f"disk: ends after {offset + len(data)} bytes, expected {self.size_bytes}")
        return data

    def _expect(self, offset: int, count: int) -> None:
        if offset + count > self.size_bytes:
            raise TruncatedError(
                f"disk: truncated: the image has {self.size_bytes} bytes, expected at least {offset + count}"
            )


class Part:
    """A run of another device's bytes, such as a partition."""

    def __init__(self, device: Device, offset: int, size_bytes: int) -> None:
        """Cut a part out, which may go beyond the device's end."""
        self._device, self._offset, self.size_bytes = device, offset, size_bytes

    def read_at(self, offset: int, count: int, /) -> bytes:
        """Return exactly `count` bytes from `offset`. Raises DiskError."""
        if offset < 0 or offset + count > self.size_bytes:
            raise DiskError(f"disk: {count} bytes at {offset}, expected a place below {self.size_bytes}")
        return self._device.read_at(self._offset + offset, count)


class Extent(msgspec.Struct, frozen=True):
    """Where a run of a volume's bytes lies, all in bytes."""

    start: int
    """In the volume."""
    size: int
    device: Device
    offset: int
    """On the device."""


class Spliced:
    """Runs of other devices' bytes one after another, such as a logical volume."""

    def __init__(self, extents: Iterable[Extent]) -> None:
        """Put extents together. Raises DiskError: they leave a gap."""
        self._extents = sorted(extents, key=lambda extent: extent.start)
        self._starts = [extent.start for extent in self._extents]
        self.size_bytes = 0
        for extent in self._extents:
            if extent.start != self.size_bytes:
                raise DiskError(f"volume: an extent at {extent.start}, expected one at {self.size_bytes}")
            self.size_bytes += extent.size

    def read_at(self, offset: int, count: int, /) -> bytes:
        """Return exactly `count` bytes from `offset`. Raises DiskError."""
        if offset < 0 or offset + count > self.size_bytes:
            raise DiskError(f"volume: {count} bytes at {offset}, expected a place below {self.size_bytes}")
        pieces = []
        while count:
            extent = self._extents[bisect.bisect_right(self._starts, offset) - 1]
            inside = offset - extent.start
            length = min(count, extent.size - inside)
            pieces.append(extent.device.read_at(extent.offset + inside, length))
            offset, count = offset + length, count - length
        return b"".join(pieces)


def head(device: Device, count: int) -> bytes:
    """Return the first `count` bytes, zeros added where the device is shorter."""
    return device.read_at(0, min(count, device.size_bytes)).ljust(count, b"\0")
