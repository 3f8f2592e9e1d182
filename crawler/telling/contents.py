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
from crawler.scanners import SCANNERS
from crawler.targets.image_contents import failed_checks, remembered_by
from reports.contents import Configuration, of_configuration
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
_Identity = tuple[str, str, str]
_EVENTS: Mapping[FindingKind, tuple[TagType, str]] = {
    FindingKind.SECRET: ("secret.found", "secrets"),
    FindingKind.MISCONFIGURATION: ("misconfig.found", "misconfigurations"),
    FindingKind.LICENSE: ("license.found", "licenses"),
}
"""The event, and the field of store.events.TagData with what it is about."""
_LISTED = (FindingKind.MISCONFIGURATION, FindingKind.LICENSE)
"""What images' content sets are asked for; of secrets they have no imprints."""


class NewContents:
    """Finds what is new, and what of it the settings let be told."""

    def __init__(self, reader: Reader, settings: Settings, today: date, secret_config: bytes) -> None:
        self._reader, self._secret_config = reader, secret_config
        self._asked = asked_for(settings.crawl)
        self._in_configurations = frozenset(SCANNERS[each] for each in settings.crawl.image_config_scanners)
        self._judge = ContentJudge(settings.licenses, today)

    async def found(self, old: str, new: str, rules: Rules | None) -> dict[TagType, dict[str, object]]:
        """Return what one image has and another had not: for each event the fields of its data.

        Args:
            old: digest of the image before; empty when there was none.
            new: digest of the image now.
            rules: those of policies that hold for its repository.
        """
        secrets = await self._secrets(old, new)
        others = {kind: await self._in_files(kind, old, new) for kind in _LISTED}
        if not (secrets or any(each.has for each in others.values()) or self._in_configurations):
            return {}
        image = await images.image_row(self._reader, new)
        before = (await images.image_row(self._reader, old)).config if old else b""
        # The first time it reads rules and licences from disk.
        return await asyncio.to_thread(self._told, image, before, secrets, others, rules)

    def _told(
        self,
        image: ImageRow,
        config_before: bytes,
        secrets: Sequence[Placed[Secret]],
        others: Mapping[FindingKind, "_Compared"],
        rules: Rules | None,
    ) -> dict[TagType, dict[str, object]]:
        # The commands of layers may have secrets themselves, as build arguments.
        config = self._configuration(image.config)
        had = self._configuration(config_before) if config_before else Configuration(shown=b"")
        checks = _Compared(failed_checks(had.misconfigurations), _of_configuration(config))
        wording = _Wording(image.layers, config.starred, self._judge)

        def new(kind: FindingKind, compared: _Compared) -> list[ImageContent]:
            return compared.new(lambda each: self._judge.counts(kind, each, rules))

        failed, licenses = FindingKind.MISCONFIGURATION, FindingKind.LICENSE
        pairs: dict[FindingKind, _Pairs] = {
            FindingKind.SECRET: [
                *map(wording.secret, secrets),
                *map(wording.secret_of_configuration, self._new_secrets(had, config)),
            ],
            failed: [*map(wording.check, (*new(failed, others[failed]), *new(failed, checks)))],
            licenses: [*map(wording.license, new(licenses, others[licenses]))],
        }
        return dict(self._fields(pairs, rules))

    def _configuration(self, config: bytes) -> Configuration:
        return of_configuration(config, {*self._in_configurations, Scanner.SECRET}, self._secret_config)

    def _new_secrets(self, had: Configuration, has: Configuration) -> list[Secret]:
        if Scanner.SECRET not in self._in_configurations:
            return []
        identity = telling_apart(each.secret for each in (*had.secrets, *has.secrets))
        known = {identity("", each.secret) for each in had.secrets}
        return [each.secret for each in has.secrets if identity("", each.secret) not in known]

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

    async def _in_files(self, kind: FindingKind, old: str, new: str) -> "_Compared":
        """Return what both have of another kind."""
        if (kind, False) not in self._asked:
            return _Compared()
        has = [each for each in await contents_of_image(self._reader, new, kind) if each.layer]
        if not (has and old):
            return _Compared(has=has)
        had = [each.finding for each in await contents_of_image(self._reader, old, kind) if each.layer]
        if not await self._searched_alike(old, new):
            # Of the image before less is known, or other things. What lies in a layer of it did not come now.
            layers = {each.digest for each in (await images.image_row(self._reader, old)).layers}
            has = [each for each in has if each.layer not in layers]
        return _Compared(had, has)

    async def _searched_alike(self, old: str, new: str) -> bool:
        states = await images.manifest_states(self._reader, {old, new})
        made_by = {remembered_by(each.analysed_with) for each in states.values()}
        return len(made_by) == 1


@dataclass(frozen=True, slots=True)
class _Compared:
    """What two images have of one kind."""

    had: Sequence[ContentFinding] = ()
    has: Sequence[ImageContent] = ()

    def new(self, counts: Callable[[ContentFinding], bool]) -> list[ImageContent]:
        """Return what is new, and what was left out before and counts now; once what is there twice."""
        known = {_identity(each) for each in self.had}
        counted = {_identity(each) for each in self.had if counts(each)}
        found: dict[_Identity, tuple[ImageContent, bool]] = {}
        for each in self.has:
            key, does_count = _identity(each.finding), counts(each.finding)
            if key not in found or (does_count and not found[key][1]):
                found[key] = each, does_count
        return [
            each for key, (each, does_count) in found.items() if key not in (counted if does_count else known)
        ]


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

    def secret_of_configuration(self, secret: Secret) -> _Pair:
        told = TagSecret(
            rule=secret.rule,
            title=secret.title,
            severity=secret.severity,
            path="",
            line=secret.start_line,
            match=secret.match,
            layer="",
            created_by="",
            is_deleted=False,
        )
        return ContentFinding(id=secret.rule, severity=secret.severity), told

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


def _identity(found: ContentFinding) -> _Identity:
    """Return what two findings have in common that are the same one, in whichever line."""
    return found.id, found.package or found.path, found.message


def _of_configuration(config: Configuration) -> list[ImageContent]:
    return [ImageContent(each, "", "") for each in failed_checks(config.misconfigurations)]
