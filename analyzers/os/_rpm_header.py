"""Reads the tags of one RPM package header, as rpm's databases keep it.

Format: https://rpm-software-management.github.io/rpm/manual/format_header.html
In a database the header has no magic: index length, store length (32 bits, big-endian), index, store.
"""

import struct
from typing import NamedTuple

from analyzers.errors import ParseError

NAME = 1000
VERSION = 1001
RELEASE = 1002
EPOCH = 1003
VENDOR = 1011
LICENSE = 1014
PACKAGER = 1015
ARCH = 1022
SOURCERPM = 1044
PROVIDENAME = 1047
REQUIRENAME = 1049
DIRINDEXES = 1116
BASENAMES = 1117
DIRNAMES = 1118
MODULARITYLABEL = 5096

_INT32 = 4
_STRING = 6
_STRINGS = (8, 9)  # STRING_ARRAY, I18NSTRING
_TAGS = 0xFFFF  # rpm's own limit
_LENGTHS = struct.Struct(">II")
_ENTRY = struct.Struct(">IIII")


class _Entry(NamedTuple):
    kind: int
    offset: int
    amount: int


class Header:
    """The tags of one package; every getter answers an absent tag with an empty value."""

    __slots__ = ("_entries", "_store")

    def __init__(self, blob: bytes) -> None:
        """Read the index of `blob`.

        Raises:
            ParseError: the lengths do not fit the blob.
        """
        if len(blob) < _LENGTHS.size:
            raise ParseError(f"rpm header of {len(blob)} bytes, expected at least {_LENGTHS.size}")
        tags, store_bytes = _LENGTHS.unpack_from(blob)
        store_start = _LENGTHS.size + tags * _ENTRY.size
        if not 0 < tags <= _TAGS or store_start + store_bytes > len(blob):
            raise ParseError(
                f"rpm header: {tags} tags and {store_bytes} bytes of values in {len(blob)} bytes"
            )
        self._store = blob[store_start : store_start + store_bytes]
        # Entries after the immutable region repeat a tag to overrule it, so the last one counts.
        self._entries = {
            tag: _Entry(kind, offset, count)
            for tag, kind, offset, count in _ENTRY.iter_unpack(blob[_LENGTHS.size : store_start])
        }

    def string(self, tag: int) -> str:
        """Return the tag's string, of several (translations) the first."""
        entry = self._entries.get(tag)
        if entry is None:
            return ""
        if entry.kind != _STRING and entry.kind not in _STRINGS:
            raise ParseError(f"rpm header: tag {tag}: type {entry.kind}, expected a string")
        end = self._store.find(b"\0", entry.offset)
        if end < 0:
            raise ParseError(f"rpm header: tag {tag}: string at {entry.offset} has no end")
        return self._store[entry.offset : end].decode("utf-8", "replace")

    def strings(self, tag: int) -> list[str]:
        """Return all strings of the tag."""
        entry = self._entries.get(tag)
        if entry is None:
            return []
        if entry.kind == _STRING:
            return [self.string(tag)]
        self._check(tag, entry, _STRINGS, entry.amount)
        found = self._store[entry.offset :].split(b"\0", entry.amount)
        if len(found) <= entry.amount:
            raise ParseError(f"rpm header: tag {tag}: {len(found) - 1} strings, expected {entry.amount}")
        return [value.decode("utf-8", "replace") for value in found[: entry.amount]]

    def integers(self, tag: int) -> tuple[int, ...]:
        """Return all 32-bit integers of the tag."""
        entry = self._entries.get(tag)
        if entry is None:
            return ()
        self._check(tag, entry, (_INT32,), 4 * entry.amount)
        return struct.unpack_from(f">{entry.amount}I", self._store, entry.offset)

    def _check(self, tag: int, entry: _Entry, kinds: tuple[int, ...], least_bytes: int) -> None:
        """Refuse a count that the store cannot hold before anything of that size is made."""
        if entry.kind not in kinds:
            raise ParseError(f"rpm header: tag {tag}: type {entry.kind}, expected one of {kinds}")
        if entry.offset + least_bytes > len(self._store):
            raise ParseError(
                f"rpm header: tag {tag}: {entry.amount} values at {entry.offset} of {len(self._store)} bytes"
            )
