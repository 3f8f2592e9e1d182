"""Writes this folder's samples: `python tests/analyzers/os/testdata/pacman/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/var/lib/pacman/local/gcc-libs-13.2.1-5/desc": (
        b"%NAME%\ngcc-libs\n\n%VERSION%\n13.2.1-5\n\n%BASE%\ngcc\n\n%DESC%\nRuntime libraries\n\n"
        b"%ARCH%\nx86_64\n\n"
        b"%PACKAGER%\nFrederik Schwan <freswa@archlinux.org>\n\n%LICENSE%\nGPL-3.0-or-later\nGFDL\n\n"
        b"%DEPENDS%\nglibc>=2.27\nlibfoo.so=1-64\n\n"
    ),
    "good/var/lib/pacman/local/gcc-libs-13.2.1-5/files": (
        b"%FILES%\nusr/\nusr/lib/\nusr/lib/libgcc_s.so.1\n\n%BACKUP%\netc/x\t0123\n"
    ),
    "odd/var/lib/pacman/local/vi-1:070224-6/desc": (
        b"\r\n%NAME%\r\nvi\r\n\r\n%VERSION%\r\n1:070224-6\r\n\r\n%BASE%\r\nvi\r\n\r\n%ODD\r\n%DEPENDS%\r\nvi\r\n>=1\r\n"
    ),
    "empty/var/lib/pacman/local/a-1-1/files": b"",
    "broken/var/lib/pacman/local/a-1-1/desc": b"\x7fELF\0\xff",
    "broken/var/lib/pacman/local/b-1-1/desc": b"%NAME%\nb\n\n%VERSION%\n\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
