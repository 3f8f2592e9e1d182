"""What changed from one image to another besides packages: secrets, licences, checks of the configuration."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from analyzers.contents import telling_apart
from analyzers.inventory import Scanner
from reports.document import Document, LicenseFinding, MisconfigurationFinding, SecretFinding
from reports.suppression import restored

_WORDS = {Scanner.SECRET: "secret", Scanner.LICENSE: "license", Scanner.MISCONFIG: "misconfig"}
_Finding = TypeVar("_Finding", SecretFinding, LicenseFinding, MisconfigurationFinding)
_Change = TypeVar("_Change")


class State(StrEnum):
    """Whether the sides could be compared."""

    COMPARED = "compared"
    OTHER_RULES = "other_rules"
    """They were, but the sides were searched by other rules: what is new may only be newly seen."""
    NOT_COMPARED = "not_compared"
    """One side was not searched, so nothing is known to be new or gone."""
    NOT_ASKED = "not_asked"
    """Neither side was searched: nobody wants to know."""


class _Object(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """An object with keys in capitals."""


class MadeBy(_Object, frozen=True, kw_only=True):
    """The layer that has it; empty for the configuration of an image."""

    digest: str = ""
    created_by: str = ""


class SecretChange(_Object, frozen=True, kw_only=True):
    """A secret that only one side has."""

    rule_id: str = msgspec.field(name="RuleID")
    title: str
    severity: str
    path: str
    """Empty for the configuration of the image."""
    line: int
    match: str
    """The line, with "*" in place of the secret."""
    deleted: bool
    """Whether a later layer removes the file; the secret is in the image all the same."""
    replaced: bool
    """Whether a later layer has another file there, in which it is not; the same holds."""
    layer: MadeBy


class LicenseChange(_Object, frozen=True, kw_only=True):
    """A licence that a package, or a file of no package, has on one side only."""

    name: str
    category: str
    severity: str
    kind: str
    package: str
    """Empty for a file that is no package's."""
    path: str
    layer: MadeBy


class CheckChange(_Object, frozen=True, kw_only=True):
    """A check of the image's configuration that fails on one side only."""

    id: str = msgspec.field(name="ID")
    title: str
    severity: str
    message: str
    resolution: str


class ContentChanges(msgspec.Struct, Generic[_Change], frozen=True, kw_only=True):
    """What came and went of one sort."""

    state: State = State.NOT_COMPARED
    reason: str = ""
    """Why it is not COMPARED; empty when it is."""
    added: tuple[_Change, ...] = ()
    removed: tuple[_Change, ...] = ()

    @property
    def is_compared(self) -> bool:
        """Whether both sides were searched."""
        return self.state in {State.COMPARED, State.OTHER_RULES}


def secret_changes(a: Document, b: Document, rules: tuple[str, str]) -> ContentChanges[SecretChange]:
    """Return the secrets that came and went; the same rule, path, line and imprint make the same secret.

    Args:
        a: the image before.
        b: the image after.
        rules: of each, what tells by which analyzers it was searched; see crawler.targets.image.fingerprint.
    """
    apart = telling_apart(each.secret for side in (a, b) for each in restored(side).secrets)

    def identity(found: SecretFinding) -> object:
        return apart(found.path, found.secret)

    return _changes(Scanner.SECRET, (a, b), rules, lambda each: each.secrets, identity, _secret)


def license_changes(a: Document, b: Document, rules: tuple[str, str]) -> ContentChanges[LicenseChange]:
    """Return the licences that came and went, by package name, or for a file of no package by path."""
    texts = all(Scanner.LICENSE_TEXT in each.scanners for each in (a, b))

    def held(document: Document) -> Iterable[LicenseFinding]:
        return (each for each in document.licenses if each.package or texts)

    return _changes(Scanner.LICENSE, (a, b), rules, held, license_identity, _license)


