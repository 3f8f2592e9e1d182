"""Rust crates in a program that cargo-auditable built, from the list that it left in there.

Formats: https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md (the section),
https://github.com/rust-secure-code/cargo-auditable/blob/master/cargo-auditable.schema.json (the list)
"""

import zlib
from collections.abc import Iterator

from analyzers.binaries._executable import ELF_MAGIC, FAT_MAGIC, MACHO_MAGICS, PE_MAGIC, parse_executable
from analyzers.documents import Value, items, json, table, text
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem
from analyzers.limits import MIB

_KIND = "rustbinary"
_SECTION = ".dep-v0"
_LIST_BYTES = 16 * MIB  # about a thousand times what large programs have


def parse(file: File) -> Iterator[Fact]:
    """Yield every crate in the program; what only its build scripts and macros needed is for development.

    Other executables yield nothing: which crates are in them nobody wrote down.

    Raises:
        ParseError: the executable's headers are broken, or the list is none.
    """
    try:
        sections = parse_executable(file.data, (_SECTION,)).sections
    except ParseError:
        # Whether it would have had the section, only a look at all of it tells.
        if _SECTION.encode() not in file.data:
            return
        raise
    for section in sections:
        crates = _crates(file.data[section.start : section.end], file.path)
        yield from _packages(crates, file.path)
        return


def _crates(compressed: bytes, path: str) -> list[dict[str, Value]]:
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(compressed, _LIST_BYTES)
    except zlib.error as error:
        raise ParseError(f"{path}: section {_SECTION!r}: {error}, expected a zlib stream") from error
    if not inflater.eof:
        raise ParseError(f"{path}: section {_SECTION!r}: no end within {_LIST_BYTES} bytes of its content")
    crates = json.load_object(data, path).get("packages")
    if not isinstance(crates, list):
        raise ParseError(f"{path}: section {_SECTION!r}: packages are {crates!r:.100}, expected a list")
    return [table(each) for each in crates]


def _packages(crates: list[dict[str, Value]], path: str) -> Iterator[Fact]:
    own = [one for one in crates if one.get("root") is True or one.get("source") == "local"]
    direct = {number for one in own for number in _needs(one, len(crates))}
    for number, one in enumerate(crates):
        name, version = text(one.get("name")), text(one.get("version"))
        if not name or not version:
            yield Problem(path, f"{path}: crate {number}: name {name!r}, version {version!r}, expected both")
            continue
        yield Package(
            kind=_KIND,
            name=name,
            version=version,
            depends_on=tuple(_reference(crates[each]) for each in _needs(one, len(crates))),
            relationship=_relationship(one, is_direct=number in direct),
            dev=one.get("kind") == "build",
        )


def _needs(crate: dict[str, Value], count: int) -> list[int]:
    """Return the places of its dependencies in the list."""
    return [each for each in items(crate.get("dependencies")) if isinstance(each, int) and 0 <= each < count]


def _reference(crate: dict[str, Value]) -> str:
    return f"{text(crate.get('name'))}@{text(crate.get('version'))}"


def _relationship(crate: dict[str, Value], *, is_direct: bool) -> str:
    if crate.get("root") is True:
        return "root"
    if crate.get("source") == "local":
        return "workspace"
    return "direct" if is_direct else "indirect"


ANALYZER = Analyzer(
    id="binaries/rust",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="cargo", ecosystem="crates.io"),),
    magic=(ELF_MAGIC, PE_MAGIC, *MACHO_MAGICS, FAT_MAGIC),
    parse=parse,
)
