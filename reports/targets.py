"""How a report parts an image's packages: the operating system, each language, each Go program."""

from collections.abc import Iterator

import msgspec

from analyzers.catalogue import kinds
from analyzers.inventory import Package, Release
from analyzers.purl import family_of
from reports.document import Component, Document


def is_of_system(package: Package) -> bool:
    """Tell whether a package is one of the operating system's."""
    return is_system_kind(package.kind)


def is_system_kind(name: str) -> bool:
    """Tell whether packages of this kind are the operating system's."""
    kind = kinds().get(name)
    return bool(kind and kind.is_system)


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the image where packages come from."""

    title: str
    """As Trivy's reports have it: "app:1.0 (debian 12)", "Python", "usr/bin/tool"."""
    name: str
    """For people: "Debian GNU/Linux 12", "Python", "usr/bin/tool"."""
    type: str
    """The distribution's family, or the packages' kind; "" for packages of an unknown system."""
    is_os: bool
    is_aggregated: bool
    """Whether its packages come from many files, so that each one's path is worth telling."""
    components: tuple[int, ...]
    """Indexes into `Document.components`, in their order."""


def targets_of(document: Document) -> tuple[Target, ...]:
    """Return the targets: the operating system first, when there is one, then the others by type and path."""
    system: list[int] = []
    others: dict[tuple[str, str], list[int]] = {}
    for index, component in enumerate(document.components):
        if is_of_system(component.package):
            system.append(index)
        else:
            others.setdefault(_place(component), []).append(index)
    languages = [_language(place, others[place]) for place in sorted(others)]
    return (*_system(document, system), *languages)


def os_name(release: Release | None) -> str:
    """Return what people call the system: "Debian GNU/Linux 12 (bookworm)"; "unknown" without a release."""
    if release is None:
        return "unknown"
    return release.pretty_name or f"{release.id} {release.version_id}".strip()


def _place(component: Component) -> tuple[str, str]:
    kind = component.package.kind
    return kind, "" if title_of(kind) else component.path


def title_of(kind: str) -> str:
    """Return what all packages of this kind together are called; "" when each file's are a target."""
    known = kinds().get(kind)
    return known.title if known else ""


def _system(document: Document, indexes: list[int]) -> Iterator[Target]:
    release = document.release
    if release is None and not indexes:
        return
    family = family_of(release) if release else ""
    words = f"{family} {release.version_id}".strip() if release else "unknown"
    yield Target(
        title=f"{document.name} ({words})",
        name=os_name(release) if release else "Unknown operating system",
        type=family,
        is_os=True,
        is_aggregated=False,
        components=tuple(indexes),
    )


def _language(place: tuple[str, str], indexes: list[int]) -> Target:
    kind, path = place
    title = title_of(kind) or path
    return Target(
        title=title,
        name=title,
        type=kind,
        is_os=False,
        is_aggregated=bool(title_of(kind)),
        components=tuple(indexes),
    )
