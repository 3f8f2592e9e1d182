"""Helm charts, rendered with their own values or the user's, judged by the checks of Kubernetes objects.

Format: https://helm.sh/docs/topics/charts/
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from analyzers.checks.check import ignored_by
from analyzers.checks.kubernetes.secrets import secrets_of
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, CodeLine, Fact, File, Found, Note, Outcome, Problem, Scanner, View
from analyzers.limits import MIB
from analyzers.misconfig._helm_lines import origins, range_of
from analyzers.misconfig._helm_render import Rendering, render, render_chart
from analyzers.misconfig._helm_values import parse_set, read_values
from analyzers.misconfig._manifests import may_have_objects, source_lines, states_an_object
from analyzers.misconfig.kubernetes import judged, read_manifests, without_secrets

__all__ = ["ANALYZER", "judge_chart", "parse_set", "read_values", "render_chart"]

_FILE_TYPE = "helm"
_CHART = "Chart.yaml"
_MOST_BYTES = 5 * MIB
_ALWAYS = ("Chart.yaml", "values.yaml", "requirements.yaml", ".tgz")
"""Ends of the names of files that are a chart's, whatever is in them."""
_PART = re.compile(r"(?:charts/[^/]+/)+")
_MOST_OUTCOMES = 100_000
"""Of one chart."""
_LONGEST_LINE = 500
_MOST_LINES = 20


def parse(file: File) -> Iterator[Fact]:
    """Yield the file as it is: what a chart deploys is known from all of its files together."""
    if len(file.data) <= _MOST_BYTES:
        yield Note(file.data)
    elif file.path.endswith(_ALWAYS) or b"{{" in file.data:
        yield Problem(file.path, f"{len(file.data)} bytes, expected at most {_MOST_BYTES} of a chart's file")


def combine(
    found: Sequence[Found], values: Sequence[Mapping[str, object]] = (), sets: Sequence[str] = ()
) -> Iterable[Found]:
    """Return what the checks say of each chart's manifests, at its templates; Problems for the rest.

    Args:
        found: the charts' files.
        values: as of `render_chart`, for all charts.
        sets: as of `render_chart`, for all charts.
    """
    notes = {each.path: each.note for each in found}
    kept = {each.path: Found(each.path, problems=each.problems) for each in found if each.problems}
    roots = _roots(notes)
    for path, data in notes.items():
        if _is_orphan(path, data, roots):
            problem = Problem(
                path, "template of an object that is in no chart: what it deploys is not judged"
            )
            kept[path] = _joined(kept.get(path, Found(path)), [problem])
    for root in roots:
        files = {path.removeprefix(root): data for path, data in notes.items() if path.startswith(root)}
        for path, facts in judge_chart(files, values, sets).items():
            known = f"{root}{path}" if f"{root}{path}" in notes else f"{root}{_CHART}"
            kept[known] = _joined(kept.get(known, Found(known)), facts)
    return [kept[path] for path in sorted(kept)]


def _roots(paths: Iterable[str]) -> list[str]:
    """Return the folders of charts that are no part of another one, each with a "/" after it or ""."""
    folders = sorted(path.removesuffix(_CHART) for path in paths if f"/{path}".endswith(f"/{_CHART}"))
    return [
        folder
        for folder in folders
        if not any(
            folder != other and folder.startswith(other) and _PART.fullmatch(folder, len(other))
            for other in folders
        )
    ]


def _is_orphan(path: str, data: bytes, roots: Sequence[str]) -> bool:
    """Tell whether a template is neither a manifest, which another analyzer reads, nor a part of a chart."""
    is_template = path.endswith((".yaml", ".yml", ".json")) and "/templates/" in f"/{path}" and b"{{" in data
    return is_template and not path.startswith(tuple(roots)) and states_an_object(data)


def _joined(found: Found, facts: Sequence[Outcome | Problem]) -> Found:
    problems = (Problem(found.path, each.reason) for each in facts if isinstance(each, Problem))
    outcomes = (each for each in facts if isinstance(each, Outcome))
    return Found(found.path, problems=(*found.problems, *problems), outcomes=(*found.outcomes, *outcomes))


