"""Yields the package headers of rpm's Berkeley DB hash database.

Format: https://github.com/berkeleydb/libdb/blob/v5.3.28/src/dbinc/db_page.h (no other text describes it).
Page 0 is the head of the file. A hash page has pairs of keys and data, filled from its end; data that are too
long for it lie in a chain of overflow pages. rpm's keys are package numbers; under 0 it keeps the next one.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from analyzers.documents.wording import beginning, shown
from analyzers.errors import ParseError

_MAGIC = 0x061561
_MAGIC_OFFSET = 12
_META_BYTES = 72
_META = "IIIBBB"
"""From byte 12: magic, version, page size, encryption, page type, flags."""
_HEAD = "8xIIIHHBB"
"""Number, previous and next page, entries, first free byte (overflow pages: bytes), level, type."""
_HEAD_BYTES = 26
_HASH_META_PAGE = 8
_OVERFLOW_PAGE = 7
_HASH_PAGES = (2, 13)  # unsorted, as before Berkeley DB 4.6, and sorted
_IN_PAGE, _OFF_PAGE = 1, 3
_OFF_PAGE_BYTES = 12
_PAGE_BYTES = [1 << power for power in range(9, 17)]


class _Page(NamedTuple):
    number: int
    before: int
    after: int
    entries: int
    offset: int
    level: int
    kind: int


def blobs(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes of each package's header.

    Raises:
        ParseError: a page is not what the format says, the file is cut short, packages share pages, or it is
            another kind of Berkeley DB.
    """
    database = _Database(data)
    for page in database.hash_pages():
        for key, value in database.pairs(page):
            number = database.number(key)
            if number:
                yield number, value


class _Database:
    """The pages of one file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._order = _order(data)
        _, version, page_bytes, encryption, kind, flags = struct.unpack_from(
            self._order + _META, data, _MAGIC_OFFSET
        )
        if kind != _HASH_META_PAGE or encryption or flags or page_bytes not in _PAGE_BYTES:
            raise ParseError(
                f"rpm database: Berkeley DB version {version}, page type {kind}, encryption {encryption},"
                f" flags {flags}, pages of {page_bytes} bytes; expected a plain hash"
            )
        (self._last,) = struct.unpack_from(f"{self._order}I", data, 32)
        self._page_bytes: int = page_bytes
        if len(data) < (self._last + 1) * page_bytes:
            raise ParseError(
                f"rpm database: {len(data)} bytes, expected {self._last + 1} pages of {page_bytes}"
            )
        self._chained: set[int] = set()

    def hash_pages(self) -> Iterator[_Page]:
        for number in range(1, self._last + 1):
            page = self._page(number)
            if page.kind in _HASH_PAGES and page.entries:
                if page.number != number:
                    raise ParseError(f"rpm database: page {number} says it is {page.number}")
                yield page

    def pairs(self, page: _Page) -> Iterator[tuple[bytes, bytes]]:
        """Yield keys and data; of long ones the chain is followed."""
        start = page.number * self._page_bytes
        if page.entries % 2 or _HEAD_BYTES + 2 * page.entries > self._page_bytes:
            raise ParseError(f"rpm database: page {page.number}: {page.entries} entries")
        offsets = struct.unpack_from(f"{self._order}{page.entries}H", self._data, start + _HEAD_BYTES)
        lowest = _HEAD_BYTES + 2 * page.entries
        items = []
        for offset, end in zip(offsets, (self._page_bytes, *offsets), strict=False):
            if not lowest <= offset < end:
                raise ParseError(f"rpm database: page {page.number}: item from {offset} to {end}")
            items.append(self._item(page.number, self._data[start + offset : start + end]))
        yield from zip(items[::2], items[1::2], strict=True)

    def number(self, key: bytes) -> int:
        if len(key) != struct.calcsize("=I"):
            raise ParseError(f"rpm database: key {shown(key[:16])}, expected the 4 bytes of a number")
        (number,) = struct.unpack(f"{self._order}I", key)
        return int(number)

    def _page(self, number: int) -> _Page:
        return _Page(*struct.unpack_from(self._order + _HEAD, self._data, number * self._page_bytes))

    def _item(self, page: int, raw: bytes) -> bytes:
        if raw[0] == _IN_PAGE:
            return raw[1:]
        if raw[0] == _OFF_PAGE and len(raw) == _OFF_PAGE_BYTES:
            first, length = struct.unpack_from(f"{self._order}II", raw, 4)
            return self._chain(first, length)
        raise ParseError(
            f"rpm database: page {page}: item {shown(raw[:16])}, expected data or an overflow page"
        )

    def _chain(self, number: int, length: int) -> bytes:
        """Join a chain of overflow pages; each may be used once, so all cost no more than the file."""
        parts: list[bytes] = []
        while number:
            if number > self._last or number in self._chained:
                raise ParseError(
                    f"rpm database: overflow page {number} of {self._last}, missing or used twice"
                )
            self._chained.add(number)
            page = self._page(number)
            if page.kind != _OVERFLOW_PAGE or page.offset > self._page_bytes - _HEAD_BYTES:
                raise ParseError(
                    f"rpm database: page {number}: type {page.kind} with {page.offset} bytes,"
                    " expected an overflow page"
                )
            start = number * self._page_bytes + _HEAD_BYTES
            parts.append(self._data[start : start + page.offset])
            number = page.after
        value = b"".join(parts)
        if len(value) != length:
            raise ParseError(f"rpm database: {len(value)} bytes on overflow pages, expected {length}")
        return value


def _order(data: bytes) -> str:
    """Return the byte order of the machine that wrote the file, as struct writes it."""
    if len(data) >= _META_BYTES:
        for order in "<>":
            if struct.unpack_from(f"{order}I", data, _MAGIC_OFFSET) == (_MAGIC,):
                return order
    raise ParseError(f"not a Berkeley DB hash: {beginning(data)}, expected the magic number {_MAGIC:#x}")
