"""Rust crates that a Cargo.lock pins, told apart with the Cargo.toml of its workspace.

Formats: https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html,
https://github.com/rust-lang/cargo/blob/master/src/cargo/core/resolver/encode.rs (versions 1 to 4)
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec

from analyzers.documents import Lines, Value, items, table, text, toml
from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Note, Package, Problem, View
from analyzers.languages._cargo_manifest import Manifest, read_manifest

_KIND = "cargo"
_LOCK = "Cargo.lock"
_OWN = ("root", "workspace")
_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)
_PACKAGE = re.compile(r"[ \t]*\[\[[ \t]*package[ \t]*\]\]")


def parse(file: File) -> Iterator[Fact]:
    """Yield every package of a Cargo.lock, or a Note of what a Cargo.toml says.

    A package without a source is the project's own: "root" if there is but one, else "workspace". What those
    need is "direct".

    Raises:
        ParseError: the file is no TOML.
    """
    document = toml.load(file.data, file.path)
    if not file.path.endswith(_LOCK):
        yield Note(msgspec.json.encode(read_manifest(document)))
        return
    entries = [table(each) for each in items(document.get("package"))]
    lines = _lines(file.data.decode("utf-8-sig"), len(entries))
    root = table(document.get("root"))  # as the first version of the format wrote it
    packages = [_package(entry, at) for entry, at in zip(entries, lines, strict=True)]
    packages += [_package(root, ())] if root else []
    yield from _problems(packages, file.path)
    yield from _related(_resolved([one for one in packages if one.name and one.version]))


def _package(entry: dict[str, Value], lines: tuple[Lines, ...]) -> Package:
    return Package(
        kind=_KIND,
        name=text(entry.get("name")),
        version=text(entry.get("version")),
        relationship="" if text(entry.get("source")) else "workspace",
        depends_on=tuple(text(each) for each in items(entry.get("dependencies"))),
        lines=lines,
    )


def _problems(packages: list[Package], path: str) -> Iterator[Problem]:
    for one in packages:
        if not one.name or not one.version:
            yield Problem(path, f"{path}: package {one.name!r} of version {one.version!r}, expected both")


def _lines(document: str, count: int) -> list[tuple[Lines, ...]]:
    """Return where each [[package]] stands; nothing if something else looks like one."""
    starts = [match.start() for match in _TABLE.finditer(document)]
    found: list[tuple[Lines, ...]] = []
    line, before = 1, 0
    for start, end in pairwise([*starts, len(document)]):
        line += document.count("\n", before, start)
        before = start
        if _PACKAGE.match(document, start):
            found.append(((line, line + document[start:end].rstrip().count("\n")),))
    return found if len(found) == count else [()] * count


def _resolved(packages: list[Package]) -> list[Package]:
    """Spell out dependencies, which the lock gives without a version where that is plain."""
    versions: dict[str, list[str]] = {}
    for one in packages:
        versions.setdefault(one.name, []).append(one.version)
    return [
        msgspec.structs.replace(
            one, depends_on=tuple(dict.fromkeys(_reference(each, versions) for each in one.depends_on))
        )
        for one in packages
    ]


def _reference(dependency: str, versions: dict[str, list[str]]) -> str:
    """Return "name@version" of "name", "name version" or "name version (source)"."""
    name, version = [*dependency.split(" "), ""][:2]
    version = version or versions.get(name, [""])[0]
    return f"{name}@{version}" if version else name


def _related(packages: list[Package], root: str = "") -> Iterator[Package]:
    """Yield the packages with what they are to the project; `root` names its own first one, if known."""
    own = [one for one in packages if one.relationship in _OWN]
    direct = {name for one in own for name in one.depends_on}
    if not root and len(own) == 1:
        root = own[0].name
    for one in packages:
        is_own = one.relationship in _OWN
        theirs = "root" if one.name == root else "workspace"
        others = ("direct" if _id(one) in direct else "indirect") if own else ""
        yield msgspec.structs.replace(one, relationship=theirs if is_own else others)


def _id(package: Package) -> str:
    return f"{package.name}@{package.version}"


def combine(found: Sequence[Found]) -> Iterable[Found]:
    """Tell which packages of each lock only tests need, by the manifests at and below its folder."""
    manifests: dict[str, dict[str, Manifest]] = {
        _folder(one.path): {} for one in found if one.path.endswith(_LOCK)
    }
    for one in found:
        above = [manifests[folder] for folder in _above(one.path) if folder in manifests]
        if one.path.endswith(_LOCK):
            continue
        if one.note and above:
            manifest = msgspec.json.decode(one.note, type=Manifest)
            for mine in above:
                mine[_folder(one.path)] = manifest
        elif one.problems and above:
            yield one
    for one in found:
        if one.path.endswith(_LOCK):
            yield _completed(one, manifests[_folder(one.path)])


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _above(path: str) -> Iterator[str]:
    """Yield the folders that a file lies in, the nearest first."""
    while path:
        path = _folder(path)
        yield path


def _completed(lock: Found, manifests: dict[str, Manifest]) -> Found:
    top = manifests.get(_folder(lock.path))
    mine = {  # of equal names the one that is nearest to the lock
        one.name: one for _, one in sorted(manifests.items(), key=lambda item: -item[0].count("/"))
    }
    packages = list(_related(list(lock.packages), top.name if top else ""))
    for_tests = {_id(one): _for_tests(one, mine, top) for one in packages}
    only_for_tests = _reached(packages, {}) - _reached(packages, for_tests)
    marked = (msgspec.structs.replace(one, dev=_id(one) in only_for_tests) for one in packages)
    return msgspec.structs.replace(lock, packages=tuple(marked))


def _for_tests(package: Package, manifests: dict[str, Manifest], top: Manifest | None) -> frozenset[str]:
    """Return the names of what a package of the project needs for its tests alone."""
    manifest = manifests.get(package.name)
    if manifest is None or package.relationship not in _OWN:
        return frozenset()
    return manifest.package_names(manifest.dev, top) - manifest.package_names(manifest.needed, top)


def _reached(packages: list[Package], without: dict[str, frozenset[str]]) -> set[str]:
    """Return the ids of what the project's own packages need; some may go without packages of some names."""
    needs = {
        _id(one): [
            each
            for each in one.depends_on
            if each.partition("@")[0] not in without.get(_id(one), frozenset())
        ]
        for one in packages
    }
    reached: set[str] = set()
    waiting = [_id(one) for one in packages if one.relationship in _OWN]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting.extend(needs.get(current, ()))
    return reached


ANALYZER = Analyzer(
    id="languages/cargo",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="cargo", ecosystem="crates.io"),),
    views=frozenset({View.INSTALLED, View.DECLARED}),
    globs=("**/Cargo.lock", "**/Cargo.toml"),
    parse=parse,
    combine=combine,
)
