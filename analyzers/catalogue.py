"""Collects all analyzers and tells, path by path, which of them want a file."""

import functools
import importlib
import pkgutil
import re
from collections.abc import Collection, Iterable, Iterator
from types import ModuleType
from typing import Self

import analyzers.binaries
import analyzers.languages
import analyzers.os
from analyzers.inventory import Analyzer

_ROOMS = (analyzers.os, analyzers.languages, analyzers.binaries)


@functools.cache
def catalogue() -> tuple[Analyzer, ...]:
    """Return every analyzer, ordered by id.

    A module that cannot be imported or has no ANALYZER ends the program: with an analyzer missing, images
    would look cleaner than they are.
    """
    return collect(_ROOMS)


def collect(rooms: Iterable[ModuleType]) -> tuple[Analyzer, ...]:
    """Return the ANALYZER of each module in the packages whose name has no leading underscore.

    Raises:
        TypeError: a module has none.
        ValueError: two have the same id.
    """
    found: dict[str, Analyzer] = {}
    for name in sorted(name for room in rooms for name in _module_names(room)):
        analyzer = getattr(importlib.import_module(name), "ANALYZER", None)
        if not isinstance(analyzer, Analyzer):
            raise TypeError(f"{name}: ANALYZER is {analyzer!r}, expected an Analyzer")
        if analyzer.id in found:
            raise ValueError(f"{name}: the id {analyzer.id!r} is taken, expected a unique one")
        found[analyzer.id] = analyzer
    return tuple(found[key] for key in sorted(found))


def _module_names(room: ModuleType) -> Iterator[str]:
    for module in pkgutil.iter_modules(room.__path__):
        if not module.name.startswith("_"):
            yield f"{room.__name__}.{module.name}"


class Dispatch:
    """Decides which analyzers want a file; a path that nobody wants costs four dictionary look-ups.

    Globs are literal but for "*", which stands for any characters within one name, and "**" as a whole
    name, which stands for any number of folders.
    """

    def __init__(self, analyzers: Iterable[Analyzer]) -> None:
        self.analyzers = tuple(analyzers)
        self.magic_bytes = max((len(magic) for a in self.analyzers for magic in a.magic), default=0)
        """How many first bytes `by_magic` needs."""
        self._paths: dict[str, list[tuple[re.Pattern[str], Analyzer]]] = {}
        self._names: dict[str, list[tuple[re.Pattern[str], Analyzer]]] = {}
        self._folders: dict[str, list[tuple[re.Pattern[str], Analyzer]]] = {}
        self._suffixes: dict[str, list[tuple[re.Pattern[str], Analyzer]]] = {}
        self._others: list[tuple[re.Pattern[str], Analyzer]] = []
        for analyzer in self.analyzers:
            for glob in analyzer.globs:
                self._shelf(glob).append((compile_glob(glob), analyzer))

    def _shelf(self, glob: str) -> list[tuple[re.Pattern[str], Analyzer]]:
        """Return the list that is looked through only for paths that the glob may match."""
        folder, _, name = glob.rpartition("/")
        suffix = name.rpartition("*")[2]
        if "*" not in glob:
            return self._paths.setdefault(glob, [])
        if "*" not in name:
            return self._names.setdefault(name, [])
        if "*" not in folder:
            return self._folders.setdefault(folder, [])
        if "." in suffix:
            return self._suffixes.setdefault(suffix[suffix.rfind(".") :], [])
        return self._others

    def wants(self, path: str) -> tuple[Analyzer, ...]:
        """Return the analyzers one of whose globs matches the normalised path."""
        slash = path.rfind("/")
        name = path[slash + 1 :]
        suffix = name[name.rfind(".") :]
        folder = path[:slash] if slash > 0 else ""
        if (
            name in self._names
            or suffix in self._suffixes
            or folder in self._folders
            or path in self._paths
            or self._others
        ):
            return self._matches(path, name, suffix, folder)
        return ()

    def _matches(self, path: str, name: str, suffix: str, folder: str) -> tuple[Analyzer, ...]:
        shelves = (
            self._paths.get(path, ()),
            self._names.get(name, ()),
            self._suffixes.get(suffix, ()),
            self._folders.get(folder, ()),
            self._others,
        )
        hits = {a.id: a for shelf in shelves for pattern, a in shelf if pattern.fullmatch(path)}
        return tuple(hits[key] for key in sorted(hits))

    def by_magic(self, first: bytes) -> tuple[Analyzer, ...]:
        """Return the analyzers that want an executable with these first bytes."""
        return tuple(a for a in self.analyzers if a.magic and first.startswith(a.magic))

    def versions(self) -> dict[str, int]:
        """Return each analyzer's version by its id."""
        return {analyzer.id: analyzer.version for analyzer in self.analyzers}

    def subset(self, ids: Collection[str]) -> Self:
        """Return a dispatch of some analyzers only.

        Raises:
            ValueError: there is no analyzer with one of the ids.
        """
        if unknown := set(ids) - {analyzer.id for analyzer in self.analyzers}:
            raise ValueError(f"unknown analyzers {sorted(unknown)!r}")
        return type(self)(analyzer for analyzer in self.analyzers if analyzer.id in ids)


def compile_glob(glob: str) -> re.Pattern[str]:
    """Return a pattern to `fullmatch` paths with.

    Raises:
        ValueError: a name is empty, or has "**" besides other characters.
    """
    pattern = ""
    *folders, name = glob.split("/")
    for folder in folders:
        pattern += r"(?:[^/]+/)*" if folder == "**" else _compile_name(folder, glob) + "/"
    return re.compile(pattern + _compile_name(name, glob))


def _compile_name(name: str, glob: str) -> str:
    if not name or "**" in name:
        raise ValueError(f"glob {glob!r}: {name!r}, expected a name, or '**' for folders")
    # "." leaves out newlines, which names may have; "[^/]" does not
    return "[^/]*".join(re.escape(part) for part in name.split("*"))
