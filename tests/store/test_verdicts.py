from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from analyzers.findings import Finding, Match, group
from analyzers.osv import normalise_time, parse_record
from store import advisories, images, verdicts
from store.advisories import advisory_id
from store.database import Store, open_store
from store.ids import row_id
from store.verdicts import PackageVersion, ReMatched
from tests.fakes.engine import DATABASE, change, rows
from tests.fakes.osv_mirror import record
from tests.fakes.registry import OCI_INDEX
from tests.fakes.stored import digest, package, python, remember, tag

TIME = "2024-01-01T00:00:00Z"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / DATABASE) as opened:
        yield opened


async def advise(store: Store, feed: str, *bodies: bytes) -> None:
    records = [parse_record(body) for body in bodies]
    async with store.transaction() as tx:
        state = advisories.Feed(name=feed, url="u", state="ok", current_at=normalise_time(TIME))
        await advisories.put_feed_state(tx, state)
        found = [
            (told, normalise_time(told.modified), raw) for told, raw in zip(records, bodies, strict=True)
        ]
        await advisories.put_records(tx, feed, found)


async def pending(store: Store, *feeds: str) -> list[PackageVersion]:
    return await verdicts.versions_to_judge(store.read, feeds, 0, 100)


def matched(version: PackageVersion, *matches: Match, gone: tuple[int, ...] = ()) -> ReMatched:
    return ReMatched(
        version=version,
        verdicts={advisory_id(match.record_id): match for match in matches},
        gone=gone,
        findings=group(matches, version.ecosystem),
        state="matched",
        reason="",
    )


async def judged(store: Store, name: str, *matches: Match) -> PackageVersion:
    """Store a tagged image with the package, judged so."""
    await tag(store, name, latest=await remember(store, name, [package(name)]))
    (version,) = [each for each in await pending(store, "Debian") if each.name == name]
    await advise(store, "Debian", *(record(match.record_id, TIME, ("Debian:12", name)) for match in matches))
    async with store.transaction() as tx:
        await verdicts.put(tx, [matched(version, *matches)])
    return version


async def test_what_waits_for_its_first_verdict(store: Store) -> None:
    await remember(store, "app", [package("bash"), package("zsh")], [python("jinja2")])
    assert await verdicts.feeds_needed(store.read) == ["Debian", "PyPI"]
    both = await pending(store, "Debian")
    assert [(each.key, each.ecosystem, each.version, each.state) for each in both] == [
        (("Debian", each.name), "Debian:12", "1.0", "pending") for each in both
    ]
    assert {each.name for each in both} == {"bash", "zsh"}
    assert await verdicts.versions_to_judge(store.read, ["Debian"], both[0].id, 100) == both[1:]
    assert await verdicts.versions_to_judge(store.read, ["Debian"], 0, 1) == both[:1]
    assert await pending(store) == []


async def test_verdicts_and_findings_are_put_changed_and_dropped(store: Store, tmp_path: Path) -> None:
    one, two = Match(record_id="CVE-2024-1", fixed="2.0"), Match(record_id="CVE-2024-2")
    version = await judged(store, "bash", one, two)
    assert await pending(store, "Debian") == []
    held = await verdicts.verdicts(store.read, [version.id])
    assert held == {version.id: {advisory_id("CVE-2024-1"): one, advisory_id("CVE-2024-2"): two}}
    found = await verdicts.findings(store.read, [version.id, 1])
    assert [each.id for each in found[version.id]] == ["CVE-2024-1", "CVE-2024-2"]
    newer = Match(record_id="CVE-2024-1", fixed="3.0")
    result = matched(version, newer, gone=(advisory_id("CVE-2024-2"),))
    for _ in range(2):
        async with store.transaction() as tx:
            await verdicts.put(tx, [result])
        assert await verdicts.verdicts(store.read, [version.id]) == {
            version.id: {advisory_id("CVE-2024-1"): newer}
        }
        assert await verdicts.findings(store.read, [version.id]) == {
            version.id: [Finding(id="CVE-2024-1", ids=("CVE-2024-1",), fixed="3.0", status="fixed")]
        }
    assert rows(tmp_path, "SELECT state FROM package_versions") == [("matched",)]


