import runpy
from pathlib import Path
from typing import Any

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package, Problem
from analyzers.languages.dotnet import ANALYZER

MAKE: dict[str, Any] = runpy.run_path(str(Path(__file__).parent / "testdata/dotnet/make.py"))
SAMPLES: dict[str, bytes] = MAKE["SAMPLES"]


def read(data: bytes) -> list[Fact]:
    return list(ANALYZER.parse(File(path="App.deps.json", data=data)))


def dotnet(name: str, version: str, **fields: Any) -> Package:  # noqa: ANN401 - any of Package's
    return Package(kind="dotnet-core", name=name, version=version, **fields)


def test_packages_of_an_application() -> None:
    assert read(SAMPLES["good/app/App.deps.json"]) == [
        dotnet(
            "Serilog.Sinks",
            "3.1.0",
            relationship="direct",
            depends_on=("Serilog@2.10.0",),
            lines=((49, 52),),
        ),
        dotnet("Serilog", "2.10.0", relationship="indirect", lines=((53, 56),)),
        dotnet(
            "StyleCop",
            "1.0.0",
            relationship="indirect",
            dev=True,
            depends_on=("Serilog@2.10.0",),
            lines=((57, 60),),
        ),
        dotnet("Microsoft.NETCore.App.Runtime.linux-x64", "6.0.1", relationship="direct", lines=((61, 64),)),
    ]


def test_without_a_target_all_packages_count() -> None:
    assert read(SAMPLES["odd/a/App.deps.json"]) == [
        dotnet("A", "1", lines=((9, 12),)),
        dotnet("B", "", lines=((13, 16),)),
        Problem("App.deps.json", "libraries['/1']: type 'package', expected a name and a type"),
        Problem("App.deps.json", "libraries['C/1']: type '', expected a name and a type"),
    ]


@pytest.mark.parametrize(
    ("target", "names"), [("a", ["X"]), ("elsewhere", ["X", "Y"])], ids=["named", "several, none named"]
)
def test_targets(target: str, names: list[str]) -> None:
    targets = {"a": {"X/1": MAKE["FILES"]}, "b": {}}
    data = MAKE["deps"](targets, {"X/1": "package", "Y/1": "package"}, target)
    assert [one.name for one in read(data) if isinstance(one, Package) and not one.dev] == names


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (SAMPLES["empty/a/App.deps.json"], "expected JSON"),
        (SAMPLES["broken/b/App.deps.json"], "no libraries"),
    ],
)
def test_other_files(data: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        read(data)
