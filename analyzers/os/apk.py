"""Packages installed on Alpine and its relatives, from apk's database.

Format: https://wiki.alpinelinux.org/wiki/Apk_spec
A line is a letter, ":" and a value; a blank line ends a package.
"""

import re
from collections.abc import Iterator

from analyzers.documents.wording import beginning
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Owned, Package, Problem, View
from analyzers.limits import MIB

_NAME = re.compile(r"[^<>=~@]+")
_Stanza = dict[str, str]
_FIELDS = frozenset("PVAoLmDp")
_PATHS_CHARACTERS = 128 * MIB  # some ten times what large systems have; one long folder may have many files


def parse(file: File) -> Iterator[Fact]:
    """Yield one Package per stanza and the paths that it installed.

    A stanza without a name or a version becomes a Problem. Dependencies on what a package provides
    ("so:libc.musl-x86_64.so.1", "cmd:sh") are told by the providing package's name, since only this
    file knows it; what nothing here provides stays as written.

    Raises:
        ParseError: no line of the file is a field, or its paths are longer than any system's.
    """
    stanzas = list(_read(file.data.decode("utf-8", "replace"), file.path))
    if not stanzas and file.data.strip():
        raise ParseError(f"{file.path}: {beginning(file.data)}, expected lines such as 'P:musl'")
    providers = _providers([fields for fields, _ in stanzas])
    for number, (fields, paths) in enumerate(stanzas, start=1):
        package = _package(file.path, number, fields, providers)
        yield package
        if paths and isinstance(package, Package):
            yield Owned(paths=tuple(paths), package=package.name)


def _read(text: str, file: str) -> Iterator[tuple[_Stanza, list[str]]]:
    """Yield each package's fields and the paths of its files."""
    left = _PATHS_CHARACTERS
    for lines in re.split(r"\n(?:\r?\n)+", text):
        fields: _Stanza = {}
        paths: list[str] = []
        folder = ""
        for line in lines.split("\n"):
            if line[1:2] != ":":
                continue
            field, value = line[0], line[2:].strip("\r")
            if field == "R":
                paths.append(folder + value)
                left -= len(paths[-1])
                if left < 0:
                    raise ParseError(f"{file}: paths of more than {_PATHS_CHARACTERS} characters")
            elif field == "F":
                folder = value and value + "/"
            elif field in _FIELDS:
                fields[field] = value.strip()
        if fields:
            yield fields, paths


def _providers(stanzas: list[_Stanza]) -> dict[str, str]:
    """Return capability → name of the first package that provides it; a package provides its own name."""
    providers = {stanza["P"]: stanza["P"] for stanza in stanzas if "P" in stanza}
    for stanza in stanzas:
        for capability in _names(stanza.get("p", "")):
            providers.setdefault(capability, stanza.get("P", ""))
    return providers


def _names(relations: str) -> list[str]:
    """Return the names of `musl>=1.2 so:libz.so.1 !uclibc`; what begins with "!" is a conflict."""
    words = (word for word in relations.split() if not word.startswith("!"))
    return [match[0] for word in words if (match := _NAME.match(word))]


def _package(path: str, number: int, stanza: _Stanza, providers: dict[str, str]) -> Package | Problem:
    name, version = stanza.get("P", ""), stanza.get("V", "")
    if not name or not version:
        return Problem(path=path, reason=f"stanza {number}: P {name!r}, V {version!r}, expected both")
    origin = stanza.get("o", "")
    needs = dict.fromkeys(providers.get(need) or need for need in _names(stanza.get("D", "")))
    return Package(
        kind="apk",
        name=name,
        version=version,
        arch=stanza.get("A", ""),
        source_name="" if origin == name else origin,
        licenses=tuple(filter(None, (stanza.get("L", ""),))),
        maintainer=stanza.get("m", ""),
        depends_on=tuple(need for need in needs if need != name),
    )


ANALYZER = Analyzer(
    id="os/apk",
    version=2,
    kinds=(Kind(name="apk", purl_type="apk", is_system=True),),
    views=frozenset(View),
    globs=("lib/apk/db/installed", "usr/lib/apk/db/installed"),
    parse=parse,
)
