"""Writes this folder's made-up samples: `python tests/analyzers/languages/testdata/pnpm/make.py`.

What lies in good/v5, v6 and v9 was written by pnpm 7.33, 8.15 and 9.15 for one project (a workspace, an
alias, a peer, an optional and two development dependencies): `pnpm install --lockfile-only`.
Each sample lies at the path it would have in a tree, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES: dict[str, bytes] = {
    "odd/old/pnpm-lock.yaml": (
        b"lockfileVersion: 5.3\n"
        b"specifiers:\n"
        b"  a: 1\n"
        b"dependencies:\n"
        b"  a: 1.0.0_@s+b@2.0.0\n"
        b"  is-negative: github.com/kevva/is-negative/1d7e288\n"
        b"devDependencies:\n"
        b"  '@s/b': 2.0.0\n"
        b"  lib: link:../lib\n"
        b"packages:\n"
        b"  /a/1.0.0_@s+b@2.0.0:\n"
        b"    peerDependencies: {'@s/b': '*'}\n"
        b"    dependencies: {'@s/b': 2.0.0, gone: 1.0.0}\n"
        b"  /@s/b/2.0.0:\n"
        b"    dependencies: {c: registry.example.org/c/1.10}\n"
        b"  registry.example.org/c/1.10: {}\n"
        b"  /d/1.0.0: {dev: true}\n"
        b"  github.com/kevva/is-negative/1d7e288:\n"
        b"    name: is-negative\n"
        b"    version: 2.1.0\n"
        b"  example.org/lost/0f1e: {}\n"
    ),
    "odd/new/pnpm-lock.yaml": (
        b"---\n"
        b"lockfileVersion: '9.0'\n"
        b"importers:\n"
        b"  .:\n"
        b"    configDependencies: {}\n"
        b"packages:\n"
        b"  pnpm@11.0.0: {}\n"
        b"snapshots:\n"
        b"  pnpm@11.0.0: {}\n"
        b"---\n"
        b"lockfileVersion: '9.0'\n"
        b"importers:\n"
        b"  .:\n"
        b"    dependencies:\n"
        b"      a: {specifier: '1', version: 1.0.0(@s/b@2.0.0(c@1.0.0))}\n"
        b"    devDependencies:\n"
        b"      '@s/b': {specifier: '2', version: 2.0.0(c@1.0.0)}\n"
        b"      git: {specifier: kevva/git, version: https://codeload.example.org/kevva/git/tar.gz/1d7e}\n"
        b"packages:\n"
        b"  a@1.0.0: {}\n"
        b"  '@s/b@2.0.0': {}\n"
        b"  c@1.0.0: {}\n"
        b"  git@https://codeload.example.org/kevva/git/tar.gz/1d7e: {version: 2.1.0}\n"
        b"snapshots:\n"
        b"  a@1.0.0(@s/b@2.0.0(c@1.0.0)):\n"
        b"    dependencies: {'@s/b': 2.0.0(c@1.0.0)}\n"
        b"  '@s/b@2.0.0(c@1.0.0)':\n"
        b"    optionalDependencies: {c: 1.0.0}\n"
        b"  c@1.0.0: {}\n"
        b"  git@https://codeload.example.org/kevva/git/tar.gz/1d7e: {}\n"
    ),
    "empty/pnpm-lock.yaml": b"",
    "broken/pnpm-lock.yaml": b"packages: {}\n",
    "broken/b/pnpm-lock.yaml": b"lockfileVersion: '12'\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
