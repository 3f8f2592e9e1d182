import runpy
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package
from analyzers.languages.python import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/make.py"))["PYTHON"]


def read(path: str, data: bytes) -> list[Fact]:
    return list(ANALYZER.parse(File(path=path, data=data)))


def read_fields(*lines: str) -> Package:
    (package,) = read("a.dist-info/METADATA", "\n".join(("Name: a", "Version: 1", *lines)).encode())
    assert isinstance(package, Package)
    return package


@pytest.mark.parametrize(
    ("sample", "package"),
    [
        (
            "good/usr/lib/python3/site-packages/requests-2.31.0.dist-info/METADATA",
            Package(
                kind="python-pkg",
                name="requests",
                version="2.31.0",
                licenses=("Apache Software License",),
                depends_on=("urllib3", "idna"),
            ),
        ),
        (
            "good/opt/six-1.16.0.egg-info",
            Package(kind="python-pkg", name="six", version="1.16.0", licenses=("MIT",)),
        ),
        (
            "odd/srv/a.egg-info/PKG-INFO",
            Package(
                kind="python-pkg",
                name="Zope.Interface",
                version="1.0.post1",
                licenses=("MIT OR Apache-2.0",),
            ),
        ),
        ("odd/srv/b.egg/EGG-INFO/PKG-INFO", Package(kind="python-pkg", name="b", version="1")),
    ],
)
def test_distributions(sample: str, package: Package) -> None:
    assert read(sample.partition("/")[2], SAMPLES[sample]) == [package]


@pytest.mark.parametrize(
    ("lines", "licenses"),
    [
        (["License: BSD-3-Clause"], ("BSD-3-Clause",)),
        (["License: UNKNOWN"], ()),
        (["License:"], ()),
        (["License: " + "x" * 201], ()),
        (["License: x", "Classifier: License :: OSI Approved"], ("x",)),
        (["License: x", "Classifier: License :: OSI Approved :: MIT License"], ("MIT License",)),
        (["Classifier: License :: Public Domain", "Classifier: Topic :: Text"], ("Public Domain",)),
        (["License-Expression: MIT", "Classifier: License :: Public Domain"], ("MIT",)),
    ],
)
def test_licenses(lines: list[str], licenses: tuple[str, ...]) -> None:
    assert read_fields(*lines).licenses == licenses


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Requires-Dist: zope.interface[docs]>=5; python_version < '4'", ("zope.interface",)),
        ("Requires-Dist: pytest; extra=='test'", ()),
        ('Requires-Dist: pytest; (python_version > "3") and extra == "test"', ()),
        ("Requires-Dist: name @ https://example.org/name.whl", ("name",)),
        ("Requires: old (>1)", ("old",)),
        ("Requires-Dist: ", ()),
    ],
)
def test_requirements(line: str, names: tuple[str, ...]) -> None:
    assert read_fields(line).depends_on == names


@pytest.mark.parametrize("kind", ["empty", "broken"])
def test_metadata_without_name_or_version(kind: str) -> None:
    with pytest.raises(ParseError, match=r"x.dist-info/METADATA: .*, expected both"):
        read("x.dist-info/METADATA", SAMPLES[f"{kind}/x.dist-info/METADATA"])
