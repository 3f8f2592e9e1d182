"""Writes this folder's samples: `python tests/analyzers/languages/testdata/cabal/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/app/cabal.project.freeze": b"""\
active-repositories: hackage.haskell.org:merge
constraints: any.Cabal ==3.6.3.0,
             any.aeson ==2.1.0.0,
             aeson -bytestring-builder -cffi +ordered-keymap,
             any.base ==4.16.3.0
index-state: hackage.haskell.org 2022-10-11T08:26:51Z
with-compiler: ghc-9.2.4
""",
    "odd/app/cabal.project.local.freeze": b"""\
-- constraints: any.no ==1
constraints: base16-bytestring == 1.0.2.0, lens >=5 && <6, any.HTTP ==4000.4.1, any.HTTP ==4000.4.1
""",
    "empty/cabal.project.freeze": b"constraints:\n",
    "broken/cabal.project.freeze": b"no field at all\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
