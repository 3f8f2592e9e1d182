"""Version order, one module per scheme, chosen by the ecosystem as OSV names it.

Ecosystems: https://ossf.github.io/osv-schema/#defined-ecosystems
"""

from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module

from analyzers.versions.errors import InvalidVersionError, UnknownEcosystemError

__all__ = ["InvalidVersionError", "UnknownEcosystemError", "compare", "key"]

Key = tuple[object, ...]
_Scheme = Callable[[str], Key]

_LONGEST = 1000
_CACHED = 1 << 15  # keys of each scheme; some 20 MB when full
_ECOSYSTEMS: dict[str, tuple[str, ...]] = {
    "alpine.key": (
        "Alpaquita",
        "Alpine",
        "BellSoft Hardened Containers",
        "Chainguard",
        "CleanStart",
        "MinimOS",
        "Wolfi",
    ),
    "bitnami.key": ("Bitnami",),
    "conan.key": ("ConanCenter",),
    "debian.key": ("Debian", "Echo", "Ubuntu"),
    "dotted.key": ("Bioconductor", "CRAN", "GHC", "Hackage"),
    "github_actions.key": ("GitHub Actions",),
    "go.key": ("Go",),
    "maven.key": ("Maven",),
    "nuget.key": ("NuGet",),
    "opam.key": ("opam",),
    "packagist.key": ("Packagist",),
    "pypi.key": ("PyPI",),
    "rpm.key": (
        "AlmaLinux",
        "Azure Linux",
        "Mageia",
        "Photon OS",
        "Red Hat",
        "Rocky Linux",
        "SUSE",
        "openSUSE",
    ),
    "rpm.key_without_epoch": ("openEuler",),
    "rubygems.key": ("RubyGems",),
    "semver.key": ("Hex", "Kubernetes", "SwiftURL", "VSCode", "crates.io", "npm"),
    "semver.key_with_build": ("Julia", "Pub"),
}


@cache
def _cached(scheme: str) -> _Scheme:
    """Return the function of a module here, "debian.key", imported now: few images need them all."""
    module, _, name = scheme.partition(".")
    make: _Scheme = getattr(import_module(f"{__name__}.{module}"), name)

    @lru_cache(maxsize=_CACHED)
    def key_of(version: str) -> Key:
        # longer than any real version: stops a stranger's text from filling the memory
        if len(version) > _LONGEST:
            raise InvalidVersionError(f"{version[:40]!r}…: longer than {_LONGEST} characters")
        return make(version)

    return key_of


_SCHEMES = {name: scheme for scheme, names in _ECOSYSTEMS.items() for name in names}


def key(ecosystem: str, version: str) -> Key:
    """Return a sortable, hashable key; keys compare with those of the same ecosystem only.

    `ecosystem` may carry a release ("Debian:12"), which has no say. Cached: a version asked before costs well
    under a microsecond.

    Raises:
        InvalidVersionError: the text is not a version of this ecosystem.
        UnknownEcosystemError: no order is known for the ecosystem.
    """
    return _scheme(ecosystem)(version)


def compare(ecosystem: str, a: str, b: str) -> int:
    """Return a negative number, 0 or a positive number as `a` is below, equal to or above `b`.

    Raises:
        InvalidVersionError: one of them is not a version of this ecosystem.
        UnknownEcosystemError: no order is known for the ecosystem.
    """
    key_of = _scheme(ecosystem)
    first, second = key_of(a), key_of(b)
    return (first > second) - (first < second)


@lru_cache(maxsize=1024)
def _scheme(ecosystem: str) -> _Scheme:
    base = ecosystem.partition(":")[0]
    if base not in _SCHEMES:
        raise UnknownEcosystemError(f"ecosystem {ecosystem!r}: no version order is known")
    return _cached(_SCHEMES[base])
