"""Advisories as their feeds published them, the packages they speak about, and what changed."""

import asyncio
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from analyzers import ecosystems
from analyzers.findings import is_erratum
from analyzers.osv import Affected, Record, normalise_time
from store.database import Reader, Row, Writer
from store.ids import row_id

LEVEL = 1
"""Of deflate: records are packed once and read rarely; a higher level is slower and saves a tenth."""

State = Literal["ok", "partial", "failed", "absent"]
Key = tuple[str, str]
"""Feed and normalised package name."""
Incoming = tuple[Record, str, bytes]
"""A record, the normalised time that a list of changes gives for it, and its JSON."""


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """One ecosystem whose advisories are followed."""

    name: str
    """The ecosystem without a release: "Debian"."""
    url: str
    """Where its advisories come from; "import:…" for files that were imported."""
    state: State
    """partial: some records could not be had; absent: the source does not have the ecosystem."""
    reason: str = ""
    current_at: str | None = None
    """The last time that nothing newer was to be had; None: never."""
    etag: str = ""
    last_modified: str = ""


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    modified: str
    listed: str
    body: bytes


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one record that is new, or not what is stored."""

    id: int
    osv_id: str
    modified: str
    listed: str
    withdrawn: bool
    body: bytes
    blocks: dict[Key, bytes]
    names: tuple[str, ...]
    ecosystems: frozenset[Key]
    """Feed and ecosystem, with its release."""


class _Sorted(msgspec.Struct, frozen=True, kw_only=True):
    """Incoming records beside what is stored of them."""

    changes: list[_Change] = []
    relisted: list[dict[str, object]] = []


async def put_records(tx: Writer, feed: str, records: Sequence[Incoming]) -> int:
    """Afterwards the records are stored, and the packages they speak or spoke about are journalled.

    A record that is stored already, in these words, changes nothing but its listed time; when only its
    deflated form is another one it is the same. Packages of a feed that was never complete and of which
    nothing was judged are not journalled: all their versions are still to be judged.

    A record of several ecosystems is one advisory, whichever directory it came from. An older copy does
    not replace it, because the directories are not written in the same moment; a record that `feed` has to
    itself is replaced even so, because there the feed is right.

    Args:
        tx: the transaction.
        feed: the ecosystem whose directory the records come from; "" for records of an archive or a file,
            which never replace newer ones.
        records: see `Incoming`; `modified` is readable in all of them. Of two with one id the newer counts.

    Returns:
        How many records were new or different.
    """
    incoming = _newest(records)
    rows = await tx.all("stored_advisories", ids=_json(list(incoming)))
    stored = {row[0]: _Stored(modified=row[1], listed=row[2], body=row[3]) for row in rows}
    old_keys = await _keys(tx, list(stored))
    shared = {id_ for id_ in stored if not feed or any(theirs != feed for theirs, _ in old_keys.get(id_, ()))}
    # Packing and unpacking takes longer than storing, and the loop has other work.
    found = await asyncio.to_thread(_sort, incoming, stored, shared)
    await tx.many("set_listed", found.relisted)
    if found.changes:
        await _replace(tx, found.changes)
        await _journal(tx, found.changes, old_keys)
    return len(found.changes)


async def listed_times(reader: Reader, osv_ids: Collection[str]) -> dict[str, str]:
    """Return the listed time of those among the records that are stored."""
    return _texts(await reader.all("listed_of_ids", osv_ids=_json(list(osv_ids))))


async def feed(reader: Reader, name: str) -> Feed | None:
    """Return what is known of a feed; None when it was never followed."""
    row = await reader.one("feed", name=name)
    return _feed(row) if row else None


async def feeds(reader: Reader) -> list[Feed]:
    """Return every feed that was ever followed, by name."""
    return [_feed(row) for row in await reader.all("feeds")]


async def put_feed_state(tx: Writer, state: Feed) -> None:
    """Afterwards this, and nothing else, is known of the feed."""
    await tx.run("put_feed", **msgspec.structs.asdict(state))


async def record(reader: Reader, osv_id: str) -> bytes | None:
    """Return the JSON of an advisory as its source wrote it; None when it is not stored."""
    body = await reader.value("advisory_body", osv_id=osv_id)
    return zlib.decompress(body) if body is not None else None


def advisory_id(osv_id: str) -> int:
    """Return the row id of an advisory."""
    return row_id("advisory", osv_id)


def _newest(records: Sequence[Incoming]) -> dict[int, Incoming]:
    newest: dict[int, Incoming] = {}
    for incoming in records:
        id_ = advisory_id(incoming[0].id)
        other = newest.get(id_)
        if other is None or normalise_time(other[0].modified) <= normalise_time(incoming[0].modified):
            newest[id_] = incoming
    return newest


def _sort(
    incoming: Mapping[int, Incoming], stored: Mapping[int, _Stored], shared: Collection[int]
) -> _Sorted:
    found = _Sorted()
    for id_, (told, listed, raw) in incoming.items():
        held, modified = stored.get(id_), normalise_time(told.modified)
        if held is None or (modified, raw) != (held.modified, zlib.decompress(held.body)):
            if held is None or modified >= held.modified or id_ not in shared:
                found.changes.append(_change(id_, told, listed, raw))
        elif held.listed != listed:
            found.relisted.append({"id": id_, "listed": listed})
    return found


def _change(id_: int, told: Record, listed: str, raw: bytes) -> _Change:
    blocks: dict[Key, list[Affected]] = {}
    spoken_of: set[Key] = set()
    for block in told.affected:
        if block.package.name:
            spoken_of.add((ecosystems.split(block.package.ecosystem)[0], block.package.ecosystem))
            name = ecosystems.normalise_name(block.package.ecosystem, block.package.name)
            blocks.setdefault((ecosystems.split(block.package.ecosystem)[0], name), []).append(block)
    return _Change(
        id=id_,
        osv_id=told.id,
        modified=normalise_time(told.modified),
        listed=listed,
        withdrawn=bool(told.withdrawn),
        body=zlib.compress(raw, LEVEL),
        blocks={key: msgspec.json.encode(theirs) for key, theirs in blocks.items()},
        # What an erratum fixes is named in `related` only; of other records these are merely similar.
        names=tuple(
            dict.fromkeys(
                (told.id, *told.aliases, *told.upstream, *(told.related if is_erratum(told.id) else ()))
            )
        ),
        ecosystems=frozenset(spoken_of),
    )


async def _replace(tx: Writer, changes: Sequence[_Change]) -> None:
    ids = _json([change.id for change in changes])
    await tx.run("drop_affected", ids=ids)
    await tx.run("drop_advisory_names", ids=ids)
    await tx.many("put_advisory", [_advisory_row(change) for change in changes])
    blocks = (
        {"feed": feed_, "name": name, "advisory_id": change.id, "blocks": json}
        for change in changes
        for (feed_, name), json in change.blocks.items()
    )
    await tx.many("add_affected", blocks)
    names = ({"name": name, "advisory_id": change.id} for change in changes for name in change.names)
    await tx.many("add_advisory_name", names)
    spoken_of = frozenset[Key]().union(*(change.ecosystems for change in changes))
    await _speak_of(tx, spoken_of)


async def _speak_of(tx: Writer, spoken_of: Collection[Key]) -> None:
    """Remember ecosystems; packages that were unchecked for want of one are to be judged."""
    known = {(row[0], row[1]) for row in await tx.all("feed_ecosystems")}
    new = sorted(key for key in spoken_of if key not in known)
    await tx.many("add_feed_ecosystem", new)
    await tx.many("reconsider_versions", [(name,) for name, _ in new])


def _advisory_row(change: _Change) -> dict[str, object]:
    return {
        "id": change.id,
        "osv_id": change.osv_id,
        "modified": change.modified,
        "listed": change.listed,
        "withdrawn": int(change.withdrawn),
        "body": change.body,
    }


async def _journal(tx: Writer, changes: Sequence[_Change], old: Mapping[int, set[Key]]) -> None:
    """Number each change, under the packages of the record as it was and as it is."""
    touched = {change.id: old.get(change.id, set()) | change.blocks.keys() for change in changes}
    touched_feeds = sorted({name for keys in touched.values() for name, _ in keys})
    wanted = {name for (name,) in await tx.all("journalled_feeds", feeds=_json(touched_feeds))}
    seq: int = await tx.value("advisory_seq")
    rows: list[dict[str, object]] = []
    for id_, keys in touched.items():
        kept = sorted(key for key in keys if key[0] in wanted)
        seq += bool(kept)
        rows += [{"seq": seq, "feed": key[0], "name": key[1], "advisory_id": id_} for key in kept]
    await tx.many("add_advisory_change", rows)
    await tx.run("set_advisory_seq", value=seq)


async def _keys(reader: Reader, ids: Sequence[int]) -> dict[int, set[Key]]:
    keys: dict[int, set[Key]] = {}
    for id_, feed_, name in await reader.all("affected_keys", ids=_json(ids)) if ids else []:
        keys.setdefault(id_, set()).add((feed_, name))
    return keys


def _feed(row: Row) -> Feed:
    name, url, state, reason, current_at, etag, last_modified = row
    return Feed(
        name=name,
        url=url,
        state=state,
        reason=reason,
        current_at=current_at,
        etag=etag,
        last_modified=last_modified,
    )


def _texts(rows: Iterable[Row]) -> dict[str, str]:
    return {str(row[0]): str(row[1]) for row in rows}


def _json(values: Sequence[object]) -> str:
    return msgspec.json.encode(values).decode()
