import runpy
from pathlib import Path

import pytest

from analyzers.catalogue import Dispatch
from analyzers.inventory import File, Found, Package
from analyzers.languages.composer import ANALYZER
from analyzers.layer import read_file

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/composer/make.py"))[
    "SAMPLES"
]
LOCK = SAMPLES["good/srv/composer.lock"]


def combined(files: dict[str, bytes]) -> dict[str, Found]:
    assert ANALYZER.combine
    read = [read_file(ANALYZER, File(path, files[path]), Dispatch([ANALYZER])) for path in sorted(files)]
    return {found.path: found for found in ANALYZER.combine(read)}


def told(found: Found) -> list[tuple[str, str, str, bool]]:
    return [(one.name, one.version, one.relationship, one.dev) for one in found.packages]


def test_a_lock_with_its_manifest() -> None:
    found = combined({"composer.lock": LOCK, "composer.json": SAMPLES["good/srv/composer.json"]})
    assert set(found) == {"composer.lock"}
    assert told(found["composer.lock"]) == [
        ("example/shop", "", "root", False),
        ("acme/dual", "dev-main", "direct", False),
        ("monolog/monolog", "2.9.1", "direct", False),
        ("psr/log", "v1.1.4", "indirect", False),
        ("symfony/polyfill-mbstring", "v1.28.0", "indirect", True),
        ("symfony/var-dumper", "v5.4.29", "direct", True),
    ]
    root, dual, monolog, *_ = found["composer.lock"].packages
    assert root.depends_on == ("acme/dual@dev-main", "monolog/monolog@2.9.1", "symfony/var-dumper@v5.4.29")
    assert dual.licenses == ("GPL-2.0-only", "proprietary")
    assert (monolog.depends_on, monolog.lines) == (("psr/log@v1.1.4",), ((25, 40),))


def test_a_lock_alone() -> None:
    found = combined({"composer.lock": LOCK})["composer.lock"]
    assert {one.relationship for one in found.packages} == {""}


def test_a_licence_that_is_no_list() -> None:
    found = combined({"composer.lock": SAMPLES["odd/srv/composer.lock"]})["composer.lock"]
    assert found.packages == (
        Package(kind="composer", name="a/b", version="1.0", licenses=("MIT",), lines=((1, 1),)),
    )


def test_a_manifest_without_a_name_makes_no_root() -> None:
    found = combined({"composer.lock": LOCK, "composer.json": b'{"require": {"PSR/Log": "*"}}'})
    relations = {name: relationship for name, _, relationship, _ in told(found["composer.lock"])}
    assert [name for name, relationship in relations.items() if relationship != "indirect"] == ["psr/log"]


@pytest.mark.parametrize(
    ("files", "problems"),
    [
        ({"composer.lock": b""}, {"composer.lock": 1}),
        ({"composer.lock": b"{}"}, {"composer.lock": 1}),
        ({"composer.lock": SAMPLES["broken/srv/b/composer.lock"]}, {"composer.lock": 2}),
        ({"composer.lock": LOCK, "composer.json": b"["}, {"composer.lock": 0, "composer.json": 1}),
        ({"composer.lock": LOCK, "x/composer.json": b"["}, {"composer.lock": 0}),
    ],
)
def test_what_cannot_be_read_is_told_where_it_matters(
    files: dict[str, bytes], problems: dict[str, int]
) -> None:
    assert {path: len(found.problems) for path, found in combined(files).items()} == problems
