"""C and C++ packages that a project is locked to, from conan.lock, or asks for in conanfile.txt.

Formats: https://docs.conan.io/2/tutorial/versioning/lockfiles.html (2),
https://docs.conan.io/1/versioning/lockfiles/introduction.html (1),
https://docs.conan.io/2/reference/conanfile_txt.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import msgspec

from analyzers.documents import Lines, Value, items, json, table, text
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Package, View
from analyzers.languages._conan_reference import Reference, parse_reference
from analyzers.languages._locked import merged
from analyzers.languages._reach import only_dev

_LOCK = "conan.lock"
_FILE = "conanfile.txt"
_LISTS = {"requires": False, "build_requires": True, "python_requires": True}
_SECTIONS = {"requires": False, "build_requires": True, "tool_requires": True, "test_requires": True}
_TEXT = re.compile(rb'"((?:[^"\\\n]|\\.)*+)"')


def parse(file: File) -> Iterator[Fact]:
    """Yield the Packages; what is needed to build or to run recipes only is a development dependency.

    Raises:
        ParseError: the lock file is of no known version, or names something that is no package.
    """
    if file.path.endswith(_FILE):
        yield from _asked(file)
        return
    root = json.load_object(file.data, file.path)
    if "graph_lock" in root:
        yield from merged(_Graph(file, table(table(root["graph_lock"]).get("nodes"))).packages())
    elif any(name in root for name in _LISTS):
        yield from merged(_listed(file, root))
    else:
        raise ParseError(f"{file.path}: version {root.get('version')!r}, expected graph_lock or requires")


def _listed(file: File, root: Mapping[str, Value]) -> Iterator[Package]:
    """Read version 2: lists without what needs what."""
    lines = _lines_of_texts(file.data)
    for name, dev in _LISTS.items():
        for value in items(root.get(name)):
            yield _package(_reference(file.path, value), dev=dev, lines=lines.get(text(value)))


def _lines_of_texts(data: bytes) -> dict[str, Lines]:
    found: dict[str, Lines] = {}
    for number, line in enumerate(data.split(b"\n"), 1):
        for match in _TEXT.finditer(line):
            found.setdefault(match[1].decode("utf-8", "replace"), (number, number))
    return found


def _reference(path: str, value: Value) -> Reference:
    found = parse_reference(text(value))
    if found is None:
        raise ParseError(f"{path}: {value!r:.100}, expected a reference such as 'zlib/1.2.13'")
    return found


def _package(
    reference: Reference,
    *,
    dev: bool,
    lines: Lines | None = None,
    relationship: str = "",
    needs: Iterable[Reference] = (),
) -> Package:
    return Package(
        kind="conan",
        name=reference.name,
        version=reference.version,
        relationship=relationship,
        dev=dev,
        depends_on=tuple(dict.fromkeys(f"{one.name}@{one.version}" for one in needs)),
        lines=(lines,) if lines else (),
        evidence=f"recipe of {reference.user}" if reference.user else "",
    )


@dataclass(slots=True)
class _Graph:
    """The nodes of version 1."""

    file: File
    nodes: dict[str, Value]
    references: dict[str, Reference] = field(default_factory=dict)

    def packages(self) -> Iterator[Package]:
        lines = json.lines(self.file.data, 3)
        for key, node in self.nodes.items():
            if reference := self._named(table(node)):
                self.references[key] = reference
        roots = [key for key, node in self.nodes.items() if "path" in table(node)] or ["0"]
        requires = {key: self._keys(key, "requires") for key in self.nodes}
        builds = {key: self._keys(key, "build_requires") for key in self.nodes}
        direct = set(chain.from_iterable(requires[key] + builds[key] for key in roots if key in requires))
        dev = only_dev(requires, roots, chain.from_iterable(builds.values()))
        for key, reference in self.references.items():
            relationship = "direct" if key in direct else "indirect"
            needs = (self.references[one] for one in requires[key] + builds[key] if one in self.references)
            yield _package(
                reference,
                dev=key in dev,
                lines=lines.get(("graph_lock", "nodes", key)),
                relationship="root" if key in roots else relationship,
                needs=needs,
            )

    def _named(self, node: Mapping[str, Value]) -> Reference | None:
        """Return what a node is; one for a consumer without a name is nothing."""
        value = text(node.get("ref") or node.get("pref"))
        if not value and "path" not in node and node.get("requires") is None:
            raise ParseError(f"{self.file.path}: a node without ref, expected one")
        named = parse_reference(value)
        if value and named is None and "path" not in node:
            return _reference(self.file.path, value)
        return named

    def _keys(self, key: str, name: str) -> list[str]:
        value = table(self.nodes[key]).get(name)
        return [text(each) for each in (value.values() if isinstance(value, dict) else items(value))]


def _asked(file: File) -> Iterator[Package]:
    """Read conanfile.txt: its sections' lines are references."""
    section = ""
    for number, raw in enumerate(file.data.decode("utf-8", "replace").split("\n"), 1):
        line = raw.partition("#")[0].strip()
        if line.startswith("["):
            section = line.strip("[]")
        elif line and section in _SECTIONS:
            yield _package(
                _reference(file.path, line),
                dev=_SECTIONS[section],
                lines=(number, number),
                relationship="direct",
            )


def combine(found: Sequence[Found]) -> Iterable[Found]:
    """Return the lock files, and of conanfile.txt those that have none, whose packages they ask for."""
    asked = {
        one.path.removesuffix(_FILE): {package.name for package in one.packages}
        for one in found
        if one.path.endswith(_FILE)
    }
    locked = {one.path.removesuffix(_LOCK) for one in found if one.path.endswith(_LOCK) and not one.problems}
    for one in found:
        if one.path.endswith(_LOCK):
            yield _joined(one, asked.get(one.path.removesuffix(_LOCK)))
        elif one.path.removesuffix(_FILE) not in locked or one.problems:
            yield one


def _joined(lock: Found, asked: set[str] | None) -> Found:
    if asked is None or any(package.relationship for package in lock.packages):
        return lock
    packages = (
        msgspec.structs.replace(package, relationship="direct" if package.name in asked else "indirect")
        for package in lock.packages
    )
    return msgspec.structs.replace(lock, packages=tuple(packages))


ANALYZER = Analyzer(
    id="languages/conan",
    version=1,
    kinds=(Kind(name="conan", purl_type="conan", ecosystem="ConanCenter"),),
    views=frozenset({View.DECLARED}),
    globs=(f"**/{_LOCK}", f"**/{_FILE}"),
    parse=parse,
    combine=combine,
)
