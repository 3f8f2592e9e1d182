"""An advisory update: what changed is fetched, matched with the packages in the store, and told."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzers import ecosystems, matching, severity, versions
from analyzers.findings import Changes, Finding, Match, compare_findings, group
from analyzers.osv import Affected, Record
from analyzers.versions import InvalidVersionError, UnknownEcosystemError
from crawler import clock
from crawler.advisories import osv
from crawler.advisories.osv import FeedOutcome
from crawler.advisories.source import open_source
from store import advisories, events, verdicts
from store.database import Reader, Store
from store.events import AdvisoryFacts, Before, EndpointRule, FindingData, FindingType, NewEvent
from store.verdicts import Blocks, Changed, PackageVersion, ReMatched

NO_VERSION = "the package states no version"
VERSIONS_AT_ONCE = 1_000
"""Package versions that get their first verdicts in one transaction."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one re-match did."""

    changes: int = 0
    """(advisory, package) pairs that had changed."""
    judged: int = 0
    """Package versions looked at."""
    events: int = 0

    def __add__(self, other: "Outcome") -> "Outcome":
        """Return both together."""
        return Outcome(self.changes + other.changes, self.judged + other.judged, self.events + other.events)


@dataclass(frozen=True, slots=True)
class Update:
    """What an advisory update did."""

    feeds: tuple[FeedOutcome, ...]
    rematch: Outcome
    first_judged: int
    """Package versions that got their first verdicts."""


async def update_advisories(
    store: Store, url: str, endpoints: Sequence[EndpointRule], feeds: Collection[str] | None = None
) -> Update:
    """Fetch what changed in the feeds that the stored packages need, and match it.

    Args:
        store: everything that is remembered.
        url: the export of OSV records.
        endpoints: whom to tell what newly affects an image.
        feeds: the only feeds to fetch; None for all that are needed.

    Raises:
        FeedError: `url` is of no known kind. What goes wrong with a feed is an outcome.
    """
    needed = await verdicts.feeds_needed(store.read) if feeds is None else feeds
    async with open_source(url) as source:
        outcomes = await osv.update(store, needed, source, clock.now)
    return Update(tuple(outcomes), *await match_all(store, endpoints))


async def match_all(store: Store, endpoints: Sequence[EndpointRule]) -> tuple[Outcome, int]:
    """Match what is stored: every advisory change, and every package version without a verdict."""
    outcome = await rematch(store, endpoints)
    stored = await advisories.feeds(store.read)
    current = [feed.name for feed in stored if feed.current_at]
    first = await judge_new(store, current, endpoints)
    have = {feed.name: feed for feed in stored}
    async with store.transaction() as tx:
        for name in await verdicts.feeds_needed(tx):
            if name not in have or not have[name].current_at:
                reason = have[name].reason if name in have else "never fetched"
                absent = name in have and have[name].state == "absent"
                await verdicts.explain_unjudged(tx, name, f"no advisories of {name}: {reason}", final=absent)
    return outcome + Outcome(events=first.events), first.judged


async def judge_new(store: Store, feeds: Collection[str], endpoints: Sequence[EndpointRule] = ()) -> Outcome:
    """Give package versions that have none their first verdicts.

    Nobody is told of what a new package brings: that is told as a new image. But when advisories have come
    that may speak of packages which none spoke of before, what they say is news.

    Args:
        store: everything that is remembered.
        feeds: those whose advisories are stored.
        endpoints: whom to tell.
    """
    judged = after = told = 0
    while True:
        # Read and written in one transaction: advisories that change in between would be missed for good.
        async with store.transaction() as tx:
            new = await verdicts.versions_to_judge(tx, feeds, after, VERSIONS_AT_ONCE)
            if not new:
                return Outcome(judged=judged, events=told)
            results = await _first_verdicts(tx, new)
            news = [result for result in results if result.version.state == "again"]
            earlier = await verdicts.findings(tx, [result.version.id for result in news])
            await verdicts.put(tx, results)
            told += await events.append(tx, await _events(tx, news, earlier), endpoints, clock.now())
        judged, after = judged + len(new), new[-1].id


