"""Writes this folder's samples: `python tests/analyzers/misconfig/testdata/github_actions/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/.github/workflows/ci.yml": b"on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v4\n      - run: make\n",
    "odd/.github/workflows/call.yaml": b"on: {workflow_call: }\njobs: {call: {uses: ./.github/workflows/ci.yml, secrets: inherit}}\n",
    "empty/.github/workflows/ci.yml": b"",
    "broken/.github/workflows/ci.yml": b"on: push\njobs: [test]\n",
}


if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
