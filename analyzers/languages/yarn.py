"""Packages of Node.js projects, from Yarn's lock files.

Formats: https://classic.yarnpkg.com/lang/en/docs/yarn-lock/, https://yarnpkg.com/configuration/manifest
(what a project needs directly stands in its package.json only)
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from analyzers.documents import json, table, text
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Note, Package, Problem, View
from analyzers.languages._locked import merged, without_version
from analyzers.languages._npm_names import is_installed, split_spec
from analyzers.languages._reach import only_dev
from analyzers.languages._yarn_lock import Entry, read_entries

_KIND = "yarn"
_LOCK = "yarn.lock"


class _Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be known of a package.json."""

    name: str = ""
    version: str = ""
    needs: dict[str, str] = {}
    dev: dict[str, str] = {}
    problem: str = ""
    """Why nothing is."""


class _Lock(msgspec.Struct, frozen=True, kw_only=True):
    """Which package each request leads to, "name@version"."""

    requests: dict[str, str] = {}
    parts: dict[str, str] = {}
    """Folder of a part of the project → what its package is called here."""
    lines: dict[str, tuple[int, int]] = {}
    """Of the parts."""


class _Requests:
    """Finds the package that a request leads to."""

    def __init__(self, requests: Mapping[str, str]) -> None:
        self._exact = requests
        self._by_name: dict[str, set[str]] = {}
        for spec, key in requests.items():
            self._by_name.setdefault(split_spec(spec)[0], set()).add(key)

    def found(self, needs: Mapping[str, str]) -> tuple[str, ...]:
        """Return the packages that are asked for, of those that are in the lock file."""
        return tuple(dict.fromkeys(key for name, wish in needs.items() for key in self._one(name, wish)))

    def _one(self, name: str, wish: str) -> Iterable[str]:
        for spec in (f"{name}@{wish}", f"{name}@npm:{wish}", f"{name}@workspace:{wish}"):
            if spec in self._exact:
                return (self._exact[spec],)
        # "resolutions" and patches answer other requests than were made
        keys = self._by_name.get(name, set())
        return keys if len(keys) == 1 else ()


def parse(file: File) -> Iterator[Fact]:
    """Yield the packages of a lock file; a package.json is noted for `combine`.

    Raises:
        ParseError: the lock file is not as Yarn writes it.
    """
    if is_installed(file.path):
        return
    if not file.path.endswith(_LOCK):
        yield Note(msgspec.json.encode(_manifest(file)))
        return
    entries = read_entries(file.data, file.path)
    requests = {spec: f"{each.name}@{each.version}" for each in entries for spec in each.specs}
    yield from merged(_packages(entries, _Requests(requests)))
    parts = [each for each in entries if each.folder is not None]
    yield Note(
        msgspec.json.encode(
            _Lock(
                requests=requests,
                parts={each.folder or ".": f"{each.name}@{each.version}" for each in parts},
                lines={each.folder or ".": each.lines for each in parts},
            )
        )
    )
    yield from without_version(
        file.path, [spec for each in entries if not each.version for spec in each.specs]
    )


def _manifest(file: File) -> _Manifest:
    try:
        value = json.load_object(file.data, file.path)
    except ParseError as error:
        return _Manifest(problem=str(error))
    groups = [table(value.get(key)) for key in ("peerDependencies", "optionalDependencies", "dependencies")]
    return _Manifest(
        name=text(value.get("name")),
        version=text(value.get("version")),
        needs={name: text(wish) for group in groups for name, wish in group.items()},
        dev={name: text(wish) for name, wish in table(value.get("devDependencies")).items()},
    )


def _packages(entries: Sequence[Entry], requests: _Requests) -> Iterator[Package]:
    for each in entries:
        if each.folder is None and each.name and each.version:
            yield Package(
                kind=_KIND,
                name=each.name,
                version=each.version,
                depends_on=requests.found(each.needs),
                lines=(each.lines,),
            )


def combine(found: Sequence[Found]) -> Iterable[Found]:
    """Yield the lock files, with what the package.json beside and below them say about their packages."""
    locks = {_folder(each.path) for each in found if each.path.endswith(_LOCK)}
    manifests: dict[str, dict[str, _Manifest]] = {folder: {} for folder in locks}
    for each in found:
        if not each.path.endswith(_LOCK) and each.note:
            folder = _folder(each.path)
            if (owner := _owner(folder, locks)) is not None:
                part = folder.removeprefix(owner).strip("/") or "."
                manifests[owner][part] = msgspec.json.decode(each.note, type=_Manifest)
    for each in found:
        if each.path.endswith(_LOCK):
            yield _completed(each, manifests[_folder(each.path)])


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _owner(folder: str, locks: set[str]) -> str | None:
    """Return the nearest folder, upwards, with a lock file."""
    while folder not in locks:
        if not folder:
            return None
        folder = _folder(folder)
    return folder


def _completed(lock: Found, manifests: Mapping[str, _Manifest]) -> Found:
    if not lock.note:
        return lock
    known = msgspec.json.decode(lock.note, type=_Lock)
    root = manifests.get(".", _Manifest())
    if "." not in manifests or root.problem:
        reason = f"{root.problem}: what {_LOCK} has for development is not known"
        problems = (Problem(lock.path, reason),) if root.problem else ()
        return msgspec.structs.replace(lock, note=b"", problems=(*lock.problems, *problems))
    requests = _Requests(known.requests)
    direct = {key for each in manifests.values() for key in requests.found(each.needs)}
    for_dev = {key for each in manifests.values() for key in requests.found(each.dev)}
    needs = {f"{each.name}@{each.version}": each.depends_on for each in lock.packages}
    dev = only_dev(needs, direct, for_dev)
    packages = [_related(each, direct | for_dev, dev) for each in lock.packages]
    return msgspec.structs.replace(lock, note=b"", packages=(*_parts(known, manifests, requests), *packages))


def _related(package: Package, direct: set[str], dev: set[str]) -> Package:
    key = f"{package.name}@{package.version}"
    return msgspec.structs.replace(
        package, relationship="direct" if key in direct else "indirect", dev=key in dev
    )


def _parts(known: _Lock, manifests: Mapping[str, _Manifest], requests: _Requests) -> Iterator[Package]:
    """Yield the project and its workspaces, as far as they have a name and a version."""
    versions = {
        called: f"{manifests[folder].name}@{manifests[folder].version}"
        for folder, called in known.parts.items()
        if folder in manifests and manifests[folder].version
    }
    for folder, each in manifests.items():
        if each.name and each.version and (folder == "." or folder in known.parts or not known.parts):
            needs = requests.found(each.needs | each.dev)
            yield Package(
                kind=_KIND,
                name=each.name,
                version=each.version,
                relationship="root" if folder == "." else "workspace",
                depends_on=tuple(versions.get(need, need) for need in needs),
                lines=(known.lines[folder],) if folder in known.lines else (),
            )


ANALYZER = Analyzer(
    id="languages/yarn",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="npm", ecosystem="npm"),),
    views=frozenset({View.DECLARED}),
    globs=("**/yarn.lock", "**/package.json", "!**/node_modules/**/package.json"),
    parse=parse,
    combine=combine,
)
