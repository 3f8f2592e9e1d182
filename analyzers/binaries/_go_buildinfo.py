"""Extracts the two strings that the Go linker leaves in every program: toolchain version, module list.

Format: https://pkg.go.dev/debug/buildinfo, written by
https://github.com/golang/go/blob/master/src/cmd/link/internal/ld/data.go (buildinfo).
The blob is 32 bytes, at an address divisible by 16: magic (14), pointer size (1), flags (1), two pointers.
Flag 2 (Go 1.18 and later): the strings follow the blob, each with a varint length. Without it the pointers
lead to Go string headers (address, length), in the byte order that flag 1 tells.
"""

from typing import Literal, NamedTuple

from analyzers.binaries._executable import Executable, Region, parse_executable
from analyzers.errors import ParseError

_MAGIC = b"\xff Go buildinf:"
_ALIGN = 16
_BLOB_BYTES = 32
_SECTIONS = (".go.buildinfo", "__go_buildinfo")
_BIG_ENDIAN, _INLINE = 1, 2
_VARINT_BYTES = 10
_FRAME_BYTES = 16  # random bytes around the module list, so that tools find it in a core dump
_SEARCHED = 8  # regions; a real program has one writable one


class BuildInfo(NamedTuple):
    """What the linker knew."""

    go_version: str
    """Such as "go1.22.3"; never empty."""
    modules: str
    """Lines of fields between tabs; empty for a program built without modules."""


def parse_build_info(data: bytes) -> BuildInfo | None:
    """Return a Go program's build information; None for an executable that is no Go program.

    Raises:
        ParseError: the executable's headers or the build information are broken.
    """
    executable = parse_executable(data, _SECTIONS)
    for region in _candidates(executable):
        at = _find(data, region)
        if at is not None:
            return _read(data, executable, region, at)
    return None


def _candidates(executable: Executable) -> list[Region]:
    writable = [segment for segment in executable.segments if segment.data]
    return (list(executable.sections) or writable)[:_SEARCHED]


def _find(data: bytes, region: Region) -> int | None:
    at = data.find(_MAGIC, region.start, region.end)
    while at >= 0:
        if (region.address + at - region.start) % _ALIGN == 0:
            return at
        at = data.find(_MAGIC, at + 1, region.end)
    return None


def _read(data: bytes, executable: Executable, region: Region, at: int) -> BuildInfo:
    blob = data[at : min(at + _BLOB_BYTES, region.end)]
    if len(blob) < _BLOB_BYTES:
        raise ParseError(f"go build info at {at}: {len(blob)} bytes, expected {_BLOB_BYTES}")
    if blob[15] & _INLINE:
        version, after = _inline(data, at + _BLOB_BYTES, region.end)
        modules, _ = _inline(data, after, region.end)
    else:
        size = blob[14]
        if size not in (4, 8):
            raise ParseError(f"go build info at {at}: pointers of {size} bytes, expected 4 or 8")
        version = _pointed(data, executable, blob, _BLOB_BYTES // 2)
        modules = _pointed(data, executable, blob, _BLOB_BYTES // 2 + size)
    if not version:
        raise ParseError(f"go build info at {at}: no version of Go")
    return BuildInfo(version.decode("utf-8", "replace"), _unframed(modules).decode("utf-8", "replace"))


def _inline(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    length = shift = 0
    for index in range(at, min(at + _VARINT_BYTES, end)):
        length |= (data[index] & 0x7F) << shift
        shift += 7
        if data[index] < 0x80:  # noqa: PLR2004 - the varint's continuation bit
            start = index + 1
            if start + length > end:
                raise ParseError(f"go build info at {at}: string of {length} bytes, {end - start} are left")
            return data[start : start + length], start + length
    raise ParseError(f"go build info at {at}: length without an end")


def _pointed(data: bytes, executable: Executable, blob: bytes, at: int) -> bytes:
    """Follow the pointer at `at` in the blob to a string header, then its pointer to the characters."""
    size, order = blob[14], _byte_order(blob)
    header = executable.offset(int.from_bytes(blob[at : at + size], order), 2 * size)
    if header is None:
        return b""
    address = int.from_bytes(data[header : header + size], order)
    length = int.from_bytes(data[header + size : header + 2 * size], order)
    start = executable.offset(address, length)
    return b"" if start is None else data[start : start + length]


def _byte_order(blob: bytes) -> Literal["big", "little"]:
    return "big" if blob[15] & _BIG_ENDIAN else "little"


def _unframed(modules: bytes) -> bytes:
    """Take the frame off; without one the program was built without modules."""
    if len(modules) > 2 * _FRAME_BYTES and modules[-_FRAME_BYTES - 1 : -_FRAME_BYTES] == b"\n":
        return modules[_FRAME_BYTES:-_FRAME_BYTES]
    return b""
