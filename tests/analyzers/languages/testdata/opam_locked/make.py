"""Writes this folder's samples: `python tests/analyzers/languages/testdata/opam_locked/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/app/app.opam.locked": b"""\
opam-version: "2.0"
name: "app"
version: "dev"
depends: [
  "alcotest" {= "1.7.0" & with-test}
  "base" {= "v0.15.1"}
  "ocaml" {= "4.14.1"}
  "ocaml-config" {= "2"}
]
""",
    "odd/app/opam.locked": b"""\
depends: ["a" {>= "1.0"} "b" {=} "c" {= version} "d" { # why
= "1"}]
""",
    "empty/opam.locked": b'opam-version: "2.0"\n',
    "broken/opam.locked": b"",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
