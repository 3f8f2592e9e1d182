"""Brings the stored advisories up to date with an export of OSV records.

The export has a folder for each ecosystem, with an archive of all records, a list of when each was modified,
and the records: https://google.github.io/osv.dev/data/#data-dumps
"""

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import BinaryIO, cast
from urllib.parse import quote

from msgspec import structs

from analyzers.errors import ParseError
from analyzers.limits import MIB
from analyzers.osv import Record
from crawler.advisories import archive
from crawler.advisories.errors import AbsentError, AnswerError, FeedError, MissingError
from crawler.advisories.listing import (
    checked_record,
    differing,
    listed_time,
    parse_listing,
    wants_archive,
)
from crawler.advisories.source import UNKNOWN, Source, Traffic, Validators
from crawler.concurrency import for_each
from reports.counting import count
from store import advisories
from store.advisories import Feed, Incoming, State
from store.database import Store

FEEDS_AT_ONCE = 4
RECORDS_AT_ONCE = 16
"""Requests for single records of one feed."""
RECORDS_A_TRANSACTION = 200
"""Single records stored together; their length may be up to `archive.MEMBER_BYTES` each."""
LISTING_BYTES = 256 * MIB
UNREADABLE_SHARE = 0.05
"""A feed of which more than this part cannot be had is not followed: too much of it is unknown."""
UNREADABLE_FEW = 10
"""So many unreadable records are few, whatever part of a feed they are."""
NAMED = 3
"""Unreadable records that a reason names."""

_ARCHIVE, _LISTING = "all.zip", "modified_id.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOutcome:
    """What one update did to one feed."""

    feed: str
    state: State
    records_changed: int
    """Also of a feed that failed: what could be had before is stored."""
    reason: str
    """Empty for ok."""
    requests: int
    bytes: int


async def update(
    store: Store, feeds: Collection[str], source: Source, now: Callable[[], str]
) -> list[FeedOutcome]:
    """Bring these feeds up to date; afterwards `store.advisories.feeds` tells how each of them stands.

    Interrupted anywhere, the next update goes on with what still differs. The world's faults become
    outcomes, faults of the store leave as they are.

    Args:
        store: where records and states go.
        feeds: ecosystems without a release: "Debian".
        source: where they come from.
        now: gives the time as the store writes it.
    """
    outcomes: dict[str, FeedOutcome] = {}
    before = {feed.name: feed for feed in await advisories.feeds(store.read)}
    is_export = any(feed.current_at and feed.url == source.url for feed in before.values())
    # Two threads that decode get in each other's way more than they help, and take twice the memory.
    decoding = asyncio.Lock()

    async def one(feed: str) -> None:
        sync = _Sync(store=store, source=source, feed=feed, decoding=decoding)
        outcomes[feed] = await _update_feed(sync, now())

    await for_each(sorted(set(feeds)), one, limit=FEEDS_AT_ONCE)
    absent = sorted(feed for feed, outcome in outcomes.items() if outcome.state == "absent")
    if absent and len(absent) == len(outcomes) and not is_export:
        # A wrong address has no ecosystem, either; what it is said to lack would be news once it is right.
        # So what was known, and from where, stays.
        reason = f"{source.url}: has no {', '.join(absent)}: expected OSV's export or a mirror of it"
        async with store.transaction() as tx:
            for feed in absent:
                known = before.get(feed) or Feed(name=feed, url=source.url, state="failed")
                await advisories.put_feed_state(tx, structs.replace(known, state="failed", reason=reason))
        outcomes = {feed: replace(each, state="failed", reason=reason) for feed, each in outcomes.items()}
    return [outcomes[feed] for feed in sorted(outcomes)]


