r"""Parses the 512-byte headers of tar archives and the PAX records that extend them.

Reads v7, ustar, PAX, star and GNU headers: octal and base-256 numbers, prefixes, records.

Formats: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html,
https://www.gnu.org/software/tar/manual/html_node/Standard.html
"""

import enum
import functools
from collections.abc import Iterator, Mapping

import msgspec
from isal import isal_zlib

from analyzers.documents.wording import shown
from analyzers.errors import ParseError

BLOCK = 512
EXTENSIONS = frozenset((b"x", b"X", b"g", b"L", b"K"))
"""Types whose content describes the entry after them: PAX, Solaris' PAX, global PAX, GNU's long names."""

_USTAR_MAGIC = b"ustar\0"
_GNU_MAGIC = b"ustar  \0"
_STAR_MAGIC = b"tar\0"
_BASE_256 = 0x80
_NEWLINE = ord("\n")
_MOST_DIGITS = 20

# Adler-32's lower half is 1 plus the sum of all bytes, modulo this: 512 bytes are summed in C.
_ADLER_MODULUS = 65521
_BLANK_CHECKSUM = 8 * ord(" ")

_OPAQUE_MARKS = (b"SCHILY.xattr.trusted.overlay.opaque", b"SCHILY.xattr.user.overlay.opaque")
_SPARSE = b"GNU.sparse."
_SPARSE_NAME = b"GNU.sparse.name"
_TELLING = frozenset((b"path", b"linkpath", b"size", _SPARSE_NAME, *_OPAQUE_MARKS))


class Kind(enum.Enum):
    """What an entry makes."""

    FILE = "file"
    HARDLINK = "hard link"
    SYMLINK = "symbolic link"
    DIRECTORY = "directory"
    SPARSE = "sparse file"
    OTHER = "other"
    REFUSED = "refused"
    """Its path leads out of the archive; `Entry.path` is for display only."""


