"""Packages that a Dart or Flutter project is locked to, from pubspec.lock.

Formats: https://dart.dev/tools/pub/package-layout#pubspec-lock (the lock file),
https://dart.dev/tools/pub/cmd/pub-get#the-dart_tool-directory (.dart_tool/package_graph.json, which says
what needs what).
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from analyzers.documents import Value, items, json, table, text, yaml
from analyzers.documents.wording import kind_of
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Note, Package, View
from analyzers.languages._reach import only_dev

_LOCK = "pubspec.lock"
_GRAPH = ".dart_tool/package_graph.json"
_RELATIONSHIPS = {"direct": "direct", "transitive": "indirect"}
_NEEDS = msgspec.json.Decoder(dict[str, list[str]])


def parse(file: File) -> Iterator[Fact]:
    """Yield the Packages of a lock file, or a Note of what needs what.

    Parts of a software development kit have a version of their own no more than the lock file says which
    release of the kit it is: theirs is empty.

    Raises:
        ParseError: the file is neither.
    """
    if file.path.endswith(_GRAPH):
        yield Note(data=msgspec.json.encode(_needs(json.load_object(file.data, file.path))))
        return
    packages = table(yaml.load(file.data, file.path)).get("packages")
    if not isinstance(packages, dict):
        raise ParseError(f"{file.path}: packages is {kind_of(packages)}, expected a mapping")
    for name in packages:
        if name:
            yield _package(packages, name)


def _package(packages: dict[str, Value], name: str) -> Package:
    entry = table(packages[name])
    kind, _, use = text(entry.get("dependency")).partition(" ")
    is_sdk = text(entry.get("source")) == "sdk"
    return Package(
        kind="pub",
        name=name,
        version="" if is_sdk else text(entry.get("version")),
        relationship=_RELATIONSHIPS.get(kind, ""),
        dev=use == "dev",
        lines=yaml.lines_of(packages, name),
        evidence=f"part of the SDK of {text(entry.get('description')) or 'Dart'}" if is_sdk else "",
    )


def _needs(graph: dict[str, Value]) -> dict[str, list[str]]:
    entries = [table(each) for each in items(graph.get("packages"))]
    return {
        text(entry.get("name")): list(filter(None, map(text, items(entry.get("dependencies")))))
        for entry in entries
    }


def combine(found: Sequence[Found]) -> Iterable[Found]:
    """Return the lock files, with what needs what where the graph of the same project tells."""
    graphs = {one.path.removesuffix(_GRAPH): _NEEDS.decode(one.note) for one in found if one.note}
    for one in found:
        if one.note:
            continue
        graph = graphs.get(one.path.removesuffix(_LOCK))
        yield one if graph is None else msgspec.structs.replace(one, packages=_joined(one.packages, graph))


def _joined(packages: tuple[Package, ...], graph: dict[str, list[str]]) -> tuple[Package, ...]:
    versions = {package.name: package.version for package in packages}
    needs = {name: [need for need in graph.get(name, []) if need in versions] for name in versions}
    roots: dict[bool, list[str]] = {True: [], False: []}
    for package in packages:
        if package.relationship == "direct":
            roots[package.dev].append(package.name)
    dev = only_dev(needs, roots[False], roots[True])
    return tuple(
        msgspec.structs.replace(
            package,
            dev=package.name in dev,
            depends_on=tuple(f"{need}@{versions[need]}" for need in needs[package.name]),
        )
        for package in packages
    )


ANALYZER = Analyzer(
    id="languages/pub",
    version=1,
    kinds=(Kind(name="pub", purl_type="pub", ecosystem="Pub"),),
    views=frozenset({View.DECLARED}),
    globs=(f"**/{_LOCK}", f"**/{_GRAPH}"),
    parse=parse,
    combine=combine,
)
