"""What a report is to be about, and how much of it is wanted."""

from collections.abc import Mapping

import msgspec

from analyzers.catalogue import PACKAGES
from analyzers.contents import Combine
from analyzers.ignore.statement import Statement
from analyzers.inventory import Package, Problem, Scanner
from reports.document import ArtifactType, Revision
from reports.targets import is_of_system


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which packages are part of a report."""

    include_dev: bool = True
    """Whether those that are needed for development only are, as everything is that is installed."""
    os: bool = True
    """Whether those of the operating system are."""
    library: bool = True
    """Whether all others are."""
    relationships: frozenset[str] = frozenset()
    """Of `Package.relationship`, "unknown" for ""; empty for all."""

    def has(self, package: Package) -> bool:
        """Tell whether a package is part of it."""
        if package.dev and not self.include_dev:
            return False
        if self.relationships and (package.relationship or "unknown") not in self.relationships:
            return False
        return self.os if is_of_system(package) else self.library


PackageKey = tuple[str, str, str, str, str]
"""What tells a package of a target from the others, see `package_key`."""


def package_key(package: Package, path: str) -> PackageKey:
    """Return kind, name, version, architecture and path."""
    return package.kind, package.name, package.version, package.arch, path


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What the store does not know about a report."""

    name: str
    """The target as the user gave it."""
    digest: str
    """Of the analysed image's manifest."""
    now: str
    artifact_type: ArtifactType = ArtifactType.IMAGE
    revision: Revision | None = None
    names: tuple[str, ...] = ()
    """What else statements may call it."""
    package_names: Mapping[PackageKey, tuple[str, ...]] = {}
    """What else they may call its packages."""
    selection: Selection = Selection()
    repository: str = ""
    tags: tuple[str, ...] = ()
    scanners: frozenset[Scanner] = PACKAGES
    config_scanners: frozenset[Scanner] = frozenset()
    """What is looked for in the configuration of an image."""
    secret_config: bytes = b""
    """Of the search for secrets, packed; empty for the built-in one."""
    combining: Mapping[str, Combine] = {}
    """What puts files together in place of an analyzer's own `combine`, by its id."""
    license_classes: dict[str, tuple[str, ...]] = {}
    """Class → licences that are in it rather than where they are usually."""
    include_passed: bool = False
    """Whether checks that passed are worth showing."""
    vulnerabilities_asked: bool = True
    licenses_asked: bool = True
    """Whether licences that are looked for are findings; a bill of materials has those of its packages."""
    index_digest: str = ""
    """Of the index that the manifest was chosen from."""
    attached_vex: tuple[Statement, ...] = ()
    """What the documents say that are attached to the image in its registry."""
    problems: tuple[Problem, ...] = ()
    """What could not be read of them."""
    stale_before: str = ""
    """A feed that was last current before this time says nothing any more."""
