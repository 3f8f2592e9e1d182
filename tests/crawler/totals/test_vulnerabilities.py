from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from analyzers.inventory import Found
from config.settings import Policy, Severity
from crawler.totals import vulnerabilities
from store import findings
from store.database import Store
from store.findings import Overview
from tests.crawler.cli.stores import REGISTRY, Fleet, deb, in_store, record, wheel
from tests.fakes.stored import remember, tag

TODAY = date(2026, 11, 23)
LIBSSL = deb("libssl3", "3.0.11-1", "openssl")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three images on one base; one of them is in two repositories."""
    folder = tmp_path_factory.mktemp("fleet")

    async def fill(store: Store) -> None:
        made = Fleet(store)
        pip = {"pip": [wheel("urllib3", "1.0"), wheel("idna", "1.0")]}
        await made.image("one", {"base": [LIBSSL]} | pip, repository="shop/one")
        await made.image("two", {"base": [LIBSSL]} | pip, repository="team/two")
        await made.image("three", {"base": [LIBSSL]}, repository="shop/three")
        await made.tag("team/three", {"latest": "three"})
        await made.advise(
            record("GHSA-a", "urllib3", "2.0", aliases=["CVE-1"], database_specific={"severity": "HIGH"}),
            record("PYSEC-2", "idna", "2.0", database_specific={"severity": "LOW"}),
            record("DSA-1", "openssl", "3.0.12-1", ecosystem="Debian:12", upstream=["CVE-3"]),
            PyPI="ok",
            Debian="ok",
        )

    in_store(folder, fill)
    return folder


def overview(folder: Path, policies: Sequence[Policy]) -> Overview:
    async def counted(store: Store) -> Overview:
        held = await vulnerabilities.held(store.read, [REGISTRY], policies, TODAY)
        parts = vulnerabilities.parts(store.read, held, TODAY)
        return await findings.overview(store.read, [REGISTRY], 9, parts)

    return in_store(folder, counted)


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ([], {"HIGH": 2, "LOW": 2, "UNKNOWN": 3}),
        ([Policy(ids=("CVE-1",))], {"LOW": 2, "UNKNOWN": 3}),
        ([Policy(ids=("ghsa-A",))], {"LOW": 2, "UNKNOWN": 3}),
        ([Policy(ids=("CVE-1",), repositories=("shop/*",))], {"HIGH": 1, "LOW": 2, "UNKNOWN": 3}),
        (
            [Policy(ids=("CVE-1",), repositories=("registry.test/shop/*",))],
            {"HIGH": 1, "LOW": 2, "UNKNOWN": 3},
        ),
        # in the other repository nobody has decided
        ([Policy(ids=("CVE-3",), repositories=("shop/*",))], {"HIGH": 2, "LOW": 2, "UNKNOWN": 2}),
        ([Policy(ids=("CVE-3",), repositories=("*/three",))], {"HIGH": 2, "LOW": 2, "UNKNOWN": 2}),
        ([Policy(ids=("CVE-3",))], {"HIGH": 2, "LOW": 2}),
        ([Policy(ids=("CVE-1",), kinds=("secret",))], {"HIGH": 2, "LOW": 2, "UNKNOWN": 3}),
        ([Policy(ids=("CVE-1",), kinds=("vulnerability",))], {"LOW": 2, "UNKNOWN": 3}),
        ([Policy(ids=("CVE-1",), expires="2026-11-23")], {"HIGH": 2, "LOW": 2, "UNKNOWN": 3}),
        ([Policy(ids=("CVE-1",), expires="2026-11-24")], {"LOW": 2, "UNKNOWN": 3}),
        ([Policy(ids=("*",), severities=("HIGH", "LOW"))], {"UNKNOWN": 3}),
        ([Policy(ids=("*",), purls=("pkg:pypi/idna@1.0",))], {"HIGH": 2, "UNKNOWN": 3}),
        ([Policy(ids=("*",), purls=("pkg:pypi/idna@2.0",))], {"HIGH": 2, "LOW": 2, "UNKNOWN": 3}),
        ([Policy(ids=("*",), purls=("pkg:deb/debian/openssl?arch=source",))], {"HIGH": 2, "LOW": 2}),
        ([Policy(ids=("*",), purls=("pkg:deb/debian/openssl",))], {"HIGH": 2, "LOW": 2, "UNKNOWN": 3}),
        ([Policy(ids=("*",), paths=("site-packages/urllib3/*",))], {"LOW": 2, "UNKNOWN": 3}),
        ([Policy(ids=("*",), paths=("elsewhere/**",))], {"HIGH": 2, "LOW": 2, "UNKNOWN": 3}),
        ([Policy(ids=("*",), repositories=("team/*",))], {"HIGH": 1, "LOW": 1, "UNKNOWN": 2}),
        (
            [Policy(ids=("CVE-1",)), Policy(ids=("PYSEC-2",), repositories=("shop/one",))],
            {"LOW": 1, "UNKNOWN": 3},
        ),
    ],
)
def test_what_policies_cover_does_not_count(
    fleet: Path, policies: list[Policy], expected: dict[str, int]
) -> None:
    found = overview(fleet, policies)
    assert found.severities == expected
    counts = {name: dict(each) for name, each in found.worst}
    assert sum(number for each in counts.values() for number in each.values()) == sum(expected.values())


def test_an_image_of_which_all_is_covered_is_not_among_the_worst(fleet: Path) -> None:
    found = overview(fleet, [Policy(ids=("*",), repositories=("*/two",))])
    assert [name.rpartition("/")[2] for name, each in found.worst if any(each.values())] == [
        "one:latest",
        "three:latest",
    ]


def test_every_severity_is_counted_and_left_out_as_what_it_is(tmp_path: Path) -> None:
    numbers: dict[Severity, int] = {"CRITICAL": 1, "HIGH": 2, "MEDIUM": 3, "LOW": 4, "UNKNOWN": 5}
    advised = [
        record(f"A-{severity}-{number}", "urllib3", "2.0", database_specific={"severity": severity})
        for severity, last in numbers.items()
        for number in range(last)
    ]

    async def fill(store: Store) -> None:
        made = Fleet(store)
        await made.image("one", {"pip": [wheel("urllib3", "1.0")]}, repository="shop/one")
        await made.advise(*advised, PyPI="ok")

    in_store(tmp_path, fill)
    assert overview(tmp_path, []).severities == numbers
    for severity, number in numbers.items():
        for paths in ((), ("**/urllib3/**",)):
            found = overview(tmp_path, [Policy(ids=("*",), severities=(severity,), paths=paths)])
            left = {each: others for each, others in numbers.items() if each != severity}
            assert (found.severities, found.suppressed) == (left, number)
            assert found.worst == (("registry.test/shop/one:latest", left),)


def test_a_package_in_two_places_is_left_out_in_one(tmp_path: Path) -> None:
    async def fill(store: Store) -> None:
        pip = wheel("urllib3", "1.0")
        places = tuple(Found(f"{folder}/urllib3.dist-info/METADATA", (pip,)) for folder in ("usr", "opt"))
        image = await remember(store, "one", [], others={0: {"languages/python": places}})
        await tag(store, "one", latest=image)
        high = {"severity": "HIGH"}
        await Fleet(store).advise(record("GHSA-a", "urllib3", "2.0", database_specific=high), PyPI="ok")

    in_store(tmp_path, fill)
    assert overview(tmp_path, []).severities == {"HIGH": 2}
    found = overview(tmp_path, [Policy(ids=("*",), paths=("opt/**",))])
    assert (found.severities, found.suppressed) == ({"HIGH": 1}, 1)
