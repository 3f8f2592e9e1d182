import itertools

import pytest

from analyzers import findings
from analyzers.findings import Finding, Match, compare_findings
from analyzers.severity import Rating, Severity

HIGH = Rating(Severity.HIGH, 7.5, "CVSS:3.1/…", "GHSA-aaaa CVSS_V3")
LOW = Rating(Severity.LOW, None, "", "PYSEC-2024-1 database_specific.severity")


def group(*matches: Match, ecosystem: str = "PyPI") -> tuple[Finding, ...]:
    grouped = findings.group(matches, ecosystem)
    for order in itertools.permutations(matches):
        assert findings.group(order, ecosystem) == grouped
    return grouped


def test_aliases_are_one_finding() -> None:
    (one,) = group(
        Match(record_id="PYSEC-2024-1", aliases=("CVE-2024-1111",), rating=LOW, fixed="1.10"),
        Match(record_id="GHSA-aaaa", aliases=("CVE-2024-1111",), rating=HIGH, fixed="1.9"),
        Match(record_id="OSV-2024-9", aliases=("GHSA-aaaa",)),
    )

    assert one == Finding(
        id="CVE-2024-1111",
        ids=("CVE-2024-1111", "GHSA-aaaa", "OSV-2024-9", "PYSEC-2024-1"),
        rating=HIGH,
        fixed="1.10",
        status="fixed",
    )


def test_strangers_stay_apart() -> None:
    grouped = group(
        Match(record_id="GHSA-bbbb", related=("GHSA-aaaa",)),
        Match(record_id="GHSA-aaaa", aliases=("CVE-2024-10000",)),
        Match(record_id="PYSEC-2024-7", aliases=("CVE-2024-9999",)),
    )

    assert [finding.id for finding in grouped] == ["CVE-2024-9999", "CVE-2024-10000", "GHSA-bbbb"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("GHSA-zzzz", "CVE-2024-10000", "CVE-2024-2000"), "CVE-2024-2000"),
        (("CVE-2023-99999", "CVE-2024-1000"), "CVE-2023-99999"),
        (("GHSA-zzzz", "GHSA-cccc"), "GHSA-cccc"),
        (("AAA-1",), "RUSTSEC-2024-0001"),
        ((f"CVE-{'2' * 5_000}-1000", f"CVE-2024-{'1' * 5_000}"), "RUSTSEC-2024-0001"),
    ],
)
def test_the_id_is_the_lowest_cve_or_ghsa_or_its_own(names: tuple[str, ...], expected: str) -> None:
    (one,) = group(Match(record_id="RUSTSEC-2024-0001", aliases=names), ecosystem="crates.io")

    assert one.id == expected


def test_a_distributions_record_about_one_cve_shares_it() -> None:
    (one,) = group(
        Match(record_id="DEBIAN-CVE-2024-1234", upstream=("CVE-2024-1234",)),
        Match(record_id="DSA-5000-1", upstream=("CVE-2024-1234",), fixed="1.0-1+deb12u1"),
        ecosystem="Debian:12",
    )

    assert one.id == "CVE-2024-1234"
    assert one.ids == ("CVE-2024-1234", "DEBIAN-CVE-2024-1234")
    assert one.vendor_ids == ("DSA-5000-1",)
    assert one.fixed == "1.0-1+deb12u1"
    assert one.status == "fixed"


def test_an_erratum_is_a_finding_for_each_cve() -> None:
    grouped = group(
        Match(
            record_id="ALSA-2024:2193", related=("CVE-2023-39326", "CVE-2023-45287"), fixed="2:4.9.4-0.1.el9"
        ),
        Match(record_id="ALSA-2024:9999", related=("CVE-2023-45287",), fixed="2:4.9.4-13.el9"),
        ecosystem="AlmaLinux:9",
    )

    assert [(one.id, one.vendor_ids, one.fixed) for one in grouped] == [
        ("CVE-2023-39326", ("ALSA-2024:2193",), "2:4.9.4-0.1.el9"),
        ("CVE-2023-45287", ("ALSA-2024:2193", "ALSA-2024:9999"), "2:4.9.4-13.el9"),
    ]
    assert [one.ids for one in grouped] == [("CVE-2023-39326",), ("CVE-2023-45287",)]


def test_an_erratum_without_a_cve_is_its_own_finding() -> None:
    (one,) = group(Match(record_id="ALBA-2024:1", fixed="1-1.el9"), ecosystem="AlmaLinux:9")

    assert (one.id, one.ids, one.vendor_ids) == ("ALBA-2024:1", ("ALBA-2024:1",), ())


def test_a_record_about_several_upstream_cves_counts_for_each() -> None:
    grouped = group(
        Match(record_id="JLSEC-2025-1", upstream=("CVE-2024-1000", "CVE-2024-2000", "GHSA-qqqq")),
        ecosystem="Julia",
    )

    assert [(one.id, one.vendor_ids) for one in grouped] == [
        ("CVE-2024-1000", ("JLSEC-2025-1",)),
        ("CVE-2024-2000", ("JLSEC-2025-1",)),
    ]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("affected",), "affected"),
        (("will_not_fix", "will_not_fix"), "will_not_fix"),
        (("affected", "unknown"), "affected"),
    ],
)
def test_status_without_a_fix(statuses: tuple[str, ...], expected: str) -> None:
    matches = [
        Match(record_id=f"X-{number}", aliases=("CVE-2024-1000",), status=status)
        for number, status in enumerate(statuses)
    ]
    (one,) = group(*matches)

    assert (one.status, one.fixed) == (expected, "")


def test_fixed_versions_that_cannot_be_ordered_still_give_one() -> None:
    (one,) = group(
        Match(record_id="X-1", aliases=("X-2",), fixed="next"), Match(record_id="X-2", fixed="later")
    )

    assert one.fixed == "next"


def finding(*ids: str, fixed: str = "", rating: Rating = HIGH) -> Finding:
    return Finding(id=ids[0], ids=ids, fixed=fixed, rating=rating)


def test_changes() -> None:
    kept, gone, new = finding("CVE-2024-1"), finding("CVE-2024-2"), finding("CVE-2024-3")
    before, after = finding("GHSA-aaaa"), finding("CVE-2024-4", "GHSA-aaaa", fixed="2.0")

    opened, closed, changed = compare_findings([kept, gone, before], [after, kept, new])

    assert opened == (new,)
    assert closed == (gone,)
    assert changed == ((before, after),)


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        (finding("X-1"), finding("X-1"), False),
        (finding("X-1"), finding("X-1", fixed="1"), True),
        (finding("X-1"), finding("X-1", rating=LOW), True),
        (finding("X-1"), finding("CVE-2024-1", "X-1"), False),
    ],
)
def test_a_change_is_another_fix_or_severity(
    old: Finding,
    new: Finding,
    changed: bool,  # noqa: FBT001 - a column
) -> None:
    changes = compare_findings([old], [new])

    assert (changes.opened, changes.closed) == ((), ())
    assert bool(changes.changed) is changed


def test_findings_that_became_one_open_and_close_nothing() -> None:
    changes = compare_findings(
        [finding("CVE-2024-1"), finding("GHSA-aaaa", fixed="1")], [finding("CVE-2024-1", "GHSA-aaaa")]
    )

    assert changes == findings.Changes((), (), ())
