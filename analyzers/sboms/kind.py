"""Which of our kinds of packages something in a bill of materials is."""

import functools

from analyzers.catalogue import Dispatch, catalogue, kinds
from analyzers.sboms.listing import Described

UNKNOWN = "generic"
"""The kind of what nothing tells a kind of."""
_USUAL = {
    "bitnami": "bitnami",
    "cargo": "rustbinary",
    "cocoapods": "cocoapods",
    "composer": "composer-vendor",
    "conan": "conan",
    "conda": "conda-pkg",
    "gem": "gemspec",
    "golang": "gobinary",
    "hex": "hex",
    "julia": "julia",
    "k8s": "kubernetes",
    "maven": "jar",
    "npm": "node-pkg",
    "nuget": "nuget",
    "pub": "pub",
    "pypi": "python-pkg",
    "swift": "swift",
}
"""Type of purl → what packages of this type are when they are installed."""


def kind_of(thing: Described, purl_type: str, path: str) -> str:
    """Return the kind: as a tool says, else by who would read the path, else what is usual for the purl.

    A purl of a type that no analyzer has gives this type; without a purl it is `UNKNOWN`.
    """
    if own := thing.own.get("kind", ""):
        return own
    if system := _systems().get(purl_type):
        return system
    told = thing.trivy.get("PkgType", "")
    if told in kinds() and (not purl_type or kinds()[told].purl_type == purl_type):
        return told
    return (path and _by_path(path, purl_type)) or _by_type(purl_type)


@functools.cache
def _systems() -> dict[str, str]:
    of_others = {kind.purl_type: kind.name for kind in kinds().values() if kind.is_system}
    of_others.pop("generic", None)  # which any program's purl may be
    return of_others | {"apk": "apk", "deb": "dpkg", "rpm": "rpm"}


@functools.cache
def _dispatch() -> Dispatch:
    return Dispatch(catalogue())


@functools.lru_cache(maxsize=4096)
def _by_path(path: str, purl_type: str) -> str:
    wanting = (kind for analyzer in _dispatch().wants(path) for kind in analyzer.kinds)
    return next((kind.name for kind in wanting if kind.purl_type == purl_type), "")


@functools.cache
def _by_type(purl_type: str) -> str:
    usual = _USUAL.get(purl_type, "")
    if usual in kinds():
        return usual
    if purl_type == UNKNOWN:
        return UNKNOWN
    own = sorted(kind.name for kind in kinds().values() if kind.purl_type == purl_type)
    return next(iter(own), usual or purl_type or UNKNOWN)
