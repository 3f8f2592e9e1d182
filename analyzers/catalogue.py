"""Collects all analyzers and tells, path by path, which of them want a file."""

import functools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Self

import analyzers.binaries
import analyzers.languages
import analyzers.licenses
import analyzers.misconfig
import analyzers.os
import analyzers.secrets
from analyzers.catalogue_index import indexed
from analyzers.inventory import Analyzer, Kind, Scanner, View

_ROOMS = (
    analyzers.os,
    analyzers.languages,
    analyzers.binaries,
    analyzers.secrets,
    analyzers.licenses,
    analyzers.misconfig,
)
PACKAGES = frozenset({Scanner.PACKAGES})
_PROGRAM_FOLDER = re.compile(r"(?:^|/)(?:s?bin|libexec)/")


@functools.cache
def catalogue() -> tuple[Analyzer, ...]:
    """Return every analyzer, ordered by id; the module of one is imported when it has something to read.

    A module that cannot be imported or has no ANALYZER ends the program: with an analyzer missing, images
    would look cleaner than they are.
    """
    return indexed(_ROOMS, Path(__file__).parent / "__pycache__")


@functools.cache
def kinds() -> Mapping[str, Kind]:
    """Return every kind of packages by its name.

    Raises:
        ValueError: two analyzers say different things of one.
    """
    found: dict[str, Kind] = {}
    for analyzer in catalogue():
        for kind in analyzer.kinds:
            if found.setdefault(kind.name, kind) != kind:
                raise ValueError(f"{analyzer.id}: kind {kind.name!r} differs from another analyzer's")
    return found


@functools.cache
def declared_kinds() -> frozenset[str]:
    """Return the names of the kinds that files of projects declare, whether or not systems have them too."""
    found = (analyzer for analyzer in catalogue() if View.DECLARED in analyzer.views)
    return frozenset(kind.name for analyzer in found for kind in analyzer.kinds)


_WILD = {"*": "[^/]*", "?": "[^/]"}


class _Glob:
    """A glob, and what it is quickly told from most paths by."""

    __slots__ = ("_glob", "_is_end", "_left_out", "_pattern", "analyzer", "beginning", "end", "name")

    def __init__(self, glob: str, analyzer: Analyzer) -> None:
        self.analyzer = analyzer
        self.beginning = glob.partition("*")[0]
        self.end = glob.rpartition("*")[2].removeprefix("/")  # "**/list" stands for "list" too
        last = glob.rpartition("/")[2]
        self.name = "" if "*" in last else last
        """What all files that it matches are called, if they are called alike."""
        self._glob = glob
        self._is_end = bool(self.end) and glob == f"**/*{self.end}"
        """Whether the end is all there is to match: "**/*.json"."""
        self._pattern: re.Pattern[str] | None = None
        self._left_out: re.Pattern[str] | None = None

    def matches(self, path: str) -> bool:
        if not (path.startswith(self.beginning) and path.endswith(self.end)):
            return False
        if self._pattern is None:  # most are never looked at
            self._pattern = compile_glob(self._glob)
            patterns = "|".join(compile_glob(glob).pattern for glob in _but(self.analyzer))
            self._left_out = re.compile(patterns) if patterns else None
        if not (self._is_end or self._pattern.fullmatch(path)):
            return False
        return not (self._left_out and self._left_out.fullmatch(path))


def _but(analyzer: Analyzer) -> Iterator[str]:
    return (glob[1:] for glob in analyzer.globs if glob.startswith("!"))


def _left_out(analyzer: Analyzer) -> Callable[[str], bool]:
    """Return what tells the paths that an analyzer of all files does not want; most by their extension."""
    globs = [*_but(analyzer)]
    extensions = {glob[4:] for glob in globs if re.fullmatch(r"\*\*/\*\.[^*?/.]+", glob)}
    others = [compile_glob(glob).pattern for glob in globs if glob[4:] not in extensions]
    pattern = re.compile("|".join(others)) if others else None

    def left_out(path: str) -> bool:
        if path[path.rfind(".") + 1 :] in extensions:
            return True
        return bool(pattern and pattern.fullmatch(path))

    return left_out


