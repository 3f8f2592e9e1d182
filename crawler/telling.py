"""Events of tags: what a crawl saw appear, move or go, with what that did to the findings."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from analyzers.contents import telling_apart
from analyzers.inventory import Scanner
from analyzers.severity import Severity
from reports.contents import of_configuration
from store import events, findings, images, tags
from store.contents import stored_contents
from store.database import Reader, Store
from store.events import EndpointRule, NewEvent, TagData, TagFinding, TagSecret, TagType
from store.findings import ImageFinding
from store.tags import UntoldTag

SHOWN = 500
"""Findings that one event lists; the counts are of all."""
_SECRETS = frozenset({Scanner.SECRET})


async def tell_tags(
    store: Store, registry: str, endpoints: Sequence[EndpointRule], now: str, secret_config: bytes = b""
) -> int:
    """Put what happened to the registry's tags into the event log; return how many events that made.

    An image that is not analysed yet, or has packages without a verdict, waits: telling it now would say
    that it has no findings. Before the registry's first complete crawl nothing is told. `secret_config` is
    what the user's own rules for secrets are made of, for stars in commands.
    """
    if not await tags.has_baseline(store.read, registry):
        return 0
    told = 0
    for row in await tags.untold_tags(store.read, registry):
        made, whole = await _events(store.read, registry, row, secret_config)
        if not (made or whole):
            continue
        async with store.transaction() as tx:
            told += await events.append(tx, made, endpoints, now)
            if whole:
                await tags.set_told(tx, row)
    return told


async def _events(
    reader: Reader, registry: str, row: UntoldTag, secret_config: bytes
) -> tuple[list[NewEvent], bool]:
    """Return what can be told of one stretch of a tag's history, and whether nothing more will come."""
    made: list[NewEvent] = []
    whole = True
    if not row.told_since:
        after, whole = await _analysed(reader, row.digest)
        made += await _moved(reader, registry, row, after, secret_config)
    if row.until and not row.told_until and not await tags.digest_after(reader, row):
        made.append(_removed(registry, row))
    # What no tag points to any more is not looked into.
    return made, whole or row.until is not None


async def _analysed(reader: Reader, digest: str) -> tuple[dict[str, str], bool]:
    """Return platform → digest of the images behind a manifest that are done, and whether all are."""
    children = await images.index_children(reader, digest) or {digest: ""}
    states = await images.manifest_states(reader, children)
    found: dict[str, str] = {}
    whole = True
    for child, platform in children.items():
        state = states[child]
        if state.state == "analysed" and not await findings.undecided(reader, child):
            found[platform] = child
        elif state.state != "not_an_image" and state.reason != images.NOT_ASKED_FOR:
            whole = False
    return found, whole


async def _moved(
    reader: Reader, registry: str, row: UntoldTag, after: Mapping[str, str], secret_config: bytes
) -> list[NewEvent]:
    before = await tags.digest_before(reader, row)
    earlier, _ = await _analysed(reader, before) if before else ({}, True)
    made = []
    for platform, digest in after.items():
        # An image that became an index, or the other way round, is compared with what was there.
        old = earlier.get(platform) or (next(iter(earlier.values())) if len(earlier) == 1 else "")
        had = await findings.of_image(reader, old) if old else []
        has = await findings.of_image(reader, digest)
        data = _data(registry, row, platform, (old or before or "", digest), _compare(had, has))
        made.append(_event("image.changed" if before else "image.added", row, data))
        if secrets := await _new_secrets(reader, old, digest, secret_config):
            found = msgspec.structs.replace(data, opened={}, closed={}, findings=(), secrets=secrets)
            made.append(_event("secret.found", row, found))
    return made


async def _new_secrets(reader: Reader, old: str, new: str, secret_config: bytes) -> tuple[TagSecret, ...]:
    """Return the secrets of one image that another, if there was one, had not."""
    found = (await stored_contents(reader, new, _SECRETS)).secrets
    if not found:
        return ()
    had = (await stored_contents(reader, old, _SECRETS)).secrets if old else ()
    identity = telling_apart(each.content for each in (*had, *found))
    known = {identity(each.path, each.content) for each in had}
    image = await images.image_row(reader, new)
    # The commands of layers may have secrets themselves, as build arguments.
    starred = (await asyncio.to_thread(of_configuration, image.config, _SECRETS, secret_config)).starred
    return tuple(
        TagSecret(
            rule=each.content.rule,
            title=each.content.title,
            severity=each.content.severity,
            path=each.path,
            line=each.content.start_line,
            match=each.content.match,
            layer=image.layers[each.layer].digest,
            created_by=starred(image.layers[each.layer].created_by),
            is_deleted=each.is_deleted,
            is_replaced=each.is_replaced,
        )
        for each in found
        if identity(each.path, each.content) not in known
    )[:SHOWN]


def _removed(registry: str, row: UntoldTag) -> NewEvent:
    return _event("tag.removed", row, _data(registry, row, "", (row.digest, ""), ()))


def _compare(had: Sequence[ImageFinding], has: Sequence[ImageFinding]) -> tuple[TagFinding, ...]:
    """Return what opened and closed; a finding of the same package and vulnerability stayed."""
    before = {(each.package, each.finding.id): each for each in had}
    after = {(each.package, each.finding.id): each for each in has}
    opened = [_told("opened", each) for key, each in after.items() if key not in before]
    closed = [_told("closed", each) for key, each in before.items() if key not in after]
    return tuple(sorted((*opened, *closed), key=lambda each: (-Severity[each.severity], each.id)))


def _told(change: Literal["opened", "closed"], each: ImageFinding) -> TagFinding:
    return TagFinding(
        change=change,
        id=each.finding.id,
        severity=each.finding.rating.severity.name,
        package=each.package,
        installed_version=each.version,
        fixed_version=each.finding.fixed,
    )


def _data(
    registry: str, row: UntoldTag, platform: str, digests: tuple[str, str], found: Sequence[TagFinding]
) -> TagData:
    return TagData(
        registry=registry,
        repository=row.repository,
        tag=row.tag,
        digest_before=digests[0],
        digest_after=digests[1],
        platform=platform,
        opened=dict(Counter(each.severity for each in found if each.change == "opened")),
        closed=dict(Counter(each.severity for each in found if each.change == "closed")),
        findings=tuple(found[:SHOWN]),
    )


def _event(kind: TagType, row: UntoldTag, data: TagData) -> NewEvent:
    opened = [each for each in data.findings if each.change == "opened"]
    severities = [each.severity for each in opened] + [each.severity for each in data.secrets]
    return NewEvent(
        type=kind,
        cause=f"tag:{row.repository_id}:{row.tag}@{row.since if kind != 'tag.removed' else row.until}",
        key=(data.platform,),
        severity=max((Severity[each] for each in severities), default=Severity.UNKNOWN).name,
        fixable=bool(data.secrets) or any(each.fixed_version for each in opened),
        data=data,
    )
