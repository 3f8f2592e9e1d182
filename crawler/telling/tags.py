"""Events of tags: what a crawl saw appear, move or go, with what that did to the findings."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from analyzers.ignore.policy import Policy as Rules
from analyzers.inventory import Package
from analyzers.severity import Severity
from config.settings import Settings
from crawler import clock
from crawler.notify.endpoints import rules as endpoint_rules
from crawler.policies import candidates
from crawler.policies.rules import rules_for
from crawler.targets.image import ALL_PLATFORMS, chosen, includes
from crawler.telling.contents import SHOWN, NewContents
from store import events, findings, images, tags
from store.database import Reader, Store
from store.events import NewEvent, TagData, TagFinding, TagType
from store.findings import ImageFinding
from store.tags import UntoldTag

_PACKAGE = msgspec.json.Decoder(Package)


class Searched(msgspec.Struct, frozen=True):
    """How crawls look into images now."""

    secret_config: bytes = b""
    """What the user's own rules for secrets are made of, for stars in commands."""
    analysed_with: str = ""
    """The fingerprint of images that were looked into so; empty when any will do."""
    platforms: tuple[str, ...] = (ALL_PLATFORMS,)
    """Which images of an index are looked into."""


_AS_IT_IS = Searched()


async def tell_tags(
    store: Store, registry: str, settings: Settings, now: str, searched: Searched = _AS_IT_IS
) -> int:
    """Put what happened to the registry's tags into the event log; return how many wait for verdicts.

    An image that is not analysed yet, or by older analyzers or scanners only, waits: telling it now would say
    that it has no findings. While packages of it have no verdict, what else it holds is told already. Before
    the registry's first complete crawl nothing is told.

    Args:
        store: of the images.
        registry: its address.
        settings: whom to tell, what was looked for, and the policies, which are judged now.
        now: the time.
        searched: how images are looked into.
    """
    if not await tags.has_baseline(store.read, registry):
        return 0
    waiting = 0
    telling = _Telling(store.read, registry, settings, now, searched)
    for row in await tags.untold_tags(store.read, registry):
        made, whole, waits = await telling.events(row)
        waiting += waits
        if not (made or whole):
            continue
        async with store.transaction() as tx:
            await events.append(tx, made, endpoint_rules(settings), now)
            if whole:
                await tags.set_told(tx, row)
    return waiting