async def _update_feed(sync: "_Sync", time: str) -> FeedOutcome:
    store, source, feed = sync.store, sync.source, sync.feed
    before = await advisories.feed(store.read, feed) or Feed(name=feed, url=source.url, state="failed")
    if before.url != source.url:
        # What another source called its list means nothing here.
        before = structs.replace(before, url=source.url, etag="", last_modified="")
    try:
        validators = await sync.run(
            Validators(before.etag, before.last_modified), first=before.current_at is None
        )
    except (FeedError, OSError) as error:  # also a full disk is the feed's trouble, not everybody's
        state: State = "absent" if isinstance(error, AbsentError) else "failed"
        after = structs.replace(before, state=state, reason=str(error))
    else:
        after = Feed(
            name=feed,
            url=source.url,
            state="partial" if sync.unreadable else "ok",
            reason=_reason(sync.unreadable) if sync.unreadable else "",
            # The list was read after this moment, so what came later is not promised.
            current_at=time,
            etag=validators.etag,
            last_modified=validators.last_modified,
        )
    async with store.transaction() as tx:
        stored = await advisories.feed(tx, feed)
        # Another update of the same feed, begun later, may have ended sooner: what it says is newer.
        if stored is None or stored.url != after.url or (stored.current_at or "") <= (after.current_at or ""):
            await advisories.put_feed_state(tx, after)
    return FeedOutcome(
        feed=feed,
        state=after.state,
        records_changed=sync.changed,
        reason=after.reason,
        requests=sync.traffic.requests,
        bytes=sync.traffic.bytes,
    )