async def test_changes_are_taken_in_order_and_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await judged(store, "bash")
    assert await verdicts.changes(store.read) == ([], 0)
    assert not await verdicts.is_behind(store.read)
    for number in range(5):
        await advise(
            store, "Debian", record(f"CVE-2024-{number}", TIME, ("Debian:12", "bash"), ("Debian:12", "x"))
        )
    assert await verdicts.is_behind(store.read)
    monkeypatch.setattr(verdicts, "CHANGES_AT_ONCE", 3)
    taken = []
    while (found := await verdicts.changes(store.read))[0]:
        changed, through = found
        taken += [(each.name, each.advisory_id) for each in changed]
        async with store.transaction() as tx:
            await verdicts.changes_matched(tx, through)
    assert sorted(taken) == sorted(
        (name, advisory_id(f"CVE-2024-{number}")) for name in ("bash", "x") for number in range(5)
    )
    assert rows(tmp_path, "SELECT value FROM cursors WHERE name = 'matched_through'") == [(5,)]
    assert not await verdicts.is_behind(store.read)


async def test_only_what_was_judged_is_judged_anew(store: Store) -> None:
    version = await judged(store, "bash")
    await remember(store, "new", [package("bash", "2.0"), package("zsh")])
    found = await verdicts.judged_versions(
        store.read, {("Debian", "bash"), ("Debian", "zsh"), ("PyPI", "bash")}
    )
    assert [each.id for each in found] == [version.id]


async def test_what_advisories_say(store: Store) -> None:
    await judged(store, "bash")
    withdrawn = record("CVE-2024-2", TIME, ("Debian:12", "bash"), withdrawn=TIME)
    await advise(
        store, "Debian", record("CVE-2024-1", TIME, ("Debian:12", "bash"), ("Debian:11", "zsh")), withdrawn
    )
    first, second = advisory_id("CVE-2024-1"), advisory_id("CVE-2024-2")
    by_name = await verdicts.blocks_of_names(store.read, {("Debian", "bash"), ("Debian", "none")})
    assert {key: list(blocks) for key, blocks in by_name.items()} == {("Debian", "bash"): [first]}
    changed, _ = await verdicts.changes(store.read)
    assert {(each.name, each.advisory_id) for each in changed} == {
        ("bash", first),
        ("zsh", first),
        ("bash", second),
    }
    by_change = await verdicts.blocks_of_changes(store.read, changed)
    assert {key: list(blocks) for key, blocks in by_change.items()} == {
        ("Debian", "bash"): [first],
        ("Debian", "zsh"): [first],
    }
    records = await verdicts.records(store.read, [first, 7])
    assert {key: each.id for key, each in records.items()} == {first: "CVE-2024-1"}
    assert await verdicts.feed_ecosystems(store.read) == {"Debian": {"Debian:11", "Debian:12"}}


async def test_sets_count_while_a_tag_leads_to_them(store: Store) -> None:
    direct, through = await judged(store, "bash"), await judged(store, "zsh")
    await tag(store, "zsh")
    assert set(await verdicts.live_sets(store.read, [direct.id, through.id])) == {direct.id}
    async with store.transaction() as tx:
        await images.add_manifest(tx, digest("index"), OCI_INDEX, 1)
        await images.put_index(tx, digest("index"), {digest("zsh"): "linux/amd64"})
    await tag(store, "multi", latest=digest("index"))
    live = await verdicts.live_sets(store.read, [direct.id, through.id])
    assert {key: len(sets) for key, sets in live.items()} == {direct.id: 1, through.id: 1}
    await tag(store, "bash")
    await tag(store, "multi")
    assert await verdicts.live_sets(store.read, [direct.id, through.id]) == {}


@pytest.mark.parametrize(("final", "state"), [(False, "pending"), (True, "unchecked")])
async def test_why_there_is_no_verdict(store: Store, tmp_path: Path, *, final: bool, state: str) -> None:
    await judged(store, "bash")
    await remember(store, "new", [package("zsh")], [python("jinja2")])
    async with store.transaction() as tx:
        await verdicts.explain_unjudged(tx, "Debian", "never fetched", final=final)
    assert rows(tmp_path, "SELECT name, state, reason FROM package_versions ORDER BY name") == [
        ("bash", "matched", ""),
        ("jinja2", "pending", ""),
        ("zsh", state, "never fetched"),
    ]
    assert len(await pending(store, "Debian")) == (not final)
    change(tmp_path, "UPDATE package_versions SET state = 'again' WHERE name = 'zsh'")
    assert [each.state for each in await pending(store, "Debian")] == ["again"]


def test_ids_of_packages_are_of_their_names() -> None:
    assert row_id("package_version", "a", "b") != row_id("package_version", "ab")
