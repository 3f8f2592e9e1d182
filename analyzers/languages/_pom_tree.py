"""Puts Maven project files together that inherit from, import or need each other.

Format: https://maven.apache.org/ref/current/maven-model-builder/
"""

import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from analyzers.languages._pom_model import Dependency, Parent, Pom, Section

_PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")
_EXACT = re.compile(r"\[([^\[\](),]+)\]")
_LONGEST_TEXT = 255
_DEEPEST = 30
_MOVING = frozenset(("LATEST", "RELEASE"))

_Key = tuple[str, str, str, str]


class Needed(NamedTuple):
    """A dependency with everything filled in that is known."""

    group: str
    """With its placeholder when that is not known; so is the artifact."""
    artifact: str
    version: str
    """"" when it is not known, or not one version."""
    scope: str
    is_optional: bool
    exclusions: frozenset[tuple[str, str]]
    lines: tuple[tuple[int, int], ...]
    type: str = "jar"
    classifier: str = ""

    @property
    def key(self) -> _Key:
        """What dependency management knows it by."""
        return self.group, self.artifact, self.type, self.classifier


class Project(NamedTuple):
    """A project with what it inherits and imports."""

    group: str
    artifact: str
    version: str
    managed: Mapping[_Key, Needed]
    needed: tuple[Needed, ...]
    absent: tuple[str, ...]
    """Parents and imported projects that are not in the tree."""


class Tree:
    """Project files by their paths."""

    def __init__(self, poms: Mapping[str, Pom]) -> None:
        """Know these files."""
        self._poms = poms
        self._projects: dict[str, Project] = {}
        self._open: set[str] = set()
        self._paths: dict[tuple[str, str], list[tuple[str, str]]] = {}
        """Group and artifact → version and path of each such project."""
        names = [(self._coordinates(self._lineage(path)[0]), path) for path in poms]
        for (group, artifact, version), path in names:
            self._paths.setdefault((group, artifact), []).append((version, path))

    def find(self, group: str, artifact: str, version: str) -> str | None:
        """Return the path of a project; without a version, of the only one with that name."""
        known = self._paths.get((group, artifact), [])
        paths = [path for each, path in known if each == version]
        if not version and len(known) == 1:
            paths = [known[0][1]]
        return paths[0] if paths else None

    def project(self, path: str) -> Project:
        """Return the project of a file."""
        if path not in self._projects:
            self._open.add(path)
            self._projects[path] = self._build(path)
            self._open.remove(path)
        return self._projects[path]

    def _lineage(self, path: str) -> tuple[list[Pom], str]:
        """Return the project and its ancestors, and which one of them is not there."""
        lineage, place = [self._poms[path]], path
        while parent := lineage[-1].parent:
            above = self._parent_path(place, parent)
            if above is None or len(lineage) == _DEEPEST:
                return lineage, f"{parent.group}:{parent.artifact}:{parent.version}"
            place = above
            lineage.append(self._poms[place])
        return lineage, ""

    def _parent_path(self, path: str, parent: Parent) -> str | None:
        if parent.relative_path:
            near = posixpath.normpath(posixpath.join(posixpath.dirname(path), parent.relative_path))
            for place in (near, posixpath.normpath(f"{near}/pom.xml")):
                if place in self._poms and self._poms[place].artifact == parent.artifact:
                    return place
        return self.find(parent.group, parent.artifact, parent.version)

    def _coordinates(self, lineage: list[Pom]) -> tuple[str, str, str]:
        pom, properties = lineage[0], _inherited_properties(lineage)
        parent = pom.parent or Parent("", "", "", "")
        group, version = pom.group or parent.group, pom.version or parent.version
        return fill(group, properties), fill(pom.artifact, properties), fill(version, properties)

    def _build(self, path: str) -> Project:
        lineage, absent = self._lineage(path)
        coordinates = self._coordinates(lineage)
        properties = _inherited_properties(lineage) | _project_properties(coordinates, lineage[0].parent)
        sections = [(pom is lineage[0], part) for pom in lineage for part in _active(pom)]
        managed, absent_imports = self._managed([part for _, part in sections], properties)
        needed: dict[_Key, Needed] = {}
        more: list[Needed] = []
        for is_own, part in sections:
            for one in _filled(part.dependencies, properties, managed):
                if one.key in needed and is_own:
                    more.append(one)
                needed.setdefault(one.key, one if is_own else one._replace(lines=()))
        for part in lineage[0].other_profiles:
            inside = properties | part.properties
            own, absent_here = self._managed([part], inside)
            more += _filled(part.dependencies, inside, {**managed, **own})
            absent_imports += absent_here
        missing = tuple(dict.fromkeys(filter(None, (absent, *absent_imports))))
        return Project(*coordinates, managed, (*needed.values(), *more), missing)

    def _managed(
        self, sections: Iterable[Section], properties: Mapping[str, str]
    ) -> tuple[dict[_Key, Needed], list[str]]:
        """Return what the sections manage, those first that come first, then what they import."""
        managed: dict[_Key, Needed] = {}
        imports: list[Needed] = []
        absent: list[str] = []
        for one in (each for part in sections for each in _filled(part.managed, properties, {})):
            if one.scope == "import":
                imports.append(one)
            else:
                managed.setdefault(one.key, one)
        for one in imports:
            path = self.find(one.group, one.artifact, one.version)
            if path is None or path in self._open or len(self._open) > _DEEPEST:
                absent.append(f"{one.group}:{one.artifact}:{one.version}")
                continue
            imported = self.project(path)
            managed = {**imported.managed, **managed}
            absent += imported.absent
        return managed, absent


