"""Reads members of zip archives that strangers made, in memory and within limits.

Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from isal import igzip_lib, isal_zlib

from analyzers.documents.wording import beginning
from analyzers.errors import ParseError
from analyzers.limits import GIB, KIB

_LOCAL = struct.Struct("<4s22x2H")
_CENTRAL = struct.Struct("<4s4x2H4x3L3H8xL")
_END = struct.Struct("<4s8x2LH")
_END_64 = struct.Struct("<4s36x2Q")
_LOCATOR = struct.Struct("<4s4xQ4x")
_LOCAL_MAGIC = b"PK\3\4"
_CENTRAL_MAGIC = b"PK\1\2"
_END_RECORD = re.compile(rb"PK\x05\x06(?=.{18})", re.DOTALL)
_END_64_MAGIC = b"PK\6\6"
_LOCATOR_MAGIC = b"PK\6\7"
_COMMENT_BYTES = 0xFFFF
_CANDIDATES = 16  # a comment may hold what looks like the end of an archive
_ELSEWHERE = 0xFFFFFFFF
_ZIP64_FIELD = 1
_ENCRYPTED = 1
_STORED, _DEFLATED = 0, 8
_RAW = -15
_PACKED_MORE = 64 * KIB  # and an eighth: what deflated bytes may be longer than their content
_INFLATE_ERROR: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]  # isal's stub errs


class Budget:
    """What reading one file may cost, with all archives in it."""

    def __init__(
        self, directory_bytes: int = GIB // 4, wanted: int = 50_000, inflated_bytes: int = GIB
    ) -> None:
        """Allow so many bytes of directories, members that matter, and bytes out of compressed members."""
        self.directory_bytes = directory_bytes
        self.wanted = wanted
        self.inflated_bytes = inflated_bytes


class Member(NamedTuple):
    """One entry of an archive's directory."""

    name: str
    size: int
    """Bytes it has by what the directory says."""
    offset: int
    packed: int
    method: int
    flags: int
    crc: int


