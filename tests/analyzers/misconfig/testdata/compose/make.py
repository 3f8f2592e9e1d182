"""Writes this folder's samples: `python tests/analyzers/misconfig/testdata/compose/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/compose.yaml": b"""\
services:
  web:
    image: nginx:1.27
    ports:
      - "80:80"
""",
    "odd/docker-compose.yml": b"""\
x-base: &base {privileged: true}
services:
  web: {<<: *base}
  db: {extends: web}
""",
    "empty/compose.yaml": b"",
    "broken/compose.yaml": b"""\
services: [web]
""",
}


if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
