"""What an image holds besides packages that the one before it did not: for events."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from analyzers.contents import Placed, telling_apart
from analyzers.ignore.candidate import FindingKind
from analyzers.ignore.policy import Policy as Rules
from analyzers.inventory import Scanner, Secret
from analyzers.severity import Severity
from config.settings import Settings
from crawler.policies.contents import ContentJudge, asked_for
from reports.contents import of_configuration
from store import images
from store.content_sets import ContentFinding, ImageContent, contents_of_image
from store.contents import stored_contents
from store.database import Reader
from store.events import TagCheck, TagLicense, TagSecret, TagType
from store.images import ImageRow, LayerRow

SHOWN = 500
"""Findings that one event lists; its counts are of all."""
_SECRETS = frozenset({Scanner.SECRET})
_Pair = tuple[ContentFinding, TagSecret | TagCheck | TagLicense]
"""What is judged, and what is told of it."""
_Pairs = Sequence[_Pair]
_EVENTS: Mapping[FindingKind, tuple[TagType, str]] = {
    FindingKind.SECRET: ("secret.found", "secrets"),
    FindingKind.MISCONFIGURATION: ("misconfig.found", "misconfigurations"),
    FindingKind.LICENSE: ("license.found", "licenses"),
}
"""The event, and the field of store.events.TagData with what it is about."""


class NewContents:
    """Finds what is new, and what of it the settings let be told."""

    def __init__(self, reader: Reader, settings: Settings, today: date, secret_config: bytes) -> None:
        self._reader, self._secret_config = reader, secret_config
        self._asked = asked_for(settings.crawl)
        self._judge = ContentJudge(settings.licenses, today)

    async def found(self, old: str, new: str, rules: Rules | None) -> dict[TagType, dict[str, object]]:
        """Return what one image has and another had not: for each event the fields of its data.

        Args:
            old: digest of the image before; empty when there was none.
            new: digest of the image now.
            rules: those of policies that hold for its repository.
        """
        in_files = await self._secrets(old, new)
        others = {kind: await self._new(kind, old, new) for kind in _EVENTS}
        if not (in_files or any(others.values())):
            return {}
        image = await images.image_row(self._reader, new)
        # The first time it reads rules and licences from disk.
        return await asyncio.to_thread(self._told, image, in_files, others, rules)

    def _told(
        self,
        image: ImageRow,
        in_files: Sequence[Placed[Secret]],
        others: Mapping[FindingKind, Sequence[ImageContent]],
        rules: Rules | None,
    ) -> dict[TagType, dict[str, object]]:
        # The commands of layers may have secrets themselves, as build arguments.
        starred = of_configuration(image.config, _SECRETS, self._secret_config).starred
        wording = _Wording(image.layers, starred, self._judge)
        pairs: dict[FindingKind, _Pairs] = {
            FindingKind.SECRET: [
                *map(wording.secret, in_files),
                *map(wording.secret_of_configuration, others[FindingKind.SECRET]),
            ],
            FindingKind.MISCONFIGURATION: [*map(wording.check, others[FindingKind.MISCONFIGURATION])],
            FindingKind.LICENSE: [*map(wording.license, others[FindingKind.LICENSE])],
        }
        return dict(self._fields(pairs, rules))

    def _fields(
        self, pairs: Mapping[FindingKind, _Pairs], rules: Rules | None
    ) -> Iterator[tuple[TagType, dict[str, object]]]:
        for kind, theirs in pairs.items():
            event, field = _EVENTS[kind]
            left = [told for found, told in theirs if self._judge.counts(kind, found, rules)]
            if left:
                # The order of one severity is that of the image.
                left.sort(key=lambda each: -Severity[each.severity])
                yield (
                    event,
                    {
                        field: tuple(left[:SHOWN]),
                        "opened": dict(Counter(each.severity for each in left)),
                        "suppressed": len(theirs) - len(left),
                    },
                )

    async def _secrets(self, old: str, new: str) -> list[Placed[Secret]]:
        """Return the secrets in files that are new."""
        if (FindingKind.SECRET, False) not in self._asked:
            return []
        found = (await stored_contents(self._reader, new, _SECRETS)).secrets
        if not found:
            return []
        had = (await stored_contents(self._reader, old, _SECRETS)).secrets if old else ()
        identity = telling_apart(each.content for each in (*had, *found))
        known = {identity(each.path, each.content) for each in had}
        return [each for each in found if identity(each.path, each.content) not in known]

    async def _new(self, kind: FindingKind, old: str, new: str) -> list[ImageContent]:
        """Return what else is new; secrets of the configuration only."""
        places = {is_config for its, is_config in self._asked if its is kind}
        if kind is FindingKind.SECRET:
            places -= {False}
        found = await self._at(places, new, kind)
        known = {_identity(each.finding) for each in await self._at(places, old, kind)} if found else set()
        new_ones = {_identity(each.finding): each for each in reversed(found)}
        return [each for key, each in reversed(new_ones.items()) if key not in known]

    async def _at(self, places: set[bool], digest: str, kind: FindingKind) -> list[ImageContent]:
        if not (places and digest):
            return []
        found = await contents_of_image(self._reader, digest, kind)
        return [each for each in found if (not each.layer) in places]


@dataclass(frozen=True, slots=True)
class _Wording:
    """Says what events tell of an image's findings."""

    layers: Sequence[LayerRow]
    starred: Callable[[str], str]
    judge: ContentJudge

    def secret(self, found: Placed[Secret]) -> _Pair:
        secret, layer = found.content, self.layers[found.layer]
        told = TagSecret(
            rule=secret.rule,
            title=secret.title,
            severity=secret.severity,
            path=found.path,
            line=secret.start_line,
            match=secret.match,
            layer=layer.digest,
            created_by=self.starred(layer.created_by),
            is_deleted=found.is_deleted,
            is_replaced=found.is_replaced,
        )
        return ContentFinding(id=secret.rule, severity=secret.severity, path=found.path), told

    def secret_of_configuration(self, each: ImageContent) -> _Pair:
        found = each.finding
        told = TagSecret(
            rule=found.id,
            title=found.title,
            severity=found.severity,
            path="",
            line=found.line,
            match=found.message,
            layer="",
            created_by="",
            is_deleted=False,
        )
        return found, told

    def check(self, each: ImageContent) -> _Pair:
        found = each.finding
        told = TagCheck(
            id=found.id,
            title=found.title,
            severity=found.severity,
            path=found.path,
            line=found.line,
            message=found.message,
            layer=each.layer,
            created_by=self.starred(each.created_by),
        )
        return found, told

    def license(self, each: ImageContent) -> _Pair:
        found = each.finding
        category, severity = self.judge.license_class(found.id)
        told = TagLicense(
            name=found.id,
            category=category,
            severity=severity,
            package=found.package,
            path=found.path,
            layer=each.layer,
            created_by=self.starred(each.created_by),
        )
        return found, told


def _identity(found: ContentFinding) -> tuple[str, str, str]:
    """Return what two findings have in common that are the same one, in whichever line."""
    return found.id, found.package or found.path, found.message
