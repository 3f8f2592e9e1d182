"""Opens ext2, ext3, ext4 and XFS file systems, by libraries that read them without mounting.

Formats: https://docs.kernel.org/filesystems/ext4/,
https://git.kernel.org/pub/scm/fs/xfs/xfs-documentation.git (XFS Algorithms & Data Structures)
"""

import contextlib
import importlib
import io
import struct
import uuid
from typing import Any, Protocol

from analyzers.disks.device import Device, DiskError, TruncatedError
from analyzers.disks.ext_inline import InlineData
from analyzers.disks.signatures import Content
from analyzers.disks.xfs_log import is_clean
from analyzers.errors import ParseError, UnreadableFileError
from analyzers.extras import needs_extra
from analyzers.limits import MIB

EXTRA = "disk"
"""Of our package: what installs the libraries."""

_MODULES = {Content.EXT: "pyfsext", Content.XFS: "pyfsxfs"}
_CHUNK_BYTES = 4 * MIB

_EXT_AT, _EXT_BYTES = 1024, 1024
_EXT_MAGIC = b"\x53\xef"
_RECOVER, _JOURNAL_DEVICE, _INLINE_DATA, _ENCRYPT = 0x4, 0x8, 0x8000, 0x10000
# Features that mean nothing to who only reads, and which the library refuses: protection against two
# mounts, larger directories. Those called compatible never do.
_MEANINGLESS = 0x100 | 0x4000
_COMPATIBLE = 0x3F
_MEANINGLESS_READ_ONLY = 0x1000 | 0x4000 | 0x10000

_XFS_NEEDS_REPAIR = 0x10
_XFS_KNOWN = 0xFF
_XFS_V5 = 5


class MissingPackageError(ParseError):
    """A library that reads file systems is not installed."""


class FileEntry(Protocol):
    """A file or directory, as both libraries have it; each of these raises OSError when it is damaged."""

    name: str
    file_mode: int
    size: int
    number_of_sub_file_entries: int

    def get_inode_number(self) -> int: ...  # noqa: D102 - the library's own
    def get_sub_file_entry(self, number: int, /) -> "FileEntry": ...  # noqa: D102 - as above
    def read_buffer(self, count: int, /) -> bytes: ...  # noqa: D102 - as above
    def seek_offset(self, offset: int, whence: int, /) -> int: ...  # noqa: D102 - as above


class FileSystem:
    """A file system that was opened."""

    def __init__(self, content: Content, device: Device) -> None:
        """Open it.

        Raises:
            DiskError: it is damaged, larger than its device, or has features that the library does not know.
            MissingPackageError: the library is not installed.
        """
        self._inline: InlineData | None = None
        self.doubts: list[str] = []
        """Why some of it may be other than it looks."""
        self._stream = _Stream(device)
        if content is Content.EXT:
            self.uuid, self.label = self._check_ext(device)
        else:
            self.uuid, self.label = self._check_xfs(device)
        module = _library(_MODULES[content])
        self._volume = module.volume()  # has to live as long as its entries
        try:
            self._volume.open_file_object(self._stream)
            self.root: FileEntry = self._volume.root_directory
        except OSError as error:
            raise self._stream.error or DiskError(
                f"{content.value}: damaged, or of an unknown kind"
            ) from error
        if self.root is None:
            raise DiskError(f"{content.value}: no root directory")

    def unreadable(self, what: str) -> UnreadableFileError:
        """Return the error for what the library could not read. Raises TruncatedError: the image ends."""
        if isinstance(self._stream.error, TruncatedError):
            raise self._stream.error
        reason = str(self._stream.error or "damaged in its file system")
        self._stream.error = None
        return UnreadableFileError(f"{what}: {reason}")

    def inline(self, entry: FileEntry) -> bytes | None:
        """Return what an inode has of its own content; None when that is in blocks, as nearly always.

        The library reads the first 60 bytes of it only, and takes the rest for zeros.

        Raises:
            OSError: damaged, as the library has it.
            TruncatedError: the image ends.
        """
        try:
            return None if self._inline is None else self._inline.of(entry.get_inode_number())
        except TruncatedError:
            raise
        except DiskError as error:
            raise OSError(str(error)) from error

    def find(self, path: str) -> FileEntry | None:
        """Return what is at a path, no symbolic links followed; None when there is nothing.

        Damage on the way there is as nothing: a walk meets it again, and tells.
        """
        entry: FileEntry | None = self.root
        for name in path.split("/"):
            entry = _child(entry, name) if entry else None
        return entry

    def read(self, entry: FileEntry, count: int) -> bytes:
        """Return up to `count` first bytes of a file. Raises UnreadableFileError, TruncatedError."""
        pieces = []
        try:
            if (inline := self.inline(entry)) is not None:
                return inline[: min(count, entry.size)]
            entry.seek_offset(0, io.SEEK_SET)
            while count and (piece := entry.read_buffer(min(count, _CHUNK_BYTES))):
                pieces.append(piece)
                count -= len(piece)
        except OSError as error:
            raise self.unreadable("file") from error
        return b"".join(pieces)

    def _check_ext(self, device: Device) -> tuple[str, str]:
        block = device.read_at(_EXT_AT, _EXT_BYTES)
        low, scale = struct.unpack_from("<4xI16xI", block)
        incompatible, _ = struct.unpack_from("<II", block, 96)
        (high,) = struct.unpack_from("<I", block, 336)
        if scale > 6:  # noqa: PLR2004 - 64 KiB
            raise DiskError(f"ext: blocks of 2^{10 + scale} bytes, expected at most 2^16")
        if incompatible & _JOURNAL_DEVICE:
            raise DiskError("ext: the journal of another file system")
        blocks = low + (high << 32 if incompatible & 0x80 else 0)
        _check_size("ext", blocks << 10 + scale, device)
        if incompatible & _RECOVER:
            self.doubts.append("ext: it was not unmounted: what is in its journal only was not read")
        if incompatible & _INLINE_DATA:
            self._inline = InlineData(device, block)
        if incompatible & _ENCRYPT:
            self.doubts.append("ext: it may have encrypted directories, which are not read")
        self._stream.hide_features()
        return str(uuid.UUID(bytes=block[104:120])), _text(block[120:136])

    def _check_xfs(self, device: Device) -> tuple[str, str]:
        block = device.read_at(0, 512)
        block_bytes, blocks, realtime = struct.unpack_from(">4xIQQ", block)
        (version,) = struct.unpack_from(">H", block, 100)
        (incompatible,) = struct.unpack_from(">I", block, 216)
        _check_size("xfs", block_bytes * blocks, device)
        if version & 0xF == _XFS_V5 and (unknown := incompatible & ~(_XFS_KNOWN & ~_XFS_NEEDS_REPAIR)):
            raise DiskError(f"xfs: incompatible features {unknown:#x}, expected none of them")
        if not is_clean(device, block):
            self.doubts.append("xfs: it was not unmounted: what is in its log only was not read")
        if realtime:
            self.doubts.append("xfs: it has files on a device of their own, which are not read")
        return str(uuid.UUID(bytes=block[32:48])), _text(block[108:120])


