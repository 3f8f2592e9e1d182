"""Writes this folder's samples: `python tests/analyzers/languages/testdata/r/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/usr/lib/R/site-library/curl/DESCRIPTION": b"""\
Package: curl
Type: Package
Title: A Modern and Flexible Web Client for R
Version: 5.0.0
License: MIT + file LICENSE
Depends: R (>= 3.0.0)
Imports: methods, jsonlite (>= 1.2),
    askpass
Suggests: knitr
Maintainer: Some One <some@example.org>
Repository: CRAN
Built: R 4.2.2; x86_64-pc-linux-gnu; 2023-01-12 11:32:41 UTC; unix
""",
    "good/usr/local/lib/R/site-library/Biobase/DESCRIPTION": b"""\
Package: Biobase
Version: 2.58.0
License: Artistic-2.0
biocViews: Infrastructure
git_url: https://git.bioconductor.org/packages/Biobase
Built: R 4.2.2; ; 2022-11-01 17:00:00 UTC; unix
""",
    "odd/a/DESCRIPTION": b"""\
Package: a
Version: 1.2.2-2
License: GPL (>= 2) | BSD_3_clause + file LICENCE
LinkingTo: Rcpp, Rcpp
""",
    "odd/b/DESCRIPTION": b"""\
Name: octave-package
Version: 1.0
""",
    "empty/DESCRIPTION": b"",
    "broken/DESCRIPTION": b"Package: a\nTitle: without a version\n",
    "broken/b/DESCRIPTION": b"Version: 1.0\nBuilt: R 4.2.2\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
