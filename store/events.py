"""The event log: what changed, why, and through which component sets it touches images.

Events are appended in the transaction that makes the change, and never altered. The deliveries that tell
them are rows of the same transaction, so that neither exists without the other.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from analyzers.severity import Severity
from store.database import Reader, Row, Writer

FindingType = Literal["finding.opened", "finding.changed", "finding.closed"]
"""An advisory changed; the subject is one package version in every tagged image that carries it."""
TagType = Literal[
    "secret.found", "image.added", "image.changed", "tag.removed", "misconfig.found", "license.found"
]
"""A crawl saw a tag appear, move or go; the subject is that tag."""
PolicyType = Literal["policy.expired"]
"""A policy of the settings holds no more; the subject is that policy."""
EventType = FindingType | TagType | PolicyType


class AdvisoryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an event remembers of its advisory, so that it can be told when that has changed again."""

    id: str
    ids: tuple[str, ...] = ()
    """Every id of the vulnerability, also those of other sources."""
    aliases: tuple[str, ...] = ()
    title: str = ""
    severity: str = "UNKNOWN"
    score: float | None = None
    """CVSS base score, 0.0 to 10.0; None when there is only a word."""
    url: str = ""


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What a finding was before it changed."""

    severity: str
    fixed_version: str = ""


class FindingData(msgspec.Struct, frozen=True, kw_only=True):
    """A package version and what is known about it."""

    advisory: AdvisoryFacts
    package: str
    ecosystem: str
    installed_version: str
    fixed_version: str = ""
    severity: str = "UNKNOWN"
    ids: tuple[str, ...] = ()
    status: str = "affected"
    before: Before | None = None


class TagFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that a tag gained or lost by its move."""

    change: Literal["opened", "closed"]
    id: str
    severity: str
    package: str
    installed_version: str
    fixed_version: str = ""


class TagSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that an image has, and the one that the tag pointed to before had not."""

    rule: str
    title: str
    severity: str
    path: str
    line: int
    match: str
    """The line, with "*" in place of the secret."""
    layer: str
    """Digest of the layer that has it."""
    created_by: str
    is_deleted: bool
    """Whether a later layer removes the file."""
    is_replaced: bool = False
    """Whether a later layer has another file there, in which it is not."""


class TagCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A check that fails for an image, and did not for the one that the tag pointed to before."""

    id: str
    title: str
    severity: str
    path: str
    """Empty for the configuration of the image."""
    line: int
    message: str
    layer: str
    """Digest of the layer that has the file; empty for the configuration."""
    created_by: str


class TagLicense(msgspec.Struct, frozen=True, kw_only=True):
    """A licence that a package, or a file of no package, has now and had not before."""

    name: str
    category: str
    severity: str
    package: str
    """Empty for a file's own."""
    path: str
    layer: str
    created_by: str


class TagData(msgspec.Struct, frozen=True, kw_only=True):
    """One platform of a tag, and what its move did. Digests are empty where there was, or is, nothing."""

    registry: str
    """The registry's address, as in the table registries."""
    repository: str
    tag: str
    digest_before: str = ""
    digest_after: str = ""
    platform: str = ""
    opened: dict[str, int] = {}
    """Severity → how many findings it has now that it had not."""
    closed: dict[str, int] = {}
    """Severity → how many findings it had and has no more."""
    findings: tuple[TagFinding, ...] = ()
    secrets: tuple[TagSecret, ...] = ()
    misconfigurations: tuple[TagCheck, ...] = ()
    licenses: tuple[TagLicense, ...] = ()
    suppressed: int = 0
    """How much more is new that policies cover, or comments in files."""


class PolicyData(msgspec.Struct, frozen=True, kw_only=True):
    """A policy of the settings, as it was when its time was over."""

    ids: tuple[str, ...]
    """Of findings; "*" for any."""
    kinds: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    purls: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ("*",)
    owner: str = ""
    reason: str = ""
    expires: str
    """The first day on which it held no more: "2026-12-31"."""


EventData = FindingData | TagData | PolicyData


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that is about to be appended."""

    type: EventType
    cause: str
    """Events of one cause are told in one message: an advisory and its change, a tag's move, or a policy.

    They are all about findings, all about tags or all about policies.
    """
    key: tuple[str, ...]
    """What, with type and cause, makes the event the same when it is appended again."""
    severity: str
    fixable: bool
    data: EventData
    package_version_id: int | None = None
    sets: tuple[int, ...] = ()
    """Component sets that hold the package version."""

    @property
    def id(self) -> str:
        """The same for the same type, cause and key, in every process."""
        return stable_id("evt", self.type, self.cause, *self.key)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the log."""

    seq: int
    id: str
    time: str
    type: EventType
    cause: str
    severity: str
    fixable: bool
    package_version_id: int | None
    data: EventData


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRule:
    """Whom to tell, and what."""

    name: str
    url: str
    secret: str = field(default="", repr=False)
    min_severity: str = "UNKNOWN"
    events: tuple[str, ...] = ()
    """Event types that are told; empty for all."""
    repositories: tuple[str, ...] = ("*",)
    """Globs over repository names; they are applied when images are looked up, not in `admits`."""
    only_fixable: bool = False

    def admits(self, event: NewEvent | Event) -> bool:
        """Tell whether type, severity and fixability of the event let it through.

        Of a policy nobody knows how bad that is which it leaves out no more: its type alone decides.
        """
        if self.events and event.type not in self.events:
            return False
        return isinstance(event.data, PolicyData) or (
            Severity[event.severity] >= Severity[self.min_severity]
            and (event.fixable or not self.only_fixable)
        )


