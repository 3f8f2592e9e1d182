"""Packages of Node.js projects, from npm's lock files.

Formats: https://docs.npmjs.com/cli/configuring-npm/package-lock-json (2 and 3),
https://docs.npmjs.com/cli/v6/configuring-npm/package-lock-json (1)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analyzers.documents import Lines, Value, json, table, text
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem, View
from analyzers.languages._locked import merged, shown, without_version
from analyzers.languages._npm_names import alias_of, climb, is_installed

_KIND = "npm"
_FOLDER = "node_modules/"
_NEEDS = ("dependencies", "optionalDependencies", "peerDependencies")
_VERSIONS = (1, 2, 3)
_LINES_DEPTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A folder with a package in it, as npm lays them out."""

    name: str
    version: str
    table: Mapping[str, Value]
    needs: tuple[str, ...]
    lines: tuple[Lines, ...] = ()
    target: str = ""
    """Where a link leads."""
    is_local: bool = False
    """A part of the project."""


def parse(file: File) -> Iterator[Fact]:
    """Yield the packages that the lock file would install, the project and its workspaces first.

    What version 1 needs directly is not told: it stands in package.json only.

    Raises:
        ParseError: the file is not a JSON object, or none that npm writes.
    """
    if is_installed(file.path):
        return
    lock = json.load_object(file.data, file.path)
    version = lock.get("lockfileVersion")
    if "packages" in lock:
        entries = _entries(table(lock["packages"]), file.data)
    elif "dependencies" in lock or version in _VERSIONS:
        entries = _old_entries(lock, file.data)
    else:
        raise ParseError(f"{file.path}: lockfileVersion {shown(version)}, expected 1, 2 or 3 and packages")
    if version not in _VERSIONS:
        yield Problem(file.path, f"lockfileVersion {shown(version)}, expected 1, 2 or 3")
    yield from merged(_packages(entries, knows_direct="packages" in lock))
    yield from without_version(file.path, [each.name for each in entries.values() if _is_lost(each)])


def _entries(packages: Mapping[str, Value], data: bytes) -> dict[str, _Entry]:
    """Read versions 2 and 3, whose keys are folders."""
    places = json.lines(data, 2)
    names = {
        text(table(value).get("resolved")): _folder_name(key)
        for key, value in packages.items()
        if table(value).get("link") is True
    }
    found = {}
    for key, value in packages.items():
        each = table(value)
        where = places.get(("packages", key))
        asked = _NEEDS if f"/{_FOLDER}" in f"/{key}" else (*_NEEDS, "devDependencies")
        found[key] = _Entry(
            name=text(each.get("name")) or names.get(key) or _folder_name(key),
            version=text(each.get("version")),
            table=each,
            needs=tuple(dict.fromkeys(name for group in asked for name in table(each.get(group)))),
            lines=(where,) if where else (),
            target=text(each.get("resolved")) if each.get("link") is True else "",
            is_local=f"/{_FOLDER}" not in f"/{key}",
        )
    return found


def _folder_name(key: str) -> str:
    return f"/{key}".rpartition(f"/{_FOLDER}")[2] if f"/{_FOLDER}" in f"/{key}" else key.rpartition("/")[2]


def _old_entries(lock: Mapping[str, Value], data: bytes) -> dict[str, _Entry]:
    """Read version 1, in which a package holds those in its own node_modules."""
    places = json.lines(data, _LINES_DEPTH)
    root = _Entry(
        name=text(lock.get("name")), version=text(lock.get("version")), table={}, needs=(), is_local=True
    )
    found = {"": root}
    left: list[tuple[tuple[str, ...], str, Mapping[str, Value]]] = [((), "", lock)]
    while left:
        place, folder, holder = left.pop()
        for name, value in table(holder.get("dependencies")).items():
            each, inner = table(value), (*place, "dependencies", name)
            key = f"{folder}/{_FOLDER}{name}".lstrip("/")
            found[key] = _old_entry(name, each, places.get(inner))
            if len(inner) < _LINES_DEPTH:
                left.append((inner, key, each))
    return found


def _old_entry(name: str, each: Mapping[str, Value], where: Lines | None) -> _Entry:
    real, version = alias_of(name, text(each.get("version")))
    is_link = version.startswith(("file:", "link:")) and not version.endswith((".tgz", ".tar.gz", ".tar"))
    return _Entry(
        name=real,
        version="" if is_link else version,
        table=each,
        needs=tuple(table(each.get("requires"))),
        lines=(where,) if where else (),
        is_local=is_link,
    )


def _packages(entries: Mapping[str, _Entry], *, knows_direct: bool) -> Iterator[Package]:
    local = {key: each for key, each in entries.items() if each.is_local}
    direct = {found for key, each in local.items() for found in _found(entries, key, each)}
    for key, each in {**local, **entries}.items():
        if each.name and each.version and not each.target:
            yield Package(
                kind=_KIND,
                name=each.name,
                version=each.version,
                licenses=tuple(filter(None, [text(each.table.get("license"))])),
                depends_on=tuple(dict.fromkeys(_needs(entries, key, each))),
                relationship=_relationship(key, each, direct) if knows_direct or each.is_local else "",
                dev=each.table.get("dev") is True,
                lines=each.lines,
            )


def _relationship(key: str, each: _Entry, direct: set[str]) -> str:
    if each.is_local:
        return "workspace" if key else "root"
    return "direct" if key in direct else "indirect"


def _found(entries: Mapping[str, _Entry], key: str, each: _Entry) -> Iterator[str]:
    """Yield the folders that a package's needs are found in, the way Node.js looks for them."""
    for name in each.needs:
        place = next((folder for folder in climb(key, f"{_FOLDER}{name}") if folder in entries), None)
        if place is not None:
            yield entries[place].target or place


def _needs(entries: Mapping[str, _Entry], key: str, each: _Entry) -> Iterator[str]:
    for place in _found(entries, key, each):
        need = entries.get(place)
        if need and need.version:
            yield f"{need.name}@{need.version}"


def _is_lost(each: _Entry) -> bool:
    """Tell whether nothing says which version is installed; npm writes so for what it may leave out."""
    may_lack = each.is_local or each.target or each.table.get("optional") is True
    return not each.version and not may_lack and bool(each.name)


ANALYZER = Analyzer(
    id="languages/npm",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="npm", ecosystem="npm"),),
    views=frozenset({View.DECLARED}),
    globs=("**/package-lock.json", "**/npm-shrinkwrap.json"),
    parse=parse,
)