def fill(text: str, properties: Mapping[str, str]) -> str:
    """Return a text with the values of properties in it; what has none keeps its placeholder."""
    for _ in range(_DEEPEST):
        if "${" not in text or len(text) > _LONGEST_TEXT:
            break
        text = _PLACEHOLDER.sub(lambda match: properties.get(match[1], match[0]), text)
    return text


def _active(pom: Pom) -> tuple[Section, ...]:
    return pom.section, *pom.default_profiles


def _inherited_properties(lineage: list[Pom]) -> dict[str, str]:
    """Return the properties of a project; those that only profiles have which nobody asked for come last."""
    properties: dict[str, str] = {}
    for pom in reversed(lineage):
        for part in pom.other_profiles:
            properties |= part.properties
    for pom in reversed(lineage):
        for part in _active(pom):
            properties |= part.properties
    return properties


def _project_properties(coordinates: tuple[str, str, str], parent: Parent | None) -> dict[str, str]:
    names = ("groupId", "artifactId", "version")
    own = dict(zip(names, coordinates, strict=True))
    values = {f"{prefix}{name}": value for prefix in ("project.", "pom.", "") for name, value in own.items()}
    above = zip(names, parent or (), strict=False)
    return values | {
        f"{prefix}.parent.{name}": value for prefix in ("project", "pom") for name, value in above
    }


def _filled(
    dependencies: Iterable[Dependency], properties: Mapping[str, str], managed: Mapping[_Key, Needed]
) -> list[Needed]:
    return [_fill_in(one, properties, managed) for one in dependencies]


def _fill_in(one: Dependency, properties: Mapping[str, str], managed: Mapping[_Key, Needed]) -> Needed:
    group, artifact, version, scope, type_, classifier, optional = (
        fill(text, properties)
        for text in (one.group, one.artifact, one.version, one.scope, one.type, one.classifier, one.optional)
    )
    needed = Needed(
        group=group,
        artifact=artifact,
        version=_single(version),
        scope=scope,
        is_optional=optional == "true",
        exclusions=frozenset(one.exclusions),
        lines=one.lines,
        type=type_ or "jar",
        classifier=classifier,
    )
    known = managed.get(needed.key)
    if known is None:
        return needed
    return needed._replace(
        version=needed.version if version else known.version,
        scope=scope or known.scope,
        is_optional=needed.is_optional if optional else known.is_optional,
        exclusions=needed.exclusions | known.exclusions,
    )


def _single(version: str) -> str:
    """Return a version, "" for what is none or may be one of several."""
    if exact := _EXACT.fullmatch(version):
        return exact[1]
    is_one = "${" not in version and version[:1] not in "[(" and version not in _MOVING
    return version if is_one else ""