def _child(folder: FileEntry, name: str) -> FileEntry | None:
    # The libraries' own search by name finds nothing in some sound directories.
    with contextlib.suppress(OSError):
        for number in range(folder.number_of_sub_file_entries):
            with contextlib.suppress(OSError):
                entry = folder.get_sub_file_entry(number)
                if entry.name == name:
                    return entry
    return None


def _check_size(name: str, size: int, device: Device) -> None:
    if size > device.size_bytes:
        raise DiskError(f"{name}: truncated: {device.size_bytes} bytes, expected {size}")


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")


def _library(name: str) -> Any:  # noqa: ANN401 - a C library's module, without types
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingPackageError(needs_extra("disk: reading it", EXTRA)) from error


class _Stream:
    """A device as a file, with a place; the first error stays, as the libraries make another of it."""

    def __init__(self, device: Device) -> None:
        self.error: DiskError | None = None
        self._device = device
        self._place = 0
        self._hides = False
        self._own_uuid = b""

    def hide_features(self) -> None:
        """Leave out of ext's superblocks, of which there are many, what would stop the library only."""
        self._hides = True
        self._own_uuid = self._device.read_at(_EXT_AT + 104, 16)

    def read(self, count: int = -1) -> bytes:
        """Return up to `count` bytes."""
        left = max(self._device.size_bytes - self._place, 0)
        count = left if count < 0 else min(count, left)
        try:
            data = self._device.read_at(self._place, count) if count else b""
        except DiskError as error:
            self.error = error
            raise OSError(str(error)) from error
        self._place += count
        return _plain(data) if self._hides and self._is_superblock(data) else data

    def _is_superblock(self, data: bytes) -> bool:
        return len(data) == _EXT_BYTES and data[56:58] == _EXT_MAGIC and data[104:120] == self._own_uuid

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._device.size_bytes}[whence]
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def get_size(self) -> int:
        """Return the size."""
        return self._device.size_bytes


def _plain(superblock: bytes) -> bytes:
    """Return an ext superblock without the features that mean nothing to a reader."""
    compatible, incompatible, read_only = struct.unpack_from("<III", superblock, 92)
    fields = compatible & _COMPATIBLE, incompatible & ~_MEANINGLESS, read_only & ~_MEANINGLESS_READ_ONLY
    return superblock[:92] + struct.pack("<III", *fields) + superblock[104:]
