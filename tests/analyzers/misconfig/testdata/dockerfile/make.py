"""Writes this folder's samples: `python tests/analyzers/misconfig/testdata/dockerfile/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/Dockerfile": b"""\
FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends make
FROM scratch
COPY --from=build /x /x
USER 1000
CMD ["/x"]
""",
    "odd/web.Dockerfile": b"""\
# escape=`
FROM x
RUN <<EOF
make
EOF
COPY ["a b", `
  # note
  "/c"]
""",
    "empty/Dockerfile": b"",
    "broken/Dockerfile": b"""\
FROM x
RUN <<EOF
make
""",
}


if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