@dataclass(slots=True, kw_only=True)
class _Sync:
    """One update of one feed."""

    store: Store
    source: Source
    feed: str
    decoding: asyncio.Lock
    """Held while an archive is decoded."""
    traffic: Traffic = field(default_factory=Traffic)
    changed: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)
    """Ids of records that should be there → why they are not."""
    before: dict[str, str] = field(default_factory=dict)
    """Listed times as they were."""

    async def run(self, known: Validators, *, first: bool) -> Validators:
        """Store what differs; return the list's validators, if it needs not be read again.

        Raises:
            FeedError: the source has no such feed, does not answer, or its list or archive is damaged.
        """
        try:
            document = await self.source.read(
                self.feed, _LISTING, limit=LISTING_BYTES, traffic=self.traffic, known=known
            )
        except MissingError:
            return await self._without_listing()
        if document is None:
            return known
        try:
            listing = await asyncio.to_thread(parse_listing, document.body)
        except ParseError as error:
            raise FeedError(f"{self._address(_LISTING)}: {error}") from error
        await self._take(listing.times, first=first)
        if _are_many(len(self.unreadable), len(listing.times)):
            raise FeedError(_reason(self.unreadable))
        return document.validators if listing.whole and not self.unreadable else UNKNOWN

    async def _without_listing(self) -> Validators:
        # Mirrors made by hand may have the archives only.
        try:
            records = await self._take_archive({})
        except MissingError as error:
            raise AbsentError(f"the feed has no ecosystem {self.feed!r}") from error
        if _are_many(len(self.unreadable), records):
            raise FeedError(_reason(self.unreadable))
        return UNKNOWN

    async def _take(self, times: Mapping[str, str], *, first: bool) -> None:
        stored = await advisories.listed_times(self.store.read, times)
        wanted = differing(times, stored)
        self.before = stored
        if wants_archive(len(wanted), len(times), first=first):
            # Without an archive the records come one by one.
            with contextlib.suppress(MissingError):
                await self._take_archive(times)
                # The archive may be older than the list, or hold records that cannot be read.
                stored = await advisories.listed_times(self.store.read, wanted)
                wanted = [osv_id for osv_id in wanted if stored.get(osv_id) != times[osv_id]]
        for ids in _chunks(wanted, RECORDS_A_TRANSACTION):
            await self._take_records(ids, times)

    async def _take_archive(self, times: Mapping[str, str]) -> int:
        """Store the archive's records, after all of it was read; return how many it has."""
        with _nameless_file() as file:
            await self.source.download(
                self.feed, _ARCHIVE, file, limit=archive.ARCHIVE_BYTES, traffic=self.traffic
            )
            async with self.decoding:
                return await self._put_archive(file, times)

    async def _put_archive(self, file: BinaryIO, times: Mapping[str, str]) -> int:
        try:
            verified = await asyncio.to_thread(archive.verify, file)
        except ParseError as error:
            raise FeedError(f"{self._address(_ARCHIVE)}: {error}") from error
        self.unreadable |= verified.broken
        batches = archive.batched(archive.records(file))
        while batch := await asyncio.to_thread(next, batches, None):
            # Put as a file's, not the feed's: the archive may be older than what is stored.
            await self._put("", [self._incoming(record, raw, times) for record, raw in batch])
        return verified.records + len(verified.broken)

    async def _take_records(self, ids: Sequence[str], times: Mapping[str, str]) -> None:
        """Store single records; raise FeedError when the source stops answering, after storing what came."""
        bodies: dict[str, bytes] = {}
        failures: list[FeedError] = []

        async def one(osv_id: str) -> None:
            if failures:
                return
            try:
                bodies[osv_id] = await self._fetch(osv_id)
            except AnswerError as error:
                self.unreadable[osv_id] = str(error)
            except FeedError as error:
                failures.append(error)

        await for_each(ids, one, limit=RECORDS_AT_ONCE)
        records, broken = await asyncio.to_thread(_parse_all, bodies)
        self.unreadable |= broken
        for record, _ in records:
            self.unreadable.pop(record.id, None)
        incoming = [self._incoming(record, raw, times) for record, raw in records]
        await self._put(self.feed, incoming)
        for record, listed, _ in incoming:
            if listed != times[record.id]:
                self.unreadable[record.id] = f"older than the list says: {record.modified}"
        if failures:
            raise failures[0]

    async def _fetch(self, osv_id: str) -> bytes:
        document = await self.source.read(
            self.feed, f"{osv_id}.json", limit=archive.MEMBER_BYTES, traffic=self.traffic
        )
        if document is None:
            raise AnswerError(f"{self._address(f'{osv_id}.json')}: not sent, though nothing was known of it")
        return document.body

    async def _put(self, feed: str, records: Sequence[Incoming]) -> None:
        async with self.store.transaction() as tx:
            changed = await advisories.put_records(tx, feed, records)
        self.changed += changed

    def _incoming(self, record: Record, raw: bytes, times: Mapping[str, str]) -> Incoming:
        listed = listed_time(record, times.get(record.id), self.before.get(record.id))
        return record, listed, raw

    def _address(self, name: str) -> str:
        return f"{self.source.url}/{quote(self.feed, safe='')}/{quote(name, safe='')}"


def _nameless_file() -> BinaryIO:
    """Return an empty file. It takes microseconds; made in a thread it would be lost when cancelled."""
    return cast("BinaryIO", tempfile.TemporaryFile())


def _parse_all(bodies: Mapping[str, bytes]) -> tuple[list[tuple[Record, bytes]], dict[str, str]]:
    records: list[tuple[Record, bytes]] = []
    broken: dict[str, str] = {}
    for osv_id, body in bodies.items():
        try:
            records.append((checked_record(body, osv_id), body))
        except ParseError as error:
            broken[osv_id] = str(error)[: archive.REASON_CHARS]
    return records, broken


def _are_many(unreadable: int, records: int) -> bool:
    return unreadable > max(UNREADABLE_FEW, UNREADABLE_SHARE * records)


def _reason(unreadable: Mapping[str, str]) -> str:
    named = "; ".join(f"{osv_id!r}: {why}" for osv_id, why in islice(unreadable.items(), NAMED))
    more = ", …" if len(unreadable) > NAMED else ""
    return f"{count(len(unreadable), 'unreadable record')}: {named}{more}"


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
