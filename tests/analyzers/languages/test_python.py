import runpy
import zipfile
from pathlib import Path
from typing import Any

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package
from analyzers.languages.python import ANALYZER

MAKE: dict[str, Any] = runpy.run_path(str(Path(__file__).parent / "testdata/python/make.py"))
SAMPLES: dict[str, bytes] = MAKE["SAMPLES"]


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
        (
            "good/opt/c-1.0-py3.11.egg",
            Package(kind="python-pkg", name="c", version="1.0", licenses=("MIT",)),
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


METADATA = b"Name: c\nVersion: 1.0\n"
EGG: bytes = MAKE["egg"](METADATA)


@pytest.mark.parametrize(
    "data",
    [
        EGG,
        MAKE["egg"](METADATA, compression=zipfile.ZIP_DEFLATED),
        b"#!/bin/sh\nexec python ...\n" + EGG,
        EGG[:-2] + b"\x03\0abc",
    ],
    ids=["stored", "deflated", "with-a-script", "with-a-comment"],
)
def test_zipped_eggs(data: bytes) -> None:
    assert read("lib/c.egg", data) == [Package(kind="python-pkg", name="c", version="1.0")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected a zip"),
        (b"an egg of another kind", "begins with 'an egg of another kind', expected a zip"),
        (SAMPLES["broken/opt/c.egg"], "expected a zip"),
        (EGG.replace(b"PK\1\2", b"PK\1\3"), "expected a zipped egg with EGG-INFO/PKG-INFO"),
        (EGG.replace(b"Version", b"version"), "CRC"),
        (MAKE["egg"](METADATA, "EGG-INFO/other"), "no EGG-INFO/PKG-INFO"),
        (MAKE["egg"](METADATA, compression=zipfile.ZIP_LZMA), "of compression 14"),
        (MAKE["egg"](bytes(2**20 + 1), compression=zipfile.ZIP_DEFLATED), "is longer than 1048576 bytes"),
        (EGG[:-10] + b"\xff\xff\xff\xff" + EGG[-6:], "a zip with 4294967295 bytes of names"),
        (EGG[:-22] + b"PK\6\7" + bytes(16) + EGG[-22:], "expected at most 16777216"),
        (MAKE["egg"](b"Name: c\n"), "expected both"),
    ],
)
def test_eggs_that_cannot_be_read(data: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        read("lib/c.egg", data)
