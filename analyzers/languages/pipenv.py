"""Python packages of a project, from Pipenv's lock file.

Format: https://pipenv.pypa.io/en/latest/pipfile.html
"""

from collections.abc import Iterator, Mapping

from analyzers.documents import Lines, Value, json, table, text
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, View
from analyzers.languages._locked import merged, without_version
from analyzers.languages._pypi import read_file_name

_KIND = "pipenv"
_META = "_meta"
_DEV = "develop"


def parse(file: File) -> Iterator[Fact]:
    """Yield the packages of every category; those of "develop" only are for development.

    Raises:
        ParseError: the file is not a JSON object.
    """
    lock = json.load_object(file.data, file.path)
    places = json.lines(file.data, 2)
    names = [(group, name) for group in lock if group != _META for name in table(lock[group])]
    entries = {key: table(table(lock[key[0]])[key[1]]) for key in names}
    yield from merged(
        _package(group, name, _version(each), places.get((group, name)))
        for (group, name), each in entries.items()
        if _version(each)
    )
    lost = (name for (_, name), each in entries.items() if not _version(each) and "path" not in each)
    yield from without_version(file.path, list(dict.fromkeys(lost)))


def _version(entry: Mapping[str, Value]) -> str:
    """Return the exact version; that of a file is in its name."""
    version = text(entry.get("version")).strip()
    if version.startswith("=="):
        return version.lstrip("=").strip()
    named = read_file_name(text(entry.get("file")))
    return named.version if named else ""


def _package(group: str, name: str, version: str, where: Lines | None) -> Package:
    return Package(kind=_KIND, name=name, version=version, dev=group == _DEV, lines=(where,) if where else ())


ANALYZER = Analyzer(
    id="languages/pipenv",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="pypi", ecosystem="PyPI"),),
    views=frozenset({View.DECLARED}),
    globs=("**/Pipfile.lock",),
    parse=parse,
)
