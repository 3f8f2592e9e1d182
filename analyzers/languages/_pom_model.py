"""Reads one Maven project file into the parts that say what the project needs.

Format: https://maven.apache.org/pom.html
"""

from typing import NamedTuple

import msgspec

from analyzers.documents import Lines, xml
from analyzers.errors import ParseError

_NAME = "groupId", "artifactId", "version"
_LONGEST_VALUE = 1000  # other properties are arguments of programs


class Dependency(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """An entry of dependencies or dependencyManagement, as written; "" for what is absent."""

    group: str
    artifact: str
    version: str = ""
    scope: str = ""
    type: str = ""
    classifier: str = ""
    optional: str = ""
    exclusions: tuple[tuple[str, str], ...] = ()
    """Group and artifact, either of which may be "*"."""
    lines: tuple[Lines, ...] = ()


class Section(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a project and its profiles both have."""

    properties: dict[str, str] = {}
    managed: tuple[Dependency, ...] = ()
    dependencies: tuple[Dependency, ...] = ()


class Parent(NamedTuple):
    """The project that another one inherits from."""

    group: str
    artifact: str
    version: str
    relative_path: str
    """Of its file or folder; "" for one that is to be looked up in repositories only."""


class Pom(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One project file, as written."""

    group: str
    artifact: str
    version: str
    parent: Parent | None
    section: Section
    default_profiles: tuple[Section, ...] = ()
    """Those that are active when none is asked for."""
    other_profiles: tuple[Section, ...] = ()
    licenses: tuple[str, ...] = ()


def parse_pom(data: bytes, path: str) -> Pom:
    """Return the project.

    Raises:
        ParseError: it is no XML, or the XML of something else.
    """
    root = xml.load(data, path)
    if root.name != "project" or not root.text_of("artifactId"):
        raise ParseError(f"{path}: {root.name!r:.100}, expected a project with an artifactId")
    profiles = root.all("profiles", "profile")
    group, artifact, version = (root.text_of(name) for name in _NAME)
    names = (one.text_of("name") or one.text_of("url") for one in root.all("licenses", "license"))
    return Pom(
        group=group,
        artifact=artifact,
        version=version,
        parent=_parent(root.first("parent")),
        section=_section(root),
        default_profiles=tuple(_section(one) for one in profiles if _is_default(one)),
        other_profiles=tuple(_section(one) for one in profiles if not _is_default(one)),
        licenses=tuple(dict.fromkeys(" ".join(name.split()) for name in names if name)),
    )


def _parent(element: xml.Element | None) -> Parent | None:
    if element is None:
        return None
    path = element.first("relativePath")
    group, artifact, version = (element.text_of(name) for name in _NAME)
    return Parent(group, artifact, version, path.text if path else "../pom.xml")


def _is_default(profile: xml.Element) -> bool:
    return profile.text_of("activation", "activeByDefault") == "true"


def _section(element: xml.Element) -> Section:
    properties = element.first("properties")
    managed = element.all("dependencyManagement", "dependencies", "dependency")
    return Section(
        properties=_properties(properties) if properties else {},
        managed=tuple(_dependency(one) for one in managed),
        dependencies=tuple(_dependency(one) for one in element.all("dependencies", "dependency")),
    )


def _properties(element: xml.Element) -> dict[str, str]:
    return {one.name: one.text for one in element.children if len(one.text) <= _LONGEST_VALUE}


def _dependency(element: xml.Element) -> Dependency:
    return Dependency(
        group=element.text_of("groupId"),
        artifact=element.text_of("artifactId"),
        version=element.text_of("version"),
        scope=element.text_of("scope"),
        type=element.text_of("type"),
        classifier=element.text_of("classifier"),
        optional=element.text_of("optional"),
        exclusions=tuple(
            (one.text_of("groupId"), one.text_of("artifactId"))
            for one in element.all("exclusions", "exclusion")
        ),
        lines=((element.first_line, element.last_line),),
    )