async def rematch(store: Store, endpoints: Sequence[EndpointRule]) -> Outcome:
    """Match every advisory change not matched yet; write verdicts, events, deliveries and cursor together.

    Repeating it, also after a kill anywhere, changes nothing more.
    """
    total = Outcome()
    while True:
        step = await _rematch_some(store, endpoints)
        if step is None:
            return total
        total += step


async def _rematch_some(store: Store, endpoints: Sequence[EndpointRule]) -> Outcome | None:
    async with store.transaction() as tx:
        changed, through = await verdicts.changes(tx)
        if not changed:
            return None
        judged = await verdicts.judged_versions(tx, {(change.feed, change.name) for change in changed})
        results = await _new_verdicts(tx, judged, changed)
        earlier = await verdicts.findings(tx, [result.version.id for result in results])
        await verdicts.put(tx, results)
        told = await _events(tx, results, earlier)
        # The time within the transaction: a tag that moved before it began is one that the events touch.
        await events.append(tx, told, endpoints, clock.now())
        await verdicts.changes_matched(tx, through)
    return Outcome(len(changed), len(judged), len(told))


async def _first_verdicts(reader: Reader, new: Sequence[PackageVersion]) -> list[ReMatched]:
    known = await verdicts.feed_ecosystems(reader)
    blocks = await verdicts.blocks_of_names(reader, {version.key for version in new})
    # A version that was unchecked may have verdicts all the same, from advisories that list versions.
    matches = await _matches(reader, [version for version in new if version.version], blocks)
    # Of one without a version nothing but that is told: a doubt for each record would bury it.
    matches |= {version.id: {} for version in new if not version.version}
    before = await verdicts.verdicts(reader, [version.id for version in new])
    return [
        ReMatched(
            version=version,
            verdicts=matches[version.id],
            gone=before.get(version.id, {}).keys() - matches[version.id].keys(),
            findings=group(list(matches[version.id].values()), version.ecosystem),
            state="unchecked" if (reason := _unchecked(version, known, blocks)) else "matched",
            reason=reason,
        )
        for version in new
    ]


async def _new_verdicts(
    reader: Reader, judged: Sequence[PackageVersion], changed: Sequence[Changed]
) -> list[ReMatched]:
    """Return what the changed advisories change, for the package versions where they change anything."""
    matches = await _matches(reader, judged, await verdicts.blocks_of_changes(reader, changed))
    before = await verdicts.verdicts(reader, [version.id for version in judged])
    advisories: dict[tuple[str, str], set[int]] = defaultdict(set)
    for change in changed:
        advisories[change.feed, change.name].add(change.advisory_id)
    results = []
    for version in judged:
        held, now = before.get(version.id, {}), matches[version.id]
        gone = {advisory for advisory in advisories[version.key] if advisory in held and advisory not in now}
        new = {advisory: match for advisory, match in now.items() if held.get(advisory) != match}
        if gone or new:
            kept = {advisory: match for advisory, match in held.items() if advisory not in gone} | new
            findings = group([kept[advisory] for advisory in sorted(kept)], version.ecosystem)
            results.append(ReMatched(version, new, gone, findings, version.state, version.reason))
    return results


def _unchecked(version: PackageVersion, known: Mapping[str, Collection[str]], blocks: Blocks) -> str:
    """Return why verdicts on this version would mean nothing; "" when they do.

    Which version it is does not matter as long as no advisory names the package.
    """
    covered = known.get(version.feed, ())
    if not any(ecosystems.covers(ecosystem, version.ecosystem) for ecosystem in covered):
        return f"the feed has no advisories for {version.ecosystem}"
    if not blocks.get(version.key):
        return ""
    if not version.version:
        return NO_VERSION
    try:
        versions.key(version.ecosystem, version.version)
    except (InvalidVersionError, UnknownEcosystemError) as error:
        return str(error)
    return ""


async def _matches(
    reader: Reader, judged: Sequence[PackageVersion], blocks: Blocks
) -> dict[int, dict[int, Match]]:
    """Return package version id → advisory id → match, for what is affected or undecided."""
    decided = await asyncio.to_thread(_decide, judged, blocks)
    hit = {advisory for by_advisory in decided.values() for advisory in by_advisory}
    records = await verdicts.records(reader, hit)
    return {
        version_id: {
            advisory: _match(records[advisory], about, verdict)
            for advisory, (about, verdict) in by_advisory.items()
        }
        for version_id, by_advisory in decided.items()
    }


