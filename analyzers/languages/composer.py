"""PHP packages that a composer.lock pins, and which of them its composer.json asks for.

Formats: https://getcomposer.org/doc/01-basic-usage.md#commit-your-composer-lock-file-to-version-control,
https://getcomposer.org/doc/04-schema.md
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from analyzers.documents import Lines, Value, items, json, table, text
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Note, Package, View
from analyzers.languages._composer_package import read_packages

_KIND = "composer"
_LOCK = "composer.lock"
_MANIFEST = "composer.json"
_SECTIONS = {"packages": False, "packages-dev": True}


class _Project(msgspec.Struct, frozen=True):
    """What composer.json says."""

    name: str
    version: str
    needs: tuple[str, ...]
    """Names in lower case, those for development too."""


def parse(file: File) -> Iterator[Fact]:
    """Yield every package of a composer.lock, or a Note of what a composer.json says.

    Raises:
        ParseError: the file is no JSON object, or the lock has no packages, not even an empty list.
    """
    document = json.load_object(file.data, file.path)
    if file.path.endswith(_LOCK):
        yield from read_packages(_KIND, _entries(document, file), file.path)
        return
    needs = [*table(document.get("require")), *table(document.get("require-dev"))]
    project = _Project(
        name=text(document.get("name")),
        version=text(document.get("version")),
        needs=tuple(map(str.lower, needs)),
    )
    yield Note(msgspec.json.encode(project))


def _entries(document: dict[str, Value], file: File) -> list[tuple[Value, tuple[Lines, ...], bool]]:
    if not isinstance(document.get("packages"), list):
        raise ParseError(f"{file.path}: no list of packages, expected a lock of Composer")
    lines = json.lines(file.data, 2)
    return [
        (entry, (lines[key],) if (key := (section, str(number))) in lines else (), is_dev)
        for section, is_dev in _SECTIONS.items()
        for number, entry in enumerate(items(document.get(section)))
    ]


def combine(found: Sequence[Found]) -> Iterable[Found]:
    """Put the project of the composer.json beside each lock before what the lock has."""
    by_path = {one.path: one for one in found}
    for one in found:
        if one.path.endswith(_LOCK):
            manifest = by_path.get(one.path.removesuffix(_LOCK) + _MANIFEST)
            yield _related(one, manifest.note if manifest else b"")
        elif one.problems and one.path.removesuffix(_MANIFEST) + _LOCK in by_path:
            yield one


def _related(lock: Found, note: bytes) -> Found:
    if not note:
        return lock
    project = msgspec.json.decode(note, type=_Project)
    asked = frozenset(project.needs)
    direct = [one for one in lock.packages if one.name.lower() in asked]
    names = {one.name for one in direct}
    packages = [
        msgspec.structs.replace(one, relationship="direct" if one.name in names else "indirect")
        for one in lock.packages
    ]
    if project.name:
        needs = tuple(f"{one.name.lower()}@{one.version}" for one in direct)
        packages.insert(0, _root(project, needs))
    return msgspec.structs.replace(lock, packages=tuple(packages))


def _root(project: _Project, needs: tuple[str, ...]) -> Package:
    return Package(
        kind=_KIND, name=project.name, version=project.version, relationship="root", depends_on=needs
    )


ANALYZER = Analyzer(
    id="languages/composer",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="composer", ecosystem="Packagist"),),
    views=frozenset({View.DECLARED}),
    globs=("**/composer.lock", "**/composer.json"),
    parse=parse,
    combine=combine,
)
