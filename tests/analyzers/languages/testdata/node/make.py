"""Writes this folder's samples: `python tests/analyzers/languages/testdata/node/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/app/lib/@scope/pkg/package.json": (
        b'{"name": "@scope/pkg", "version": "1.2.3", "license": "MIT", "dependencies": {"left-pad": "^1"}}'
    ),
    "odd/app/a/package.json": (
        b'\xef\xbb\xbf{"name": "old", "version": "0.1.0", "license": {"type": "BSD", "url": "https://a.org"},'
        b' "licenses": ["MIT", {"type": "Apache-2.0"}, 7], "dependencies": [], "description": "\\ud800"}'
    ),
    "odd/app/b/package.json": b'{"name": "latin", "version": "1.0.0", "author": "\xe9", "name2": "\xff"}',
    "odd/app/c/package.json": b'{"type": "commonjs"}',
    "empty/app/package.json": b"",
    "broken/app/package.json": b'{"name": "broken", "version": ',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
