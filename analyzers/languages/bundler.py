"""Ruby gems that a Gemfile.lock pins.

Format: https://bundler.io/guides/using_bundler_in_applications.html#gemfilelock, written and read by
https://github.com/rubygems/rubygems/blob/master/bundler/lib/bundler/lockfile_parser.rb
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem, View

_SOURCES = frozenset({"GEM", "GIT", "PATH", "PLUGIN SOURCE"})
_DEPENDENCIES = "DEPENDENCIES"
_SECTION = re.compile(r"[A-Z][A-Z ]+")
_CONFLICT = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?: |$)")
_REMOTE = "  remote: "
_GEM = re.compile(r" {4}([^\s(]+) \(([^-)]+)(?:-[^)]*)?\)")
_NEED = re.compile(r" {6}([^\s(]+)(?: \(.*\))?")
_WANTED = re.compile(r" {2}([^\s(!]+)(?: \(.*\))?!?")


@dataclass(slots=True, kw_only=True)
class _Gem:
    """One version of a gem; a lock has it once for every platform that has files of its own."""

    name: str
    version: str
    folder: str
    """Of a gem of the project itself: where it is, relative to the lock. Else ""."""
    lines: list[tuple[int, int]] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)


def parse(file: File) -> Iterator[Fact]:
    """Yield every gem, from whatever source, once for all its platforms.

    Gems of the project itself are "root" when they are in the lock's own folder, "workspace" in others.

    Raises:
        ParseError: there is no section of a lock file, or an unresolved conflict of a merge.
    """
    lock = _Lock(file.path)
    for number, line in enumerate(file.data.decode("utf-8-sig", "replace").split("\n"), start=1):
        lock.take(number, line.rstrip())
    if file.data.strip() and not lock.sections & {*_SOURCES, _DEPENDENCIES}:
        raise ParseError(f"{file.path}: no section {_DEPENDENCIES!r}, expected a lock of Bundler")
    yield from lock.problems
    yield from lock.packages()


class _Lock:
    """Follows the lines of a lock file."""

    def __init__(self, path: str) -> None:
        self.sections: set[str] = set()
        self.problems: list[Problem] = []
        self._path = path
        self._section = self._folder = ""
        self._gems: dict[tuple[str, str], _Gem] = {}
        self._gem: _Gem | None = None
        self._direct: set[str] = set()

    def take(self, number: int, line: str) -> None:
        """Read one line, without blanks at its end."""
        if _CONFLICT.match(line):
            raise ParseError(f"{self._path}: line {number}: {line!r:.100}, expected no conflict of a merge")
        if _SECTION.fullmatch(line):
            self._section, self._folder, self._gem = line, "", None
            self.sections.add(line)
        elif self._section == _DEPENDENCIES:
            self._take_wanted(number, line)
        elif self._section in _SOURCES and line.startswith("    "):
            self._take_gem(number, line)
        elif self._section == "PATH" and line.startswith(_REMOTE):
            self._folder = line.removeprefix(_REMOTE)

    def _take_wanted(self, number: int, line: str) -> None:
        if match := _WANTED.fullmatch(line):
            self._direct.add(match[1])
        elif line:
            self._refuse(number, line, "the name of a gem")

    def _take_gem(self, number: int, line: str) -> None:
        if match := _GEM.fullmatch(line):
            name, version = match[1], match[2]
            self._gem = self._gems.setdefault(
                (name, version), _Gem(name=name, version=version, folder=self._folder)
            )
            self._gem.lines.append((number, number))
        elif self._gem and (match := _NEED.fullmatch(line)):
            self._gem.needs.append(match[1])
        else:
            self._refuse(number, line, "a gem with its version, or what it needs")

    def _refuse(self, number: int, line: str, expected: str) -> None:
        reason = f"{self._path}: line {number}: {line.strip()!r:.100}, expected {expected}"
        self.problems.append(Problem(self._path, reason))

    def packages(self) -> Iterator[Package]:
        """Yield what was read."""
        versions = {gem.name: gem.version for gem in self._gems.values()}
        direct = self._direct.union(*(gem.needs for gem in self._gems.values() if gem.folder))
        for gem in self._gems.values():
            needs = [f"{need}@{versions[need]}" for need in gem.needs if need in versions]
            yield Package(
                kind="bundler",
                name=gem.name,
                version=gem.version,
                relationship=_relationship(gem, direct),
                depends_on=tuple(dict.fromkeys(needs)),
                lines=tuple(gem.lines),
            )


def _relationship(gem: _Gem, direct: set[str]) -> str:
    if gem.folder:
        return "root" if gem.folder == "." else "workspace"
    return "direct" if gem.name in direct else "indirect"


ANALYZER = Analyzer(
    id="languages/bundler",
    version=1,
    kinds=(Kind(name="bundler", purl_type="gem", ecosystem="RubyGems"),),
    views=frozenset({View.DECLARED}),
    globs=("**/Gemfile.lock", "**/gems.locked"),
    parse=parse,
)
