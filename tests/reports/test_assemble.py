from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from analyzers.inventory import Package, Release
from crawler.rematch import update_advisories
from reports.assemble import assemble
from reports.coverage import coverage_of
from reports.document import Document, Layer
from reports.subject import Subject
from store import advisories
from store.advisories import Feed
from store.database import Store, open_store
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.stored import digest, package, python, remember

TIME, LATER = "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"
NOW = "2026-01-01T00:00:00.000000Z"
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
CVE = "CVE-2024-0001"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    ghsa = record(
        "GHSA-aaaa",
        TIME,
        ("PyPI", "jinja2"),
        aliases=[CVE],
        summary="templates leak",
        details="All of them.",
        published="2023-12-31T00:00:00Z",
        severity=[{"type": "CVSS_V3", "score": VECTOR}],
        references=[{"type": "WEB", "url": "https://a.test"}, {"type": "WEB", "url": "https://b.test"}],
        database_specific={"cwe_ids": ["CWE-79", 7], "severity": "HIGH"},
    )
    pysec = record(
        "PYSEC-2024-1",
        LATER,
        ("PyPI", "jinja2"),
        aliases=[CVE],
        published="2024-01-15T00:00:00Z",
        references=[{"type": "WEB", "url": "https://b.test"}, {"type": "WEB", "url": ""}],
        database_specific={"cwe_ids": "CWE-1"},
    )
    mirror = Mirror()
    mirror.put("PyPI", ghsa, pysec, record("PYSEC-2024-2", TIME, ("PyPI", "jinja2")))
    mirror.put("Debian", record("DSA-1", TIME, ("Debian:12", "bash"), upstream=["CVE-2024-0007"]))
    mirror.write(tmp_path / "osv")
    async with open_store(tmp_path / "c.db") as opened:
        await remember(opened, "app", [package("bash"), package("zsh")], [python("jinja2")])
        await update_advisories(opened, (tmp_path / "osv").as_uri(), [])
        yield opened


def subject(name: str = "app", **more: object) -> Subject:
    return Subject(
        name=f"registry.test/{name}:1",
        digest=digest(name),
        now=NOW,
        **more,  # type: ignore[arg-type]  # any of its fields
    )


async def test_an_image_with_what_is_known_against_it(store: Store) -> None:
    document = await assemble(store.read, subject(repository="registry.test/app", tags=("1",)))
    assert (document.name, document.created_at, document.repository, document.tags) == (
        "registry.test/app:1",
        NOW,
        "registry.test/app",
        ("1",),
    )
    assert (document.manifest_digest, document.config_digest) == (digest("app"), digest("config app"))
    assert (document.platform, document.release) == ("linux/amd64", Release(id="debian", version_id="12"))
    assert document.layers[1] == Layer(
        digest=digest("app 1"), diff_id=digest("diff app 1"), size_bytes=1024, created_by="RUN app 1"
    )
    assert [(each.package.name, each.layer, each.unchecked) for each in document.components] == [
        ("bash", 0, ""),
        ("zsh", 0, ""),
        ("jinja2", 1, ""),
    ]
    assert [(each.component, each.finding.id) for each in document.findings] == [
        (0, "CVE-2024-0007"),
        (2, CVE),
        (2, "PYSEC-2024-2"),
    ]
    assert [(feed.name, feed.state) for feed in document.feeds] == [("Debian", "ok"), ("PyPI", "ok")]
    assert not coverage_of(document).is_incomplete


async def test_what_the_records_behind_a_finding_say(store: Store) -> None:
    document = await assemble(store.read, subject())
    advice = document.findings[1].advice
    assert (advice.title, advice.description) == ("templates leak", "All of them.")
    assert advice.references == ("https://a.test", "https://b.test")
    assert advice.cwes == ("CWE-79",)
    assert (advice.published, advice.modified) == ("2023-12-31T00:00:00Z", LATER)
    assert advice.cvss == (("GHSA-aaaa", VECTOR, 7.5),)
    bare = document.findings[0].advice
    assert (bare.description, bare.references, bare.published) == ("", (), "")


async def test_a_plain_sbom_has_no_findings(store: Store) -> None:
    document = await assemble(store.read, subject(vulnerabilities_asked=False))
    assert (document.findings, document.feeds, len(document.components)) == ((), (), 3)
    assert not coverage_of(document).is_incomplete


async def test_feeds_that_are_too_old_say_nothing_any_more(store: Store) -> None:
    document = await assemble(store.read, subject(stale_before="9999-01-01T00:00:00.000000Z"))
    reasons = {each.unchecked for each in document.components}
    assert all("older than the limit" in reason for reason in reasons)
    assert len(reasons) == 2
    assert coverage_of(document).is_incomplete


async def unchecked(store: Store, name: str) -> tuple[Document, dict[str, str]]:
    document = await assemble(store.read, subject(name))
    return document, {each.package.name: each.unchecked for each in document.components}


async def test_what_was_not_matched_says_why(store: Store) -> None:
    await remember(store, "new", [package("fish")], [package("leftpad", "1", "node-pkg")])
    document, reasons = await unchecked(store, "new")
    assert reasons["fish"] == "not matched yet"
    assert reasons["leftpad"].startswith("no advisories of npm")
    assert [(feed.name, feed.state, feed.current_at) for feed in document.feeds if feed.name == "npm"] == [
        ("npm", "missing", "")
    ]
    await remember(store, "odd", [package("fish")], release=Release(id="kali"))
    document, reasons = await unchecked(store, "odd")
    assert (reasons["fish"], document.feeds) == ("no ecosystem for dpkg packages of 'kali' ''", ())


async def test_a_project_itself_is_listed_and_not_missed(store: Store) -> None:
    root = Package(kind="npm", name="jinja2", version="", relationship="root")
    await remember(store, "project", [root])
    document, reasons = await unchecked(store, "project")
    assert reasons == {"jinja2": ""}
    assert (document.findings, coverage_of(document).is_incomplete) == ((), False)


async def test_a_feed_that_fails_is_told_with_its_reason(store: Store) -> None:
    async with store.transaction() as tx:
        await advisories.put_feed_state(tx, Feed(name="PyPI", url="u", state="failed", reason="broke off"))
    document, reasons = await unchecked(store, "app")
    assert reasons["jinja2"] == "no advisories of PyPI: broke off"
    assert [msgspec.structs.astuple(feed)[:3] for feed in document.feeds] == [
        ("Debian", "ok", ""),
        ("PyPI", "failed", "broke off"),
    ]


async def test_what_is_no_analysed_image(store: Store) -> None:
    with pytest.raises(KeyError):
        await assemble(store.read, subject("none"))
