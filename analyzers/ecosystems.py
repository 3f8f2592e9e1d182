"""Ecosystem names as OSV spells them.

Specification: https://ossf.github.io/osv-schema/#defined-ecosystems
"""

import re
from functools import lru_cache

from analyzers import distributions
from analyzers.catalogue import kinds
from analyzers.inventory import Release
from analyzers.lifecycle import end_of_life

_BY_SOURCE = frozenset(
    (
        "Alpaquita",
        "Alpine",
        "Azure Linux",
        "Chainguard",
        "Debian",
        "Echo",
        "Mageia",
        "MinimOS",
        "Photon OS",
        "Rocky Linux",
        "SUSE",
        "Ubuntu",
        "Wolfi",
        "openEuler",
        "openSUSE",
    )
)
_FOLDED = frozenset(("GitHub Actions", "NuGet", "Packagist", "SwiftURL"))
_PYPI_SEPARATORS = re.compile(r"[-_.]+")


@lru_cache(maxsize=1024)
def split(ecosystem: str) -> tuple[str, str]:
    """Return base and release: "Ubuntu:22.04:LTS" gives "Ubuntu" and "22.04:LTS"; no release gives ""."""
    base, _, release = ecosystem.partition(":")
    return base, release


@lru_cache(maxsize=1 << 16)
def normalise_name(ecosystem: str, name: str) -> str:
    """Return the name as packages and advisories of this ecosystem can be compared by.

    Python: https://packaging.python.org/en/latest/specifications/name-normalization/; NuGet,
    Packagist and the hosts of actions and of Swift packages ignore case; every other ecosystem's names are
    taken as they are.
    """
    base, _ = split(ecosystem)
    if base == "PyPI":
        return _PYPI_SEPARATORS.sub("-", name).lower()
    return name.lower() if base in _FOLDED else name


@lru_cache(maxsize=4096)
def covers(advisory: str, package: str) -> bool:
    """Tell whether an advisory's ecosystem speaks about a package's.

    Without a release it speaks about every release, with one only about that one: "Debian:12" not about
    "Debian:11", "Ubuntu:Pro:18.04:LTS" not about "Ubuntu:18.04:LTS" (see `distributions.covers`). A release
    that is the address of a registry ("Packagist:https://packages.drupal.org/8") also covers packages whose
    registry is not known.
    """
    (base, release), (package_base, package_release) = split(advisory), split(package)
    if base != package_base:
        return False
    if not release or (not package_release and "://" in release):
        return True
    return distributions.covers(base, release, package_release)


def matches_source(ecosystem: str) -> bool:
    """Tell whether advisories name source packages and their versions rather than binary packages."""
    return split(ecosystem)[0] in _BY_SOURCE


def for_package(kind: str, release: Release | None) -> str | None:
    """Return the ecosystem of a package of this kind (`Package.kind`), None when there is no feed for it.

    `unchecked_reason` says why there is none.
    """
    known = kinds().get(kind)
    if known is None or not known.is_system:
        return known.ecosystem or None if known else None
    return distributions.ecosystem_of(kind, release) if release else None


def unchecked_reason(kind: str, release: Release | None) -> str:
    """Return why `for_package` has no ecosystem, as part of a sentence; "" when it has one."""
    if for_package(kind, release):
        return ""
    if kind not in kinds() or not kinds()[kind].is_system:
        return f"no ecosystem for packages of kind {kind!r}"
    if release is None:
        return f"{kind} packages without an operating system release"
    ended = end_of_life(release)
    words = f"{release.id!r} {release.version_id!r}"
    if release.id == "alpine" and "edge" in release.channels:
        words += " with packages of edge"
    return f"no ecosystem for {kind} packages of {words}" + (f", end of life {ended}" if ended else "")
