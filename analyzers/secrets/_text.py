"""What of a file is text that can be searched, and where its parts are in the file."""

import codecs
from collections.abc import Callable

import msgspec

_HEAD_BYTES = 8192
_GUESS_BYTES = 512
_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_CARRIERS = (".pyc",)
"""Binary files whose strings are read: compiled Python has the constants of its source in it."""
# Offsets stay as they are, each string becomes a line.
_STRINGS = bytes(byte if 32 <= byte < 127 else 10 for byte in range(256))  # noqa: PLR2004 - printable ASCII


class Text(msgspec.Struct, frozen=True):
    """What is searched: UTF-8, or at least a superset of ASCII."""

    data: bytes
    offset: Callable[[int], int]
    """Gives the place in the file of a place in `data`; both in bytes."""


def text_of(path: str, data: bytes) -> Text | None:
    """Return a file's text, None when it is binary: it has a NUL in its first 8 KiB and is not UTF-16.

    A broken character of UTF-16 becomes U+FFFD.
    """
    head = data[:_HEAD_BYTES]
    if b"\0" not in head and head[:2] not in _MARKS:
        return Text(data, _same)
    encoding = _MARKS.get(head[:2]) or _guessed(head)
    if encoding:
        return _decoded(data, encoding)
    if path.endswith(_CARRIERS):
        return Text(data.translate(_STRINGS), _same)
    return None


def _same(place: int) -> int:
    return place


def _guessed(head: bytes) -> str:
    """Return the encoding of UTF-16 without a mark: nearly all characters of our rules are in ASCII."""
    sample = head[: min(len(head) & ~1, _GUESS_BYTES)]
    half = len(sample) // 2
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if half and odd >= half * 0.9 and not even:
        return "utf-16-le"
    return "utf-16-be" if half and even >= half * 0.9 and not odd else ""


def _decoded(data: bytes, encoding: str) -> Text:
    mark = 2 if data[:2] in _MARKS else 0
    text = data[mark:].decode(encoding, "replace").encode()

    def offset(place: int) -> int:
        return mark + len(text[:place].decode(errors="replace").encode(encoding))

    return Text(text, offset)
