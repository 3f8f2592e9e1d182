"""Writes this folder's made-up samples: `python tests/analyzers/languages/testdata/poetry/make.py`.

What lies in good/app was written by Poetry 2.5 (`poetry lock`); hashes after the second one of a package
were taken out.
Each sample lies at the path it would have in a tree, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES: dict[str, bytes] = {
    "odd/old/poetry.lock": (
        b"[[package]]\n"
        b'name = "A.b"\n'
        b'version = "1.0"\n'
        b'category = "main"\n'
        b"[package.dependencies]\n"
        b'c = [{version = "*", markers = "x"}]\n'
        b'gone = "*"\n'
        b"\n"
        b"[[package]]\n"
        b'name = "c"\n'
        b'version = "2.0"\n'
        b'category = "dev"\n'
        b"\n"
        b"[[package]]\n"
        b'name = "lost"\n'
        b"\n"
        b"[metadata]\n"
        b'content-hash = "00"\n'
    ),
    "odd/silent/poetry.lock": (
        b"[[package]]\n"
        b'name = "a"\n'
        b'version = "1.0"\n'
        b'description = """\n'
        b"[[package]]\n"
        b'"""\n'
        b"\n"
        b"[package.dependencies]\n"
        b'shared = "*"\n'
        b"\n"
        b"[[package]]\n"
        b'name = "tool"\n'
        b'version = "1.0"\n'
        b"\n"
        b"[package.dependencies]\n"
        b'helper = ">=1"\n'
        b'shared = "*"\n'
        b"\n"
        b"[[package]]\n"
        b'name = "helper"\n'
        b'version = "1.0"\n'
        b"\n"
        b"[[package]]\n"
        b'name = "shared"\n'
        b'version = "1.0"\n'
    ),
    "odd/silent/pyproject.toml": (
        b"[tool.poetry.dependencies]\n"
        b'python = "^3.9"\n'
        b'A = "^1"\n'
        b"\n"
        b"[tool.poetry.dev-dependencies]\n"
        b'tool = "*"\n'
    ),
    "empty/poetry.lock": b"",
    "broken/poetry.lock": b"[[package]\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
