from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzers.findings import Finding
from store import lookup, verdicts
from store.database import Store, open_store
from store.verdicts import PackageVersion, ReMatched
from tests.fakes.fleet import Fleet


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "c.db") as opened:
        yield opened


async def put(store: Store, tmp_path: Path, *findings: Finding) -> None:
    version = Fleet(tmp_path / "c.db").package("ssl")
    row = PackageVersion(version, "Debian", "Debian:12", "ssl", "1.0", "matched", "")
    async with store.transaction() as tx:
        await verdicts.put(tx, [ReMatched(row, {}, (), findings, "matched", "")])


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("CVE-2024-0001", ["CVE-2024-0001"]),
        ("cve-2024-0001", ["CVE-2024-0001"]),
        ("dsa-1", ["CVE-2024-0001"]),
        ('odd "name"', ["a_b"]),
        ("a_b", ["a_b"]),
        ("axb", []),
        ("CVE-2024-000", []),
        ("CVE-2024-%", []),
        ("%", []),
        ("!", []),
        ("", []),
        ("affected", []),
    ],
)
async def test_a_finding_is_found_by_each_of_its_whole_names(
    store: Store, tmp_path: Path, name: str, found: list[str]
) -> None:
    await put(
        store,
        tmp_path,
        Finding(id="CVE-2024-0001", ids=("CVE-2024-0001",), vendor_ids=("DSA-1",)),
        Finding(id="a_b", ids=("a_b", 'odd "name"')),
    )
    assert [each.finding.id for each in await lookup.findings_naming(store.read, [name])] == found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8")))
async def test_any_text_can_be_asked_for(store: Store, text: str) -> None:
    assert await lookup.findings_naming(store.read, [text]) == []
    assert await lookup.records_by_name(store.read, [text]) == []
    assert await lookup.purl_candidates(store.read, text, text) == []


async def test_a_purl_is_looked_for_as_it_is_written(store: Store, tmp_path: Path) -> None:
    Fleet(tmp_path / "c.db").package("a_b")
    for name, number in (("liba_b", 1), ("LIBA_B", 1), ("libaxb", 0), ("lib%", 0)):
        assert len(await lookup.purl_candidates(store.read, "deb", name)) == number
