"""Python packages of a project, from Poetry's lock file.

Formats: https://python-poetry.org/docs/basic-usage/#installing-dependencies, https://toml.io/en/v1.0.0
(written by https://github.com/python-poetry/poetry/blob/main/src/poetry/packages/locker.py)
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from analyzers.documents import Value, items, table, text, toml
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Note, Package, View
from analyzers.languages import _pyproject
from analyzers.languages._locked import merged, without_version
from analyzers.languages._pypi import Names, lines_of_tables, placed

_KIND = "poetry"
_MAIN = "main"
_KNOWS_DEV = b"knows dev"


def parse(file: File) -> Iterator[Fact]:
    """Yield the packages of a lock file; a pyproject.toml is noted for `combine`.

    Raises:
        ParseError: the lock file is no TOML, or empty.
    """
    if file.path.endswith(_pyproject.MANIFEST):
        yield _pyproject.note(file)
        return
    lock = toml.load(file.data, file.path)
    if not lock:
        raise ParseError(f"{file.path}: nothing in it, expected a lock file of Poetry's")
    entries = [table(each) for each in items(lock.get("package"))]
    places = lines_of_tables(file.data, "package")
    packages = [
        Package(
            kind=_KIND,
            name=text(each.get("name")),
            version=text(each.get("version")),
            dev=_is_dev(each),
            lines=placed(places, len(entries), number),
        )
        for number, each in enumerate(entries)
    ]
    names = Names(packages)
    yield from merged(
        msgspec.structs.replace(package, depends_on=names.all(table(each.get("dependencies"))))
        for package, each in zip(packages, entries, strict=True)
        if package.name and package.version
    )
    if any("groups" in each or "category" in each for each in entries):
        yield Note(_KNOWS_DEV)
    yield from without_version(file.path, [each.name or "?" for each in packages if not each.version])


def _is_dev(entry: Mapping[str, Value]) -> bool:
    """Tell whether a package is in none but development groups; lock files 1.2 to 2.0 do not say."""
    if "groups" in entry:
        return _MAIN not in items(entry["groups"])
    return entry.get("category") == "dev"


def combine(found: Sequence[Found]) -> Iterable[Found]:
    """Yield the lock files, with what the pyproject.toml beside them says about their packages."""
    for lock, project in _pyproject.beside(found):
        packages = lock.packages
        if project and packages:
            knows_dev = lock.note == _KNOWS_DEV
            packages = tuple(_pyproject.related(packages, project, _KIND, knows_dev=knows_dev))
        yield msgspec.structs.replace(lock, packages=packages, note=b"")


ANALYZER = Analyzer(
    id="languages/poetry",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="pypi", ecosystem="PyPI"),),
    views=frozenset({View.DECLARED}),
    globs=("**/poetry.lock", "**/pyproject.toml"),
    parse=parse,
    combine=combine,
)
