"""What a Python project says in pyproject.toml about the packages it needs directly.

Formats: https://packaging.python.org/en/latest/specifications/pyproject-toml/,
https://packaging.python.org/en/latest/specifications/dependency-groups/, https://python-poetry.org/docs/pyproject/,
https://pdm-project.org/latest/reference/pep621/
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import msgspec

from analyzers.documents import Value, items, table, text, toml
from analyzers.errors import ParseError
from analyzers.inventory import File, Found, Note, Package, Problem
from analyzers.languages._pypi import Names, read_requirement
from analyzers.languages._reach import only_dev

MANIFEST = "pyproject.toml"
_PYTHON = "python"


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A pyproject.toml."""

    name: str = ""
    version: str = ""
    needs: tuple[str, ...] = ()
    """Names of packages, extras included."""
    dev: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    """Names of the groups that users may ask for."""
    problem: str = ""
    """Why nothing is known."""


def note(file: File) -> Note:
    """Return the Note from which `beside` knows the project."""
    try:
        project = _read(toml.load(file.data, file.path))
    except ParseError as error:
        project = Project(problem=str(error))
    return Note(msgspec.json.encode(project))


def beside(found: Sequence[Found]) -> Iterator[tuple[Found, Project | None]]:
    """Yield each lock file with the project in the same folder, None without one that can be read.

    One that cannot be read is a Problem of its lock file.
    """
    projects = {
        each.path.removesuffix(MANIFEST): msgspec.json.decode(each.note, type=Project)
        for each in found
        if _is_manifest(each) and each.note
    }
    for each in found:
        if not _is_manifest(each):
            project = projects.get(each.path[: each.path.rfind("/") + 1])
            if project and project.problem:
                problem = Problem(each.path, f"{project.problem}: what is needed directly is not known")
                yield msgspec.structs.replace(each, problems=(*each.problems, problem)), None
            else:
                yield each, project


def related(
    packages: Sequence[Package], project: Project, kind: str, *, knows_dev: bool
) -> Iterator[Package]:
    """Yield the project, if it has a name and a version, then the packages with their relationship to it.

    Args:
        packages: of one lock file.
        project: it stands beside.
        kind: of the packages.
        knows_dev: whether the lock file itself tells what is for development.
    """
    names = Names(packages)
    direct, direct_dev = names.all(project.needs), names.all(project.dev)
    needs = {f"{each.name}@{each.version}": each.depends_on for each in packages}
    dev = only_dev(needs, direct, direct_dev)
    asked = {*direct, *direct_dev}
    if project.name and project.version:
        yield Package(
            kind=kind,
            name=project.name,
            version=project.version,
            relationship="root",
            depends_on=tuple(dict.fromkeys((*direct, *direct_dev))),
        )
    for each in packages:
        key = f"{each.name}@{each.version}"
        yield msgspec.structs.replace(
            each,
            relationship="direct" if key in asked else "indirect",
            dev=each.dev if knows_dev else key in dev,
        )


def _is_manifest(found: Found) -> bool:
    return found.path.rpartition("/")[2] == MANIFEST


def _read(document: Mapping[str, Value]) -> Project:
    project = table(document.get("project"))
    tools = table(document.get("tool"))
    poetry, pdm = table(tools.get("poetry")), table(tools.get("pdm"))
    extras = table(project.get("optional-dependencies"))
    groups = [table(each).get("dependencies") for each in table(poetry.get("group")).values()]
    lists = [*table(document.get("dependency-groups")).values(), *table(pdm.get("dev-dependencies")).values()]
    needs = _listed([project.get("dependencies"), *extras.values()]), _keyed([poetry.get("dependencies")])
    dev = _listed(lists), _keyed([poetry.get("dev-dependencies"), *groups])
    return Project(
        name=text(project.get("name")) or text(poetry.get("name")),
        version=text(project.get("version")) or text(poetry.get("version")),
        needs=tuple(chain.from_iterable(needs)),
        dev=tuple(chain.from_iterable(dev)),
        extras=tuple(extras),
    )


def _listed(values: Iterable[Value]) -> Iterator[str]:
    for value in values:
        for each in items(value):
            if required := read_requirement(text(each)):
                yield required.name


def _keyed(values: Iterable[Value]) -> Iterator[str]:
    for value in values:
        yield from (name for name in table(value) if name != _PYTHON)
