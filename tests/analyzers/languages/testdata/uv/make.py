"""Writes this folder's made-up samples: `python tests/analyzers/languages/testdata/uv/make.py`.

What lies in good/app was written by uv 0.13 for a project with a workspace, extras and two groups (`uv
lock`); wheels after the second one of a package were taken out.
Each sample lies at the path it would have in a tree, below one of good, odd, empty, broken.

In what the tools wrote, hosts of registries are replaced by examples.
"""

from pathlib import Path

SAMPLES: dict[str, bytes] = {
    "odd/uv.lock": (
        b"version = 1\n"
        b"\n"
        b"[[package]]\n"
        b'name = "app"\n'
        b'source = { editable = "." }\n'
        b'dependencies = [{ name = "a" }, { name = "lib" }]\n'
        b"\n"
        b"[package.dev-dependencies]\n"
        b'dev = [{ name = "b", version = "2.0" }]\n'
        b"\n"
        b"[[package]]\n"
        b'name = "lib"\n'
        b'version = "0.1"\n'
        b'source = { directory = "../lib" }\n'
        b"optional-dependencies = 7\n"
        b"\n"
        b"[[package]]\n"
        b'name = "a"\n'
        b'version = "1.0"\n'
        b'dependencies = [{ name = "b", version = "1.0" }, { name = "gone" }]\n'
        b"\n"
        b"[[package]]\n"
        b'name = "b"\n'
        b'version = "1.0"\n'
        b"\n"
        b"[[package]]\n"
        b'name = "b"\n'
        b'version = "2.0"\n'
        b"\n"
        b"[[package]]\n"
        b'name = "lost"\n'
        b'source = { git = "https://example.org/lost.git" }\n'
    ),
    "empty/uv.lock": b"",
    "broken/uv.lock": b"version = 2\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
