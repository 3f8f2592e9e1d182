import pytest

from analyzers.inventory import Package
from analyzers.languages.opam import ANALYZER
from tests.analyzers.languages.locks import read_one, read_sample, reasons

FOLDER = "home/opam/.opam/4.14/.opam-switch/packages"


def test_what_a_switch_keeps() -> None:
    assert read_sample(ANALYZER, "good")[f"{FOLDER}/cohttp.5.3.0/opam"].packages == (
        Package(
            kind="opam-pkg",
            name="cohttp",
            version="5.3.0",
            licenses=("ISC",),
            depends_on=("dune", "ocaml", "uri", "uri-compat"),
        ),
    )


@pytest.mark.parametrize(
    ("folder", "text", "expected"),
    [
        ("base.v0.15.0", 'license: ["MIT" "ISC"] # "GPL"', ("base", "v0.15.0", ("MIT", "ISC"))),
        ("a.2.0~beta", 'opam-version: "2.0"', ("a", "2.0~beta", ())),
        ("a.1", 'license: "MIT" {os = "linux"}\nx: "depends: [\\"b\\"]"', ("a", "1", ("MIT",))),
    ],
)
def test_forms(folder: str, text: str, expected: tuple[str, str, tuple[str, ...]]) -> None:
    (package,) = read_one(ANALYZER, f"{FOLDER}/{folder}/opam", text.encode()).packages
    assert (package.name, package.version, package.licenses) == expected
    assert package.depends_on == ()


@pytest.mark.parametrize(
    ("folder", "text"), [("cache", 'license: "MIT"'), ("a.", 'license: "MIT"'), ("a.1", "")]
)
def test_what_is_no_package(folder: str, text: str) -> None:
    (told,) = reasons(read_one(ANALYZER, f"{FOLDER}/{folder}/opam", text.encode()))
    assert told.endswith("expected an opam file in a folder 'name.version'")
