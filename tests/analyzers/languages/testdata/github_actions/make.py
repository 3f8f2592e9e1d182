"""Writes this folder's samples: `python tests/analyzers/languages/testdata/github_actions/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/.github/workflows/ci.yml": b"""\
name: CI
on: [push]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4.1.1
      - name: Set up Go
        uses: actions/setup-go@0a12ed9d6a96ab950c8f026ed9f722fe0da7ef32 # v5.0.2
        with:
          go-version: stable
      - run: go test ./...
      - uses: github/codeql-action/analyze@v3
      - uses: actions/checkout@v4.1.1
      - uses: ./.github/actions/local
      - uses: docker://alpine:3.18
  release:
    uses: octo-org/shared/.github/workflows/release.yml@main
""",
    "good/action.yml": b"""\
name: Composite
runs:
  using: composite
  steps:
    - uses: tj-actions/changed-files@0e58ed8671d6b60d0890c21b07f8835ace038e67
    - run: echo
      shell: bash
""",
    "odd/.github/workflows/odd.yaml": b"""\
"on": push
jobs:
  a:
    steps:
    - {uses: "Azure/setup-kubectl@4", with: {version: 1}}
    - uses: 'actions/cache@2cdf405574d6ef1f33a1d12acccd3ae82f47b3f2' # pin@v4
    - uses: 'actions/cache@2cdf405574d6ef1f33a1d12acccd3ae82f47b3f2' # since 2024, tag=v4.1.0-beta.1
    - uses: >-
        actions/upload-artifact@v3.1.3
    - name: nothing
  b: null
""",
    "odd/app/action.yaml": b"""\
name: of JavaScript
runs: {using: node20, main: index.js}
""",
    "empty/action.yml": b"{}\n",
    "broken/.github/workflows/a.yml": b"jobs:\n  a:\n    steps:\n    - uses: checkout\n",
    "broken/action.yml": b"runs: {\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
