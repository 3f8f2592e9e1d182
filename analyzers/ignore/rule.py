"""Rules that an operator writes to have findings ignored."""

from collections.abc import Iterable
from datetime import date

import msgspec

from analyzers.errors import ParseError
from analyzers.ignore import globs
from analyzers.ignore.candidate import FindingKind
from analyzers.ignore.naming import named, parsed

MOST_RULES = 100_000
"""Of one file."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Ignores the findings that fit all of its fields; an empty field fits everything."""

    id: str = ""
    """One of `Candidate.ids`, in any case and, for checks, any spelling: "AVD-DS-0002" is "DS002"."""
    kind: FindingKind | None = None
    paths: tuple[str, ...] = ()
    """Globs, one of which fits one of the finding's paths; see `globs`."""
    purls: tuple[str, ...] = ()
    """Purls, one of which covers one of the package's; see `naming.covers`."""
    severities: tuple[str, ...] = ()
    """Names of analyzers.severity.Severity."""
    expires: date | None = None
    """The first day on which it ignores nothing more."""
    statement: str = ""
    """Why."""
    owner: str = ""
    """Who answers for it."""
    source: str = ""
    """Where it stands: "file .trivyignore:12", "settings: policies[3]"."""

    def is_expired(self, today: date) -> bool:
        """Tell whether its time is over."""
        return self.expires is not None and today >= self.expires


def rule(  # noqa: PLR0913 - a rule has so many parts, each by its name
    id_: str,
    *,
    kind: FindingKind | None = None,
    paths: Iterable[str] = (),
    purls: Iterable[str] = (),
    severities: Iterable[str] = (),
    expires: date | None = None,
    statement: str = "",
    owner: str = "",
    source: str = "",
) -> Rule:
    """Return a rule whose parts were checked; the id "*" is any, and then something else has to narrow it.

    Raises:
        ParseError: the id is empty, a path is no glob, a purl none, or nothing narrows the rule.
    """
    made = Rule(
        id="" if id_ == "*" else id_,
        kind=kind,
        paths=tuple(paths),
        purls=tuple(purls),
        severities=tuple(each.upper() for each in severities),
        expires=expires,
        statement=statement,
        owner=owner,
        source=source,
    )
    place = f"{source}: " if source else ""
    if not id_.strip():
        raise ParseError(f"{place}id: {id_!r}, expected the id of a finding")
    if id_ == "*" and not (made.paths or made.purls or made.severities):
        raise ParseError(f"{place}id: '*', expected paths, purls or severities beside it")
    check(made)
    return made


def check(made: Rule) -> None:
    """Make sure that the rule's globs and purls can be read.

    Raises:
        ParseError: one cannot; names the field.
    """
    place = f"{made.source}: " if made.source else ""
    for number, path in enumerate(made.paths):
        try:
            globs.compiled(path)
        except ParseError as error:
            raise ParseError(f"{place}paths[{number}]: {error}") from error
    for number, purl in enumerate(made.purls):
        if parsed(purl) is None:
            raise ParseError(
                f"{place}purls[{number}]: {purl!r:.200}, expected a package URL, such as pkg:npm/lodash"
            )
        if problem := named(purl).problem:
            raise ParseError(f"{place}purls[{number}]: {problem}")
