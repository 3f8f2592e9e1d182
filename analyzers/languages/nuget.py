"""NuGet packages that a .NET project has locked, or lists in the older way.

Formats: https://learn.microsoft.com/en-us/nuget/consume-packages/package-references-in-project-files
(packages.lock.json), https://learn.microsoft.com/en-us/nuget/reference/packages-config
"""

from collections.abc import Iterator

import msgspec

from analyzers.documents import Lines, Value, json, table, text, xml
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem, View

_PROJECT = "project"


def parse(file: File) -> Iterator[Fact]:
    """Yield each package once, with the lines of all frameworks that have it.

    Packages of packages.config are neither direct nor indirect: it lists both. Projects of the same solution
    are no packages.

    Raises:
        ParseError: the file is not of its format.
    """
    yield from _parse_config(file) if file.path.lower().endswith(".config") else _parse_lock(file)


def _parse_lock(file: File) -> Iterator[Fact]:
    lock = json.load_object(file.data, file.path)
    if not isinstance(lock.get("dependencies"), dict):
        raise ParseError(f"{file.path}: no dependencies, expected a lock file of NuGet")
    lines = json.lines(file.data, 3)
    packages: dict[tuple[str, str], Package] = {}
    for framework, value in table(lock["dependencies"]).items():
        for package in _of_framework(table(value)):
            place = lines.get(("dependencies", framework, package.name))
            key = package.name.lower(), package.version
            packages[key] = _merged(packages.get(key), package, place)
    yield from packages.values()


def _of_framework(entries: dict[str, Value]) -> Iterator[Package]:
    resolved = {name.lower(): text(table(entry).get("resolved")) for name, entry in entries.items()}
    for name, value in entries.items():
        entry = table(value)
        kind = text(entry.get("type")).lower()
        if kind == _PROJECT or not name:
            continue
        yield Package(
            kind="nuget",
            name=name,
            version=resolved[name.lower()],
            relationship="direct" if kind == "direct" else "indirect",
            depends_on=tuple(_needed(other, resolved) for other in table(entry.get("dependencies"))),
        )


def _needed(name: str, resolved: dict[str, str]) -> str:
    version = resolved.get(name.lower())
    return f"{name}@{version}" if version else name


def _merged(before: Package | None, package: Package, place: Lines | None) -> Package:
    before = before or package
    is_direct = "direct" in (before.relationship, package.relationship)
    return msgspec.structs.replace(
        before,
        relationship="direct" if is_direct else before.relationship,
        depends_on=tuple(dict.fromkeys((*before.depends_on, *package.depends_on))),
        lines=(*before.lines, place) if place else before.lines,
    )


def _parse_config(file: File) -> Iterator[Fact]:
    root = xml.load(file.data, file.path)
    if root.name != "packages":
        raise ParseError(f"{file.path}: {root.name!r:.100}, expected packages")
    for one in root.all("package"):
        name, version = one.attributes.get("id", ""), one.attributes.get("version", "")
        if not name:
            yield Problem(file.path, f"line {one.first_line}: a package without an id")
            continue
        yield Package(
            kind="nuget",
            name=name,
            version=version,
            dev=one.attributes.get("developmentDependency", "").lower() == "true",
            lines=((one.first_line, one.last_line),),
        )


ANALYZER = Analyzer(
    id="languages/nuget",
    version=1,
    kinds=(Kind(name="nuget", purl_type="nuget", ecosystem="NuGet"),),
    views=frozenset(View),
    globs=("**/packages.lock.json", "**/packages.config", "**/packages.*.lock.json"),
    parse=parse,
)
