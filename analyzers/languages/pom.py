"""Java libraries that Maven projects need, from their project files.

Format: https://maven.apache.org/pom.html, with what
https://maven.apache.org/guides/introduction/introduction-to-dependency-mechanism.html says of scopes,
exclusions and management. Nothing is fetched: only what the project files of one tree say of each other is
known, and of what lies in repositories it is said that it is not.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Note, Package, Problem, View
from analyzers.languages._pom_model import Pom, parse_pom
from analyzers.languages._pom_tree import Needed, Project, Tree

_RUNTIME = frozenset(("", "compile", "runtime"))
_STEPS = 3_000_000  # followed dependencies of all files together
_NAMED = 5

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Pom)


def parse(file: File) -> Iterator[Fact]:
    """Yield the project for `combine`.

    Raises:
        ParseError: the file is no project.
    """
    yield Note(_ENCODER.encode(parse_pom(file.data, file.path)))


def combine(found: Sequence[Found]) -> Iterable[Found]:
    """Yield each file with its project, what that needs, and what that needs as far as files here say.

    What is needed for tests only or provided by others is `dev`; what is optional the project itself has. A
    version that an absent project manages is empty; that projects are absent is a Problem, for they may need
    more.
    """
    poms = {one.path: _DECODER.decode(one.note) for one in found if one.note}
    tree, gathering = Tree(poms), Gathering()
    for one in found:
        if one.path not in poms:
            yield one
            continue
        project = tree.project(one.path)
        gathered = gathering.gather(tree, project)
        yield msgspec.structs.replace(
            one,
            packages=(_root(project, poms[one.path], gathered), *_packages(gathered)),
            problems=(*one.problems, *_problems(one.path, project, gathered)),
        )


@dataclass(slots=True, kw_only=True)
class _Entry:
    version: str
    is_direct: bool
    is_dev: bool
    lines: tuple[tuple[int, int], ...] = ()
    needs: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Gathered:
    entries: dict[str, _Entry] = field(default_factory=dict)
    """By name, in the order in which they are reached."""
    unknown: list[str] = field(default_factory=list)
    """Who runs with the project and has needs that are not known."""
    nameless: list[str] = field(default_factory=list)
    is_cut: bool = False


@dataclass(slots=True)
class Gathering:
    """Follows dependencies from project to project, nearest first, as Maven mediates between versions."""

    steps: int = _STEPS

    def gather(self, tree: Tree, project: Project) -> _Gathered:
        """Return what a project needs; what it needs for tests too only if for nothing else."""
        gathered = _Gathered()
        for is_dev in (False, True):
            queue = deque((one, one.exclusions, True) for one in project.needed if _runs(one) is not is_dev)
            while queue and self.steps:
                self.steps -= 1
                one, exclusions, is_direct = queue.popleft()
                entry = _take(gathered, one, is_direct=is_direct, is_dev=is_dev)
                if entry is None:
                    continue
                path = tree.find(one.group, one.artifact, one.version)
                if path is None:
                    gathered.unknown += () if is_dev else (_name(one),)
                    continue
                further = tree.project(path)
                entry.version = entry.version or further.version
                for each in _further(further, project, exclusions):
                    entry.needs.append(name := _name(each))
                    if name not in gathered.entries:
                        queue.append((each, exclusions | each.exclusions, False))
            gathered.is_cut |= bool(queue)
        return gathered


def _take(gathered: _Gathered, one: Needed, *, is_direct: bool, is_dev: bool) -> _Entry | None:
    """Return a new entry, None for what is there or has no name."""
    if not one.artifact or "${" in one.artifact:
        gathered.nameless.append(f"{one.group}:{one.artifact}")
        return None
    before = gathered.entries.get(_name(one))
    if before:
        before.is_direct |= is_direct
        before.version = before.version or one.version
        before.lines = tuple(dict.fromkeys((*before.lines, *(one.lines if is_direct else ()))))
        return None
    lines = one.lines if is_direct else ()
    entry = _Entry(version=one.version, is_direct=is_direct, is_dev=is_dev, lines=lines)
    gathered.entries[_name(one)] = entry
    return entry


def _further(needing: Project, root: Project, exclusions: frozenset[tuple[str, str]]) -> Iterator[Needed]:
    """Yield what a needed project needs to run, at versions that the root manages."""
    for one in needing.needed:
        if one.is_optional or not _runs(one) or (exclusions and _is_excluded(one, exclusions)):
            continue
        managed = root.managed.get(one.key)
        yield one._replace(version=managed.version) if managed else one


def _is_excluded(one: Needed, exclusions: frozenset[tuple[str, str]]) -> bool:
    return any((group, name) in exclusions for group in (one.group, "*") for name in (one.artifact, "*"))


def _runs(one: Needed) -> bool:
    """Tell whether a project runs with it; what is optional only those who need the project do without."""
    return one.scope in _RUNTIME


def _name(one: Needed) -> str:
    return _full_name(one.group, one.artifact)


def _full_name(group: str, artifact: str) -> str:
    """Return a package's name; without its group no advisory can be looked up, and identities say so."""
    return f"{group}:{artifact}" if group and "${" not in group else artifact


def _root(project: Project, pom: Pom, gathered: _Gathered) -> Package:
    direct = [name for name, entry in gathered.entries.items() if entry.is_direct]
    return Package(
        kind="pom",
        name=_full_name(project.group, project.artifact),
        version="" if "${" in project.version else project.version,
        licenses=pom.licenses,
        relationship="root",
        depends_on=_ids(direct, gathered),
    )


def _packages(gathered: _Gathered) -> Iterator[Package]:
    for name, entry in gathered.entries.items():
        yield Package(
            kind="pom",
            name=name,
            version=entry.version,
            relationship="direct" if entry.is_direct else "indirect",
            dev=entry.is_dev,
            lines=entry.lines,
            depends_on=_ids(entry.needs, gathered),
        )


def _ids(names: Iterable[str], gathered: _Gathered) -> tuple[str, ...]:
    known = [
        (name, gathered.entries[name].version) for name in dict.fromkeys(names) if name in gathered.entries
    ]
    return tuple(f"{name}@{version}" if version else name for name, version in known)


def _problems(path: str, project: Project, gathered: _Gathered) -> Iterator[Problem]:
    if project.absent:
        yield Problem(path, f"{_some(project.absent)}: not among the files, so what they add is not known")
    if gathered.unknown:
        yield Problem(path, f"{_some(gathered.unknown)}: what they need themselves is not known offline")
    if gathered.nameless:
        yield Problem(path, f"{_some(gathered.nameless)}: names with properties that no file here sets")
    if gathered.is_cut:
        yield Problem(path, f"more than {_STEPS} dependencies of dependencies, expected fewer")


def _some(names: Sequence[str]) -> str:
    unique = sorted(set(names))
    rest = f" and {len(unique) - _NAMED} more" if len(unique) > _NAMED else ""
    return ", ".join(unique[:_NAMED]) + rest


ANALYZER = Analyzer(
    id="languages/pom",
    version=2,
    kinds=(Kind(name="pom", purl_type="maven", ecosystem="Maven"),),
    views=frozenset({View.DECLARED}),
    globs=("**/pom.xml",),
    parse=parse,
    combine=combine,
)
