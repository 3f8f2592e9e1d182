import json
import runpy
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package
from analyzers.languages.node import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/node/make.py"))["SAMPLES"]


def read(data: bytes) -> list[Fact]:
    return list(ANALYZER.parse(File(path="app/node_modules/a/package.json", data=data)))


def read_fields(**fields: object) -> list[Fact]:
    return read(json.dumps({"name": "a", "version": "1.0.0"} | fields).encode())


@pytest.mark.parametrize(
    ("sample", "packages"),
    [
        (
            "good/app/lib/@scope/pkg/package.json",
            [
                Package(
                    kind="node-pkg",
                    name="@scope/pkg",
                    version="1.2.3",
                    licenses=("MIT",),
                    depends_on=("left-pad",),
                )
            ],
        ),
        (
            "odd/app/a/package.json",
            [Package(kind="node-pkg", name="old", version="0.1.0", licenses=("BSD", "MIT", "Apache-2.0"))],
        ),
        ("odd/app/b/package.json", [Package(kind="node-pkg", name="latin", version="1.0.0")]),
        ("odd/app/c/package.json", []),
    ],
)
def test_samples(sample: str, packages: list[Package]) -> None:
    assert read(SAMPLES[sample]) == packages


@pytest.mark.parametrize(
    ("fields", "licenses"),
    [
        ({"license": "(MIT OR GPL-2.0)"}, ("(MIT OR GPL-2.0)",)),
        ({"license": None}, ()),
        ({"license": {"type": "MIT", "url": "u"}}, ("MIT",)),
        ({"license": {"name": "MIT"}}, ("MIT",)),
        ({"license": ["MIT", "ISC"]}, ("MIT", "ISC")),
        ({"licenses": [{"type": "MIT", "url": "u"}, {"type": "ISC"}]}, ("MIT", "ISC")),
        ({"licenses": [{"type": "MIT", "length": 3}]}, ("MIT",)),
        ({"licenses": {"type": "MIT"}}, ("MIT",)),
        ({"licenses": ["MIT"]}, ("MIT",)),
        ({"licenses": "MIT"}, ("MIT",)),
        ({"licenses": 7}, ()),
        ({"license": "MIT", "licenses": [{"type": "MIT"}]}, ("MIT",)),
        ({"license": "\ud800"}, ("?",)),
    ],
)
def test_licenses_of_all_shapes(fields: dict[str, object], licenses: tuple[str, ...]) -> None:
    assert read_fields(**fields) == [Package(kind="node-pkg", name="a", version="1.0.0", licenses=licenses)]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": None},
        {"name": 7},
        {"name": "two words"},
        {"name": "a/b"},
        {"name": "@a/b/c"},
        {"name": "\ud800"},
        {"version": ""},
        {"version": 1.0},
        {"version": "1.0\n"},
        {"version": None},
    ],
)
def test_without_a_proper_name_and_version_it_is_no_package(fields: dict[str, object]) -> None:
    assert read_fields(**fields) == []


def test_odd_dependencies_are_left_out() -> None:
    needs = {"b": "^1", "c": {"version": "1"}, "not a name": "1"}
    (package,) = read_fields(dependencies=needs)
    assert isinstance(package, Package)
    assert package.depends_on == ("b", "c")


@pytest.mark.parametrize(
    "data",
    [
        SAMPLES["empty/app/package.json"],
        SAMPLES["broken/app/package.json"],
        b"[]",
        b'"name"',
        b'{"name": "a"} trailing',
        b'{"a":' * 100_000,
        b'{"version": ' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_no_json_object(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"^app/node_modules/a/package.json: .*, expected a JSON object"):
        read(data)
