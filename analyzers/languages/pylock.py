"""Python packages of a project, from the lock file that all of Python's tools share.

Format: https://packaging.python.org/en/latest/specifications/pylock-toml/
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from analyzers.documents import Value, items, table, text, toml
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem, View
from analyzers.languages._locked import merged, without_version
from analyzers.languages._pypi import Names, lines_of_tables, placed, read_file_name

_KIND = "pylock"
_GROUP = re.compile(r"""["']([\w.-]++)["']\s++(not\s++)?in\s++dependency_groups""")
_EXTRAS = re.compile(r"\bextras\b")
_MAJOR = "1."

_Entry = Mapping[str, Value]


def parse(file: File) -> Iterator[Fact]:
    """Yield the packages that the lock file may install.

    Those that only groups ask for which are not installed by default are for development.

    Raises:
        ParseError: the file is no TOML.
    """
    lock = toml.load(file.data, file.path)
    version = text(lock.get("lock-version"))
    if not version.startswith(_MAJOR):
        yield Problem(file.path, f"lock-version {version!r:.100}, expected '1.0'")
    usual = {text(each) for each in items(lock.get("default-groups"))}
    entries = [table(each) for each in items(lock.get("packages"))]
    places = lines_of_tables(file.data, "packages")
    packages = [
        Package(
            kind=_KIND,
            name=text(each.get("name")),
            version=_version(each),
            dev=_is_dev(text(each.get("marker")), usual),
            lines=placed(places, len(entries), number),
        )
        for number, each in enumerate(entries)
    ]
    names = Names(packages)
    yield from merged(
        msgspec.structs.replace(package, depends_on=_needs(each, names))
        for package, each in zip(packages, entries, strict=True)
        if package.name and package.version
    )
    both = zip(packages, entries, strict=True)
    lost = (package.name or "?" for package, each in both if not package.version and "directory" not in each)
    yield from without_version(file.path, list(lost))


def _version(entry: _Entry) -> str:
    """Return the version; that of an archive may stand in its name only."""
    if version := text(entry.get("version")):
        return version
    archive = table(entry.get("archive"))
    named = read_file_name(text(archive.get("url")) or text(archive.get("path")))
    return named.version if named else ""


def _is_dev(marker: str, usual: set[str]) -> bool:
    groups = _GROUP.findall(marker)
    is_asked_for = any(negated or group in usual for group, negated in groups)
    return bool(groups) and not is_asked_for and not _EXTRAS.search(marker)


def _needs(entry: _Entry, names: Names) -> tuple[str, ...]:
    wanted = [table(each) for each in items(entry.get("dependencies"))]
    found = (key for each in wanted for key in names.found(text(each.get("name")), text(each.get("version"))))
    return tuple(dict.fromkeys(found))


ANALYZER = Analyzer(
    id="languages/pylock",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="pypi", ecosystem="PyPI"),),
    views=frozenset({View.DECLARED}),
    globs=("**/pylock.toml", "**/pylock.*.toml"),
    parse=parse,
)
