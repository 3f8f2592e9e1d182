"""What advisories say of package versions."""

import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from analyzers import osv
from analyzers.findings import Finding, Match
from store.database import Reader, Row, Writer

CHANGES_AT_ONCE = 20_000
"""Changed (advisory, package) pairs that one transaction takes."""

_BLOCKS = msgspec.json.Decoder(tuple[osv.Affected, ...])
_MATCH = msgspec.json.Decoder(Match)
_FINDING = msgspec.json.Decoder(Finding)


class PackageVersion(msgspec.Struct, frozen=True):
    """A name and version in an ecosystem."""

    id: int
    feed: str
    ecosystem: str
    name: str
    version: str
    state: str
    """pending (with a reason: its feed cannot be had) · matched · unchecked · again (was unchecked)"""
    reason: str

    @property
    def key(self) -> tuple[str, str]:
        """What advisories are looked up by."""
        return self.feed, self.name


class Changed(msgspec.Struct, frozen=True, array_like=True):
    """An advisory that says something new about a package."""

    feed: str
    name: str
    advisory_id: int


Blocks = Mapping[tuple[str, str], Mapping[int, tuple[osv.Affected, ...]]]
"""(feed, name) → advisory id → the advisory's `affected` blocks about that package."""


class ReMatched(msgspec.Struct, frozen=True):
    """One package version's new verdicts; only what is to be written."""

    version: PackageVersion
    verdicts: Mapping[int, Match]
    """Advisory id → match, to be put."""
    gone: Collection[int]
    """Advisory ids whose verdicts are to be dropped."""
    findings: Sequence[Finding]
    """All findings of the version afterwards."""
    state: str
    reason: str


async def is_behind(reader: Reader) -> bool:
    """Tell whether there are advisory changes that were not matched yet."""
    after = await reader.value("cursor", name="matched_through")
    return bool((await reader.value("advisory_seq_reached") or after) > after)


async def changes(reader: Reader) -> tuple[list[Changed], int]:
    """Return the next changes to be matched, and the sequence number that they reach."""
    after = await reader.value("cursor", name="matched_through")
    through = await reader.value("changes_end", after=after, rows=CHANGES_AT_ONCE)
    through = through or await reader.value("advisory_seq_reached") or after
    rows = await reader.all("changed_keys", after=after, through=through)
    return [Changed(*row) for row in rows], through


async def changes_matched(tx: Writer, through: int) -> None:
    """Afterwards changes up to this sequence number are done with."""
    await tx.run("drop_changes", through=through)
    await tx.run("set_cursor", name="matched_through", value=through)


async def judged_versions(reader: Reader, keys: Collection[tuple[str, str]]) -> list[PackageVersion]:
    """Return the package versions under these (feed, name) keys that have been judged before."""
    return [PackageVersion(*row) for row in await reader.all("judged_versions_of", keys=_json(sorted(keys)))]


async def versions_to_judge(
    reader: Reader, feeds: Collection[str], after: int, limit: int
) -> list[PackageVersion]:
    """Return package versions without a verdict whose feed is one of these, by id, above `after`."""
    rows = await reader.all("versions_to_judge", feeds=_json(sorted(feeds)), after=after, limit=limit)
    return [PackageVersion(*row) for row in rows]


async def blocks_of_names(reader: Reader, keys: Collection[tuple[str, str]]) -> Blocks:
    """Return every valid advisory about these (feed, name) keys."""
    return _by_key(await reader.all("blocks_of_names", keys=_json(sorted(keys))))


async def blocks_of_changes(reader: Reader, changed: Sequence[Changed]) -> Blocks:
    """Return what the changed advisories say now: nothing when withdrawn, or no more of that package."""
    return _by_key(await reader.all("blocks_of_changes", keys=_json(changed)))


def _by_key(rows: Iterable[Row]) -> Blocks:
    found: dict[tuple[str, str], dict[int, tuple[osv.Affected, ...]]] = defaultdict(dict)
    for feed, name, advisory_id, blocks in rows:
        found[feed, name][advisory_id] = _BLOCKS.decode(blocks)
    return found


async def records(reader: Reader, advisory_ids: Collection[int]) -> dict[int, osv.Record]:
    """Return stored records by row id."""
    rows = await reader.all("advisory_bodies", ids=_json(sorted(advisory_ids)))
    return {row_id: osv.parse_record(zlib.decompress(body)) for row_id, body in rows}


async def verdicts(reader: Reader, version_ids: Collection[int]) -> dict[int, dict[int, Match]]:
    """Return package version id → advisory id → match."""
    found: dict[int, dict[int, Match]] = defaultdict(dict)
    for version_id, advisory_id, match in await reader.all("verdicts_of", ids=_json(sorted(version_ids))):
        found[version_id][advisory_id] = _MATCH.decode(match)
    return found


async def findings(reader: Reader, version_ids: Collection[int]) -> dict[int, list[Finding]]:
    """Return package version id → its findings."""
    found: dict[int, list[Finding]] = defaultdict(list)
    for version_id, finding in await reader.all("findings_of", ids=_json(sorted(version_ids))):
        found[version_id].append(_FINDING.decode(finding))
    return found


async def put(tx: Writer, results: Sequence[ReMatched]) -> None:
    """Afterwards these package versions have these verdicts, findings and states."""
    await tx.many("drop_verdict", [(r.version.id, gone) for r in results for gone in r.gone])
    await tx.many(
        "put_verdict",
        [(r.version.id, advisory, _json(match)) for r in results for advisory, match in r.verdicts.items()],
    )
    await tx.many("drop_findings", [(r.version.id,) for r in results])
    await tx.many(
        "add_finding",
        [
            (r.version.id, finding.id, finding.rating.severity.name, _json(finding))
            for r in results
            for finding in r.findings
        ],
    )
    states = [r for r in results if (r.state, r.reason) != (r.version.state, r.version.reason)]
    await tx.many("set_version_state", [(r.state, r.reason, r.version.id) for r in states])


async def live_sets(reader: Reader, version_ids: Collection[int]) -> dict[int, list[int]]:
    """Return package version id → the component sets through which a tagged image carries it."""
    found: dict[int, list[int]] = defaultdict(list)
    for version_id, set_id in await reader.all("live_sets_of", ids=_json(sorted(version_ids))):
        found[version_id].append(set_id)
    return found


async def feeds_needed(reader: Reader) -> list[str]:
    """Return the feeds that the packages in the store ask for."""
    return sorted(feed for (feed,) in await reader.all("feeds_needed"))


async def feed_ecosystems(reader: Reader) -> dict[str, set[str]]:
    """Return feed → the ecosystems its records speak about."""
    found: dict[str, set[str]] = defaultdict(set)
    for feed, ecosystem in await reader.all("feed_ecosystems"):
        found[feed].add(ecosystem)
    return found


async def explain_unjudged(tx: Writer, feed: str, reason: str, *, final: bool) -> None:
    """Afterwards the package versions without a verdict from this feed say why they have none.

    They wait for the feed; with `final` they are unchecked: what the feed says one day will be news.
    """
    state = "unchecked" if final else "pending"
    await tx.run("unjudged_because", feed=feed, state=state, reason=reason)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
