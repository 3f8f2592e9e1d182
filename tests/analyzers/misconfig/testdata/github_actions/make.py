"""Writes this folder's samples: `python tests/analyzers/misconfig/testdata/github_actions/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/.github/workflows/ci.yml": b"""\
on: push
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: make
""",
    "odd/.github/workflows/call.yaml": b"""\
on: {workflow_call: }
jobs: {call: {uses: ./.github/workflows/ci.yml, secrets: inherit}}
""",
    "empty/.github/workflows/ci.yml": b"",
    "broken/.github/workflows/ci.yml": b"""\
on: push
jobs: [test]
""",
}


if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
