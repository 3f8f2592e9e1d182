import pytest

from analyzers.findings import Finding
from reports.sources import advisory_source, other_ids, page_of, source_of


def _finding(*ids: str, vendor_ids: tuple[str, ...] = ()) -> Finding:
    return Finding(id=ids[0], ids=tuple(sorted(ids)), vendor_ids=vendor_ids)


@pytest.mark.parametrize(
    ("record_id", "source"),
    [
        ("CVE-2024-1 CVSS_V3", "nvd"),
        ("GHSA-35jh-r3h4-6jhm", "ghsa"),
        ("DEBIAN-CVE-2024-1", "debian"),
        ("DSA-1-1", "debian"),
        ("openSUSE-SU-2024:1", "suse-cvrf"),
        ("RLSA-2024:1", "rocky"),
        ("PYSEC-2024-1", "osv"),
        ("", "osv"),
    ],
)
def test_publisher_is_told_by_the_id(record_id: str, source: str) -> None:
    assert source_of(record_id).id == source


@pytest.mark.parametrize(
    ("finding", "source"),
    [
        (_finding("CVE-2024-1", "DEBIAN-CVE-2024-1"), "debian"),
        (_finding("CVE-2024-1", vendor_ids=("ALSA-2024:1",)), "alma"),
        (_finding("CVE-2024-1", "PYSEC-2024-1", "GHSA-35jh-r3h4-6jhm"), "ghsa"),
        (_finding("CVE-2024-1"), "nvd"),
    ],
)
def test_advisory_is_of_the_most_particular_publisher(finding: Finding, source: str) -> None:
    assert advisory_source(finding).id == source


def test_other_ids_are_errata_and_aliases() -> None:
    finding = _finding("CVE-2024-1", "GHSA-a", "DEBIAN-CVE-2024-1", vendor_ids=("DSA-1-1",))
    assert other_ids(finding) == ("DSA-1-1", "GHSA-a")


@pytest.mark.parametrize(
    ("identifier", "references", "page"),
    [
        ("RUSTSEC-2024-1", ("https://a.example",), "https://osv.dev/vulnerability/RUSTSEC-2024-1"),
        ("PYSEC-2024-1", ("https://a.example",), "https://a.example"),
        ("PYSEC-2024-1", (), "https://osv.dev/vulnerability/PYSEC-2024-1"),
    ],
)
def test_page_follows_the_id_then_the_references(
    identifier: str, references: tuple[str, ...], page: str
) -> None:
    assert page_of(_finding(identifier), references) == page
