"""Packages of Node.js projects, from pnpm's lock files.

Format: https://github.com/pnpm/spec/tree/master/lockfile
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analyzers.documents import Value, table, text, yaml
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem, View
from analyzers.languages._locked import merged, without_version
from analyzers.languages._npm_names import is_installed
from analyzers.languages._pnpm_keys import key_of, name_and_version, without_peers
from analyzers.languages._reach import only_dev

_KIND = "pnpm"
_KNOWN = re.compile(r"(?:[5-9]|5\.\d|6\.\d|9\.\d)")
_NEEDED = ("dependencies", "optionalDependencies")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lock:
    packages: dict[str, Value]
    snapshots: Mapping[str, Value]
    """What each package needs, by its key with peers; the packages themselves before version 9."""
    direct: frozenset[str]
    """Keys of `snapshots`."""
    direct_dev: frozenset[str]


def parse(file: File) -> Iterator[Fact]:
    """Yield the packages that the lock file would install.

    Raises:
        ParseError: the file is not YAML, or none that pnpm writes.
    """
    if is_installed(file.path):
        return
    # pnpm 11 writes what it needs itself into a document of its own
    documents = list(yaml.load_all(file.data, file.path))
    if not documents:
        raise ParseError(f"{file.path}: no document, expected lockfileVersion and packages")
    for root in map(table, documents):
        version = text(root.get("lockfileVersion"))
        if not version:
            raise ParseError(f"{file.path}: no lockfileVersion, expected 5 to 9")
        if not _KNOWN.fullmatch(version):
            yield Problem(file.path, f"lockfileVersion {version!r:.100}, expected 5 to 9")
        yield from _facts(file.path, _read(root))


def _read(root: Mapping[str, Value]) -> _Lock:
    packages = table(root.get("packages"))
    snapshots = table(root.get("snapshots")) or packages
    importers = [*table(root.get("importers")).values(), {**root}]
    return _Lock(
        packages=packages,
        snapshots=snapshots,
        direct=frozenset(key for each in importers for key in _needs(each, snapshots, *_NEEDED)),
        direct_dev=frozenset(key for each in importers for key in _needs(each, snapshots, "devDependencies")),
    )


def _needs(value: Value, known: Mapping[str, Value], *groups: str) -> tuple[str, ...]:
    """Return the keys of what a package or a part of the project needs."""
    found = {}
    for group in groups:
        for name, wish in table(table(value).get(group)).items():
            version = text(table(wish).get("version")) if isinstance(wish, dict) else text(wish)
            found[key_of(name, version, known)] = True
    return tuple(filter(None, found))


def _facts(path: str, lock: _Lock) -> Iterator[Fact]:
    needs = {key: _needs(value, lock.snapshots, *_NEEDED) for key, value in lock.snapshots.items()}
    dev = only_dev(needs, lock.direct, lock.direct_dev)
    named = {key: _named(key, lock) for key in lock.snapshots}
    direct = lock.direct | lock.direct_dev
    yield from merged(
        Package(
            kind=_KIND,
            name=name,
            version=version,
            depends_on=tuple(dict.fromkeys("@".join(named[need]) for need in needs[key] if all(named[need]))),
            relationship="direct" if key in direct else "indirect",
            dev=key in dev,
            lines=yaml.lines_of(lock.packages, _package_key(key, lock)),
        )
        for key, (name, version) in named.items()
        if name and version
    )
    yield from without_version(path, [key for key, both in named.items() if not all(both)])


def _package_key(key: str, lock: _Lock) -> str:
    return key if key in lock.packages else without_peers(key)


def _named(key: str, lock: _Lock) -> tuple[str, str]:
    """Return name and version; those of repositories and archives stand beside their address."""
    said = table(lock.packages.get(_package_key(key, lock)))
    name, version = name_and_version(key)
    return text(said.get("name")) or name, text(said.get("version")) or version


ANALYZER = Analyzer(
    id="languages/pnpm",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="npm", ecosystem="npm"),),
    views=frozenset({View.DECLARED}),
    globs=("**/pnpm-lock.yaml",),
    parse=parse,
)
