"""Writes this folder's samples: `python tests/analyzers/languages/testdata/opam/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/home/opam/.opam/4.14/.opam-switch/packages/cohttp.5.3.0/opam": b"""\
opam-version: "2.0"
synopsis: "An OCaml library for HTTP clients and servers"
maintainer: ["anil@recoil.org"]
license: "ISC"
depends: [
  "dune" {>= "2.0"}
  "ocaml" {>= "4.08"}
  ("uri" {>= "2.0.0"} | "uri-compat")
  "alcotest" {with-test}
]
build: [
  ["dune" "build" "-p" name "-j" jobs]
  ["dune" "runtest"] {with-test}
]
url {
  src: "https://github.com/mirage/ocaml-cohttp/releases/download/v5.3.0/cohttp-5.3.0.tbz"
}
""",
    "odd/r/.opam-switch/packages/base.v0.15.0/opam": b"""\
license: ["MIT" "ISC"] # both
depends: []
""",
    "empty/r/.opam-switch/packages/a.1/opam": b'opam-version: "2.0"\n',
    "broken/r/.opam-switch/packages/cache/opam": b'opam-version: "2.0"\n',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
