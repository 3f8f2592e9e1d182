"""Ecosystem names as OSV spells them.

Specification: https://ossf.github.io/osv-schema/#defined-ecosystems
"""

import re
from collections.abc import Callable
from functools import lru_cache

from analyzers.catalogue import kinds
from analyzers.inventory import Release

_BY_SOURCE = frozenset(("Alpine", "Chainguard", "Debian", "Ubuntu", "Wolfi"))
_FOLDED = frozenset(("NuGet", "Packagist"))
_PYPI_SEPARATORS = re.compile(r"[-_.]+")
_ALPINE = re.compile(r"([0-9]+\.[0-9]+)(?:\.[0-9]+)?")
_UBUNTU = re.compile(r"([0-9]+)\.([0-9]{2})")
_NUMBER = re.compile(r"([0-9]+)(?:\.[0-9]+)*")
_SERVICE_PACK = re.compile(r"([0-9]+)(?:\.([0-9]+))?")


@lru_cache(maxsize=1024)
def split(ecosystem: str) -> tuple[str, str]:
    """Return base and release: "Ubuntu:22.04:LTS" gives "Ubuntu" and "22.04:LTS"; no release gives ""."""
    base, _, release = ecosystem.partition(":")
    return base, release


@lru_cache(maxsize=1 << 16)
def normalise_name(ecosystem: str, name: str) -> str:
    """Return the name as packages and advisories of this ecosystem can be compared by.

    Python: https://packaging.python.org/en/latest/specifications/name-normalization/; NuGet and Packagist
    ignore case; every other ecosystem's names are taken as they are.
    """
    base, _ = split(ecosystem)
    if base == "PyPI":
        return _PYPI_SEPARATORS.sub("-", name).lower()
    return name.lower() if base in _FOLDED else name


@lru_cache(maxsize=4096)
def covers(advisory: str, package: str) -> bool:
    """Tell whether an advisory's ecosystem speaks about a package's.

    Without a release it speaks about every release, with one only about that one: "Debian:12" not about
    "Debian:11", "Ubuntu:Pro:18.04:LTS" not about "Ubuntu:18.04:LTS". A release that is the address of a
    registry ("Packagist:https://packages.drupal.org/8") also covers packages whose registry is not known.
    """
    (base, release), (package_base, package_release) = split(advisory), split(package)
    if base != package_base:
        return False
    if not release or (not package_release and "://" in release):
        return True
    return release.removesuffix(":LTS") == package_release.removesuffix(":LTS")


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
    return _of_system(kind, release.id, release.version_id) if release else None


def unchecked_reason(kind: str, release: Release | None) -> str:
    """Return why `for_package` has no ecosystem, as part of a sentence; "" when it has one."""
    if for_package(kind, release):
        return ""
    if kind not in kinds() or not kinds()[kind].is_system:
        return f"no ecosystem for packages of kind {kind!r}"
    if release is None:
        return f"{kind} packages without an operating system release"
    return f"no ecosystem for {kind} packages of {release.id!r} {release.version_id!r}"


def _of_system(kind: str, system: str, version: str) -> str | None:
    ecosystem_of = _RELEASES.get((kind, system))
    return ecosystem_of(version) if ecosystem_of else None


def _by_major(base: str) -> Callable[[str], str | None]:
    def ecosystem_of(version: str) -> str | None:
        match = _NUMBER.fullmatch(version)
        return f"{base}:{match[1]}" if match else None

    return ecosystem_of


def _rolling(name: str) -> Callable[[str], str]:
    return lambda _: name


def _alpine(version: str) -> str | None:
    # edge calls itself "3.21.0_alpha20240807"; its packages belong to no branch that has advisories
    match = _ALPINE.fullmatch(version)
    return f"Alpine:v{match[1]}" if match else None


def _ubuntu(version: str) -> str | None:
    match = _UBUNTU.fullmatch(version)
    if match is None:
        return None
    long_term = int(match[1]) % 2 == 0 and match[2] == "04"
    return f"Ubuntu:{version}:LTS" if long_term else f"Ubuntu:{version}"


def _leap(version: str) -> str | None:
    return f"openSUSE:Leap {version}" if _NUMBER.fullmatch(version) else None


def _sles(version: str) -> str | None:
    match = _SERVICE_PACK.fullmatch(version)
    if match is None:
        return None
    pack = f" SP{match[2]}" if match[2] and match[2] != "0" else ""
    return f"SUSE:Linux Enterprise Server {match[1]}{pack}"


_RELEASES: dict[tuple[str, str], Callable[[str], str | None]] = {
    ("apk", "alpine"): _alpine,
    ("apk", "chainguard"): _rolling("Chainguard"),
    ("apk", "wolfi"): _rolling("Wolfi"),
    ("dpkg", "debian"): _by_major("Debian"),
    ("dpkg", "ubuntu"): _ubuntu,
    ("rpm", "almalinux"): _by_major("AlmaLinux"),
    ("rpm", "opensuse-leap"): _leap,
    ("rpm", "opensuse-tumbleweed"): _rolling("openSUSE:Tumbleweed"),
    ("rpm", "rocky"): _by_major("Rocky Linux"),
    ("rpm", "sles"): _sles,
}
