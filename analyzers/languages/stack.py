"""Haskell packages that a Stack project takes beside its snapshot, from stack.yaml.lock or stack.yaml.

Formats: https://docs.haskellstack.org/en/stable/topics/lock_files/,
https://docs.haskellstack.org/en/stable/configure/yaml/project/ (stack.yaml)
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from analyzers.documents import Lines, Value, items, table, text, yaml
from analyzers.documents.wording import kind_of
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Package, View
from analyzers.languages._haskell import GHC, HACKAGE, split_id

_FILE = "stack.yaml"
_LOCK = "stack.yaml.lock"
_GHC = re.compile(r"ghc-(\d+(?:\.\d+)*)")
_SNAPSHOT = re.compile(r"(lts|nightly)-(\d[\d.-]*)")
_ENDING = re.compile(r"\.(?:git|zip|tar\.gz|tgz)$")
_HACKAGE_LINE = re.compile(r"\s*(?:-\s+)?hackage:\s*[\"']?([^\s\"'@]+)")
_ITEM_LINE = re.compile(r"\s*-\s+[\"']?([A-Za-z0-9][^\s\"'@]*-\d[\d.]*)(?=[\s@\"']|$)")


def parse(file: File) -> Iterator[Fact]:
    """Yield the Packages, the compiler if it is named, and the snapshot that all other packages are from.

    What a snapshot holds is written in no project: it is a package of a kind that nothing can be said about.

    Raises:
        ParseError: it is no YAML mapping.
    """
    root = yaml.load(file.data, file.path)
    if not isinstance(root, dict):
        raise ParseError(f"{file.path}: {kind_of(root)}, expected a mapping")
    if file.path.endswith(_LOCK):
        yield from _locked(file, root)
    else:
        yield from _declared(file, root)


def _locked(file: File, root: dict[str, Value]) -> Iterator[Fact]:
    if "packages" not in root and "snapshots" not in root:
        raise ParseError(f"{file.path}: keys {sorted(root)!r:.100}, expected packages or snapshots")
    lines = _lines(file.data, _HACKAGE_LINE)
    for each in items(root.get("packages")):
        completed = table(table(each).get("completed"))
        yield _package(text(completed.get("hackage")), completed, lines)
    for each in items(root.get("snapshots")):
        original = table(each).get("original")
        named = original if isinstance(original, str) else text(table(original).get("url"))
        yield from _base(named or text(table(table(each).get("completed")).get("url")))


def _declared(file: File, root: dict[str, Value]) -> Iterator[Fact]:
    lines = _lines(file.data, _ITEM_LINE)
    for each in items(root.get("extra-deps")):
        if isinstance(each, str) and split_id(each)[1]:
            yield _package(each, {}, lines)
        elif isinstance(each, dict) or "://" in text(each):  # other texts are folders of the project
            entry = table(each)
            yield _package("", entry or {"url": each}, lines)
    yield from _base(text(root.get("snapshot") or root.get("resolver")))
    yield from _base(text(root.get("compiler")))


def _package(hackage: str, entry: dict[str, Value], lines: dict[str, Lines]) -> Package:
    """Return what is taken from Hackage, or from a repository or an archive: its version is seldom told."""
    if hackage:
        name, version = split_id(hackage)
        at = lines.get(f"{name}-{version}")
        return Package(
            kind=HACKAGE.name, name=name, version=version, relationship="direct", lines=(at,) if at else ()
        )
    address = _address(entry)
    name, version = split_id(_ENDING.sub("", address.rstrip("/").rpartition("/")[2]))
    return Package(
        kind=HACKAGE.name,
        name=text(entry.get("name")) or name,
        version=text(entry.get("version")) or version,
        relationship="direct",
        evidence=f"{address} {text(entry.get('commit'))}".strip(),
    )


def _address(entry: dict[str, Value]) -> str:
    found = (text(entry.get(key)) for key in ("git", "github", "hg", "url", "archive"))
    return next(filter(None, found), "")


def _base(name: str) -> Iterator[Package]:
    """Yield the compiler, or the snapshot: a set of packages that its publisher chose."""
    if match := _GHC.fullmatch(name):
        yield Package(kind=GHC.name, name="ghc", version=match[1])
    elif match := _SNAPSHOT.fullmatch(name):
        yield Package(kind=_STACKAGE.name, name=match[1], version=match[2])
    elif name:
        yield Package(kind=_STACKAGE.name, name=name, version="")


def _lines(data: bytes, pattern: re.Pattern[str]) -> dict[str, Lines]:
    """Return the lines that name a package of Hackage, by its name and version."""
    found: dict[str, Lines] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if match := pattern.match(line):
            found.setdefault(match[1], (number, number))
    return found


def combine(found: Sequence[Found]) -> Iterable[Found]:
    """Return the lock files, and each stack.yaml without one: the lock file repeats it."""
    locked = {one.path.removesuffix(_LOCK) for one in found if one.path.endswith(_LOCK) and not one.problems}
    for one in found:
        if one.path.endswith(_LOCK) or one.problems or one.path.removesuffix(_FILE) not in locked:
            yield one
        else:
            yield _compiler_only(one)


def _compiler_only(one: Found) -> Found:
    packages = tuple(package for package in one.packages if package.kind == GHC.name)
    return msgspec.structs.replace(one, packages=packages)


_STACKAGE = Kind(name="stackage", purl_type="generic")
ANALYZER = Analyzer(
    id="languages/stack",
    version=1,
    kinds=(HACKAGE, GHC, _STACKAGE),
    views=frozenset({View.DECLARED}),
    globs=(f"**/{_FILE}", f"**/{_LOCK}"),
    parse=parse,
    combine=combine,
)
