"""NuGet packages that a compiled .NET application brings along.

Format: https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md
"""

from collections.abc import Iterator

from analyzers.documents import Lines, Value, json, table, text
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem, View

_KIND = "dotnet-core"
_PACKAGE, _RUNTIME_PACK, _PROJECT = "package", "runtimepack", "project"
_PACK_PREFIX = "runtimepack."
_RUN = ("runtime", "runtimeTargets", "native", "resources")


def parse(file: File) -> Iterator[Fact]:
    """Yield each package, and the runtime that the application brings, if it does.

    The application itself is no package, nor are assemblies that it took from elsewhere; what it needs is
    direct. Packages of which it has no files were needed to compile it, or stand for others: they are `dev`.

    Raises:
        ParseError: the file is not of its format.
    """
    document = json.load_object(file.data, file.path)
    libraries = table(document.get("libraries"))
    if not isinstance(document.get("libraries"), dict):
        raise ParseError(f"{file.path}: no libraries, expected a list of a .NET application's dependencies")
    target = _target(document)
    direct = _direct(libraries, target)
    lines = json.lines(file.data, 2)
    for key, value in libraries.items():
        kind = text(table(value).get("type")).lower()
        if not kind or key.startswith("/"):
            yield Problem(file.path, f"libraries[{key!r:.100}]: type {kind!r}, expected a name and a type")
        elif kind in (_PACKAGE, _RUNTIME_PACK):
            yield _package(key, target, direct, lines.get(("libraries", key)))


def _package(key: str, target: dict[str, Value], direct: set[str], place: Lines | None) -> Package:
    name, _, version = key.removeprefix(_PACK_PREFIX).partition("/")
    needs = _needs(target, key)
    return Package(
        kind=_KIND,
        name=name,
        version=version,
        relationship=("direct" if key.lower() in direct else "indirect") if direct else "",
        dev=not _runs(key, target),
        depends_on=tuple(f"{other.removeprefix(_PACK_PREFIX)}@{each}" for other, each in needs),
        lines=(place,) if place else (),
    )


def _target(document: dict[str, Value]) -> dict[str, Value]:
    """Return what the running application's target has; the only one when none is called so."""
    targets = table(document.get("targets"))
    name = text(table(document.get("runtimeTarget")).get("name")) or text(document.get("runtimeTarget"))
    if name in targets:
        return table(targets[name])
    return table(next(iter(targets.values()))) if len(targets) == 1 else {}


def _direct(libraries: dict[str, Value], target: dict[str, Value]) -> set[str]:
    """Return what projects need, "name/version" in lower case."""
    projects = [key for key, value in libraries.items() if text(table(value).get("type")).lower() == _PROJECT]
    return {f"{name}/{version}".lower() for key in projects for name, version in _needs(target, key)}


def _needs(target: dict[str, Value], key: str) -> Iterator[tuple[str, str]]:
    for name, version in table(table(target.get(key)).get("dependencies")).items():
        if name and text(version):
            yield name, text(version)


def _runs(key: str, target: dict[str, Value]) -> bool:
    entry = table(target.get(key))
    return not target or any(table(entry.get(part)) for part in _RUN)


ANALYZER = Analyzer(
    id="languages/dotnet",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="nuget", ecosystem="NuGet"),),
    views=frozenset(View),
    globs=("**/*.deps.json",),
    parse=parse,
)
