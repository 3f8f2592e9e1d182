"""Finds the analyzers, and remembers what they want, so that those which are not needed are not imported.

Importing some seventy modules takes 0.15 s, in each of several processes, and most images have files for
a handful of them. What the modules declare is kept in a file beside their byte code, for as long as none of
them changes.
"""

import contextlib
import functools
import hashlib
import importlib
import os
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

import msgspec

from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Scanner, View


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What one module's ANALYZER declares."""

    module: str
    id: str
    version: int
    scanner: Scanner
    kinds: tuple[Kind, ...]
    views: frozenset[View]
    globs: tuple[str, ...]
    every_file: bool
    most_bytes: int
    magic: tuple[bytes, ...]
    combines: bool


class _Index(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    entries: tuple[_Entry, ...]


def indexed(rooms: Sequence[ModuleType], folder: Path) -> tuple[Analyzer, ...]:
    """Return the analyzers of `collect`, from the index in `folder` when it is there and up to date.

    Those from the index import their module when they are asked for the first time. An index that is missing
    is written, if that is allowed.

    Raises:
        ImportError, TypeError, ValueError: as `collect`.
    """
    key = _key(rooms)
    file = folder / f"catalogue.{sys.implementation.cache_tag}.msgpack"
    index = _read(file)
    if index is None or index.key != key:
        found = collect(rooms)
        _write(file, _Index(key=key, entries=tuple(_entry(*each) for each in found.items())))
        return tuple(sorted(found.values(), key=lambda analyzer: analyzer.id))
    return tuple(_lazy(entry) for entry in sorted(index.entries, key=lambda entry: entry.id))


def collect(rooms: Iterable[ModuleType]) -> dict[str, Analyzer]:
    """Return the ANALYZER of each module in the packages, by module; those named _… and packages are none.

    Raises:
        ImportError: a module cannot be imported.
        TypeError: a module has none.
        ValueError: two have the same id.
    """
    found: dict[str, Analyzer] = {}
    ids: set[str] = set()
    for name in sorted(name for room in rooms for name in _module_names(room)):
        analyzer = getattr(importlib.import_module(name), "ANALYZER", None)
        if not isinstance(analyzer, Analyzer):
            raise TypeError(f"{name}: ANALYZER is {analyzer!r}, expected an Analyzer")
        if analyzer.id in ids:
            raise ValueError(f"{name}: the id {analyzer.id!r} is taken, expected a unique one")
        found[name] = analyzer
        ids.add(analyzer.id)
    return found


def _module_names(room: ModuleType) -> Iterator[str]:
    for module in pkgutil.iter_modules(room.__path__):
        if not (module.ispkg or module.name.startswith("_")):
            yield f"{room.__name__}.{module.name}"


def _key(rooms: Iterable[ModuleType]) -> str:
    """Return what changes when a module is added, removed or written again, or one that declarations use."""
    key = hashlib.sha256(repr(Analyzer.__struct_fields__).encode())
    for folder in (*(folder for room in rooms for folder in room.__path__), str(Path(__file__).parent)):
        with os.scandir(folder) as items:
            for item in sorted(items, key=lambda item: item.name):
                if item.is_file():
                    status = item.stat()
                    key.update(f"{item.name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return key.hexdigest()


def _read(file: Path) -> _Index | None:
    try:
        return msgspec.msgpack.decode(file.read_bytes(), type=_Index)
    except (OSError, msgspec.MsgspecError):
        return None


def _write(file: Path, index: _Index) -> None:
    part = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(exist_ok=True)
        part.write_bytes(msgspec.msgpack.encode(index))
        part.replace(file)
    except OSError:  # a folder that is read-only, a disk that is full: the next start imports them all again
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _entry(module: str, analyzer: Analyzer) -> _Entry:
    return _Entry(
        module=module,
        id=analyzer.id,
        version=analyzer.version,
        scanner=analyzer.scanner,
        kinds=analyzer.kinds,
        views=analyzer.views,
        globs=analyzer.globs,
        every_file=analyzer.every_file,
        most_bytes=analyzer.most_bytes,
        magic=analyzer.magic,
        combines=analyzer.combine is not None,
    )


def _lazy(entry: _Entry) -> Analyzer:
    return Analyzer(
        id=entry.id,
        version=entry.version,
        scanner=entry.scanner,
        kinds=entry.kinds,
        views=entry.views,
        globs=entry.globs,
        every_file=entry.every_file,
        most_bytes=entry.most_bytes,
        magic=entry.magic,
        parse=functools.partial(_parse, entry.module),
        combine=functools.partial(_combine, entry.module) if entry.combines else None,
    )


def _parse(module: str, file: File) -> Iterator[Fact]:
    return _imported(module).parse(file)


def _combine(module: str, found: Sequence[Found]) -> Iterable[Found]:
    combine = _imported(module).combine
    assert combine is not None  # noqa: S101 - the index says so
    return combine(found)


@functools.cache
def _imported(module: str) -> Analyzer:
    analyzer: Analyzer = importlib.import_module(module).ANALYZER
    return analyzer
