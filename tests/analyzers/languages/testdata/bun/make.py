"""Writes this folder's made-up samples: `python tests/analyzers/languages/testdata/bun/make.py`.

What lies in good/app was written by Bun 1.4 for a project with a workspace, an alias, a peer, an optional and
two development dependencies: `bun install --lockfile-only --save-text-lockfile`.
Each sample lies at the path it would have in a tree, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES: dict[str, bytes] = {
    "odd/app/bun.lock": (
        b"{ // made up\n"
        b'  "lockfileVersion": 1,\n'
        b'  "workspaces": {\n'
        b'    "": {"name": "app", "version": "2.0.0", "dependencies": {"a": "1", "lib": "workspace:*"},\n'
        b'     "devDependencies": {"@t/b": "1"}},\n'
        b'    "lib": {"name": "lib", "dependencies": {"c": "2"},},\n'
        b"  },\n"
        b'  "packages": {\n'
        b'    "a": ["a@git+https://example.org/a.git#0f1e", {"dependencies": {"c": "1"}}, "0f1e"],\n'
        b'    "@t/b": ["@t/b@1.0.0", "", {"dependencies": {"c": "1"}}, "sha512-x"],\n'
        b'    "@t/c": ["@t/c@9.0.0", "", {}, "sha512-x"],\n'
        b'    "c": ["c@1.0.0", "", {}, "sha512-x"],\n'
        b'    "lib": ["lib@workspace:lib"],\n'
        b'    "lib/c": ["c@2.0.0", "", {}, "sha512-x"],\n'
        b'    "lost": ["lost"], "none": [], "odd": 7,\n'
        b"  },\n"
        b"}\n"
    ),
    "odd/both/bun.lock": b'{"lockfileVersion": 1}',
    "odd/both/bun.lockb": (b"#!/usr/bin/env bun\nbun-lockfile-format-v0\n"),
    "empty/bun.lock": b"",
    "broken/bun.lockb": (b"#!/usr/bin/env bun\nbun-lockfile-format-v0\n"),
    "broken/bun.lock": b'{"lockfileVersion": 77}',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