class Dispatch:
    """Decides which analyzers want a file; a path that nobody wants costs a look at its two ends.

    Globs are literal but for "*", which stands for any characters within one name, "**" as a whole name,
    which stands for any number of folders, and "!" before a glob, whose paths its analyzer does not want.
    """

    def __init__(
        self,
        analyzers: Iterable[Analyzer],
        whole: Self | None = None,
        patterns: Iterable[tuple[re.Pattern[str], Analyzer]] = (),
    ) -> None:
        """Serve these analyzers, which may be some of those that `whole` serves."""
        self.analyzers = tuple(analyzers)
        self.magic_bytes = max((len(magic) for a in self.analyzers for magic in a.magic), default=0)
        """How many first bytes `by_magic` needs."""
        self._whole = whole or self
        self._magics = tuple(magic for analyzer in self.analyzers for magic in analyzer.magic)
        globs = [
            _Glob(glob, analyzer)
            for analyzer in self.analyzers
            for glob in analyzer.globs
            if not glob.startswith("!")
        ]
        self._by_name: dict[str, list[_Glob]] = {}
        self._by_end: dict[str, list[_Glob]] = {}
        # Names differ in all their characters, other ends only in as many as the shortest of them has.
        self._end_length = min((len(glob.end) for glob in globs if glob.end and not glob.name), default=1)
        for glob in globs:
            if glob.name:
                self._by_name.setdefault(glob.name, []).append(glob)
            elif glob.end:
                self._by_end.setdefault(glob.end[-self._end_length :], []).append(glob)
        everywhere = [analyzer for analyzer in self.analyzers if analyzer.every_file]
        self._everywhere = tuple((analyzer, _left_out(analyzer)) for analyzer in everywhere)
        self._endless = [glob for glob in globs if not glob.end]
        self._patterns = tuple(patterns)
        self._beginnings = tuple(glob.beginning for glob in self._endless)

    def wants(self, path: str) -> tuple[Analyzer, ...]:
        """Return the analyzers one of whose globs matches the normalised path."""
        if self._patterns:
            also = {analyzer.id: analyzer for pattern, analyzer in self._patterns if pattern.search(path)}
            also |= {analyzer.id: analyzer for analyzer in self._by_glob(path)}
            return tuple(also[key] for key in sorted(also))
        return self._by_glob(path)

    def _by_glob(self, path: str) -> tuple[Analyzer, ...]:
        name, end = path[path.rfind("/") + 1 :], path[-self._end_length :]
        if name in self._by_name or end in self._by_end or path.startswith(self._beginnings):
            globs = [*self._by_name.get(name, ()), *self._by_end.get(end, ()), *self._endless]
            hits = {glob.analyzer.id: glob.analyzer for glob in globs if glob.matches(path)}
            return tuple(hits[key] for key in sorted(hits))
        return ()

    def everywhere(self, path: str) -> tuple[Analyzer, ...]:
        """Return the analyzers that want the file unless it is a binary, whatever it is called."""
        if not self._everywhere:  # asked for every file of every layer
            return ()
        return tuple(analyzer for analyzer, left_out in self._everywhere if not left_out(path))

    def by_magic(self, first: bytes) -> tuple[Analyzer, ...]:
        """Return the analyzers that want an executable with these first bytes."""
        if not first.startswith(self._magics):
            return ()
        return tuple(a for a in self.analyzers if a.magic and first.startswith(a.magic))

    def may_report(self, path: str) -> bool:
        """Tell whether any analyzer, also one that this dispatch leaves out, may report from the path.

        Whether a path is an executable with a wanted magic cannot be known by its name, so all that lie below
        the folders for programs are told. Elsewhere a program is reported twice rather than guessed about.
        """
        # Most paths have neither word, which is told sooner than the pattern does.
        program = ("bin/" in path or "libexec/" in path) and _PROGRAM_FOLDER.search(path)
        return bool((program and self._whole.magic_bytes) or self._whole.wants(path))

    def with_patterns(self, patterns: Collection[tuple[str, str]]) -> Self:
        """Return a dispatch whose analyzers also want the paths in which an expression of theirs is found.

        Args:
            patterns: (analyzer id, regular expression).

        Raises:
            ValueError: there is no analyzer with one of the ids, or an expression is none.
        """
        by_id = {analyzer.id: analyzer for analyzer in self.analyzers}
        compiled = []
        for key, pattern in patterns:
            if key not in by_id:
                raise ValueError(f"unknown analyzer {key!r}")
            try:
                compiled.append((re.compile(pattern), by_id[key]))
            except re.error as error:
                raise ValueError(f"pattern {pattern!r}: {error}") from error
        return type(self)(self.analyzers, self._whole, compiled)

    def of_view(self, view: View, scanners: Collection[Scanner] = PACKAGES) -> Self:
        """Return a dispatch of the analyzers for such targets, and for what is looked for there."""
        found = (each for each in self.analyzers if view in each.views and each.scanner in scanners)
        return self.subset({analyzer.id for analyzer in found})

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
        return type(self)((a for a in self.analyzers if a.id in ids), self._whole)


def compile_glob(glob: str) -> re.Pattern[str]:
    """Return a pattern to `fullmatch` paths with; "?" is one character, "**" as a name any folders.

    Raises:
        ValueError: a name is empty, or has "**" besides other characters.
    """
    pattern = ""
    *folders, name = glob.split("/")
    for folder in folders:
        pattern += r"(?:[^/]+/)*" if folder == "**" else _compile_name(folder, glob) + "/"
    return re.compile(pattern + (r"(?:[^/]+/)*[^/]+" if name == "**" else _compile_name(name, glob)))


def _compile_name(name: str, glob: str) -> str:
    if not name or "**" in name:
        raise ValueError(f"glob {glob!r}: {name!r}, expected a name, or '**' for folders")
    # "." leaves out newlines, which names may have; "[^/]" does not
    return "".join(_WILD.get(part) or re.escape(part) for part in re.split(r"([*?])", name))
