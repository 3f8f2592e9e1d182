"""Writes this folder's made-up samples: `python tests/analyzers/languages/testdata/yarn/make.py`.

What lies in good/classic and good/berry was written by Yarn 1.22 and Yarn 4 for one project (a workspace,
an alias, a peer, an optional and two development dependencies): `yarn install`.
Each sample lies at the path it would have in a tree, below one of good, odd, empty, broken.

In what the tools wrote, hosts of registries are replaced by examples.
"""

from pathlib import Path

SAMPLES: dict[str, bytes] = {
    "odd/old/yarn.lock": (
        b"# yarn lockfile v1\r\n"
        b"\r\n"
        b'"@s/a@1", "@s/a@^1.0.0":\r\n'
        b'  version "1.0.0"\r\n'
        b"  optionalDependencies:\r\n"
        b'    "b" ">= 1 < 2"\r\n'
        b"\r\n"
        b'"b@>= 1 < 2":\r\n'
        b'  version "1.9.0"\r\n'
        b"lost@1:\r\n"
        b'  resolved "https://example.org/lost.tgz"\r\n'
    ),
    "odd/new/yarn.lock": (
        b"__metadata:\n"
        b"  version: 6\n"
        b"\n"
        b'"fsevents@patch:fsevents@^2.3.2#~builtin<compat/fsevents>":\n'
        b"  version: 2.3.2\n"
        b'  resolution: "fsevents@patch:fsevents@npm%3A2.3.2#~builtin<compat/fsevents>::hash=18f3a7"\n'
        b"\n"
        b'"a@npm:^1.0.0, a@npm:~1.1":\n'
        b"  version: 1.10\n"
        b'  resolution: "a@npm:1.10::__archiveUrl=https%3A%2F%2Fexample.org"\n'
        b"  dependencies:\n"
        b"    fsevents: ^2.3.2\n"
        b"\n"
        b'"lib@portal:../lib::locator=app%40workspace%3A.":\n'
        b"  version: 0.0.0-use.local\n"
        b'  resolution: "lib@portal:../lib::locator=app%40workspace%3A."\n'
        b"\n"
        b'"app@workspace:.":\n'
        b"  version: 0.0.0-use.local\n"
        b'  resolution: "app@workspace:."\n'
        b"  dependencies:\n"
        b"    a: ~1.1\n"
    ),
    "odd/new/package.json": b'{"name": "app", "devDependencies": {"a": "~1.1"}}',
    "odd/new/node_modules/a/package.json": b'{"name": "a", "dependencies": {"a": "~1.1"}}',
    "empty/yarn.lock": b"",
    "broken/yarn.lock": b"<<<<<<< HEAD\n",
    "broken/b/yarn.lock": b'  version "1"\n',
    "broken/c/yarn.lock": (b'__metadata:\n  version: 6\n"a@npm:1": [\n'),
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
