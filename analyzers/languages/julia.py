"""Packages of a Julia environment, from Manifest.toml and the Project.toml beside it.

Format: https://pkgdocs.julialang.org/v1/toml-files/
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from analyzers.documents import Lines, Value, items, table, text, toml
from analyzers.documents.wording import kind_of
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Note, Package, View

_PROJECT = re.compile(r"(?:Julia)?Project\.toml")
_HEADER = re.compile(rb"^[ \t]*\[\[[ \t]*(?:deps[ \t]*\.[ \t]*)?\"?([^\]\s\"]+)\"?[ \t]*\]\]", re.MULTILINE)
_ASKED = msgspec.json.Decoder(list[str])


def parse(file: File) -> Iterator[Fact]:
    """Yield the Packages of a manifest, or a Note of those that a project asks for.

    A package of the standard library without a version of its own has that of Julia, if the manifest tells.

    Raises:
        ParseError: the file is no TOML, or of another shape.
    """
    root = toml.load(file.data, file.path)
    if _PROJECT.fullmatch(file.path.rpartition("/")[2]):
        yield Note(data=msgspec.json.encode(list(table(root.get("deps")))))
        return
    listed = table(root.get("deps")) if "manifest_format" in root else root
    julia = text(root.get("julia_version"))
    entries = [(name, table(entry)) for name in listed for entry in _entries(file.path, name, listed[name])]
    versions = {text(entry.get("uuid")): _version(entry, julia) for _, entry in entries}
    names = {name: text(entry.get("uuid")) for name, entry in entries}
    lines = _lines(file.data)
    for name, entry in entries:
        at = lines.get(name, [])
        yield Package(
            kind="julia",
            name=name,
            version=_version(entry, julia),
            depends_on=tuple(
                f"{need}@{versions.get(uuid, '')}" for need, uuid in _needs(entry, names) if uuid in versions
            ),
            lines=(at.pop(0),) if at else (),
            evidence="" if "git-tree-sha1" in entry or "path" in entry else "standard library",
        )


def _entries(path: str, name: str, value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise ParseError(f"{path}: {name!r:.100} is {kind_of(value)}, expected a list of tables")
    return value


def _version(entry: dict[str, Value], julia: str) -> str:
    is_own = "git-tree-sha1" not in entry and "path" not in entry
    return text(entry.get("version")) or (julia if is_own else "")


def _needs(entry: dict[str, Value], names: dict[str, str]) -> list[tuple[str, str]]:
    """Return names and ids: a list of names, or a table with ids where a name alone would be ambiguous."""
    deps = entry.get("deps")
    if isinstance(deps, dict):
        return [(name, text(uuid)) for name, uuid in deps.items()]
    return [(name, names.get(name, "")) for name in map(text, items(deps))]


def _lines(data: bytes) -> dict[str, list[Lines]]:
    """Return the lines of each package's tables, in order: from its header to the last line of values."""
    found: dict[str, list[Lines]] = {}
    headers = list(_HEADER.finditer(data))
    ends = [*(match.start() for match in headers[1:]), len(data)][: len(headers)]
    number, at = 1, 0
    for match, end in zip(headers, ends, strict=True):
        number += data.count(b"\n", at, match.start())
        at = match.start()
        last = number + data[at:end].rstrip().count(b"\n")
        found.setdefault(match[1].decode("utf-8", "replace"), []).append((number, last))
    return found


def combine(found: Sequence[Found]) -> Iterable[Found]:
    """Return the manifests, with what the project beside each asks for."""
    asked = {_folder(one.path): frozenset(_ASKED.decode(one.note)) for one in found if one.note}
    for one in found:
        if one.note:
            continue
        wanted = asked.get(_folder(one.path))
        yield (
            one
            if wanted is None
            else msgspec.structs.replace(
                one, packages=tuple(_related(package, wanted) for package in one.packages)
            )
        )


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _related(package: Package, asked: frozenset[str]) -> Package:
    return msgspec.structs.replace(package, relationship="direct" if package.name in asked else "indirect")


ANALYZER = Analyzer(
    id="languages/julia",
    version=1,
    kinds=(Kind(name="julia", purl_type="julia", ecosystem="Julia"),),
    views=frozenset({View.INSTALLED, View.DECLARED}),
    globs=(
        "**/Manifest.toml",
        "**/JuliaManifest.toml",
        "**/Manifest-v*.toml",
        "**/Project.toml",
        "**/JuliaProject.toml",
    ),
    parse=parse,
    combine=combine,
)
