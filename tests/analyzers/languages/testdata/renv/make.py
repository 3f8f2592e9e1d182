"""Writes this folder's samples: `python tests/analyzers/languages/testdata/renv/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/app/renv.lock": b"""\
{
  "R": {
    "Version": "4.2.2",
    "Repositories": [
      {
        "Name": "CRAN",
        "URL": "https://cloud.r-project.org"
      }
    ]
  },
  "Packages": {
    "DBI": {
      "Package": "DBI",
      "Version": "1.1.0",
      "Source": "Repository",
      "Repository": "CRAN",
      "Hash": "4744be45519d675af66c28478720fce5",
      "Requirements": []
    },
    "readxl": {
      "Package": "readxl",
      "Version": "1.3.1",
      "Source": "Repository",
      "Repository": "CRAN",
      "Requirements": ["DBI", "R", "methods"]
    }
  }
}
""",
    "odd/app/renv.lock": b"""\
{"R": {"Version": "4.4.1"}, "Bioconductor": {"Version": "3.19"}, "Packages": {
  "Biobase": {"Package": "Biobase", "Version": "2.64.0", "Source": "Bioconductor", "License": "Artistic-2.0",
    "Depends": ["R (>= 2.10)", "gh"], "Imports": "methods"},
  "gh": {"Package": "gh", "Version": "1.4.0.9000", "Source": "GitHub", "RemoteType": "github",
    "RemoteUsername": "r-lib", "RemoteRepo": "gh", "RemoteSha": "0123456"},
  "bare": {}
}}
""",
    "empty/renv.lock": b'{"R": {}, "Packages": {}}',
    "broken/renv.lock": b'{"R": {"Version": "4.2.2"',
    "broken/a/renv.lock": b'{"Packages": []}',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