def judge_chart(
    files: Mapping[str, bytes], values: Sequence[Mapping[str, object]] = (), sets: Sequence[str] = ()
) -> dict[str, list[Outcome | Problem]]:
    """Return what the checks say of a chart, by paths below its folder; arguments as of `render_chart`.

    Manifests of charts in archives are at the archive's path. Templates without actions are not among them
    when they are files of their own: `analyzers.misconfig.kubernetes` reads these. A chart, or a template,
    that cannot be read is a Problem.
    """
    try:
        rendering = render(files, values, sets)
    except ParseError as error:
        return {_CHART: [Problem(_CHART, str(error))]}
    judged_: dict[str, list[Outcome | Problem]] = {}
    for path, reason in rendering.problems.items():
        judged_.setdefault(_file_of(path), []).append(Problem(_file_of(path), _at(path, reason)))
    left = _MOST_OUTCOMES
    for path in rendering.manifests:
        if "!" not in path and "{{" not in rendering.sources[path]:
            continue
        facts = list(islice(_judged(path, rendering), left + 1))
        left -= len(facts)
        judged_.setdefault(_file_of(path), []).extend(facts)
        if left < 0:
            judged_[_file_of(path)].append(Problem(path, f"more than {_MOST_OUTCOMES} outcomes in a chart"))
            break
    return judged_


def _file_of(path: str) -> str:
    return path.partition("!")[0]


def _at(path: str, reason: str) -> str:
    """Return the reason with the place inside of an archive before it."""
    inner = path.partition("!")[2]
    return f"{inner}: {reason}" if inner else reason


def _judged(path: str, rendering: Rendering) -> Iterator[Outcome | Problem]:
    data = rendering.manifests[path].encode("utf-8", "replace")
    if not may_have_objects(data):
        return
    source = source_lines(rendering.sources[path].encode("utf-8", "replace"))
    origin = origins(source, source_lines(data))
    template = _without_secrets(source, data, path)
    try:
        for outcome in judged(data, _at(path, path), file_type=_FILE_TYPE):
            yield _in_archive(outcome) if "!" in path else _in_template(outcome, template, origin)
    except ParseError as error:
        if states_an_object(data):
            yield Problem(_file_of(path), f"as rendered: {error}")


def _without_secrets(source: list[str], data: bytes, path: str) -> list[str]:
    """Return a template's lines without the secrets of its manifest, where they are written in it."""
    found, _ = read_manifests(data, path)
    texts = {text for manifest in found for *_, text in secrets_of(manifest)}
    written = [(1, len(source), text) for text in texts if any(text in line for line in source)]
    return without_secrets(source, written)


def _in_archive(outcome: Outcome) -> Outcome:
    return msgspec.structs.replace(outcome, start_line=0, end_line=0, code=())


def _in_template(outcome: Outcome, template: list[str], origin: list[int]) -> Outcome:
    """Return an outcome with its lines of the template in place of those of the manifest."""
    if outcome.passed:
        return outcome
    first, last = range_of(origin, outcome.start_line, outcome.end_line)
    shown = range(first, min(last, first + _MOST_LINES - 1) + 1) if first else range(0)
    return msgspec.structs.replace(
        outcome,
        start_line=first,
        end_line=last,
        code=tuple(CodeLine(number, template[number - 1][:_LONGEST_LINE], is_cause=True) for number in shown),
        ignored=outcome.ignored or ignored_by(template, first, outcome.check),
    )


ANALYZER = Analyzer(
    id="misconfig/helm",
    version=1,
    parse=parse,
    scanner=Scanner.MISCONFIG,
    views=frozenset({View.INSTALLED, View.DECLARED}),
    globs=(
        "**/Chart.yaml",
        "**/values.yaml",
        "**/requirements.yaml",
        "**/templates/**/*.yaml",
        "**/templates/**/*.yml",
        "**/templates/**/*.json",
        "**/templates/**/*.tpl",
        "**/templates/**/*.txt",
        "**/charts/*.tgz",
    ),
    combine=combine,
)
