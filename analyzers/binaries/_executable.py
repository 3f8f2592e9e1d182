"""Finds the bytes of an ELF, PE or Mach-O executable by section name or virtual address.

Formats: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html,
https://learn.microsoft.com/en-us/windows/win32/debug/pe-format,
https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from analyzers.documents.wording import shown
from analyzers.errors import ParseError

ELF_MAGIC = b"\x7fELF"
PE_MAGIC = b"MZ"
MACHO_MAGICS = (  # 32 and 64 bits, big-endian then little-endian
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
)
FAT_MAGIC = b"\xca\xfe\xba\xbe"
_REGIONS = 0xFFFF  # more sections or segments than a linker writes
_FAT_SLICES = 32  # Java class files share the magic and have 45 or more in this place


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A run of bytes of the file that is loaded to one run of addresses."""

    name: str
    address: int
    start: int
    """Offset in the file."""
    end: int
    """Offset in the file after the last byte; never past the file's end."""
    data: bool
    """Whether the program may write there, and not run it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executable:
    """An executable's sections, as far as asked for, and its loaded segments.

    Where a format has one kind of them, both are it.
    """

    sections: tuple[Region, ...]
    segments: tuple[Region, ...]

    def offset(self, address: int, size: int) -> int | None:
        """Return where in the file the `size` bytes loaded at `address` are; None when nowhere."""
        for segment in self.segments:
            start = segment.start + address - segment.address
            if segment.start <= start and start + size <= segment.end:
                return start
        return None


_NOTHING = Executable(sections=(), segments=())


def parse_executable(data: bytes, names: tuple[str, ...]) -> Executable:
    """Read the headers of an executable and its sections of these names.

    Of a Mach-O for several processors the first is read.

    A DOS program or a Java class, which begin with the same magic as PE and Mach-O, has no regions.

    Raises:
        ParseError: the headers are broken, or of no known kind.
    """
    try:
        executable = _parse(data, names)
    except (struct.error, OverflowError) as error:
        raise ParseError(f"executable of {len(data)} bytes: headers point behind its end") from error
    sections = tuple(section for section in executable.sections if section.name in names)
    return Executable(sections=sections, segments=executable.segments)


def _parse(data: bytes, names: tuple[str, ...]) -> Executable:
    if data.startswith(ELF_MAGIC):
        return _elf(data, names)
    if data.startswith(PE_MAGIC):
        return _pe(data)
    start = _first_slice(data)
    return _NOTHING if start is None else _macho(data, start)


def _region(data: bytes, place: tuple[int, int, int], *, name: str = "", is_data: bool) -> Region:
    """Build a Region from its address, its offset and its size, cut at the end of the file."""
    address, start, size = place
    end = min(start + size, len(data))
    return Region(name=name, address=address, start=min(start, end), end=end, data=is_data)


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("latin-1")


_LOAD, _EXECUTE, _WRITE, _NOBITS = 1, 1, 2, 8


def _elf(data: bytes, names: tuple[str, ...]) -> Executable:
    if len(data) < 64 or data[4] not in (1, 2) or data[5] not in (1, 2):  # noqa: PLR2004 - ELF64's header
        raise ParseError(f"elf: class and byte order are {shown(data[4:6])}, expected 1 or 2 for each")
    order = "<" if data[5] == 1 else ">"
    wide = data[4] == 2  # noqa: PLR2004 - ELFCLASS64
    program_offset, section_offset = struct.unpack_from(
        order + ("QQ" if wide else "II"), data, 32 if wide else 28
    )
    counts = struct.unpack_from(order + "HHHHH", data, 54 if wide else 42)
    section = struct.Struct(order + ("IIQQQQ" if wide else "IIIIII"))
    return Executable(
        sections=tuple(_elf_sections(data, section, section_offset, counts[2:], names)),
        segments=tuple(_elf_segments(data, order, program_offset, counts[:2], wide=wide)),
    )


def _elf_segments(
    data: bytes, order: str, offset: int, shape: tuple[int, ...], *, wide: bool
) -> Iterator[Region]:
    size, count = shape
    layout = struct.Struct(order + ("IIQQQQ" if wide else "IIIIIII"))
    for index in range(count):
        row = layout.unpack_from(data, offset + index * size)
        if row[0] == _LOAD:
            flags, start, address, _, length = row[1:6] if wide else (row[6], *row[1:5])
            is_data = flags & (_EXECUTE | _WRITE) == _WRITE
            yield _region(data, (address, start, length), is_data=is_data)


def _elf_sections(
    data: bytes, layout: struct.Struct, offset: int, shape: tuple[int, ...], names: tuple[str, ...]
) -> Iterator[Region]:
    size, count, names_index = shape
    if not offset or names_index >= count:  # stripped of its sections
        return
    layout.unpack_from(data, offset + (count - 1) * size)  # raises if the table does not fit the file
    names_start, names_bytes = layout.unpack_from(data, offset + names_index * size)[4:]
    table = data[names_start : names_start + names_bytes]
    if not any(name.encode("latin-1") in table for name in names):  # as in nearly all programs
        return
    rows = [layout.unpack_from(data, offset + index * size) for index in range(count)]
    for name, kind, flags, address, start, length in rows:
        if kind != _NOBITS:
            label = _text(data[names_start + name : names_start + name + 64])
            yield _region(data, (address, start, length), name=label, is_data=bool(flags & 1))


_PE_WRITE, _PE_EXECUTE = 0x80000000, 0x20000000
_PE32_PLUS = 0x20B


def _pe(data: bytes) -> Executable:
    (header,) = struct.unpack_from("<I", data, 60)
    if data[header : header + 4] != b"PE\0\0":
        return _NOTHING
    (count,) = struct.unpack_from("<H", data, header + 6)
    (optional_bytes, _, magic) = struct.unpack_from("<HHH", data, header + 20)
    wide = magic == _PE32_PLUS
    (base,) = struct.unpack_from("<Q" if wide else "<I", data, header + (48 if wide else 52))
    sections = tuple(_pe_sections(data, header + 24 + optional_bytes, count, base))
    return Executable(sections=sections, segments=sections)


def _pe_sections(data: bytes, offset: int, count: int, base: int) -> Iterator[Region]:
    for index in range(count):
        name, _, address, size, start, _, _, _, _, flags = struct.unpack_from(
            "<8sIIIIIIHHI", data, offset + 40 * index
        )
        is_data = flags & (_PE_WRITE | _PE_EXECUTE) == _PE_WRITE
        yield _region(data, (base + address, start, size), name=_text(name), is_data=is_data)


_SEGMENT, _SEGMENT_64 = 0x1, 0x19
_MACHO_WRITE, _MACHO_EXECUTE = 2, 4


def _first_slice(data: bytes) -> int | None:
    """Return where the Mach-O starts: at 0, behind the table of processors, or nowhere (a Java class)."""
    if not data.startswith(FAT_MAGIC):
        return 0
    count, _, _, offset = struct.unpack_from(">IIII", data, 4)
    return int(offset) if 0 < count <= _FAT_SLICES else None


def _macho(data: bytes, base: int) -> Executable:
    magic = data[base : base + 4]
    if magic not in MACHO_MAGICS:
        raise ParseError(f"executable: first bytes: {shown(magic)}, expected those of ELF, PE or Mach-O")
    order = ">" if magic[0] == 0xFE else "<"  # noqa: PLR2004 - the magic number's own first byte
    wide = magic in MACHO_MAGICS[1::2]
    (commands,) = struct.unpack_from(order + "I", data, base + 16)
    if commands > _REGIONS:
        raise ParseError(f"mach-o: {commands} load commands, expected at most {_REGIONS}")
    at = base + (32 if wide else 28)
    segments: list[Region] = []
    sections: list[Region] = []
    for _ in range(commands):
        command, size = struct.unpack_from(order + "II", data, at)
        if command == (_SEGMENT_64 if wide else _SEGMENT):
            segment, inner = _macho_segment(data, order, base, at, wide=wide)
            segments.append(segment)
            sections.extend(inner)
        if size < 8 or len(sections) > _REGIONS:  # noqa: PLR2004 - a command is at least its own header
            raise ParseError(f"mach-o: load command of {size} bytes, {len(sections)} sections")
        at += size
    return Executable(sections=tuple(sections), segments=tuple(segments))


def _macho_segment(data: bytes, order: str, base: int, at: int, *, wide: bool) -> tuple[Region, list[Region]]:
    layout = struct.Struct(order + ("16sQQQQIIII" if wide else "16sIIIIIIII"))
    name, address, _, start, size, _, protection, count, _ = layout.unpack_from(data, at + 8)
    is_data = protection & (_MACHO_WRITE | _MACHO_EXECUTE) == _MACHO_WRITE
    segment = _region(data, (address, base + start, size), name=_text(name), is_data=is_data)
    section = struct.Struct(order + ("16s16sQQI" if wide else "16s16sIII"))
    first, step = at + 8 + layout.size, 80 if wide else 68
    if count > _REGIONS:
        raise ParseError(f"mach-o: {count} sections, expected at most {_REGIONS}")
    rows = [section.unpack_from(data, first + index * step) for index in range(count)]
    inner = [
        _region(data, (row[2], base + row[4], row[3]), name=_text(row[0]), is_data=is_data) for row in rows
    ]
    return segment, inner