# POSIX lets readers take unknown types for files; the container runtimes refuse or skip them, so here
# they are OTHER. "\0" is v7's file, "7" a file that lies contiguously, "D" GNU's directory with a listing.
_KINDS = {
    b"0": Kind.FILE,
    b"\0": Kind.FILE,
    b"7": Kind.FILE,
    b"1": Kind.HARDLINK,
    b"2": Kind.SYMLINK,
    b"5": Kind.DIRECTORY,
    b"D": Kind.DIRECTORY,
    b"S": Kind.SPARSE,
}
_PLAIN_KINDS = {ord("0"): Kind.FILE, ord("5"): Kind.DIRECTORY}
_FILE = Kind.FILE
_BLANKS = frozenset(b"\0 ")
_SIZE_END = 135
_LINKS = frozenset((b"1", b"2"))
_WITHOUT_CONTENT = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One entry of an archive. `path` is normalised: relative, no "." or "..", always valid UTF-8."""

    path: str
    kind: Kind
    size: int
    """Bytes of content stored in the archive."""
    mode: int
    link: bytes = b""
    """Where a symbolic or hard link leads, as written."""
    opaque: bool = False
    """Whether overlayfs marked the directory as hiding its content in lower layers."""


def normalise(name: bytes) -> str | None:
    r"""Return a path relative to the archive's root, or None when ".." or NUL make it untrustworthy.

    Bytes that are not UTF-8 become "\xNN", so that different names stay different.
    """
    path = display(name)
    if "/." in path or "//" in path or path[:1] in "./" or "\0" in path:
        parts = [part for part in path.split("/") if part not in {"", "."}]
        return None if ".." in parts or "\0" in path else "/".join(parts)
    return path.rstrip("/")


def display(name: bytes) -> str:
    """Return a name as valid UTF-8."""
    return name.decode("utf-8", "backslashreplace")


def parse_number(field: bytes) -> int:
    """Return a header's number: octal digits, or base 256 when the first bit is set.

    Raises:
        ParseError: it is neither, or negative.
    """
    digits = field.strip(b" \0")
    if digits.isdigit():
        try:
            return int(digits, 8)
        except ValueError:
            pass
    elif not digits:
        return 0
    elif field[0] == _BASE_256:
        return int.from_bytes(field[1:], "big")
    raise ParseError(f"{shown(field)} is not a number, expected octal digits")


_cached_number = functools.lru_cache(maxsize=1024)(parse_number)


def parse_plain(block: bytes) -> Entry | None:
    """Return what `parse_entry` does for a file or folder whose header is of the usual form.

    Most headers are: no prefix, octal numbers, a name in UTF-8 that is normal already or begins with "./",
    a checksum of unsigned bytes that is right. None for any other, right or damaged.
    """
    kind = _PLAIN_KINDS.get(block[156])
    size = block[124:_SIZE_END]
    if kind is None or block[345] or block[_SIZE_END] not in _BLANKS or not size.isdigit():
        return None
    try:
        if (_byte_sum(block) - _expected_sum(block[148:156])) % _ADLER_MODULUS:
            return None
        path = block[: block.index(0)].decode().removeprefix("./")
        size_bytes = int(size, 8) if kind is _FILE else 0
        mode = _cached_number(block[100:108])
    except ValueError:
        return None
    if block[99] or "/." in path or "//" in path or path[:1] in "./":
        return None
    return Entry(path.removesuffix("/"), kind, size_bytes, mode)


def verify_checksum(block: bytes) -> None:
    """Raise ParseError unless the block is a header with the right checksum, of unsigned or signed bytes."""
    field = block[148:156]
    if (_byte_sum(block) - _expected_sum(field)) % _ADLER_MODULUS == 0:
        return
    if _signed_sum(block) - _signed_sum(field) + _BLANK_CHECKSUM != parse_number(field):
        raise ParseError("not a tar header: the checksum is wrong")


def _byte_sum(block: bytes) -> int:
    return isal_zlib.adler32(block) & 0xFFFF


@functools.lru_cache(maxsize=8192)
def _expected_sum(field: bytes) -> int:
    """Return what Adler-32 sums up, given the checksum: that was made with blanks in its own place."""
    return parse_number(field) - _BLANK_CHECKSUM + sum(field) + 1


def _signed_sum(block: bytes) -> int:
    return sum(block) - 256 * sum(byte > 127 for byte in block)  # noqa: PLR2004 - a signed byte's largest


def parse_entry(block: bytes, words: Mapping[bytes, bytes]) -> Entry:
    """Return the entry of a header; `words` are the PAX records and long names before it.

    Raises:
        ParseError: a number is damaged.
    """
    flag = block[156:157]
    kind = _KINDS.get(flag, Kind.OTHER)
    size = 0 if flag in _WITHOUT_CONTENT else parse_number(block[124:136])
    name = _name(block)
    link = block[157:257].rstrip(b"\0") if flag in _LINKS else b""
    opaque = False
    if words:
        name = words.get(_SPARSE_NAME) or words.get(b"path") or name
        link = words.get(b"linkpath") or link
        size = _pax_size(words, size) if flag not in _WITHOUT_CONTENT else 0
        kind = Kind.SPARSE if kind is Kind.FILE and _describes_sparse(words) else kind
        opaque = any(words.get(mark) == b"y" for mark in _OPAQUE_MARKS)
    path = normalise(name)
    if path is None:
        return Entry(display(name), Kind.REFUSED, size, 0)
    if flag == b"\0" and name[-1:] == b"/":  # v7 marks directories by their names only
        return Entry(path, Kind.DIRECTORY, 0, 0)
    return Entry(path, kind, size, _cached_number(block[100:108]), link, opaque)


def _name(block: bytes) -> bytes:
    end = block.find(b"\0", 0, 100)
    name = block[: end if end >= 0 else 100]
    if block[345] and block[257:263] == _USTAR_MAGIC:
        # star keeps times in the last 24 bytes of the prefix
        prefix = block[345 : 476 if block[508:512] == _STAR_MAGIC else 500].partition(b"\0")[0]
        return prefix + b"/" + name
    return name


def _pax_size(words: Mapping[bytes, bytes], size: int) -> int:
    digits = words.get(b"size", b"")
    if not digits:
        return size
    if len(digits) > _MOST_DIGITS or not digits.isdigit():
        raise ParseError(f"PAX size {shown(digits[:40])}, expected decimal digits")
    return int(digits)


def _describes_sparse(words: Mapping[bytes, bytes]) -> bool:
    return any(key.startswith(_SPARSE) for key in words)


def parse_words(content: bytes) -> dict[bytes, bytes]:
    """Return the records of a PAX header that have a say in `parse_entry`; one of those of sparse files.

    Global headers may hold any number of others, for all entries that follow.

    Raises:
        ParseError: as for `parse_records`.
    """
    words = {}
    for key, value in parse_records(content):
        if key in _TELLING:
            words[key] = value
        elif key.startswith(_SPARSE):
            words[_SPARSE] = b""
    return words


def parse_records(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    r"""Yield the pairs of a PAX header: "%d %s=%s\n" each, with the length of the whole record first.

    Raises:
        ParseError: a record's length is not that of a record.
    """
    start = 0
    while start < len(content):
        blank = content.find(b" ", start, start + _MOST_DIGITS)
        length = content[start:blank]
        end = start + int(length) if blank > 0 and length.isdigit() else 0
        key, equals, value = content[blank + 1 : end - 1].partition(b"=")
        if not 0 < blank < end <= len(content) or not equals or content[end - 1] != _NEWLINE:
            raise ParseError(f"damaged PAX record {shown(content[start:][:40])}, expected 'LENGTH KEY=VALUE'")
        yield key, value
        start = end


def sparse_map_goes_on(block: bytes) -> bool:
    """Tell whether an old GNU sparse header's map goes on in a block between it and the content."""
    return block[156:157] == b"S" and block[257:265] == _GNU_MAGIC and block[482] != 0


def sparse_block_goes_on(block: bytes) -> bool:
    """Tell whether yet another block of an old GNU sparse map follows this one."""
    return block[504] != 0
