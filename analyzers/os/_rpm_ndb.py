"""Yields the package headers of rpm's ndb database.

Format: https://github.com/rpm-software-management/rpm/blob/master/lib/backend/ndb/rpmpkg.c (no other text
describes it). All numbers are 32 bits, little-endian. The file begins with pages of slots, 16 bytes each, of
which the first two are the file's head; a slot that is in use names a package's number and blocks of 16
bytes, which hold a head, the package's header and a tail.
"""

import struct
from collections.abc import Iterator

from analyzers.documents.wording import beginning, shown
from analyzers.errors import ParseError

_MAGIC = b"RpmP"
_HEAD = struct.Struct("<4sIIII")
"""Magic, version, generation, pages of slots, next package number."""
_SLOT = struct.Struct("<4sIII")
"""Magic, package number, first block, blocks."""
_BLOB_HEAD = struct.Struct("<4sIII")
"""Magic, package number, time, bytes of the header."""
_BLOB_TAIL_BYTES = 12
_PAGE_BYTES = 4096
_BLOCK_BYTES = 16
_HEAD_SLOTS_BYTES = 32


def blobs(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes of each package's header.

    Raises:
        ParseError: a head, slot or block is not what the format says, the file is cut short, or packages
            share blocks.
    """
    total = 0
    for number, start, blocks in _slots(data):
        total += blocks * _BLOCK_BYTES
        if total > len(data):  # packages that share blocks could multiply a small file
            raise ParseError(f"rpm database: packages are longer than the file's {len(data)} bytes")
        yield number, _blob(data, number, start * _BLOCK_BYTES, blocks * _BLOCK_BYTES)


def _slots(data: bytes) -> Iterator[tuple[int, int, int]]:
    end = _slots_end(data)
    for offset in range(_HEAD_SLOTS_BYTES, end, _SLOT.size):
        magic, number, start, blocks = _SLOT.unpack_from(data, offset)
        if magic != b"Slot":
            raise ParseError(f"rpm database: slot at {offset}: {shown(magic)}, expected 'Slot'")
        if not start:
            continue
        if not number or start * _BLOCK_BYTES < end or (start + blocks) * _BLOCK_BYTES > len(data):
            raise ParseError(
                f"rpm database: slot at {offset}: package {number} in {blocks} blocks from {start},"
                f" in a file of {len(data)} bytes"
            )
        yield number, start, blocks


def _slots_end(data: bytes) -> int:
    if not data.startswith(_MAGIC) or len(data) < _HEAD.size:
        raise ParseError(f"not an ndb database: {beginning(data)}, expected {shown(_MAGIC)}")
    _, version, _, pages, _ = _HEAD.unpack_from(data)
    if version:
        raise ParseError(f"rpm database: version {version} of ndb, expected 0")
    if not pages or pages * _PAGE_BYTES > len(data):
        raise ParseError(f"rpm database: {pages} pages of slots in {len(data)} bytes")
    return int(pages * _PAGE_BYTES)


def _blob(data: bytes, number: int, start: int, size_bytes: int) -> bytes:
    if size_bytes < _BLOB_HEAD.size + _BLOB_TAIL_BYTES:
        raise ParseError(f"rpm database: package {number}: {size_bytes} bytes")
    magic, same, _, length = _BLOB_HEAD.unpack_from(data, start)
    end = data[start + size_bytes - 4 : start + size_bytes]
    if (magic, same, end) != (b"BlbS", number, b"BlbE"):
        raise ParseError(
            f"rpm database: package {number}: {shown(magic)} of package {same}, {shown(end)} at the end,"
            " expected 'BlbS' and 'BlbE'"
        )
    if length > size_bytes - _BLOB_HEAD.size - _BLOB_TAIL_BYTES:
        raise ParseError(f"rpm database: package {number}: header of {length} in {size_bytes} bytes")
    return data[start + _BLOB_HEAD.size : start + _BLOB_HEAD.size + length]
