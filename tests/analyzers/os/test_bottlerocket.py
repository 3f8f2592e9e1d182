import runpy
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File, Package, Problem
from analyzers.os.bottlerocket import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/bottlerocket/make.py"))[
    "SAMPLES"
]
PATH = "usr/share/bottlerocket/application-inventory.json"


def read(kind: str) -> list[object]:
    return list(ANALYZER.parse(File(path=PATH, data=SAMPLES[f"{kind}/{PATH}"])))


def test_packages() -> None:
    assert read("good") == [
        Package(
            kind="bottlerocket",
            name="glibc",
            version="1:2.40-1.1729.br1",
            arch="x86_64",
            maintainer="Bottlerocket",
        )
    ]
    assert read("empty") == []


def test_what_has_no_name_or_version_is_a_problem() -> None:
    assert read("odd") == [
        Package(kind="bottlerocket", name="a", version="1"),
        Problem(path=PATH, reason="Content[1]: name 'b', version '', expected both"),
        Problem(path=PATH, reason="Content[2]: name '', version '2', expected both"),
    ]


def test_what_is_no_inventory() -> None:
    with pytest.raises(ParseError, match="application-inventory"):
        read("broken")
