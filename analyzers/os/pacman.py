"""Packages installed on Arch Linux and its relatives, from pacman's database.

Format: https://man.archlinux.org/man/alpm-db-desc.5, https://man.archlinux.org/man/alpm-db-files.5
Each package has a folder "name-version-release" with the files `desc` and `files`, in which a line such as
"%NAME%" is followed by values, a line each, up to a blank line.
"""

import re
from collections.abc import Iterator

from analyzers.documents.wording import beginning
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Owned, Package, Problem, View

_SECTION = re.compile(r"%[A-Z0-9]+%")
_NAME = re.compile(r"[^<>=:]+")


def parse(file: File) -> Iterator[Fact]:
    """Yield the Package of a `desc`, or the paths of a `files`.

    Dependencies are told by the names of packages and libraries as they are written, without versions.

    Raises:
        ParseError: the file has no field.
    """
    fields = _read(file.data.decode("utf-8", "replace"))
    folder, _, kind = file.path.rpartition("/")
    if kind == "files":
        if paths := tuple(path for path in fields.get("%FILES%", ()) if not path.endswith("/")):
            yield Owned(paths=paths, package=folder.rpartition("/")[2].rsplit("-", 2)[0])
        return
    if not fields:
        raise ParseError(f"{file.path}: {beginning(file.data)}, expected a line such as '%NAME%'")
    yield _package(fields) or Problem(path=file.path, reason="expected a name and a version")


def _read(text: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    values: list[str] | None = None
    for line in text.split("\n"):
        value = line.strip("\r")
        if not value:
            values = None
        elif values is None and _SECTION.fullmatch(value):
            values = fields.setdefault(value, [])
        elif values is not None:
            values.append(value)
    return fields


def _package(fields: dict[str, list[str]]) -> Package | None:
    def first(name: str) -> str:
        return next(iter(fields.get(name, ())), "").strip()

    name, version, source = first("%NAME%"), first("%VERSION%"), first("%BASE%")
    if not name or not version:
        return None
    needs = (match[0].strip() for need in fields.get("%DEPENDS%", ()) if (match := _NAME.match(need)))
    return Package(
        kind="alpm",
        name=name,
        version=version,
        arch=first("%ARCH%"),
        source_name="" if source == name else source,
        licenses=tuple(fields.get("%LICENSE%", ())),
        maintainer=first("%PACKAGER%"),
        depends_on=tuple(dict.fromkeys(need for need in needs if need and need != name)),
    )


ANALYZER = Analyzer(
    id="os/pacman",
    version=1,
    kinds=(Kind(name="alpm", purl_type="alpm", is_system=True),),
    views=frozenset(View),
    globs=("var/lib/pacman/local/*/desc", "var/lib/pacman/local/*/files"),
    parse=parse,
)
