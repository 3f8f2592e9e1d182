"""The body of a webhook message: a CloudEvent that tells everything one cause did.

Specification: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import get_args

import msgspec

from store.events import (
    AdvisoryFacts,
    Before,
    Event,
    EventType,
    FindingData,
    FindingType,
    PolicyData,
    PolicyType,
    TagCheck,
    TagData,
    TagFinding,
    TagLicense,
    TagSecret,
    TagType,
)
from store.touched import LayerGroup, Touched

MOST_FINDINGS = 500
"""Findings that one list in a message holds; a total beside it tells how many there are."""

SUBJECTS = 10
"""Ids of a policy that its message's subject names; the policy lists them all."""

_STRENGTH: tuple[EventType, ...] = (*get_args(FindingType), *get_args(TagType), *get_args(PolicyType))


class EventRef(msgspec.Struct, frozen=True):
    """Where to find an event in the log."""

    id: str
    seq: int
    type: str


class FindingNote(msgspec.Struct, frozen=True, kw_only=True):
    """A package version and where it is."""

    type: str
    package: str
    ecosystem: str
    installed_version: str
    fixed_version: str
    severity: str
    ids: tuple[str, ...]
    status: str
    before: Before | None
    layers: tuple[LayerGroup, ...]


class FindingMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of an advisory did."""

    cause: str
    advisory: AdvisoryFacts
    events: tuple[EventRef, ...]
    findings: tuple[FindingNote, ...]
    findings_total: int
    layers_total: int
    images_total: int


class TagChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a tag's move did to one platform."""

    type: str
    registry: str
    repository: str
    tag: str
    platform: str
    digest_before: str
    digest_after: str
    opened: dict[str, int]
    closed: dict[str, int]
    findings: tuple[TagFinding, ...]
    findings_total: int
    secrets: tuple[TagSecret, ...] = ()
    misconfigurations: tuple[TagCheck, ...] = ()
    licenses: tuple[TagLicense, ...] = ()
    suppressed: int = 0


class TagMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a tag's move did."""

    cause: str
    events: tuple[EventRef, ...]
    changes: tuple[TagChange, ...]


class PolicyMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A policy of the settings whose time is over."""

    cause: str
    events: tuple[EventRef, ...]
    policies: tuple[PolicyData, ...]


Body = FindingMessage | TagMessage | PolicyMessage


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope; the attributes' names are the specification's."""

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str = "application/json"
    data: Body


def repository_filter(globs: Sequence[str]) -> Callable[[str], bool] | None:
    """Return what tells whether one of the globs holds a repository name; None when all do."""
    if "*" in globs:
        return None
    return lambda name: any(fnmatchcase(name, glob) for glob in globs)


def finding_message(
    message_id: str, source: str, events: Sequence[Event], touched: Touched
) -> CloudEvent | None:
    """Return the message about finding events of one cause; None when they touched no image."""
    told = [(event, event.data) for event in events if event.seq in touched.layers]
    known = [(event, data) for event, data in told if isinstance(data, FindingData)]
    if not known:
        return None
    (first, facts), *_ = known
    message = FindingMessage(
        cause=first.cause,
        advisory=facts.advisory,
        events=_refs([event for event, _ in known]),
        findings=tuple(
            _note(event, data, touched.layers[event.seq]) for event, data in known[:MOST_FINDINGS]
        ),
        findings_total=len(known),
        layers_total=touched.layers_total,
        images_total=touched.images_total,
    )
    return _envelope(message_id, source, [event for event, _ in known], facts.advisory.id, message)


def tag_message(
    message_id: str, source: str, events: Sequence[Event], admits: Callable[[str], bool] | None
) -> CloudEvent | None:
    """Return the message about tag events of one cause; None when no repository of theirs is admitted."""
    known = [(event, event.data) for event in events if isinstance(event.data, TagData)]
    told = [(event, data) for event, data in known if admits is None or admits(data.repository)]
    if not told:
        return None
    (first, data), *_ = told
    message = TagMessage(
        cause=first.cause,
        events=_refs([event for event, _ in told]),
        changes=tuple(_change(event, data) for event, data in told),
    )
    subject = f"{data.registry.rpartition('://')[2]}/{data.repository}:{data.tag}"
    return _envelope(message_id, source, [event for event, _ in told], subject, message)


def policy_message(message_id: str, source: str, events: Sequence[Event]) -> CloudEvent | None:
    """Return the message about policy events of one cause; None when there are none."""
    told = [(event, event.data) for event in events if isinstance(event.data, PolicyData)]
    if not told:
        return None
    (first, data), *_ = told
    message = PolicyMessage(
        cause=first.cause,
        events=_refs([event for event, _ in told]),
        policies=tuple(each for _, each in told),
    )
    return _envelope(
        message_id, source, [event for event, _ in told], ", ".join(data.ids[:SUBJECTS]), message
    )


def encode(message: CloudEvent) -> bytes:
    """Return the message as JSON."""
    return msgspec.json.encode(message)


def _envelope(
    message_id: str,
    source: str,
    events: Sequence[Event],
    subject: str,
    data: Body,
) -> CloudEvent:
    strongest = min((event.type for event in events), key=_STRENGTH.index)
    return CloudEvent(
        id=message_id,
        source=source,
        type=f"cleanbill.{strongest}",
        subject=subject,
        time=events[0].time,
        data=data,
    )


def _refs(events: Sequence[Event]) -> tuple[EventRef, ...]:
    return tuple(EventRef(event.id, event.seq, event.type) for event in events)


def _note(event: Event, data: FindingData, layers: tuple[LayerGroup, ...]) -> FindingNote:
    return FindingNote(
        type=event.type,
        package=data.package,
        ecosystem=data.ecosystem,
        installed_version=data.installed_version,
        fixed_version=data.fixed_version,
        severity=data.severity,
        ids=data.ids,
        status=data.status,
        before=data.before,
        layers=layers,
    )


def _change(event: Event, data: TagData) -> TagChange:
    return TagChange(
        type=event.type,
        registry=data.registry,
        repository=data.repository,
        tag=data.tag,
        platform=data.platform,
        digest_before=data.digest_before,
        digest_after=data.digest_after,
        opened=data.opened,
        closed=data.closed,
        findings=data.findings[:MOST_FINDINGS],
        secrets=data.secrets,
        misconfigurations=data.misconfigurations,
        licenses=data.licenses,
        suppressed=data.suppressed,
        # the event's own list may be cut already
        findings_total=max(len(data.findings), sum(data.opened.values()) + sum(data.closed.values())),
    )
