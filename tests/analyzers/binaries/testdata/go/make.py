"""Writes this folder's samples: `python tests/analyzers/binaries/testdata/go/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

import struct
from pathlib import Path

MODULES = (
    b"path\texample.org/tool/cmd\nmod\texample.org/tool\t(devel)\t\n"
    b"dep\tgolang.org/x/net\tv0.17.0\th1:pVaXccu2ozPjCXewfr1S7xza/zcXTity9cCdXQYSjIM=\n"
    b"dep\texample.org/forked\tv1.0.0\n=>\texample.org/fork\tv1.0.1\th1:x\n"
    b"dep\texample.org/local\tv0.0.0\n=>\t./staging/local\t(devel)\t\n"
    b'build\t-ldflags="-s -X main.version=1.4.2 -X example.org/other.Version=9.9.9"\nbuild\tGOOS=linux\n'
)
FRAME = bytes(range(16))
ADDRESS = 0x500000


def framed(modules: bytes) -> bytes:
    """Return the module list between the linker's two marks."""
    return FRAME + modules + FRAME


def varint(number: int) -> bytes:
    """Return an unsigned LEB128 number."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def inline(version: bytes, modules: bytes) -> bytes:
    """Return build information as Go 1.18 and later write it."""
    head = b"\xff Go buildinf:" + bytes([8, 2]) + bytes(16)
    return head + varint(len(version)) + version + varint(len(modules)) + modules


def pointed(version: bytes, modules: bytes, size: int = 8, order: str = "<") -> bytes:
    """Return build information as Go up to 1.17 wrote it, for a region loaded at ADDRESS."""
    word = order + ("Q" if size == 8 else "I")
    head = b"\xff Go buildinf:" + bytes([size, order == ">"])
    strings = ADDRESS + 32 + 4 * size
    head += struct.pack(word, ADDRESS + 32) + struct.pack(word, ADDRESS + 32 + 2 * size)
    head += bytes(32 - len(head))
    for start, value in ((strings, version), (strings + len(version), modules)):
        head += struct.pack(word, start) + struct.pack(word, len(value))
    return head + version + modules


def elf(data: bytes, *, section: bytes = b".go.buildinfo", order: str = "<", wide: bool = True) -> bytes:
    """Return an ELF executable with one writable segment, `data`, and (unless empty) one section over it."""
    start = 256
    names = b"\0" + section + b"\0.shstrtab\0"
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    header_bytes, program_bytes, section_bytes = (64, 56, 64) if wide else (52, 32, 40)
    sections_at = (start + len(data) + len(names) + 15) // 16 * 16 if section else 0
    addresses = struct.pack(order + ("QQQ" if wide else "III"), 0, header_bytes, sections_at)
    counts = (header_bytes, program_bytes, 1, section_bytes, 3 if section else 0, 2 if section else 0)
    head = ident + struct.pack(order + "HHI", 2, 62, 1) + addresses + struct.pack(order + "I6H", 0, *counts)
    if wide:
        head += struct.pack(order + "IIQQQQQQ", 1, 6, start, ADDRESS, ADDRESS, len(data), len(data), 16)
    else:
        head += struct.pack(order + "8I", 1, start, ADDRESS, ADDRESS, len(data), len(data), 6, 16)
    out = head.ljust(start, b"\0") + data
    if not section:
        return out
    layout = order + ("IIQQQQIIQQ" if wide else "10I")
    rows = (
        (0,) * 10,
        (1, 1, 3, ADDRESS, start, len(data), 0, 0, 16, 0),
        (len(section) + 2, 3, 0, 0, start + len(data), len(names), 0, 0, 1, 0),
    )
    return (out + names).ljust(sections_at, b"\0") + b"".join(struct.pack(layout, *row) for row in rows)


def pe(data: bytes) -> bytes:
    """Return a Windows program with one writable section, `data`."""
    head = b"MZ".ljust(60, b"\0") + struct.pack("<I", 64) + b"PE\0\0"
    head += struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 112, 2)
    head += struct.pack("<H", 0x20B).ljust(24, b"\0") + struct.pack("<Q", ADDRESS - 0x1000) + bytes(80)
    head += struct.pack("<8sIIIIIIHHI", b".data", len(data), 0x1000, len(data), 512, 0, 0, 0, 0, 0xC0000040)
    return head.ljust(512, b"\0") + data


def macho(data: bytes, *, section: bytes = b"__go_buildinfo") -> bytes:
    """Return a macOS program with one writable segment, `data`, and one section over it."""
    start = 512
    inner = struct.pack(
        "<16s16sQQIIIIIIII", section, b"__DATA", ADDRESS, len(data), start, 4, 0, 0, 0, 0, 0, 0
    )
    command = struct.pack("<16sQQQQIIII", b"__DATA", ADDRESS, len(data), start, len(data), 3, 3, 1, 0) + inner
    command = struct.pack("<II", 0x19, 8 + len(command)) + command
    head = b"\xcf\xfa\xed\xfe" + struct.pack("<7I", 0x1000007, 3, 2, 1, len(command), 0, 0)
    return (head + command).ljust(start, b"\0") + data


def fat(program: bytes) -> bytes:
    """Return a macOS file for several processors with one program in it."""
    return (
        struct.pack(">4sIIIIII", b"\xca\xfe\xba\xbe", 1, 0x1000007, 3, 64, len(program), 6).ljust(64, b"\0")
        + program
    )


INFO = inline(b"go1.22.3 X:boringcrypto", framed(MODULES))
SAMPLES = {
    "good/usr/bin/tool": elf(INFO),
    "odd/usr/bin/old": elf(pointed(b"go1.17.1", framed(MODULES)), section=b""),
    "odd/usr/bin/tool.exe": pe(INFO),
    "odd/usr/bin/tool-darwin": fat(macho(INFO)),
    "empty/usr/bin/c": elf(b"nothing to see here " * 8, section=b".data"),
    "broken/usr/bin/tool": elf(INFO[:60]),
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