class Archive:
    """An archive's directory; members are found by their names' ends."""

    def __init__(self, data: memoryview, budget: Budget) -> None:
        """Find the directory.

        Raises:
            ParseError: there is none, or one that is longer than the budget allows.
        """
        self._data = data
        self._budget = budget
        start, end, self._base = _directory(data)
        if end - start > budget.directory_bytes:
            raise ParseError("more members than may be read of one file")
        budget.directory_bytes -= end - start
        self._directory = bytes(data[start:end])
        self.is_empty = start == end

    def members(self, ends: tuple[bytes, ...]) -> Iterator[Member]:
        """Yield the members whose names, in lower case, end so, in the order of the directory.

        Raises:
            ParseError: the directory is broken at some place, or has more of them than the budget allows.
        """
        directory, at, unpack = self._directory, 0, _CENTRAL.unpack_from
        while at + _CENTRAL.size <= len(directory):
            magic, flags, method, crc, packed, size, name_bytes, extra_bytes, comment, offset = unpack(
                directory, at
            )
            if magic != _CENTRAL_MAGIC:
                break
            name_end = at + _CENTRAL.size + name_bytes
            name = directory[at + _CENTRAL.size : name_end]
            at = name_end + extra_bytes + comment
            if name.lower().endswith(ends):
                self._take_wanted()
                extra = directory[name_end : name_end + extra_bytes]
                sizes = _with_zip64((size, packed, offset), extra)
                yield Member(
                    name.decode("utf-8", "replace"), sizes[0], sizes[2], sizes[1], method, flags, crc
                )
        if at != len(directory):
            raise ParseError(f"no member at byte {at} of a directory of {len(directory)}")

    def _take_wanted(self) -> None:
        if self._budget.wanted == 0:
            raise ParseError("more members that matter than may be read of one file")
        self._budget.wanted -= 1

    def read(self, member: Member, limit: int) -> memoryview:
        """Return a member's content.

        Raises:
            ParseError: it is longer than `limit` bytes or the budget, broken, encrypted, or compressed in
                another way than all readers of jars know.
        """
        if member.size > limit:
            raise ParseError(f"{member.name}: {member.size} bytes, expected at most {limit}")
        packed = self._packed(member)
        if member.method == _STORED:
            return packed
        content = self._inflate(member, packed, member.size)
        if len(content) != member.size or isal_zlib.crc32(content) != member.crc:
            raise ParseError(f"{member.name}: other bytes than its checksum and size of {member.size} tell")
        return memoryview(content)

    def read_start(self, member: Member, limit: int) -> bytes:
        """Return a member's first bytes, at most `limit`.

        Raises:
            ParseError: as `read`, but for the limit.
        """
        packed = self._packed(member)
        return bytes(packed[:limit]) if member.method == _STORED else self._inflate(member, packed, limit)

    def _packed(self, member: Member) -> memoryview:
        if member.flags & _ENCRYPTED or member.method not in (_STORED, _DEFLATED):
            raise ParseError(f"{member.name}: encrypted or of compression {member.method}")
        start = self._base + member.offset
        if not 0 <= start <= len(self._data) - _LOCAL.size:
            raise ParseError(f"{member.name}: at byte {start} of {len(self._data)}")
        magic, name_bytes, extra_bytes = _LOCAL.unpack_from(self._data, start)
        start += _LOCAL.size + name_bytes + extra_bytes
        if magic != _LOCAL_MAGIC or start + member.packed > len(self._data):
            raise ParseError(f"{member.name}: not where the directory says")
        if member.method == _STORED and member.packed != member.size:
            raise ParseError(f"{member.name}: {member.packed} bytes stored, expected {member.size}")
        return self._data[start : start + member.packed]

    def _inflate(self, member: Member, packed: memoryview, limit: int) -> bytes:
        if limit > self._budget.inflated_bytes:
            raise ParseError(f"{member.name}: more bytes than may be inflated of one file")
        # The library copies what it is given and does not need: that may be the whole file, for each member.
        packed = packed[: limit + limit // 8 + _PACKED_MORE]
        try:
            content: bytes = isal_zlib.decompressobj(_RAW).decompress(packed, max(limit, 1))
        except _INFLATE_ERROR as error:
            raise ParseError(f"{member.name}: {error}, expected deflated bytes") from error
        self._budget.inflated_bytes -= len(content)
        return content


def _directory(data: memoryview) -> tuple[int, int, int]:
    """Return start and end of the directory, and where the archive begins: programs may stand before it.

    Java takes the last record whose comment ends with the file; other readers allow bytes behind it.
    """
    ends = _ends(data)
    exact = [end for end in ends if end + _END.size + _END.unpack_from(data, end)[3] == len(data)]
    for end in exact + ends:
        if found := _directory_before(data, end):
            return found
    raise ParseError(f"{beginning(bytes(data[:40]))}, expected a zip")


def _ends(data: memoryview) -> list[int]:
    """Return the places of what may be the record at the archive's end, last first."""
    start = max(0, len(data) - _END.size - _COMMENT_BYTES)
    tail = bytes(data[start:])
    ends = [start + found.start() for found in _END_RECORD.finditer(tail)]
    return ends[: -_CANDIDATES - 1 : -1]


def _directory_before(data: memoryview, end: int) -> tuple[int, int, int] | None:
    """Return what `_directory` does, by the record at `end`; None when that is no such record."""
    _, size, offset, _ = _END.unpack_from(data, end)
    if _ELSEWHERE in (size, offset) or _has_locator(data, end):
        end, size, offset = _zip64(data, end) or (end, size, offset)
    start = end - size
    if start < 0 or (size and bytes(data[start : start + 4]) != _CENTRAL_MAGIC):
        return None
    return start, end, start - offset


def _has_locator(data: memoryview, end: int) -> bool:
    place = end - _LOCATOR.size
    return place >= 0 and bytes(data[place : place + 4]) == _LOCATOR_MAGIC


def _zip64(data: memoryview, end: int) -> tuple[int, int, int] | None:
    """Return end, size and offset of a directory by its 64-bit record."""
    if not _has_locator(data, end):
        return None
    _, stated = _LOCATOR.unpack_from(data, end - _LOCATOR.size)
    for place in (stated, end - _LOCATOR.size - _END_64.size):
        if 0 <= place <= end - _LOCATOR.size - _END_64.size:
            magic, size, offset = _END_64.unpack_from(data, place)
            if magic == _END_64_MAGIC:
                return place, size, offset
    return None


def _with_zip64(sizes: tuple[int, int, int], extra: bytes) -> tuple[int, int, int]:
    """Return size, packed size and offset, from the extra field where they do not fit 32 bits."""
    if _ELSEWHERE not in sizes:
        return sizes
    at = 0
    while at + 4 <= len(extra):
        field, length = struct.unpack_from("<2H", extra, at)
        if field == _ZIP64_FIELD:
            numbers = iter(struct.unpack_from(f"<{min(length, len(extra) - at - 4) // 8}Q", extra, at + 4))
            size, packed, offset = (next(numbers, each) if each == _ELSEWHERE else each for each in sizes)
            return size, packed, offset
        at += 4 + length
    return sizes
