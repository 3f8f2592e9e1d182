"""How Python's tools name what a project needs.

Specification: https://packaging.python.org/en/latest/specifications/dependency-specifiers/
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from analyzers.documents import Lines
from analyzers.ecosystems import normalise_name
from analyzers.inventory import Package

_REQUIREMENT = re.compile(
    r"([A-Za-z0-9][\w.-]*+)\s*+(?:\[[^\]]*\])?\s*+(?:@\s*+(\S++)|\(?([^;@()]*+)\)?)\s*+(?:;.*)?",
    re.ASCII | re.DOTALL,
)
_SPECIFIERS = re.compile(r"(?:(?:===|[=!~<>]=|[<>])\s*+[^\s,]++\s*+(?:,\s*+|$))*+")
_PIN = re.compile(r"(?<![!~<>=])===?\s*+([\w.!+-]++)\s*+(?:,|$)", re.ASCII)
_WHEEL = re.compile(r"([A-Za-z0-9][\w.]*)-([^-]+)(?:-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl", re.ASCII)
_SOURCES = re.compile(r"([A-Za-z0-9][\w.-]*)-(\d[^-]*)\.(?:tar\.\w+|tgz|zip)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a project asks for."""

    name: str
    version: str = ""
    """The only version that will do, "" when others would."""


def read_requirement(text: str) -> Requirement | None:
    """Return what a requirement asks for; None when it is none.

    "name[extra]==1.0; marker" and "name @ https://host/name-1.0-py3-none-any.whl" are exact, "name>=1",
    "name==1.*" and addresses of repositories are not.
    """
    match = _REQUIREMENT.fullmatch(text.strip())
    if match is None or not match[1][-1].isalnum():
        return None
    name, address, specifiers = match[1], match[2], (match[3] or "").strip()
    if address:
        file = read_file_name(address)
        return Requirement(name=name, version=file.version if file else "")
    if not _SPECIFIERS.fullmatch(specifiers):
        return None
    pin = _PIN.search(specifiers)
    return Requirement(name=name, version=pin[1] if pin else "")


def read_file_name(address: str) -> Requirement | None:
    """Return what a path or address of a wheel or an archive of sources names, None for any other."""
    file = unquote(address.partition("#")[0].partition("?")[0]).rpartition("/")[2]
    match = _WHEEL.fullmatch(file) or _SOURCES.fullmatch(file)
    return Requirement(name=match[1], version=match[2]) if match else None


def normal(name: str) -> str:
    """Return the name as all its spellings are compared by."""
    return normalise_name("PyPI", name)


class Names:
    """Finds the packages of a lock file by any spelling of their names."""

    def __init__(self, packages: Iterable[Package]) -> None:
        self._versions: dict[str, dict[str, str]] = {}
        for each in packages:
            if not each.version:
                continue
            key = f"{each.name}@{each.version}"
            self._versions.setdefault(normal(each.name), {})[each.version] = key

    def found(self, name: str, version: str = "") -> Sequence[str]:
        """Return "name@version" of each version that is there, or of the one that is asked for."""
        versions = self._versions.get(normal(name), {})
        if version:
            return (versions[version],) if version in versions else ()
        return tuple(versions.values())

    def all(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return what `found` does for all names, each once."""
        return tuple(dict.fromkeys(key for name in names for key in self.found(name)))


def lines_of_tables(data: bytes, name: str) -> list[Lines]:
    """Return the lines of each [[name]] of a TOML document, its own tables ([name.x]) with it."""
    found: list[Lines] = []
    is_open = False
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if line.strip() == f"[[{name}]]":
            found.append((number, number))
            is_open = True
        elif line.startswith("[") and not line.lstrip("[").startswith(f"{name}."):
            is_open = False
        elif is_open and line.strip():
            found[-1] = (found[-1][0], number)
    return found


def placed(places: Sequence[Lines], count: int, number: int) -> tuple[Lines, ...]:
    """Return the lines of one table of `count`, none when a text with the look of a table misled."""
    return (places[number],) if len(places) == count else ()