class _Telling:
    """Makes events of one registry's tags."""

    def __init__(
        self, reader: Reader, registry: str, settings: Settings, now: str, searched: Searched
    ) -> None:
        self._reader, self._registry, self._policies = reader, registry, settings.policies
        self._today = clock.parse(now).date()
        self._searched = searched
        self._contents = NewContents(reader, settings, self._today, searched.secret_config)

    async def events(self, row: UntoldTag) -> tuple[list[NewEvent], bool, bool]:
        """Return what can be told of a stretch of a tag's history.

        Also whether nothing more will come, and whether what is to come waits for verdicts only.
        """
        made: list[NewEvent] = []
        whole, waits = True, False
        if not row.told_since:
            # What no tag points to any more is not read again.
            after = await self._analysed(row.digest, "" if row.until else self._searched.analysed_with)
            made, whole, waits = await self._moved(row, after), after.is_whole, bool(after.unjudged)
        if row.until and not row.told_until and not await tags.digest_after(self._reader, row):
            made.append(_event("tag.removed", row, self._data(row, digest_before=row.digest)))
        # What no tag points to any more is not looked into.
        return made, whole or row.until is not None, waits and row.until is None

    async def _analysed(self, digest: str, analysed_with: str = "") -> "_Behind":
        """Return the images behind a manifest that are done."""
        children = await images.index_children(self._reader, digest) or {digest: ""}
        states = await images.manifest_states(self._reader, children)
        asked_for = chosen(children, self._searched.platforms)
        found = _Behind()
        for child, platform in children.items():
            state = states[child]
            # What could not be read again has a reason; it is told as far as it is known, as is what nobody
            # asks for any more.
            is_left = bool(state.reason) or child not in asked_for
            is_current = is_left or includes(state.analysed_with, analysed_with)
            if state.state == "analysed" and is_current:
                is_judged = not await findings.undecided(self._reader, child)
                (found.judged if is_judged else found.unjudged)[platform] = child
            elif state.state != "not_an_image" and state.reason != images.NOT_ASKED_FOR:
                found.missing += 1
        return found

    async def _moved(self, row: UntoldTag, after: "_Behind") -> list[NewEvent]:
        before = await tags.digest_before(self._reader, row)
        earlier = (await self._analysed(before)).images if before else {}
        rules = self._rules(row.repository)
        made = []
        for platform, digest in after.images.items():
            # An image that became an index, or the other way round, is compared with what was there.
            old = earlier.get(platform) or (next(iter(earlier.values())) if len(earlier) == 1 else "")
            data = self._data(row, platform=platform, digest_before=old or before or "", digest_after=digest)
            if platform in after.judged:
                changes = await self._changes(old, digest, rules)
                made.append(_event("image.changed" if before else "image.added", row, _with(data, *changes)))
            # A secret is told at once, whatever keeps the advisories away; told again it is the same event.
            found = await self._contents.found(old, digest, rules)
            made += [
                _event(kind, row, msgspec.structs.replace(data, **theirs)) for kind, theirs in found.items()
            ]
        return made

    async def _changes(self, old: str, new: str, rules: Rules | None) -> tuple[Sequence[TagFinding], int]:
        """Return what opened and closed, and how much more did open that policies cover."""
        had, has = await findings.apart(self._reader, old, new)
        if rules is None:
            return _compare(had, has), 0
        kept = [each for each in has if not self._covers(rules, each)]
        found = _compare([each for each in had if not self._covers(rules, each)], kept)
        opened = {_key(each) for each in has} - {_key(each) for each in (*had, *kept)}
        return found, len(opened)

    def _covers(self, rules: Rules, found: ImageFinding) -> bool:
        package = _PACKAGE.decode(found.package_json)
        candidate = candidates.vulnerability(found.finding, found.purl, package, (found.path,))
        return candidates.ignores(rules, candidate, self._today)

    def _rules(self, repository: str) -> Rules | None:
        host = self._registry.rpartition("://")[2].rstrip("/")
        found = rules_for(self._policies, f"{host}/{repository}")
        return Rules(found) if found else None

    def _data(
        self, row: UntoldTag, *, platform: str = "", digest_before: str = "", digest_after: str = ""
    ) -> TagData:
        return TagData(
            registry=self._registry,
            repository=row.repository,
            tag=row.tag,
            digest_before=digest_before,
            digest_after=digest_after,
            platform=platform,
        )


class _Behind(msgspec.Struct):
    """The images behind a manifest: platform → digest."""

    judged: dict[str, str] = {}
    unjudged: dict[str, str] = {}
    """Those with packages that have no verdict yet."""
    missing: int = 0
    """How many are not read yet."""

    @property
    def images(self) -> dict[str, str]:
        """All that are read."""
        return self.judged | self.unjudged

    @property
    def is_whole(self) -> bool:
        """Whether nothing more will come."""
        return not (self.unjudged or self.missing)


def _with(data: TagData, found: Sequence[TagFinding], suppressed: int) -> TagData:
    return msgspec.structs.replace(
        data,
        opened=_counted(found, "opened"),
        closed=_counted(found, "closed"),
        findings=tuple(found[:SHOWN]),
        suppressed=suppressed,
    )


def _counted(found: Sequence[TagFinding], change: str) -> dict[str, int]:
    return dict(Counter(each.severity for each in found if each.change == change))


def _key(found: ImageFinding) -> tuple[str, str]:
    return found.package, found.finding.id


def _compare(had: Sequence[ImageFinding], has: Sequence[ImageFinding]) -> tuple[TagFinding, ...]:
    """Return what opened and closed; a finding of the same package and vulnerability stayed."""
    before = {_key(each): each for each in had}
    after = {_key(each): each for each in has}
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


def _event(kind: TagType, row: UntoldTag, data: TagData) -> NewEvent:
    has_contents = bool(data.secrets or data.misconfigurations or data.licenses)
    opened = [each for each in data.findings if each.change == "opened"]
    return NewEvent(
        type=kind,
        cause=f"tag:{row.repository_id}:{row.tag}@{row.since if kind != 'tag.removed' else row.until}",
        key=(data.platform,),
        severity=max((Severity[each] for each in data.opened), default=Severity.UNKNOWN).name,
        fixable=has_contents or any(each.fixed_version for each in opened),
        data=data,
    )
