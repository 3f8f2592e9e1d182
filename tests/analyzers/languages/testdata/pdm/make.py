"""Writes this folder's made-up samples: `python tests/analyzers/languages/testdata/pdm/make.py`.

What lies in good/app was written by PDM 2.11 (`pdm lock -G:all`); hashes after the second one of a package
were taken out.
Each sample lies at the path it would have in a tree, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES: dict[str, bytes] = {
    "odd/pdm.lock": (
        b"[[package]]\n"
        b'name = "a"\n'
        b'version = "1.0"\n'
        b'dependencies = ["b==2.0", "c[x]>=1; python_version < \'3\'", "!"]\n'
        b"\n"
        b"[[package]]\n"
        b'name = "b"\n'
        b'version = "1.0"\n'
        b"\n"
        b"[[package]]\n"
        b'name = "B"\n'
        b'version = "2.0"\n'
        b"\n"
        b"[[package]]\n"
        b'name = "lost"\n'
    ),
    "empty/pdm.lock": b"",
    "broken/pdm.lock": b"[[package]\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