def check_changes(a: Document, b: Document, rules: tuple[str, str]) -> ContentChanges[CheckChange]:
    """Return the failed checks of the images' configurations that came and went."""

    def held(document: Document) -> Iterable[MisconfigurationFinding]:
        return (each for each in document.failures if not each.path)

    return _changes(Scanner.MISCONFIG, (a, b), rules, held, check_identity, _check)


def secret_identity(found: SecretFinding) -> tuple[str | int, ...]:
    """Return what two secrets have in common that are the same one and were found by one version."""
    return found.secret.rule, found.path, found.secret.match, found.secret.imprint


def license_identity(found: LicenseFinding) -> tuple[str, ...]:
    """Return what two licences have in common that are the same one."""
    return found.name, found.kind, found.package, "" if found.package else found.path


def check_identity(found: MisconfigurationFinding) -> tuple[str, ...]:
    """Return what two failed checks have in common that are the same one."""
    return found.outcome.check, found.outcome.message, found.outcome.resource


def _changes(  # noqa: PLR0913, PLR0917 - a sort of findings has this many sides
    scanner: Scanner,
    documents: tuple[Document, Document],
    rules: tuple[str, str],
    held: Callable[[Document], Iterable[_Finding]],
    identity: Callable[[_Finding], object],
    told: Callable[[Document, _Finding], _Change],
) -> ContentChanges[_Change]:
    state, reason = _state(scanner, documents, rules)
    if state in {State.NOT_COMPARED, State.NOT_ASKED}:
        return ContentChanges(state=state, reason=reason)
    a, b = documents
    before = {identity(each): each for each in reversed(list(held(a)))}
    after = {identity(each): each for each in reversed(list(held(b)))}
    # What a rule suppresses now is still there.
    there = {identity(each) for each in held(restored(b))}
    # Each side has its own order; of what is there more than once, the first place is told.
    return ContentChanges(
        state=state,
        reason=reason,
        added=tuple(told(b, after[key]) for key in reversed(after) if key not in before),
        removed=tuple(told(a, before[key]) for key in reversed(before) if key not in there),
    )


def _state(
    scanner: Scanner, documents: tuple[Document, Document], rules: tuple[str, str]
) -> tuple[State, str]:
    missing = [each.name for each in documents if scanner not in each.scanners]
    word = _WORDS[scanner]
    if len(missing) == len(documents):
        return State.NOT_ASKED, f"neither was scanned with --scanners {word}"
    if missing:
        names = " and ".join(dict.fromkeys(missing))
        return State.NOT_COMPARED, f"{names}: never scanned with --scanners {word}"
    a, b = ({word for word in each.split() if word.startswith(f"{scanner}:")} for each in rules)
    if a != b:
        return (
            State.OTHER_RULES,
            "the sides were scanned by other rules, so what is new may only be newly seen",
        )
    return State.COMPARED, ""


def _made_by(document: Document, layer: int) -> MadeBy:
    if not 0 <= layer < len(document.layers):
        return MadeBy()
    found = document.layers[layer]
    return MadeBy(digest=found.digest, created_by=found.created_by)


def _secret(document: Document, found: SecretFinding) -> SecretChange:
    return SecretChange(
        rule_id=found.secret.rule,
        title=found.secret.title,
        severity=found.severity.name,
        path=found.path,
        line=found.secret.start_line,
        match=found.secret.match,
        deleted=found.is_deleted,
        replaced=found.is_replaced,
        layer=_made_by(document, found.layer),
    )


def _license(document: Document, found: LicenseFinding) -> LicenseChange:
    return LicenseChange(
        name=found.name,
        category=found.category,
        severity=found.severity.name,
        kind=found.kind,
        package=found.package,
        path=found.path,
        layer=_made_by(document, found.layer),
    )


def _check(_document: Document, found: MisconfigurationFinding) -> CheckChange:
    return CheckChange(
        id=found.outcome.check,
        title=found.title,
        severity=found.severity.name,
        message=found.outcome.message,
        resolution=found.resolution,
    )
