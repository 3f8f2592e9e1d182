"""What a package is called elsewhere: its package URL, and the name and version that advisories use."""

import functools

import msgspec

from analyzers import ecosystems
from analyzers.catalogue import declared_kinds
from analyzers.inventory import Package, Release
from analyzers.purl import purl_of

NO_GROUP = "the package's group id is not known"
_OWN = frozenset(("root", "workspace"))


class Identity(msgspec.Struct, frozen=True):
    """How to match one package, or why it cannot be matched."""

    purl: str
    ecosystem: str
    """As OSV names it, with the release: "Debian:12"; "" when there is none, and for a project itself."""
    name: str
    """The name that advisories of that ecosystem use, normalised: often the source package's."""
    version: str
    unchecked: str = ""
    """Why no advisory can speak of it; empty when one can."""

    @property
    def feed(self) -> str:
        """The ecosystem without its release, which is the name of its feed."""
        return ecosystems.split(self.ecosystem)[0]


@functools.lru_cache(maxsize=1 << 14)
def identify(package: Package, release: Release | None) -> Identity:
    """Return the identity of a package in an image with this operating system.

    A project whose files are scanned is nobody else's package, whatever it calls itself: advisories about a
    package of that name, malware often enough, do not mean it. Neither matched nor `unchecked`, it is listed.
    """
    purl = purl_of(package, release)
    if package.relationship in _OWN and package.kind in declared_kinds():
        return Identity(purl, "", package.name, package.version)
    ecosystem = ecosystems.for_package(package.kind, release)
    if ecosystem is None:
        reason = ecosystems.unchecked_reason(package.kind, release)
        return Identity(purl, "", package.name, package.version, reason)
    name, version = package.name, package.version
    if ecosystems.matches_source(ecosystem):
        name, version = package.source_name or name, package.source_version or version
    unchecked = NO_GROUP if ecosystem == "Maven" and ":" not in name else ""
    return Identity(purl, ecosystem, ecosystems.normalise_name(ecosystem, name), version, unchecked)
