"""NuGet packages whose versions a .NET solution manages in one place.

Formats: https://learn.microsoft.com/en-us/nuget/consume-packages/central-package-management
(Directory.Packages.props), https://github.com/microsoft/MSBuildSdks/tree/main/src/CentralPackageVersions
(Packages.props)
"""

import re
from collections.abc import Iterator, Mapping

from analyzers.documents import xml
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem, View

_VERSIONS = ("PackageVersion", "PackageReference", "GlobalPackageReference")
_GLOBAL = "GlobalPackageReference"  # analyzers and build tools, by its documentation
_PROPERTY = re.compile(r"\$\(([^$()]*)\)")
_INCLUSIVE = re.compile(r"\[\s*([^\[\](),\s]+)\s*[,\]].*")
_LONGEST = 255
_DEEPEST = 10


def parse(file: File) -> Iterator[Fact]:
    """Yield each package; one whose version is not told by this file alone has none.

    Of a range the lowest version counts, which is what NuGet takes.

    Raises:
        ParseError: the file is no project of MSBuild.
    """
    root = xml.load(file.data, file.path)
    if root.name != "Project":
        raise ParseError(f"{file.path}: {root.name!r:.100}, expected a Project")
    properties = {
        one.name.lower(): one.text for group in _groups(root, "PropertyGroup") for one in group.children
    }
    for item in (one for group in _groups(root, "ItemGroup") for one in group.children):
        if item.name in _VERSIONS:
            yield from _packages(file.path, item, properties)


def _groups(root: xml.Element, name: str) -> Iterator[xml.Element]:
    """Yield groups of the project, also those that it makes depend on something."""
    waiting = [root]
    while waiting:
        for child in waiting.pop().children:
            if child.name == name:
                yield child
            elif child.name in ("Choose", "When", "Otherwise"):
                waiting.append(child)


def _packages(path: str, item: xml.Element, properties: Mapping[str, str]) -> Iterator[Fact]:
    names = item.attributes.get("Include") or item.attributes.get("Update") or ""
    version = _version(item.attributes.get("Version") or item.text_of("Version"), properties)
    place = ((item.first_line, item.last_line),)
    for name in filter(None, map(str.strip, _filled(names, properties).split(";"))):
        if "$(" in name or "@(" in name:
            yield Problem(path, f"line {item.first_line}: {name!r:.100}, expected the name of a package")
        else:
            yield Package(
                kind="packages-props", name=name, version=version, dev=item.name == _GLOBAL, lines=place
            )


def _version(text: str, properties: Mapping[str, str]) -> str:
    version = _filled(text, properties).strip()
    if lowest := _INCLUSIVE.fullmatch(version):
        return lowest[1]
    return "" if version[:1] in "[(" or "$(" in version or "*" in version else version


def _filled(text: str, properties: Mapping[str, str]) -> str:
    for _ in range(_DEEPEST):
        if "$(" not in text or len(text) > _LONGEST:
            break
        text = _PROPERTY.sub(
            lambda match: properties.get(match[1].strip().lower(), match[0])[:_LONGEST], text
        )
    return text


ANALYZER = Analyzer(
    id="languages/packages_props",
    version=1,
    kinds=(Kind(name="packages-props", purl_type="nuget", ecosystem="NuGet"),),
    views=frozenset(View),
    globs=("**/*Packages.props", "**/*packages.props"),
    parse=parse,
)
