import json
import runpy
import zlib
from pathlib import Path
from typing import Any

import pytest

from analyzers.binaries.rust import ANALYZER
from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package, Problem

MAKE: dict[str, Any] = runpy.run_path(str(Path(__file__).parent / "testdata/rust/make.py"))
SAMPLES: dict[str, bytes] = MAKE["SAMPLES"]


def read(data: bytes) -> list[Fact]:
    assert data.startswith(ANALYZER.magic)
    return list(ANALYZER.parse(File("usr/bin/app", data, executable=True)))


@pytest.mark.parametrize("sample", ["good/usr/bin/app", "odd/usr/bin/app.exe", "odd/usr/bin/app-darwin"])
def test_programs_of_every_kind(sample: str) -> None:
    packages = [fact for fact in read(SAMPLES[sample]) if isinstance(fact, Package)]
    assert packages[0] == Package(
        kind="rustbinary",
        name="app",
        version="0.1.0",
        relationship="root",
        depends_on=("autocfg@1.5.1", "cfg-if@1.0.5", "itoa@1.0.19", "lib@0.2.0"),
    )
    assert [(one.name, one.version, one.relationship, one.dev) for one in packages[1:]] == [
        ("autocfg", "1.5.1", "direct", True),
        ("cfg-if", "0.1.10", "direct", False),
        ("cfg-if", "1.0.5", "direct", False),
        ("itoa", "1.0.19", "direct", False),
        ("lib", "0.2.0", "workspace", False),
        ("memchr", "2.8.3", "direct", False),
    ]


@pytest.mark.parametrize("data", [SAMPLES["empty/usr/bin/c"], SAMPLES["empty/usr/bin/c"] + b".dep-v0"])
def test_other_programs_yield_nothing(data: bytes) -> None:
    assert read(data) == []


def test_odd_crates() -> None:
    crates = [{"name": "a", "version": "1", "dependencies": [True, 7, -1, "0", 1]}, {"name": "b"}, 7]
    facts = read(MAKE["elf"](MAKE["section"](crates)))
    assert isinstance(facts[0], Package)
    assert facts[0].relationship == "indirect"
    assert [type(fact) for fact in facts[1:]] == [Problem, Problem]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (b"no zlib", "expected a zlib stream"),
        (MAKE["section"](MAKE["CRATES"])[:40], "no end within"),
        (zlib.compress(b" " * (17 << 20)), "no end within 16777216 bytes"),
        (zlib.compress(b"[]"), "expected a JSON object"),
        (zlib.compress(b"{"), "expected JSON"),
        (zlib.compress(json.dumps({"packages": {}}).encode()), "expected a list"),
    ],
)
def test_broken_lists(section: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        read(MAKE["elf"](section))
