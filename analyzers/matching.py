"""Whether a package version is affected by an advisory.

Specification: https://ossf.github.io/osv-schema/#evaluation
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache

import msgspec

from analyzers import ecosystems, osv, versions
from analyzers.versions import Key
from analyzers.versions.errors import InvalidVersionError, UnknownEcosystemError

_COMMITS = "GIT"


class Affected(msgspec.Struct, frozen=True):
    """The version is affected.

    `fixed` is the version that leaves every range that holds it: of each range the smallest fixed version
    above it, of these the highest. "" when one of the ranges names none.
    """

    fixed: str = ""


class NotAffected(msgspec.Struct, frozen=True):
    """The advisory speaks about other versions or other packages."""


class Unknown(msgspec.Struct, frozen=True):
    """The advisory speaks about the package, but whether about this version could not be found out."""

    reason: str


Verdict = Affected | NotAffected | Unknown

_NOT_AFFECTED = NotAffected()


def affects(
    version: str,
    affected: Sequence[osv.Affected | Mapping[str, object]],
    package: str,
    ecosystem: str,
) -> bool:
    """Tell whether the version is affected, by OSV's evaluation algorithm.

    `affected` is the list of that name in an OSV record, decoded or as JSON values. Ranges of commits are no
    answer to a version. Names compare normalised; a block with a release ("Debian:12") speaks about that
    release only, one without ("Debian") about all.

    Raises:
        InvalidVersionError: the version, or one in a range that could decide, does not follow the ecosystem's
            rules, and nothing else makes the version affected.
        UnknownEcosystemError: there are ranges to evaluate, and no order is known for the ecosystem.
        ParseError: a block is not what the format says.
    """
    failure: ValueError | None = None
    for block in _speaking_about(affected, package, ecosystem):
        fixes, unreadable = _evaluate(version, block, ecosystem)
        if fixes:
            return True
        failure = failure or unreadable
    if failure is not None:
        raise failure
    return False


def judge(
    version: str,
    affected: Sequence[osv.Affected | Mapping[str, object]],
    package: str,
    ecosystem: str,
) -> Verdict:
    """Return the verdict on a package version; arguments as for `affects`.

    A block that names the package and neither a version nor a range of versions gives Unknown: by the
    algorithm it holds nothing, but its author hardly meant to say so.

    Raises:
        ParseError: a block is not what the format says.
    """
    verdict: Verdict = _NOT_AFFECTED
    for block in _speaking_about(affected, package, ecosystem):
        verdict = _worse(verdict, _judge(version, block, ecosystem), ecosystem)
    return verdict


def _speaking_about(
    affected: Sequence[osv.Affected | Mapping[str, object]], package: str, ecosystem: str
) -> Iterator[osv.Affected]:
    name = ecosystems.normalise_name(ecosystem, package)
    for given in affected:
        block = given if isinstance(given, osv.Affected) else osv.parse_affected([given])[0]
        theirs = block.package
        if (
            theirs.name == name or ecosystems.normalise_name(ecosystem, theirs.name) == name
        ) and ecosystems.covers(theirs.ecosystem, ecosystem):
            yield block


def _judge(version: str, block: osv.Affected, ecosystem: str) -> Verdict:
    fixes, unreadable = _evaluate(version, block, ecosystem)
    if fixes:
        return Affected(_highest(fixes, ecosystem))
    if unreadable is not None:
        return Unknown(str(unreadable))
    if block.versions or any(span.type != _COMMITS for span in block.ranges):
        return _NOT_AFFECTED
    return Unknown("only ranges of commits" if block.ranges else "neither versions nor ranges")


def _evaluate(version: str, block: osv.Affected, ecosystem: str) -> tuple[list[str], ValueError | None]:
    """Return a fixed version, or "", for each reason why the version is affected, and what hid others."""
    fixes: list[str] = []
    unreadable: ValueError | None = None
    for span in block.ranges:
        if span.type == _COMMITS:
            continue
        try:
            mine = versions.key(ecosystem, version)
            if _holds(mine, span, ecosystem):
                fixes.append(_fix(mine, span, ecosystem))
        except (InvalidVersionError, UnknownEcosystemError) as error:
            unreadable = error
    try:
        if not fixes and _listed(version, block, ecosystem):
            fixes.append("")
    except InvalidVersionError as error:
        unreadable = error
    return fixes, unreadable


def _worse(one: Verdict, other: Verdict, ecosystem: str) -> Verdict:
    match one, other:
        case Affected(), Affected():
            return Affected(_highest([one.fixed, other.fixed], ecosystem))
        case (Affected(), _) | (Unknown(), NotAffected() | Unknown()):
            return one
    return other


def _highest(fixes: list[str], ecosystem: str) -> str:
    if "" in fixes:
        return ""
    return fixes[0] if len(fixes) == 1 else max(fixes, key=lambda fixed: versions.key(ecosystem, fixed))


def _listed(version: str, block: osv.Affected, ecosystem: str) -> bool:
    """Tell whether the block lists the version, spelled alike or equal in the ecosystem's order."""
    if not block.versions:
        return False
    if version in block.versions:
        return True
    try:
        return versions.key(ecosystem, version) in _keys(ecosystem, block.versions)
    except UnknownEcosystemError:
        return False  # without an order versions are equal when they are spelled alike


@lru_cache(maxsize=64)  # a list may be thousands long, and is asked again at once or not for long
def _keys(ecosystem: str, listed: tuple[str, ...]) -> frozenset[Key]:
    return frozenset(_readable(ecosystem, listed))


def _readable(ecosystem: str, listed: tuple[str, ...]) -> Iterator[Key]:
    for version in listed:
        # an entry that does not follow the rules can only be met by its spelling
        with suppress(InvalidVersionError):
            yield versions.key(ecosystem, version)


def _fix(mine: Key, span: osv.Range, ecosystem: str) -> str:
    """Return the range's smallest fixed version above this one, "" when it has none."""
    above = [
        (theirs, event.fixed)
        for event in span.events
        if event.fixed is not None and (theirs := versions.key(ecosystem, event.fixed)) > mine
    ]
    return min(above)[1] if above else ""


def _holds(mine: Key, span: osv.Range, ecosystem: str) -> bool:
    """Tell whether the range holds the version with this key.

    All ranges but those of commits are read in the ecosystem's own order, SEMVER ones too: ecosystems that
    have those follow that specification, and know about their own liberties (Julia's build numbers,
    Bitnami's revisions) that it does not.
    """
    timeline: list[tuple[Key, bool, bool]] = []
    limits: list[str] = []
    for event in span.events:
        if event.introduced is not None:
            # the empty key sorts before every version, as "0" is meant to
            start = () if event.introduced == "0" else versions.key(ecosystem, event.introduced)
            timeline.append((start, False, True))
        elif event.fixed is not None:
            timeline.append((versions.key(ecosystem, event.fixed), False, False))
        elif event.last_affected is not None:
            timeline.append((versions.key(ecosystem, event.last_affected), True, False))
        elif event.limit is not None:
            limits.append(event.limit)
    if limits and not any(limit == "*" or mine < versions.key(ecosystem, limit) for limit in limits):
        return False
    return _state_at(mine, timeline)


def _state_at(mine: Key, timeline: list[tuple[Key, bool, bool]]) -> bool:
    """Walk (version, whether only versions above it are meant, vulnerable from there on) in version order."""
    vulnerable = False
    for at, only_above, then in sorted(timeline, key=_at):
        if mine > at or (mine == at and not only_above):
            vulnerable = then
    return vulnerable


def _at(event: tuple[Key, bool, bool]) -> Key:
    return event[0]
