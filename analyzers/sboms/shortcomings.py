"""What a bill of materials leaves open, so that clean is never said of what could not be judged."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from analyzers import ecosystems
from analyzers.catalogue import kinds
from analyzers.inventory import Problem
from analyzers.sboms.document import SbomPackage
from analyzers.sboms.listing import Described, Listing
from analyzers.sboms.package_url import PackageUrl
from analyzers.sboms.system import System

_SHOWN = 5
_LENGTH = 80
_TELL_SOURCES = ("cleanbill", "syft", "trivy")


class Reading(NamedTuple):
    """A thing that may be a package, and its purl."""

    thing: Described
    purl: PackageUrl | None
    error: str
    """Why the purl cannot be read."""


def problems_of(
    listing: Listing,
    readings: Sequence[Reading],
    packages: Sequence[SbomPackage],
    system: System,
    path: str,
) -> Iterator[Problem]:
    """Yield what is missing for the packages to be matched, alike things together."""
    for count, names, reason in (
        *_of_things(readings),
        *_of_system(listing, packages, system),
        *_of_kinds(readings, packages),
    ):
        yield Problem(path, f"{count} {'component' if count == 1 else 'components'} {reason}{names}")
    if system.others:
        first = f"{system.release.id} {system.release.version_id}".strip() if system.release else ""
        yield Problem(
            path, f"several operating systems, of which {first!r} is believed: not {_list(system.others)}"
        )


def remarks_of(listing: Listing, packages: Sequence[SbomPackage]) -> Iterator[str]:
    """Yield what is not told and changes no verdict."""
    if packages and not any(listing.needs.values()):
        yield "the document does not tell what depends on what"
    if packages and not any(each.path for each in packages):
        yield "the document does not tell in which files its packages were found"


_Told = tuple[int, str, str]
_OWN = frozenset(("root", "workspace"))


def _of_things(readings: Sequence[Reading]) -> Iterator[_Told]:
    things = [each.thing for each in readings]
    yield from _told((each for each in things if not each.name and not each.purl), "without a name")
    known = [each for each in readings if each.thing.name or each.purl]
    unversioned = (
        each.thing for each in known if not each.thing.version and not (each.purl and each.purl.version)
    )
    # projects have none where their lock files know none
    yield from _told(
        (each for each in unversioned if each.own.get("relationship") not in _OWN), "without a version"
    )
    yield from _told(
        (each.thing for each in known if not each.thing.purl and "kind" not in each.thing.own),
        "without a package URL",
    )
    yield from _told((each.thing for each in known if each.error), "with a package URL that cannot be read")


def _of_kinds(readings: Sequence[Reading], packages: Sequence[SbomPackage]) -> Iterator[_Told]:
    readable = {each.thing.purl for each in readings if each.purl}
    unknown: dict[str, list[str]] = {}
    for each in packages:
        if each.purl in readable and each.package.kind not in kinds():
            unknown.setdefault(each.package.kind, []).append(each.package.name)
    for kind, names in sorted(unknown.items()):
        yield len(names), f": {_list(names)}", f"of a kind without advisories, {kind!r}"


def _of_system(listing: Listing, packages: Sequence[SbomPackage], system: System) -> Iterator[_Told]:
    by_kind: dict[str, list[SbomPackage]] = {}
    for each in packages:
        kind = kinds().get(each.package.kind)
        if kind is not None and kind.is_system:
            by_kind.setdefault(kind.name, []).append(each)
    for kind_name, members in sorted(by_kind.items()):
        names = f": {_list([each.package.name for each in members])}"
        if system.release is None:
            yield len(members), names, f"of kind {kind_name!r} without an operating system"
        elif not _tells_sources(listing, kind_name, members, system):
            reason = f"of kind {kind_name!r} without source packages, matched by their own names"
            yield len(members), names, reason


def _tells_sources(listing: Listing, kind: str, members: Iterable[SbomPackage], system: System) -> bool:
    """Tell whether source packages are told where advisories are about them.

    Tools that tell them leave them out where they are called as the package is.
    """
    ecosystem = ecosystems.for_package(kind, system.release)
    if ecosystem is None or not ecosystems.matches_source(ecosystem):
        return True
    if listing.tool.lower().startswith(_TELL_SOURCES):
        return True
    return any(each.package.source_name for each in members)


def _told(things: Iterable[Described], reason: str) -> Iterator[_Told]:
    names = [thing.name or thing.purl or thing.ref for thing in things]
    if names:
        shown = f": {_list(names)}" if any(names) else ""
        yield len(names), shown, reason


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(f"{name[:_LENGTH]!r}" for name in islice(names, _SHOWN))
    return f"{shown} …" if len(names) > _SHOWN else shown
