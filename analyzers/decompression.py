"""Inflates a layer's bytes as a stream, under named limits.

The format is told by the first bytes, not by the media type: registries hold layers whose media type
lies, and the container runtimes look at the bytes too. A layer may be several gzip members (eStargz)
or zstd frames (zstd:chunked) one after another; all of them belong to it.

Formats: https://www.rfc-editor.org/rfc/rfc1952 (gzip), https://www.rfc-editor.org/rfc/rfc8878 (zstd)
"""

import sys
from collections.abc import Callable, Generator, Iterator
from typing import Protocol

from isal import igzip_lib

from analyzers.errors import LimitExceededError, ParseError
from analyzers.limits import KIB, Limits

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
ZSTD_SKIPPABLE_MAGICS = frozenset(bytes([0x50 + i]) + b"\x2a\x4d\x18" for i in range(16))

_GZIP_ERROR: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]  # isal's stub errs

# Larger pieces leave the second-level cache, and save turns at the interpreter's lock: with hashing in
# a thread of its own, 1 MiB is as fast for gzip as 256 KiB, and faster for zstd.
INPUT_BYTES = 256 * KIB
OUTPUT_BYTES = 1024 * KIB

# A finished member gives back what it did not use as a copy, so a member is fed little at first and
# more as it goes on: otherwise 20-byte members would each copy 64 KiB.
FIRST_INPUT_BYTES = 2 * KIB


class Reader(Protocol):
    """Where compressed bytes come from."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, at least one unless the end is reached."""
        ...


class _Decompressor(Protocol):
    """The interface that isal's and zstd's decompressors share with those of the standard library."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes | memoryview, max_length: int) -> bytes: ...


class _Counted:
    """A reader that knows how many bytes were read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._ahead = b""
        self.count = 0

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes without taking them, fewer at the end."""
        while len(self._ahead) < size and (more := self._reader.read(INPUT_BYTES)):
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int, /) -> bytes:
        data, self._ahead = self._ahead or self._reader.read(size), b""
        self.count += len(data)
        return data


def decompress(reader: Reader, limits: Limits) -> Iterator[bytes]:
    """Yield the uncompressed bytes of gzip, zstd or plain input, in pieces that are never empty.

    Raises:
        LimitExceededError: for `layer_bytes` or `compression_ratio`.
        ParseError: the compressed stream is damaged, truncated, or followed by something else.
    """
    source = _Counted(reader)
    total = 0
    for piece in _inflate(source):
        total += len(piece)
        if total > limits.layer_bytes:
            raise LimitExceededError(
                "layer_bytes", f"layer: more than {limits.layer_bytes} uncompressed bytes (layer_bytes)"
            )
        if total > limits.ratio_floor_bytes and total > source.count * limits.compression_ratio:
            raise LimitExceededError(
                "compression_ratio",
                f"layer: {source.count} bytes inflate to {total} and more, expected at most "
                f"{limits.compression_ratio} times as many (compression_ratio)",
            )
        yield piece


def _inflate(source: _Counted) -> Iterator[bytes]:
    magic = source.peek(4)
    if magic.startswith(GZIP_MAGIC):
        return _members(source, _gzip_member, _GZIP_ERROR, "gzip")
    if magic == ZSTD_MAGIC or magic in ZSTD_SKIPPABLE_MAGICS:
        return _members(source, _zstd_frame, zstd.ZstdError, "zstd")
    return iter(lambda: source.read(OUTPUT_BYTES), b"")


def _gzip_member() -> _Decompressor:
    member: _Decompressor = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    return member


def _zstd_frame() -> _Decompressor:
    return zstd.ZstdDecompressor()


def _members(
    source: _Counted, start: Callable[[], _Decompressor], error: type[Exception], name: str
) -> Iterator[bytes]:
    rest = memoryview(source.read(INPUT_BYTES))
    while rest:
        try:
            rest = yield from _one_member(start(), rest, source)
        except error as exc:
            raise ParseError(f"layer: damaged {name} stream before byte {source.count}: {exc}") from exc
        except EOFError as exc:
            raise ParseError(f"layer: the {name} stream ends early, after {source.count} bytes") from exc
        rest = rest or memoryview(source.read(INPUT_BYTES))
        if rest and rest[0] == 0:
            return _expect_padding(rest, source, name)
    return None


def _one_member(
    member: _Decompressor, window: memoryview, source: _Counted
) -> Generator[bytes, None, memoryview]:
    """Yield one member's content; return what follows it in the bytes already read."""
    used = 0
    step = FIRST_INPUT_BYTES
    while not member.eof:
        feed: bytes | memoryview = b""
        if member.needs_input:
            if used >= len(window):
                window, used = _more(source), 0
            feed = window[used : used + step]
            used += len(feed)
            step = min(2 * step, INPUT_BYTES)
        if piece := member.decompress(feed, OUTPUT_BYTES):
            yield piece
    return window[used - len(member.unused_data) :]


def _more(source: _Counted) -> memoryview:
    data = source.read(INPUT_BYTES)
    if not data:
        raise EOFError
    return memoryview(data)


def _expect_padding(rest: memoryview, source: _Counted, name: str) -> None:
    """Read to the end; tape-minded writers fill their last block with zeros."""
    piece = bytes(rest)
    while piece:
        if piece.strip(b"\0"):
            raise ParseError(f"layer: something other than {name} follows before byte {source.count}")
        piece = source.read(INPUT_BYTES)
