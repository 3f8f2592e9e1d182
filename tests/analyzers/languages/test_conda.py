import runpy
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package
from analyzers.languages.conda import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/conda/make.py"))["SAMPLES"]
META = "opt/conda/conda-meta"


def read(data: bytes) -> list[Fact]:
    return list(ANALYZER.parse(File(path=f"{META}/a.json", data=data)))


@pytest.mark.parametrize(
    ("sample", "package"),
    [
        (
            f"good/{META}/numpy-1.26.4-py312heda63a1_0.json",
            Package(
                kind="conda-pkg",
                name="numpy",
                version="1.26.4",
                licenses=("BSD-3-Clause",),
                depends_on=("libblas", "python"),
            ),
        ),
        (f"odd/{META}/old.json", Package(kind="conda-pkg", name="old", version="1!2.0", depends_on=("a",))),
    ],
)
def test_samples(sample: str, package: Package) -> None:
    assert read(SAMPLES[sample]) == [package]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"name": "a"}', b'{"name": 7, "version": "1"}'])
def test_what_names_no_package_is_an_error(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"^opt/conda/conda-meta/a\.json: .*expected"):
        read(data)
