"""Tells which artifacts are merged into one archive of Java classes.

Formats: https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html,
https://maven.apache.org/shared/maven-archiver/#pom-properties-content
"""

import re
from collections.abc import Collection, Iterator

from analyzers.errors import ParseError
from analyzers.inventory import Package
from analyzers.languages._jar_manifest import Manifest, licenses_of, parse_manifest, version_of
from analyzers.languages._jar_names import Identity, identify, is_about, split_file_name
from analyzers.languages._jar_pom import licenses_in, parse_project, parse_properties
from analyzers.languages._zip import Archive, Member
from analyzers.limits import GIB, KIB, MIB

ENDINGS = ("jar", "war", "ear", "par", "sar", "nar", "jpi", "hpi", "kar", "lpkg")
"""Of the names of archives that are looked into."""

_MANIFEST = "META-INF/MANIFEST.MF"
_PROPERTIES, _PROJECT = "pom.properties", "pom.xml"
_NESTED = tuple(f".{ending}" for ending in ENDINGS)
_WANTED = tuple(name.lower().encode() for name in (*_NESTED, _MANIFEST, _PROPERTIES, f"/{_PROJECT}"))
_MAVEN = re.compile(r"(?:.*/)?META-INF/maven/([^/]+)/([^/]+)/", re.DOTALL)

_NUMBERS = re.compile(r"\d+(?:\.\d+)*?(?=(?:\.0+)*(?!\.?\d))")

_MANIFEST_BYTES = 64 * KIB  # its main section is the beginning; the rest names files and their hashes
_DESCRIPTOR_BYTES = MIB
_ARCHIVE_BYTES = GIB // 2


class Contents:
    """The members of one archive that tell what is in it."""

    def __init__(self, archive: Archive) -> None:
        """Go through the archive's directory."""
        self._archive = archive
        self._manifest: Member | None = None
        self._descriptors: dict[str, dict[str, Member]] = {}
        """Folder → name → member."""
        self.nested: list[Member] = []
        """Archives in it."""
        self.errors: list[ParseError] = []
        """Why not everything could be read."""
        try:
            for member in archive.members(_WANTED):
                self._take(member)
        except ParseError as error:
            self.errors.append(error)

    def _take(self, member: Member) -> None:
        folder, slash, name = member.name.rpartition("/")
        if name.lower().endswith(_NESTED):
            self.nested.append(member)
        elif member.name.upper() == _MANIFEST:
            self._manifest = self._manifest or member
        elif name == _PROPERTIES or (name == _PROJECT and _MAVEN.fullmatch(folder + slash)):
            self._descriptors.setdefault(folder + slash, {})[name] = member

    def read(self, member: Member) -> memoryview:
        """Return the content of a nested archive.

        Raises:
            ParseError: it cannot be read.
        """
        return self._archive.read(member, _ARCHIVE_BYTES)

    def packages(self, stem: str, inner_path: str) -> Iterator[Package]:
        """Yield the artifacts; `stem` is the archive's name without its ending."""
        if self._archive.is_empty:
            return
        manifest = self._read_manifest()
        found = dict(self._described())
        own = _own(found, stem, manifest)
        if own is None:
            own = identify(stem, manifest)
            found = {own: ()} | found
        for identity, licenses in found.items():
            yield Package(
                kind="jar",
                name=identity.name,
                version=identity.version,
                licenses=(licenses_of(manifest) if identity == own else ()) or licenses,
                inner_path=inner_path,
                evidence=identity.evidence,
            )

    def _read_manifest(self) -> Manifest:
        if self._manifest is None:
            return {}
        try:
            return parse_manifest(self._archive.read_start(self._manifest, _MANIFEST_BYTES))
        except ParseError as error:
            self.errors.append(error)
            return {}

    def _described(self) -> Iterator[tuple[Identity, tuple[str, ...]]]:
        for folder, members in self._descriptors.items():
            try:
                described = self._describe(folder, members)
            except ParseError as error:
                self.errors.append(error)
            else:
                if described:
                    yield described

    def _describe(self, folder: str, members: dict[str, Member]) -> tuple[Identity, tuple[str, ...]] | None:
        match = _MAVEN.fullmatch(folder)
        names = (match[1], match[2]) if match else ("", "")
        project = b""
        if member := members.get(_PROJECT):
            project = bytes(self._archive.read(member, _DESCRIPTOR_BYTES))
        if properties := members.get(_PROPERTIES):
            identity = parse_properties(bytes(self._archive.read(properties, _DESCRIPTOR_BYTES)), names)
        else:
            identity = parse_project(project, f"{folder}{_PROJECT}", names)
        return (identity, licenses_in(project)) if identity else None


def _own(found: Collection[Identity], stem: str, manifest: Manifest) -> Identity | None:
    """Return the artifact that the archive itself is, None when it is none of those that were found in it."""
    artifact, version = split_file_name(stem)
    for each in found:
        if each.artifact in (artifact, stem) or f"{stem}-".startswith(f"{each.artifact}-{each.version}-"):
            return each
    for each in found:
        if is_about(manifest, each.artifact):
            return each
    if len(found) != 1:
        return None
    (only,) = found
    # a renamed archive, such as app.jar
    others = _release(version or version_of(manifest)), _release(only.version)
    return only if "" in others or others[0] == others[1] else None


def _release(version: str) -> str:
    """Return the numbers that a version begins with; bundles write 1.2.0.SNAPSHOT for 1.2-SNAPSHOT."""
    match = _NUMBERS.match(version)
    return match[0] if match else ""
