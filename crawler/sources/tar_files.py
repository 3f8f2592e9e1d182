"""The files of a tar archive, read where they lie: nothing is unpacked.

Only headers are read to learn what there is; `analyzers.tar` walks streams, which layers are. Members whose
names lead out of the archive do not exist, and links are followed inside of it only.

Formats: see `analyzers.tar_header`.
"""

import io
import os
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from analyzers.errors import ParseError
from analyzers.limits import MIB
from analyzers.tar_header import (
    BLOCK,
    EXTENSIONS,
    Entry,
    Kind,
    normalise,
    parse_entry,
    parse_records,
    verify_checksum,
)
from crawler.registry.errors import ManifestError, NotFoundError, RegistryError, TooLargeError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

ENTRIES = 100_000
"""Entries of one archive; an image has a few for each of its layers."""
HEADER_BYTES = MIB
"""Length of one PAX or GNU long-name header."""
NAME_BYTES = 4096
"""Length of one name."""
LINKS = 16
"""Links in a row that are followed."""

_EXPECTED = "an archive of an OCI image layout or of docker save"
_LONG_NAMES = {b"L": b"path", b"K": b"linkpath"}
_SPARSE = (b"GNU.sparse.major", b"GNU.sparse.map", b"GNU.sparse.size")
_WORDS = frozenset((b"path", b"linkpath", b"size", *_SPARSE))


@dataclass(frozen=True, slots=True)
class _Member:
    entry: Entry
    offset: int
    """Where its content begins."""


class TarFiles:
    """The files of an uncompressed archive in a file that stays open and as it is."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        """Read the archive's headers; blocks.

        Args:
            file: the archive; only its descriptor is used.
            name: what it is called in errors.

        Raises:
            ManifestError: it is no archive, is damaged, or ends early.
            TooLargeError: it passes a limit.
        """
        self._descriptor, self._name = file.fileno(), name
        self._size = os.fstat(self._descriptor).st_size
        self._members: dict[str, _Member] = {}
        try:
            self._read_headers()
        except ParseError as error:
            raise ManifestError(f"{name}: {error}") from error

    def __str__(self) -> str:
        return self._name

    def open(self, name: str) -> BinaryIO:
        """Open a file; several may be open, in several threads."""
        member = self._find(name)
        if member.entry.kind is not Kind.FILE:
            raise NotFoundError(f"{self._name}/{name}: a {member.entry.kind.value}, expected a regular file")
        part = _Part(self._descriptor, member.offset, member.entry.size, self._name)
        return io.BufferedReader(part)

    def _find(self, name: str) -> _Member:
        path = posixpath.normpath(name)
        for _ in range(LINKS):
            member = self._members.get(path)
            if member is None:
                raise NotFoundError(f"{self._name}/{name}: not found")
            if member.entry.kind not in {Kind.SYMLINK, Kind.HARDLINK}:
                return member
            path = _target(path, member.entry)
            if path.startswith(("/", "../")):
                raise NotFoundError(f"{self._name}/{name}: leads out of the archive")
        raise NotFoundError(f"{self._name}/{name}: more than {LINKS} links in a row")

    def _read_headers(self) -> None:
        lasting: dict[bytes, bytes] = {}
        following: dict[bytes, bytes] = {}
        offset = entries = 0
        while (block := os.pread(self._descriptor, BLOCK, offset)).strip(b"\0"):
            if offset and len(block) < BLOCK:
                raise ParseError(f"truncated: ends at byte {self._size}, in the midst of a header")
            flag = block[156:157]
            entry = self._entry(block, {} if flag in EXTENSIONS else lasting | following, offset)
            content = offset + BLOCK
            if flag in EXTENSIONS:
                words = self._words(flag, content, entry.size)
                (lasting if flag == b"g" else following).update(words)
            else:
                following.clear()
                if entry.kind is not Kind.REFUSED:
                    self._members[entry.path] = _Member(entry, content)
            offset = content + entry.size + -entry.size % BLOCK
            entries += 1
            if entries > ENTRIES:
                raise TooLargeError("entries", f"{self._name}: more than {ENTRIES} entries (entries)")
        if not entries:
            raise ParseError(f"empty: expected {_EXPECTED}")

    def _entry(self, block: bytes, words: dict[bytes, bytes], offset: int) -> Entry:
        try:
            verify_checksum(block.ljust(BLOCK, b"\0"))
            entry = parse_entry(block, words)
        except ParseError as error:
            if offset == 0:
                raise ParseError(
                    f"not a tar archive, nor one packed with gzip or zstd: expected {_EXPECTED}"
                ) from error
            raise ParseError(f"byte {offset}: {error}") from error
        if offset + BLOCK + entry.size > self._size:
            raise ParseError(
                f"truncated: {entry.path[:200]!r} has {entry.size} bytes from byte {offset + BLOCK} on, "
                f"the archive ends at {self._size}"
            )
        if block[156:157] == b"S":  # its content may begin later than elsewhere
            raise ParseError(f"{entry.path[:200]!r}: a sparse file, expected plain ones")
        if max(len(entry.path), len(entry.link)) > NAME_BYTES:
            raise TooLargeError(
                "path_bytes", f"{self._name}: a name of more than {NAME_BYTES} bytes (path_bytes)"
            )
        return entry

    def _words(self, flag: bytes, offset: int, size: int) -> dict[bytes, bytes]:
        """Return what an extended header says about the entry after it, of what matters here."""
        if size > HEADER_BYTES:
            raise TooLargeError(
                "header_bytes", f"{self._name}: an extended header of {size} bytes (header_bytes)"
            )
        content = os.pread(self._descriptor, size, offset)
        if flag in _LONG_NAMES:
            return {_LONG_NAMES[flag]: content.partition(b"\0")[0]}
        return {key: value for key, value in parse_records(content) if key in _WORDS}


def _target(path: str, entry: Entry) -> str:
    """Return where a link leads; a symbolic one is read from its folder, a hard one from the root."""
    if entry.kind is Kind.HARDLINK:
        return normalise(entry.link) or "/"
    link = entry.link.decode("utf-8", "backslashreplace")
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), link))


class _Part(io.RawIOBase):
    """A part of a file that others read, too."""

    def __init__(self, descriptor: int, offset: int, size: int, name: str) -> None:
        self._descriptor, self._offset, self._size, self._name = descriptor, offset, size, name
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        view = view[: max(0, self._size - self._position)]
        try:
            count = os.preadv(self._descriptor, [view], self._offset + self._position)
        except OSError as error:
            raise RegistryError(f"{self._name}: cannot be read: {error.strerror}") from error
        self._position += count
        return count
