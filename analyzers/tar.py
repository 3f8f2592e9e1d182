"""Walks the entries of a tar stream without keeping or copying what nobody asks for.

Sparse files are recognised, not expanded. Formats: see `analyzers.tar_header`.
"""

import io
from collections import deque
from collections.abc import Iterator

from analyzers.errors import LimitExceededError, ParseError
from analyzers.limits import MIB, Limits
from analyzers.tar_header import (
    BLOCK,
    EXTENSIONS,
    Entry,
    parse_entry,
    parse_plain,
    parse_words,
    sparse_block_goes_on,
    sparse_map_goes_on,
    verify_checksum,
)

_ZEROS = bytes(BLOCK)
_END_MARK_BLOCKS = 2
_LONG_NAMES = {b"L": b"path", b"K": b"linkpath"}
_NO_WORDS: dict[bytes, bytes] = {}
_JOINED_BYTES = 4 * MIB  # content up to here is joined from its chunks; growing a buffer is slower
_PATH_WORDS = (b"path", b"linkpath", b"GNU.sparse.name")


class Walk:
    """Iterates over the entries of an archive; the content of the current one can be read once.

    Chunks are sliced, never copied whole, and what is skipped is not looked at.
    """

    def __init__(self, chunks: Iterator[bytes], limits: Limits) -> None:
        self.entries = 0
        """How many entries have been seen."""
        self._chunks = chunks  # none of them empty
        self._limits = limits
        self._chunk = b""
        self._pos = 0
        self._before = 0  # bytes of the archive before self._chunk
        self._left = 0  # bytes of the current entry's content not yet read
        self._globals: dict[bytes, bytes] = {}
        self._locals: dict[bytes, bytes] = {}

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries up to the end mark, then run through the rest of the chunks.

        What follows the end mark is not part of the archive: container runtimes stop there too. A lone
        block of zeros, or none at all at the end, is accepted as GNU tar does.

        Raises:
            LimitExceededError: for `entries`, `path_bytes`, `header_bytes` or `layer_bytes`.
            ParseError: a header is damaged, or the archive ends in the midst of something.
        """
        zero_blocks = 0
        while zero_blocks < _END_MARK_BLOCKS and (block := self._block()):
            if block == _ZEROS:
                zero_blocks += 1
                continue
            zero_blocks = 0
            entry = self._header(block)
            if entry is None:
                continue
            self._left = size = entry.size
            yield entry
            # Most entries are small, and end in the chunk that they begin in.
            after = self._pos + self._left + -size % BLOCK
            if after <= len(self._chunk):
                self._pos = after
            else:
                self._skip(self._left, -size % BLOCK)
        if self._locals:
            raise ParseError(f"tar: byte {self._offset()}: an extended header with no entry after it")
        deque(self._chunks, maxlen=0)

    def peek(self, count: int) -> bytes:
        """Return up to `count` first bytes of the current entry's unread content, without reading them."""
        while len(self._chunk) - self._pos < min(count, self._left):
            rest = self._chunk[self._pos :]
            self._next_chunk()
            self._before -= len(rest)
            self._chunk = rest + self._chunk
            self._pos = 0
        return self._chunk[self._pos : self._pos + min(count, self._left)]

    def read(self) -> bytes:
        """Return the unread content of the current entry.

        Raises:
            ParseError: the archive ends before it does.
        """
        size, self._left = self._left, 0
        return self._take(size)

    def _take(self, size: int) -> bytes:
        start, end = self._pos, self._pos + size
        if end <= len(self._chunk):
            self._pos = end
            return self._chunk[start:end]
        if size > _JOINED_BYTES:
            return self._take_large(size)
        pieces = [memoryview(self._chunk)[start:]]
        size -= len(pieces[0])
        while size > 0:
            self._next_chunk()
            pieces.append(memoryview(self._chunk)[:size])
            self._pos = len(pieces[-1])
            size -= self._pos
        return b"".join(pieces)

    def _take_large(self, size: int) -> bytes:
        # A BytesIO hands out its buffer without a copy, so that large files are held once, not twice.
        content = io.BytesIO()
        while size > 0:
            piece = self._chunk[self._pos : self._pos + size]
            self._pos += len(piece)
            size -= content.write(piece)
            if size:
                self._next_chunk()
        return content.getvalue()

    def _block(self) -> bytes:
        """Return the next block, or nothing at the end."""
        start = self._pos
        self._pos = end = start + BLOCK
        block = self._chunk[start:end]
        while len(block) < BLOCK:
            if not self._has_next_chunk():
                if block:
                    raise self._truncated()
                return b""
            self._pos = BLOCK - len(block)
            block += self._chunk[: self._pos]
        return block

    def _has_next_chunk(self) -> bool:
        """Go to the start of the next chunk, if there is one. What the chunks' source raises flies on."""
        self._before += len(self._chunk)
        self._chunk = next(self._chunks, b"")
        self._pos = 0
        return bool(self._chunk)

    def _truncated(self) -> ParseError:
        return ParseError(f"tar: truncated: ends at byte {self._before}")

    def _next_chunk(self) -> None:
        if not self._has_next_chunk():
            raise self._truncated()

    def _skip(self, content: int, padding: int) -> None:
        self._pos += content
        while self._pos > len(self._chunk):
            behind = self._pos - len(self._chunk)
            self._next_chunk()
            self._pos = behind
        self._skip_padding(padding)

    def _skip_padding(self, padding: int) -> None:
        """Skip to the next block; the last one of an archive may lack its padding."""
        while padding:
            here = min(padding, len(self._chunk) - self._pos)
            self._pos += here
            padding -= here
            if padding and not self._has_next_chunk():
                return

    def _header(self, block: bytes) -> Entry | None:
        """Return the entry that a header starts, or nothing when it describes the one after it."""
        entry = None if self._locals or self._globals else parse_plain(block)
        if entry is None:
            flag = block[156:157]
            extends = flag in EXTENSIONS
            try:
                verify_checksum(block)
                entry = parse_entry(block, _NO_WORDS if extends else self._words())
            except ParseError as exc:
                raise self._placed(exc) from exc
            if extends:
                self._extend(flag, entry.size)
                return None
            if flag == b"S":
                self._skip_sparse_map(block)
        self.entries += 1
        if self.entries > self._limits.entries or entry.size > self._limits.layer_bytes:
            raise self._too_much(entry)
        return entry

    def _words(self) -> dict[bytes, bytes]:
        """Return what extended headers say about the next entry, and forget what is for it alone."""
        if not self._locals:
            return self._globals
        words, self._locals = {**self._globals, **self._locals}, {}
        return words

    def _extend(self, flag: bytes, size: int) -> None:
        """Keep what an extended header says about the entry that follows it, or about all of them."""
        if size > self._limits.header_bytes:
            raise self._exceeded("header_bytes", f"an extended header of {size} bytes")
        content = self._take(size)
        self._skip(0, -size % BLOCK)
        if flag in _LONG_NAMES:
            words = {_LONG_NAMES[flag]: content.partition(b"\0")[0]}
        else:
            try:
                words = parse_words(content)
            except ParseError as exc:
                raise self._placed(exc) from exc
        longest = max(len(words.get(key, b"")) for key in _PATH_WORDS)
        if longest > self._limits.path_bytes:
            raise self._exceeded("path_bytes", f"a path of {longest} bytes")
        (self._globals if flag == b"g" else self._locals).update(words)

    def _too_much(self, entry: Entry) -> LimitExceededError:
        if self.entries > self._limits.entries:
            return self._exceeded("entries", f"{self.entries} entries")
        return self._exceeded("layer_bytes", f"an entry of {entry.size} bytes")

    def _skip_sparse_map(self, block: bytes) -> None:
        """Skip the blocks in which an old GNU sparse file's map goes on, before its content."""
        goes_on = sparse_map_goes_on(block)
        while goes_on:
            goes_on = sparse_block_goes_on(self._take(BLOCK))

    def _placed(self, exc: ParseError) -> ParseError:
        return ParseError(f"tar: before byte {self._offset()}: {exc}")

    def _exceeded(self, limit: str, what: str) -> LimitExceededError:
        most = getattr(self._limits, limit)
        return LimitExceededError(
            limit, f"tar: before byte {self._offset()}: {what}, expected at most {most} ({limit})"
        )

    def _offset(self) -> int:
        return self._before + self._pos
