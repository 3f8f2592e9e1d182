import runpy
from pathlib import Path

import pytest

from analyzers.catalogue import Dispatch
from analyzers.errors import ParseError
from analyzers.inventory import File, Found, Package, Problem
from analyzers.languages.gomod import ANALYZER
from analyzers.layer import read_file

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/gomod/make.py"))["SAMPLES"]


def combined(files: dict[str, bytes]) -> dict[str, Found]:
    assert ANALYZER.combine
    read = [read_file(ANALYZER, File(path, files[path]), Dispatch([ANALYZER])) for path in sorted(files)]
    return {found.path: found for found in ANALYZER.combine(read)}


def of_samples(folder: str) -> dict[str, Found]:
    return combined({name: data for name, data in SAMPLES.items() if name.startswith(folder)})


def module(name: str, version: str, relationship: str, *lines: int, needs: tuple[str, ...] = ()) -> Package:
    return Package(
        kind="gomod",
        name=name,
        version=version,
        relationship=relationship,
        lines=tuple((line, line) for line in lines),
        depends_on=needs,
    )


def test_a_tidy_manifest() -> None:
    needs = ("github.com/pkg/errors@v0.9.1", "github.com/spf13/cobra@v1.10.2")
    assert of_samples("good/srv/new")["good/srv/new/go.mod"].packages == (
        module("example.org/shop", "", "root", 1, needs=needs),
        module("github.com/pkg/errors", "v0.9.1", "direct", 8, 17),
        module("github.com/spf13/cobra", "v1.10.2", "direct", 9),
        module("github.com/inconshreveable/mousetrap", "v1.1.0", "indirect", 13),
        module("github.com/spf13/pflag", "v1.0.9", "indirect", 14),
    )


def test_before_go_1_17_the_checksums_complete_the_manifest() -> None:
    found = of_samples("good/srv/old")
    assert set(found) == {"good/srv/old/go.mod"}
    needs = ("github.com/pkg/errors@v0.9.1", "github.com/russross/blackfriday/v2@v2.0.1")
    assert found["good/srv/old/go.mod"].packages == (
        module("example.org/old", "", "root", 1, needs=needs),
        module("github.com/pkg/errors", "v0.9.1", "direct", 6),
        module("github.com/russross/blackfriday/v2", "v2.0.1", "direct", 7),
        module("github.com/pmezard/go-difflib", "v1.0.0", "indirect"),
        module("github.com/shurcooL/sanitized_anchor_name", "v1.0.0", "indirect"),
    )


def test_spellings_and_replacements() -> None:
    needs = ("example.org/folder", "example.org/fork@v1.0.1")
    assert of_samples("odd")["odd/srv/odd/go.mod"].packages == (
        module("example.org/odd", "", "root", 1, needs=needs),
        module("example.org/raw", "v1.0.0", "indirect", 8),
        module("example.org/folder", "", "workspace", 9, 14),
        module("example.org/fork", "v1.0.1", "direct", 10, 16),
        module("example.org/kept", "v1.0.0", "indirect", 11),
    )


SUMS = b"a.org/x v1.9.0 h1:x\na.org/x v1.10.0/go.mod h1:x\na.org/y v1.0.0 h1:y\na.org/z v1.0.0 h1:z\n"


@pytest.mark.parametrize(
    ("manifest", "names"),
    [
        ("module m\ngo 1.16\n", {"m@", "a.org/x@v1.10.0", "a.org/y@v1.0.0", "a.org/z@v1.0.0"}),
        ("module m\n", {"m@", "a.org/x@v1.10.0", "a.org/y@v1.0.0", "a.org/z@v1.0.0"}),
        ("module m\ngo 1.17\n", {"m@"}),
        (
            "module m\nexclude a.org/y v1.0.0\nreplace a.org/z => ./z\n",
            {"m@", "a.org/x@v1.10.0"},
        ),
        (
            "module m\nrequire a.org/x v1.9.0\nexclude a.org/y v2.0.0\nreplace a.org/z v2.0.0 => ./z",
            {"m@", "a.org/x@v1.9.0", "a.org/y@v1.0.0", "a.org/z@v1.0.0"},
        ),
    ],
)
def test_what_checksums_add(manifest: str, names: set[str]) -> None:
    found = combined({"go.mod": manifest.encode(), "go.sum": SUMS})["go.mod"]
    assert {f"{one.name}@{one.version}" for one in found.packages} == names


def test_a_broken_checksum_file_stays_a_problem() -> None:
    found = of_samples("broken")
    assert [type(found[path].problems[0]) for path in sorted(found)] == [Problem, Problem]


def test_a_language_of_more_digits_than_a_number_may_have() -> None:
    found = combined({"go.mod": f"module m\ngo 1.{'9' * 5_000}\nrequire a.org/x v1.9.0".encode()})["go.mod"]
    assert "a.org/x" in {one.name for one in found.packages}


def test_checksums_alone_are_nothing() -> None:
    assert combined({"go.sum": SUMS}) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("require a.org/x", "line 1: 'require a.org/x', expected a directive"),
        ("require (\n\ta.org/x v1\n", "the block 'require' has no end"),
        ('module "m', "line 1: a quote without an end"),
        ("\nreplace a.org/x ./x", "line 2: 'replace a.org/x ./x', expected a directive"),
        ("replace => ./x", "line 1: .*, expected a directive"),
        ("replace a v1 => b v1 v2", "line 1: .*, expected a directive"),
        ("<<<<<<< HEAD\nmodule", "line 2: 'module', expected a directive"),
    ],
)
def test_what_is_no_manifest(text: str, message: str) -> None:
    with pytest.raises(ParseError, match=rf"^go.mod: {message}"):
        list(ANALYZER.parse(File("go.mod", text.encode())))