def stable_id(kind: str, *key: str) -> str:
    """Return "<kind>_" and 32 hexadecimal digits of SHA-256 over the parts of the key."""
    hashed = hashlib.sha256()
    for part in key:
        data = part.encode()
        hashed.update(len(data).to_bytes(4, "big") + data)
    return f"{kind}_{hashed.hexdigest()[:32]}"


async def append(tx: Writer, events: Sequence[NewEvent], endpoints: Sequence[EndpointRule], now: str) -> int:
    """Append the events that the log does not hold; return how many those are.

    Afterwards they have consecutive numbers, those of one cause side by side, and every endpoint whose rule
    lets one of a cause's new events through has a due delivery of that cause. `now` is their time.
    """
    fresh = await _unknown(tx, events)
    if not fresh:
        return 0
    reached: int = await tx.value("event_cursor")
    numbered = list(enumerate(_by_cause(fresh.items()), start=reached + 1))
    await tx.many("add_event", [_row(seq, event_id, event, now) for seq, (event_id, event) in numbered])
    await tx.many("add_event_set", [(seq, each) for seq, (_, event) in numbered for each in set(event.sets)])
    await tx.run("set_event_cursor", value=reached + len(fresh))
    await tx.many("add_endpoint", [(endpoint.name,) for endpoint in endpoints])
    await tx.many("add_delivery", list(_deliveries(numbered, endpoints, now)))
    return len(fresh)


async def since(reader: Reader, seq: int, limit: int = 1000) -> list[Event]:
    """Return at most `limit` events with numbers above `seq`, in order."""
    return [parse_row(row) for row in await reader.all("events_since", seq=seq, limit=limit)]


async def between(reader: Reader, first_seq: int, last_seq: int) -> list[Event]:
    """Return the events with these numbers and those between them, in order."""
    return [parse_row(row) for row in await reader.all("events_between", first=first_seq, last=last_seq)]


async def known(reader: Reader, ids: Iterable[str]) -> set[str]:
    """Return those of the ids whose events the log holds."""
    rows = await reader.all("known_events", ids=msgspec.json.encode(list(ids)).decode())
    return {event_id for (event_id,) in rows}


async def purls(reader: Reader, event: Event) -> list[str]:
    """Return the package URLs of the packages that a finding event is about; none of any other event."""
    return [purl for (purl,) in await reader.all("purls_of_event", seq=event.seq) if purl]


async def reached(reader: Reader) -> int:
    """Return the number of the last event; 0 when there is none."""
    return int(await reader.value("event_cursor"))


def parse_row(row: Row) -> Event:
    """Return the event of one row of the table."""
    seq, event_id, time, kind, cause, severity, fixable, package_version_id, data = row
    return Event(
        seq=seq,
        id=event_id,
        time=time,
        type=kind,
        cause=cause,
        severity=severity,
        fixable=bool(fixable),
        package_version_id=package_version_id,
        data=_decoded(kind, data),
    )


_FINDING = msgspec.json.Decoder(FindingData)
_TAG = msgspec.json.Decoder(TagData)
_POLICY = msgspec.json.Decoder(PolicyData)

_Identified = tuple[str, NewEvent]


def _decoded(kind: str, data: str) -> EventData:
    if kind.startswith("finding."):
        return _FINDING.decode(data)
    return _POLICY.decode(data) if kind.startswith("policy.") else _TAG.decode(data)


async def _unknown(tx: Writer, events: Sequence[NewEvent]) -> dict[str, NewEvent]:
    by_id = {event.id: event for event in reversed(events)}
    for event_id in await known(tx, by_id):
        del by_id[event_id]
    return dict(reversed(by_id.items()))


def _by_cause(fresh: Iterable[_Identified]) -> list[_Identified]:
    causes: dict[str, list[_Identified]] = {}
    for event_id, event in fresh:
        causes.setdefault(event.cause, []).append((event_id, event))
    return [each for cause in causes.values() for each in cause]


def _row(seq: int, event_id: str, event: NewEvent, now: str) -> tuple[object, ...]:
    data = msgspec.json.encode(event.data).decode()
    fixable, package_version_id = int(event.fixable), event.package_version_id
    return seq, event_id, now, event.type, event.cause, event.severity, fixable, package_version_id, data


def _deliveries(
    numbered: Sequence[tuple[int, _Identified]], endpoints: Sequence[EndpointRule], now: str
) -> Iterator[tuple[object, ...]]:
    causes: dict[str, list[tuple[int, _Identified]]] = {}
    for each in numbered:
        causes.setdefault(each[1][1].cause, []).append(each)
    for endpoint in endpoints:
        for cause, told in causes.items():
            if any(endpoint.admits(event) for _, (_, event) in told):
                (first_seq, (first_id, _)), last_seq = told[0], told[-1][0]
                # A cause can be appended in several parts; each has a first event of its own.
                message_id = stable_id("msg", endpoint.name, cause, first_id)
                yield message_id, endpoint.name, first_seq, last_seq, now, now
