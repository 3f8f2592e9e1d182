"""Packages of Node.js projects, from Bun's lock files.

Formats: https://bun.com/docs/pm/lockfile, https://jsonc.org
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from analyzers.documents import Lines, Value, items, json, table, text
from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Package, Problem, View
from analyzers.languages._locked import merged, shown, without_version
from analyzers.languages._npm_names import climb, is_installed, split_spec
from analyzers.languages._reach import only_dev

_KIND = "bun"
_BINARY = "bun.lockb"
_NEEDED = ("dependencies", "optionalDependencies", "peerDependencies")
_WORKSPACE = "workspace:"
_LOCAL = (_WORKSPACE, "root:", "link:", "file:")
_VERSIONS = (0, 1, 2)


class _Lock:
    """A lock file, in which "debug/ms" is the ms that lies in debug's own folder."""

    def __init__(self, root: Mapping[str, Value], lines: Mapping[tuple[str, ...], Lines]) -> None:
        self.parts = {folder: table(each) for folder, each in table(root.get("workspaces")).items()}
        self.packages = {key: items(each) for key, each in table(root.get("packages")).items()}
        self.lines = lines
        self.named = {key: split_spec(text(each[0]) if each else "") for key, each in self.packages.items()}
        """Name and version or address."""

    def needs(self, key: str) -> tuple[str, ...]:
        """Return the keys of what a package needs."""
        said = next((table(each) for each in self.packages[key][1:] if isinstance(each, dict)), {})
        return self._found(key, said, *_NEEDED)

    def part_needs(self, folder: str, *groups: str) -> tuple[str, ...]:
        """Return the keys of what the project or a workspace needs."""
        part = self.parts[folder]
        return self._found(text(part.get("name")) if folder else "", part, *groups)

    def is_local(self, key: str) -> bool:
        """Tell whether a package is a folder of the project."""
        return self.named[key][1].startswith(_LOCAL)

    def references(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Return "name@version" of each, a workspace's with the version it gives itself, if it does."""
        return tuple(dict.fromkeys(each for key in keys for each in self._reference(*self.named[key])))

    def _reference(self, name: str, version: str) -> Iterator[str]:
        if version.startswith(_WORKSPACE):
            version = text(self.parts.get(version.removeprefix(_WORKSPACE), {}).get("version"))
        if name and version:
            yield f"{name}@{version}"

    def _found(self, key: str, said: Mapping[str, Value], *groups: str) -> tuple[str, ...]:
        names = dict.fromkeys(name for group in groups for name in table(said.get(group)))
        hits = (next((at for at in climb(key, name) if at in self.packages), "") for name in names)
        return tuple(dict.fromkeys(filter(None, hits)))


def parse(file: File) -> Iterator[Fact]:
    """Yield the packages that the lock file would install, the project and its workspaces first.

    Raises:
        ParseError: the file is not a JSON object.
    """
    if is_installed(file.path):
        return
    if file.path.endswith(_BINARY):
        yield Problem(file.path, "a binary lock file, expected bun.lock: `bun install --save-text-lockfile`")
        return
    data = json.relaxed(file.data)
    root = json.load_object(data, file.path)
    version = root.get("lockfileVersion")
    if version not in _VERSIONS:
        yield Problem(file.path, f"lockfileVersion {shown(version)}, expected 0, 1 or 2")
    lock = _Lock(root, json.lines(data, 2))
    yield from merged([*_parts(lock), *_packages(lock)])
    lost = (key for key, each in lock.named.items() if not all(each))
    yield from without_version(file.path, list(lost))


def _parts(lock: _Lock) -> Iterator[Package]:
    for folder, part in lock.parts.items():
        name, version = text(part.get("name")), text(part.get("version"))
        if name and version:
            needs = lock.part_needs(folder, *_NEEDED, "devDependencies")
            where = lock.lines.get(("workspaces", folder))
            yield Package(
                kind=_KIND,
                name=name,
                version=version,
                relationship="workspace" if folder else "root",
                depends_on=lock.references(needs),
                lines=(where,) if where else (),
            )


def _packages(lock: _Lock) -> Iterator[Package]:
    needs = {key: lock.needs(key) for key in lock.packages}
    direct = {need for folder in lock.parts for need in lock.part_needs(folder, *_NEEDED)}
    direct_dev = {need for folder in lock.parts for need in lock.part_needs(folder, "devDependencies")}
    dev = only_dev(needs, direct, direct_dev)
    asked = direct | direct_dev
    for key, (name, version) in lock.named.items():
        if name and version and not lock.is_local(key):
            where = lock.lines.get(("packages", key))
            yield Package(
                kind=_KIND,
                name=name,
                version=version,
                relationship="direct" if key in asked else "indirect",
                dev=key in dev,
                depends_on=lock.references(needs[key]),
                lines=(where,) if where else (),
            )


def combine(found: Sequence[Found]) -> Iterable[Found]:
    """Yield the lock files; a binary one is no loss beside one that can be read."""
    readable = {each.path for each in found}
    for each in found:
        if each.path.endswith(_BINARY) and each.path.removesuffix("b") in readable:
            yield msgspec.structs.replace(each, problems=())
        else:
            yield each


ANALYZER = Analyzer(
    id="languages/bun",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="npm", ecosystem="npm"),),
    views=frozenset({View.DECLARED}),
    globs=("**/bun.lock", "**/bun.lockb"),
    parse=parse,
    combine=combine,
)
