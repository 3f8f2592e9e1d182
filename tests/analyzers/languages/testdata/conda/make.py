"""Writes this folder's samples: `python tests/analyzers/languages/testdata/conda/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

META = "opt/conda/conda-meta"
SAMPLES = {
    f"good/{META}/numpy-1.26.4-py312heda63a1_0.json": (
        b'{"build": "py312heda63a1_0", "build_number": 0,\n'
        b' "channel": "https://conda.anaconda.org/conda-forge/linux-64",\n'
        b' "depends": ["__glibc >=2.17,<3.0.a0", "libblas >=3.9.0,<4.0a0", "conda-forge::python >=3.12"],\n'
        b' "license": "BSD-3-Clause", "name": "numpy", "subdir": "linux-64", "version": "1.26.4"}\n'
    ),
    f"odd/{META}/old.json": (
        b'{"name": "old", "version": "1!2.0", "license": 7, "depends": ["a", 7, "a 1 *"]}'
    ),
    f"empty/{META}/empty.json": b"",
    f"broken/{META}/nameless.json": b'{"name": "nameless", "version": ""}',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
