"""Packages installed on Debian and its relatives, from dpkg's database.

Formats: https://www.debian.org/doc/debian-policy/ch-controlfields.html (stanzas, Source, Depends),
https://man7.org/linux/man-pages/man5/deb822.5.html,
https://man7.org/linux/man-pages/man1/dpkg.1.html (states).
Distroless images keep one stanza per file, without a Status, in var/lib/dpkg/status.d.
"""

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Owned, Package, Problem, View

# The newline and the first letter ahead of the names are for speed: each field begins after a newline.
_FIELD = re.compile(
    r"\n(?=[PSVAMD])(Package|Status|Version|Architecture|Source|Maintainer|Depends|Pre-Depends)"
    r":[ \t]*(.*(?:\n[ \t].*)*)",
    re.IGNORECASE,
)
_BLANK_LINES = re.compile(r"\n(?:[ \t\r]*\n)+")
_SOURCE = re.compile(r"(\S+)(?:\s+\(([^)]*)\))?")
_RELATION = re.compile(r"(?:^|[,|])\s*([^\s,|(:\[<]+)")
_NOT_ON_DISK = frozenset({"not-installed", "config-files"})
_MD5_HEX = 32


def parse(file: File) -> Iterator[Fact]:
    """Yield the installed packages of a status file, or the paths that a package's file list names.

    A package is on disk in every state but "not-installed" and "config-files": dpkg unpacks before it
    configures, and "deinstall ok installed" is only a wish. A stanza without Status is distroless's.

    Raises:
        ParseError: a stanza file holds no stanza.
    """
    name, dot, kind = file.path.rpartition("/")[2].rpartition(".")
    if dot and kind in _LISTS:
        # "libc6:amd64.list": of a package that may be installed for several architectures each has its own
        yield Owned(paths=_LISTS[kind](file.data), package=name.partition(":")[0])
    else:
        yield from _status(file)


def _listed(data: bytes) -> tuple[str, ...]:
    lines = data.decode("utf-8", "replace").split("\n")
    return tuple(path for line in lines if (path := line.lstrip("/")) and path != ".")


def _summed(data: bytes) -> tuple[str, ...]:
    lines = data.decode("utf-8", "replace").split("\n")
    return tuple(path for line in lines if (path := line[_MD5_HEX:].strip().removeprefix("./").lstrip("/")))


_LISTS = {"list": _listed, "md5sums": _summed}


def _status(file: File) -> Iterator[Fact]:
    text = file.data.decode("utf-8", "replace").replace("\r\n", "\n").strip("\n \t\r")
    if not text:
        return
    stanzas = [_stanza(stanza) for stanza in _BLANK_LINES.split(text)]
    if not any(stanza.is_one for stanza in stanzas):
        raise ParseError(f"{file.path}: {text[:40]!r}, expected a stanza with a Package field")
    for number, stanza in enumerate(stanzas, start=1):
        if stanza.package:
            yield stanza.package
        elif stanza.lack:
            yield Problem(file.path, f"stanza {number}: {stanza.lack}")


class _Stanza(NamedTuple):
    is_one: bool
    """Whether it has a Package field."""
    package: Package | None = None
    """None when its files are not on disk."""
    lack: str = ""
    """What it lacks to be a package."""


@functools.lru_cache(maxsize=2048)
def _stanza(text: str) -> _Stanza:
    """Read a stanza. Cached: most layers that change the database leave nearly all of it as it was."""
    fields = {name.lower(): value.strip() for name, value in _FIELD.findall(f"\n{text}")}
    is_one = "package" in fields
    if _state(fields) in _NOT_ON_DISK:
        return _Stanza(is_one)
    name, version = fields.get("package", ""), fields.get("version", "")
    if not name or not version:
        return _Stanza(is_one, None, f"package {name!r}, version {version!r}, expected both")
    return _Stanza(is_one, _package(fields, name, version))


def _package(fields: dict[str, str], name: str, version: str) -> Package:
    source_name, source_version = _source(fields.get("source", ""))
    return Package(
        kind="dpkg",
        name=name,
        version=version,
        arch=fields.get("architecture", ""),
        source_name="" if source_name == name else source_name,
        source_version="" if source_version == version else source_version,
        maintainer=fields.get("maintainer", ""),
        depends_on=_names(f"{fields.get('pre-depends', '')},{fields.get('depends', '')}"),
    )


def _state(fields: dict[str, str]) -> str:
    """Return the third word of `Status: want flag state`; dpkg omits no word, so fewer say nothing."""
    words = fields.get("status", "").split()
    return words[2] if len(words) > 2 else ""  # noqa: PLR2004 - the three words of Status


def _source(value: str) -> tuple[str, str]:
    """Split `Source: name (version)`; without a version the source has the binary package's."""
    match = _SOURCE.match(value)
    return (match[1], (match[2] or "").strip()) if match else ("", "")


def _names(relations: str) -> tuple[str, ...]:
    """Return each name of `a (>= 1) | b:any, c [amd64]` once, alternatives included."""
    return tuple(dict.fromkeys(_RELATION.findall(relations)))


ANALYZER = Analyzer(
    id="os/dpkg",
    version=2,
    kinds=(Kind(name="dpkg", purl_type="deb", is_system=True),),
    views=frozenset(View),
    globs=("var/lib/dpkg/status", "var/lib/dpkg/status.d/*", "var/lib/dpkg/info/*.list"),
    parse=parse,
)