Decided = dict[int, dict[int, tuple[tuple[Affected, ...], matching.Affected | matching.Unknown]]]


def _decide(judged: Sequence[PackageVersion], blocks: Blocks) -> Decided:
    decided: Decided = {}
    for version in judged:
        by_advisory = decided.setdefault(version.id, {})
        for advisory, about in blocks.get(version.key, {}).items():
            verdict = matching.judge(version.version, about, version.name, version.ecosystem)
            if not isinstance(verdict, matching.NotAffected):
                by_advisory[advisory] = about, verdict
    return decided


def _match(
    record: Record, about: tuple[Affected, ...], verdict: matching.Affected | matching.Unknown
) -> Match:
    return Match(
        record_id=record.id,
        aliases=record.aliases,
        upstream=record.upstream,
        related=record.related,
        rating=severity.of_record(record, about[0]),
        fixed=verdict.fixed if isinstance(verdict, matching.Affected) else "",
        status="affected" if isinstance(verdict, matching.Affected) else "unknown",
    )


async def _events(
    reader: Reader, results: Sequence[ReMatched], earlier: Mapping[int, Sequence[Finding]]
) -> list[NewEvent]:
    """Return an event for each finding that opened, changed or closed in an image that has a tag."""
    differing = []
    for result in results:
        found = compare_findings(earlier.get(result.version.id, ()), result.findings)
        if any(found):
            differing.append((result, found))
    sets = await verdicts.live_sets(reader, [result.version.id for result, _ in differing])
    stirred = {advisory for result, _ in differing for advisory in (*result.verdicts, *result.gone)}
    records = await verdicts.records(reader, stirred)
    return [
        event
        for result, found in differing
        if result.version.id in sets
        for event in _told(result, found, sets[result.version.id], records)
    ]


def _told(
    result: ReMatched, found: Changes, sets: Sequence[int], records: Mapping[int, Record]
) -> Iterator[NewEvent]:
    stirred = [records[advisory] for advisory in (*result.verdicts, *result.gone)]
    opened: list[tuple[Finding | None, Finding | None]] = [(None, finding) for finding in found.opened]
    for before, now in (*opened, *found.changed, *((finding, None) for finding in found.closed)):
        yield _event(result.version, before, now, sets, stirred)


def _event(
    version: PackageVersion,
    before: Finding | None,
    now: Finding | None,
    sets: Sequence[int],
    stirred: Sequence[Record],
) -> NewEvent:
    kind: FindingType = "finding.closed"
    if now is not None:
        kind = "finding.changed" if before else "finding.opened"
    finding = now or before
    assert finding is not None  # noqa: S101 - an event is about a finding
    own = {*finding.ids, *finding.vendor_ids}
    # A finding may close because another record than its own dropped out of the group.
    causes = [each for each in stirred if own & {each.id, *each.aliases, *each.upstream}] or stirred
    record = min(causes, key=lambda each: each.id)
    return NewEvent(
        type=kind,
        cause=f"advisory:{record.id}@{record.modified}",
        # A source may change a record twice without giving it another time.
        key=(str(version.id), finding.id, finding.fixed, finding.rating.severity.name),
        severity=finding.rating.severity.name,
        fixable=bool(finding.fixed),
        package_version_id=version.id,
        sets=tuple(sets),
        data=FindingData(
            advisory=_facts(record, finding),
            package=version.name,
            ecosystem=version.ecosystem,
            installed_version=version.version,
            fixed_version=finding.fixed,
            severity=finding.rating.severity.name,
            ids=finding.ids,
            status=finding.status,
            before=Before(severity=before.rating.severity.name, fixed_version=before.fixed)
            if before
            else None,
        ),
    )


def _facts(record: Record, finding: Finding) -> AdvisoryFacts:
    return AdvisoryFacts(
        id=record.id,
        ids=tuple(sorted({record.id, *finding.ids, *finding.vendor_ids})),
        aliases=record.aliases,
        title=record.title,
        severity=finding.rating.severity.name,
        score=finding.rating.score,
        url=record.url,
    )
