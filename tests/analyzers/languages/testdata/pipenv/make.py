"""Writes this folder's made-up samples: `python tests/analyzers/languages/testdata/pipenv/make.py`.

What lies in good/app was written by Pipenv 2026.10 (`pipenv lock`); hashes after the second one of a
package were taken out.
Each sample lies at the path it would have in a tree, below one of good, odd, empty, broken.

In what the tools wrote, hosts of registries are replaced by examples.
"""

from pathlib import Path

SAMPLES: dict[str, bytes] = {
    "odd/Pipfile.lock": (
        b'{"_meta": {"pipfile-spec": 6}, "default": {\n'
        b' "a": {"version": "==1.0"}, "git": {"git": "https://example.org/git.git", "ref": "0f1e"},\n'
        b' "own": {"path": ".", "editable": true},\n'
        b' "file": {"file": "https://example.org/file-2.0.tar.gz"}, "odd": 7},\n'
        b' "docs": {"sphinx": {"version": "==7.0"}},\n'
        b' "develop": {"a": {"version": "==1.0"}, "b": {"version": "==3.0"}}}\n'
    ),
    "empty/Pipfile.lock": b"",
    "broken/Pipfile.lock": b"[]",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
