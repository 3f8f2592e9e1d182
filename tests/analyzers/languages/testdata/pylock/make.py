"""Writes this folder's made-up samples: `python tests/analyzers/languages/testdata/pylock/make.py`.

What lies in good/uv was written by uv 0.13 (`uv export --format pylock.toml --all-groups`); wheels after
the second one of a package were taken out.
Each sample lies at the path it would have in a tree, below one of good, odd, empty, broken.

In what the tools wrote, hosts of registries are replaced by examples.
"""

from pathlib import Path

SAMPLES: dict[str, bytes] = {
    "odd/pylock.dev.toml": (
        b'lock-version = "1.0"\n'
        b'dependency-groups = ["dev", "default"]\n'
        b'default-groups = ["default"]\n'
        b"\n"
        b"[[packages]]\n"
        b'name = "a"\n'
        b'version = "1.0"\n'
        b'marker = "\\"default\\" in dependency_groups or \\"dev\\" in dependency_groups"\n'
        b'dependencies = [{ name = "b" }]\n'
        b"\n"
        b"[[packages]]\n"
        b'name = "b"\n'
        b'version = "1.0"\n'
        b"marker = \"'dev' in dependency_groups and python_version < '4'\"\n"
        b"\n"
        b"[[packages]]\n"
        b'name = "c"\n'
        b'version = "1.0"\n'
        b"marker = \"'c' in extras or 'dev' in dependency_groups\"\n"
        b"\n"
        b"[[packages]]\n"
        b'name = "archived"\n'
        b'archive = { url = "https://example.org/archived-2.0.tar.gz" }\n'
        b"\n"
        b"[[packages]]\n"
        b'name = "own"\n'
        b'directory = { path = "." }\n'
        b"\n"
        b"[[packages]]\n"
        b'name = "lost"\n'
        b'vcs = { type = "git", url = "https://example.org/lost.git", commit-id = "0f1e" }\n'
    ),
    "empty/pylock.toml": b"",
    "broken/pylock.toml": b'lock-version = "2.0"\n',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
