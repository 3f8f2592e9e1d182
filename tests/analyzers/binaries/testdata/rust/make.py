"""Writes this folder's samples: `python tests/analyzers/binaries/testdata/rust/make.py`.

The list of crates is what cargo-auditable 0.7 wrote for a small program,
put into made-up executables.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

import json
import runpy
import zlib
from pathlib import Path

GO = runpy.run_path(str(Path(__file__).parents[1] / "go/make.py"))
CRATES: list[dict[str, object]] = [
    {"name": "app", "version": "0.1.0", "source": "local", "dependencies": [1, 3, 4, 5], "root": True},
    {"name": "autocfg", "version": "1.5.1", "source": "crates.io", "kind": "build"},
    {"name": "cfg-if", "version": "0.1.10", "source": "crates.io"},
    {"name": "cfg-if", "version": "1.0.5", "source": "crates.io"},
    {"name": "itoa", "version": "1.0.19", "source": "crates.io"},
    {"name": "lib", "version": "0.2.0", "source": "local", "dependencies": [2, 6]},
    {"name": "memchr", "version": "2.8.3", "source": "crates.io"},
]


def section(crates: object) -> bytes:
    """Return what cargo-auditable would link into a program."""
    return zlib.compress(json.dumps({"packages": crates}).encode())


def elf(data: bytes) -> bytes:
    """Return an ELF executable with a section of cargo-auditable's."""
    program: bytes = GO["elf"](data, section=b".dep-v0")
    return program


SAMPLES: dict[str, bytes] = {
    "good/usr/bin/app": elf(section(CRATES)),
    "odd/usr/bin/app.exe": GO["pe"](section(CRATES)).replace(b".data\0\0\0", b".dep-v0\0"),
    "odd/usr/bin/app-darwin": GO["macho"](section(CRATES), section=b".dep-v0"),
    "empty/usr/bin/c": GO["elf"](b"nothing to see here " * 8, section=b".data"),
    "broken/usr/bin/app": elf(section(CRATES)[:30]),
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
