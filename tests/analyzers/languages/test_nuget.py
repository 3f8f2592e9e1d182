import runpy
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package, Problem
from analyzers.languages.nuget import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/nuget/make.py"))["SAMPLES"]


def read(sample: str) -> list[Fact]:
    return list(ANALYZER.parse(File(path=sample.partition("/")[2], data=SAMPLES[sample])))


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (
            "good/app/packages.lock.json",
            [
                Package(
                    kind="nuget",
                    name="Newtonsoft.Json",
                    version="12.0.3",
                    relationship="direct",
                    lines=((5, 10), (27, 30)),
                ),
                Package(
                    kind="nuget",
                    name="NLog.Extensions",
                    version="5.0.0",
                    relationship="direct",
                    depends_on=("newtonsoft.json@12.0.3", "System.Text"),
                    lines=((11, 18), (31, 34)),
                ),
            ],
        ),
        (
            "good/old/packages.config",
            [
                Package(kind="nuget", name="jQuery", version="3.1.1", lines=((3, 3),)),
                Package(kind="nuget", name="StyleCop", version="1.0.0", dev=True, lines=((4, 5),)),
            ],
        ),
        (
            "odd/packages.lock.json",
            [
                Package(kind="nuget", name="A", version="", relationship="direct", lines=((1, 1),)),
                Package(kind="nuget", name="B", version="", relationship="indirect"),
            ],
        ),
        (
            "odd/packages.config",
            [
                Problem("packages.config", "line 1: a package without an id"),
                Package(kind="nuget", name="a", version="", lines=((1, 1),)),
            ],
        ),
    ],
)
def test_samples(sample: str, expected: list[Fact]) -> None:
    assert read(sample) == expected


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ("empty/a/packages.lock.json", "expected JSON"),
        ("broken/b/packages.lock.json", "no dependencies, expected a lock file of NuGet"),
        ("broken/b/packages.config", "'configuration', expected packages"),
    ],
)
def test_other_files(sample: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        read(sample)
