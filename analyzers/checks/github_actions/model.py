"""What a workflow of GitHub Actions says.

Format: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzers.checks import source_lines
from analyzers.documents import Lines, Value, items, table, text, yaml
from analyzers.documents.wording import kind_of
from analyzers.errors import ParseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A job or a step: a mapping, and the lines of the file that it is in."""

    name: str
    """The job's id; for steps the job's, too."""
    mapping: dict[str, Value]
    source: Sequence[str]

    def text(self, key: str) -> str:
        """Return the text behind a key, "" without it."""
        return text(self.mapping.get(key)).strip()

    def place(self, key: str, part: str = "") -> Lines:
        """Return a key's lines, or the first of them that has a text; without it, those of the first key."""
        found = yaml.lines_of(self.mapping, key)
        if not found:
            found = tuple(line for each in self.mapping for line in yaml.lines_of(self.mapping, each))[:1]
            return found[0] if found else (1, 1)
        return source_lines.within(self.source, found[0], part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job."""

    part: Part
    lines: Lines
    steps: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A workflow."""

    part: Part
    triggers: frozenset[str]
    """Names of events: "pull_request_target"."""
    jobs: tuple[Job, ...]

    def steps(self) -> Iterator[Part]:
        """Yield the steps of all jobs."""
        for job in self.jobs:
            yield from job.steps

    def parts(self) -> Iterator[Part]:
        """Yield the workflow itself, its jobs, and their steps."""
        yield self.part
        for job in self.jobs:
            yield job.part
            yield from job.steps


def parse(data: bytes, path: str) -> Workflow:
    """Return what a workflow says.

    Raises:
        ParseError: it is no YAML, or workflow, jobs, a job or a step are no mappings.
    """
    root = yaml.load(data, path)
    if not isinstance(root, dict):
        raise ParseError(f"{path}: {kind_of(root)}, expected a mapping")
    source = source_lines.split(data)
    jobs = _mapping(root.get("jobs"), f"{path}: jobs")
    return Workflow(
        part=Part(name="", mapping=root, source=source),
        triggers=frozenset(_triggers(root.get("on"))),
        jobs=tuple(_job(jobs, name, source, path) for name in jobs),
    )


def _mapping(value: Value, where: str) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise ParseError(f"{where}: {kind_of(value)}, expected a mapping")
    return value


def _triggers(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    yield from (text(each) for each in items(value))
    yield from table(value)


def _job(jobs: dict[str, Value], name: str, source: Sequence[str], path: str) -> Job:
    where = f"{path}: jobs.{name:.100}"
    mapping = _mapping(jobs[name], where)
    steps = mapping.get("steps")
    if steps is not None and not isinstance(steps, list):
        raise ParseError(f"{where}.steps: {kind_of(steps)}, expected a list")
    return Job(
        part=Part(name=name, mapping=mapping, source=source),
        lines=(yaml.lines_of(jobs, name) or ((1, 1),))[0],
        steps=tuple(
            Part(name=name, mapping=_mapping(step, f"{where}.steps[{number}]"), source=source)
            for number, step in enumerate(items(steps))
        ),
    )
