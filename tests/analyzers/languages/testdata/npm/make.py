"""Writes this folder's made-up samples: `python tests/analyzers/languages/testdata/npm/make.py`.

What lies in good/v1, v2 and v3 was written by npm 11.19 for one project (a workspace, an alias, a peer, an
optional and two development dependencies): `npm install --package-lock-only --lockfile-version N`.
Each sample lies at the path it would have in a tree, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES: dict[str, bytes] = {
    "odd/old/package-lock.json": (
        b'{"lockfileVersion": 1, "requires": true, "dependencies": {\n'
        b' "a": {"version": "1.0.0", "requires": {"b": "^1", "gone": "1"}, "dependencies": {\n'
        b'  "b": {"version": "1.1.0", "bundled": true, "dev": true}}},\n'
        b' "b": {"version": "2.0.0", "dev": true, "requires": true},\n'
        b' "git": {"version": "git+ssh://git@example.org/git.git#0f1e", "from": "git@example.org/git.git"},\n'
        b' "tar": {"version": "file:tar-1.0.0.tgz"},\n'
        b' "none": {"dev": true}}}\n'
    ),
    "odd/new/npm-shrinkwrap.json": (
        b'{"name": "app", "lockfileVersion": 3, "packages": {\n'
        b' "": {"name": "app", "dependencies": {"a": "1", "@s/b": "1"}, "devDependencies": {"c": "1"}},\n'
        b' "node_modules/a": {"version": "1.0.0", "dependencies": {"@s/b": "2"}, "license": "MIT"},\n'
        b' "node_modules/a/node_modules/@s/b": {"version": "2.0.0", "inBundle": true},\n'
        b' "node_modules/@s/b": {"version": "1.0.0", "peerDependencies": {"a": "*", "gone": "*"}},\n'
        b' "node_modules/c": {"version": "3.0.0", "devOptional": true},\n'
        b' "node_modules/copy": {"name": "c", "version": "3.0.0", "dev": true},\n'
        b' "node_modules/left-out": {"optional": true, "peer": true},\n'
        b' "node_modules/lib": {"resolved": "../lib", "link": true},\n'
        b' "../lib": {"version": "0.0.1", "dependencies": {"c": "3"}},\n'
        b' "node_modules/lost": {"resolved": "https://example.org/lost.tgz"}}}\n'
    ),
    "empty/package-lock.json": b"",
    "broken/package-lock.json": b'{"name": "app", "lockfileVersion": 99}',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
