"""Python packages of a project, from uv's lock file.

Formats: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile, https://toml.io/en/v1.0.0
"""

from collections.abc import Iterator, Mapping, Sequence

from analyzers.documents import Lines, Value, items, table, text, toml
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem, View
from analyzers.languages._locked import merged, reference, shown, without_version
from analyzers.languages._pypi import Names, lines_of_tables, placed
from analyzers.languages._reach import only_dev

_KIND = "uv"
_LOCAL = ("virtual", "editable", "directory")
_FORMAT = 1

_Entry = Mapping[str, Value]


def parse(file: File) -> Iterator[Fact]:
    """Yield the packages that the lock file would install, the project and its workspace among them.

    Raises:
        ParseError: the file is no TOML.
    """
    lock = toml.load(file.data, file.path)
    if lock.get("version") != _FORMAT:
        yield Problem(file.path, f"version {shown(lock.get('version'))}, expected {_FORMAT}")
    entries = [table(each) for each in items(lock.get("package"))]
    yield from merged(_packages(entries, lines_of_tables(file.data, "package")))
    lost = (
        text(each.get("name")) or "?" for each in entries if not each.get("version") and not _folder(each)
    )
    yield from without_version(file.path, list(lost))


def _packages(entries: Sequence[_Entry], places: Sequence[Lines]) -> Iterator[Package]:
    bare = [Package(kind=_KIND, name=text(e.get("name")), version=text(e.get("version"))) for e in entries]
    graph = _Graph(Names(bare))
    for package, entry in zip(bare, entries, strict=True):
        graph.add(reference(package), entry)
    dev = only_dev(graph.reached, graph.direct | graph.local, graph.direct_dev)
    for number, (package, entry) in enumerate(zip(bare, entries, strict=True)):
        key = reference(package)
        if package.name and package.version:
            yield Package(
                kind=_KIND,
                name=package.name,
                version=package.version,
                depends_on=tuple(dict.fromkeys(graph.needs[key])),
                relationship=_relationship(key, entry, graph.direct | graph.direct_dev),
                dev=key in dev,
                lines=placed(places, len(entries), number),
            )


class _Graph:
    """Who needs whom, each by "name@version"; one with several entries needs what all of them do."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.needs: dict[str, list[str]] = {}
        self.reached: dict[str, list[str]] = {}
        """As `needs`, but for the parts of the project, whose groups differ."""
        self.local: set[str] = set()
        self.direct: set[str] = set()
        self.direct_dev: set[str] = set()

    def add(self, key: str, entry: _Entry) -> None:
        used = self._found(entry, "dependencies", "optional-dependencies")
        dev = self._found(entry, "dev-dependencies")
        self.needs.setdefault(key, []).extend((*used, *dev))
        if _folder(entry):
            self.local.add(key)
            self.direct.update(used)
            self.direct_dev.update(dev)
        self.reached.setdefault(key, []).extend(() if _folder(entry) else used)

    def _found(self, entry: _Entry, *groups: str) -> list[str]:
        wanted = [table(each) for group in groups for each in _lists(entry.get(group))]
        named = ((text(each.get("name")), text(each.get("version"))) for each in wanted)
        return [key for name, version in named for key in self._names.found(name, version)]


def _relationship(key: str, entry: _Entry, direct: set[str]) -> str:
    if folder := _folder(entry):
        return "root" if folder == "." else "workspace"
    return "direct" if key in direct else "indirect"


def _folder(entry: _Entry) -> str:
    """Return where a part of the project lies, "" for any other package."""
    source = table(entry.get("source"))
    return next((text(source[key]) for key in _LOCAL if key in source), "")


def _lists(value: Value) -> Iterator[Value]:
    """Yield what a list has, or the lists of a table by extra or group."""
    if isinstance(value, dict):
        yield from (each for group in value.values() for each in items(group))
    else:
        yield from items(value)


ANALYZER = Analyzer(
    id="languages/uv",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="pypi", ecosystem="PyPI"),),
    views=frozenset({View.DECLARED}),
    globs=("**/uv.lock",),
    parse=parse,
)
