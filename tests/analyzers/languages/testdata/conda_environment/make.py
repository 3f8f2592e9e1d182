"""Writes this folder's samples: `python tests/analyzers/languages/testdata/conda_environment/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a tree, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES: dict[str, bytes] = {
    "good/app/environment.yml": (
        b"name: app\n"
        b"channels: [conda-forge]\n"
        b"dependencies:\n"
        b"  - python=3.11.7=hab00c5b_1_cpython\n"
        b"  - conda-forge::numpy==1.26.4\n"
        b"  - conda-forge/linux-64::scipy = 1.12.0\n"
        b"  - libblas=3.9.*\n"
        b"  - pandas>=2\n"
        b"  - openssl\n"
        b"  - pip\n"
        b"  - pip:\n"
        b"      - requests==2.31.0\n"
        b"      - --no-deps\n"
    ),
    "odd/environment.yaml": (
        b'dependencies:\n  - a=1.0\n  - [b]\n  - "[]"\n  - pip: [flask, "django==4.2.1"]\n  - pip: requests\n'
    ),
    "empty/environment.yml": b"",
    "broken/environment.yml": b"- a\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
