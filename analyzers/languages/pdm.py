"""Python packages of a project, from PDM's lock file.

Format: https://pdm-project.org/latest/usage/lockfile/
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from analyzers.documents import items, table, text, toml
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Note, Package, View
from analyzers.languages import _pyproject
from analyzers.languages._locked import merged, reference, without_version
from analyzers.languages._pypi import Names, lines_of_tables, placed, read_requirement

_KIND = "pdm"
_DEFAULT = "default"


class _Groups(msgspec.Struct, frozen=True):
    of: dict[str, tuple[str, ...]] = {}
    """"name@version" → the groups of the project that ask for it."""


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
        raise ParseError(f"{file.path}: nothing in it, expected a lock file of PDM's")
    entries = [table(each) for each in items(lock.get("package"))]
    places = lines_of_tables(file.data, "package")
    packages = [
        Package(
            kind=_KIND,
            name=text(each.get("name")),
            version=text(each.get("version")),
            lines=placed(places, len(entries), number),
        )
        for number, each in enumerate(entries)
    ]
    names = Names(packages)
    groups: dict[str, tuple[str, ...]] = {}
    for package, each in zip(packages, entries, strict=True):
        said = tuple(text(group) for group in items(each.get("groups")))
        groups[reference(package)] = groups.get(reference(package), ()) + said
    # a package with extras stands there once more for them
    yield from merged(
        msgspec.structs.replace(
            package,
            depends_on=_needs(package, names, [text(need) for need in items(each.get("dependencies"))]),
        )
        for package, each in zip(packages, entries, strict=True)
        if package.name and package.version
    )
    yield Note(msgspec.json.encode(_Groups(groups)))
    yield from without_version(file.path, [each.name or "?" for each in packages if not each.version])


def _needs(package: Package, names: Names, requirements: Iterable[str]) -> tuple[str, ...]:
    wanted = filter(None, map(read_requirement, requirements))
    found = (key for each in wanted for key in names.found(each.name, each.version) or names.found(each.name))
    return tuple(dict.fromkeys(key for key in found if key != reference(package)))


def combine(found: Sequence[Found]) -> Iterable[Found]:
    """Yield the lock files, with what the pyproject.toml beside them says about their packages."""
    for lock, project in _pyproject.beside(found):
        packages = lock.packages
        if project and packages and lock.note:
            groups = msgspec.json.decode(lock.note, type=_Groups).of
            used = {_DEFAULT, *project.extras}
            marked = [_marked(each, groups.get(reference(each), ()), used) for each in packages]
            knows_dev = any(groups.values())
            packages = tuple(_pyproject.related(marked, project, _KIND, knows_dev=knows_dev))
        yield msgspec.structs.replace(lock, packages=packages, note=b"")


def _marked(package: Package, groups: Sequence[str], used: set[str]) -> Package:
    return msgspec.structs.replace(package, dev=bool(groups) and not used.intersection(groups))


ANALYZER = Analyzer(
    id="languages/pdm",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="pypi", ecosystem="PyPI"),),
    views=frozenset({View.DECLARED}),
    globs=("**/pdm.lock", "**/pyproject.toml"),
    parse=parse,
    combine=combine,
)
