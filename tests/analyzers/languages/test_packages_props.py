import runpy
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package, Problem
from analyzers.languages.packages_props import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/packages_props/make.py"))[
    "SAMPLES"
]


def read(sample: str) -> list[Fact]:
    return list(ANALYZER.parse(File(path=sample.partition("/")[2], data=SAMPLES[sample])))


def props(name: str, version: str, first: int, last: int = 0, *, dev: bool = False) -> Package:
    return Package(
        kind="packages-props", name=name, version=version, dev=dev, lines=((first, last or first),)
    )


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (
            "good/Directory.Packages.props",
            [
                props("Newtonsoft.Json", "13.0.1", 6),
                props("Serilog", "2.10.0", 7, 9),
                props("StyleCop", "1.0.0", 12, dev=True),
            ],
        ),
        ("good/src/Packages.props", [props("NLog", "4.7.0", 3), props("NLog.Web", "4.7.0", 3)]),
        (
            "odd/Directory.Packages.props",
            [
                props("b", "", 4),
                props("c", "", 4),
                Problem("Directory.Packages.props", "line 5: '$(D)', expected the name of a package"),
                props("a", "", 3),
            ],
        ),
    ],
)
def test_samples(sample: str, expected: list[Fact]) -> None:
    assert read(sample) == expected


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ("empty/a/Packages.props", "expected XML"),
        ("broken/b/Packages.props", "'configuration', expected a Project"),
    ],
)
def test_other_files(sample: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        read(sample)
