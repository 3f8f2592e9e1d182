"""Terraform and OpenTofu configurations, evaluated and judged root module by root module.

Format: https://developer.hashicorp.com/terraform/language
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Found, Note, Outcome, Problem, Scanner, View
from analyzers.limits import MIB
from analyzers.misconfig import _terraform_evaluation as evaluation
from analyzers.misconfig import _terraform_repeated as repeated
from analyzers.misconfig._terraform_evaluation import Evaluated
from analyzers.misconfig._terraform_repeated import Repeated

_FILE_TYPE = "terraform"
_PLACE = re.compile(r"([^\s:]+\.tf(?:\.json)?|[^\s:]+\.tfvars(?:\.json)?):")


def parse(file: File) -> Iterator[Fact]:
    """Yield the content: only all files of a module together say what is declared."""
    yield Note(file.data)


def combine(found: Sequence[Found]) -> Iterable[Found]:
    """Return what the checks say of all modules, each outcome at the file that has its resource."""
    files, problems = _readable(found)
    judging = _Judging(files=files, problems=problems)
    for each in _evaluated(files, problems):
        if each.error:
            path, reason = _place(each, files)
            judging.problem(path, reason)
        else:
            judging.judge(each)
    for block in _lost(files, judging.unmade):
        what = "its for_each is known at deployment only, so it is not judged"
        judging.problem(block.path, f"{block.name}, line {block.line}: {what}")
    for one in found:
        yield Found(
            one.path,
            problems=tuple(dict.fromkeys((*one.problems, *problems.get(one.path, ())))),
            outcomes=tuple(dict.fromkeys(judging.outcomes.get(one.path, ()))),
        )


def _readable(found: Sequence[Found]) -> tuple[dict[str, bytes], dict[str, list[Problem]]]:
    files: dict[str, bytes] = {}
    problems: dict[str, list[Problem]] = {}
    for one in found:
        if not one.note:
            continue
        try:
            evaluation.tamed(one.path, one.note)
        except ParseError as error:
            problems[one.path] = [Problem(one.path, f"{one.path}: {error}")]
            continue
        if evaluation.is_writable(one.path):
            files[one.path] = one.note
        else:
            reason = f"{one.path!r:.100}, expected a shorter path of ordinary names"
            problems[one.path] = [Problem(one.path, reason)]
    return files, problems


def _evaluated(files: Mapping[str, bytes], problems: dict[str, list[Problem]]) -> Iterator[Evaluated]:
    try:
        yield from evaluation.evaluate(files)
    except OSError as error:
        path = next(iter(files))
        problems.setdefault(path, []).append(Problem(path, f"{error}, expected room for temporary files"))


def _place(each: Evaluated, files: Mapping[str, bytes]) -> tuple[str, str]:
    """Return the file that an error names, or the root module's first one, and what is wrong."""
    for match in _PLACE.finditer(each.error):
        path = posixpath.normpath(posixpath.join(each.root, match[1]))
        if path in files:
            return path, each.error
    first = next(path for path in sorted(files) if posixpath.dirname(path) == each.root)
    return first, each.error


@dataclass(slots=True, kw_only=True)
class _Judging:
    """What is said of the root modules so far."""

    files: Mapping[str, bytes]
    problems: dict[str, list[Problem]]
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    unmade: dict[str, tuple[Repeated, ...]] = field(default_factory=dict)
    """By root module, blocks of which there is nothing."""
    lines: Mapping[str, Sequence[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = {path: data.decode("utf-8", "replace").splitlines() for path, data in self.files.items()}

    def problem(self, path: str, reason: str) -> None:
        self.problems.setdefault(path, []).append(Problem(path, reason))

    def judge(self, each: Evaluated) -> None:
        from analyzers.checks.cloud import catalogue  # noqa: PLC0415 - a tenth of a second that few need
        from analyzers.misconfig import _terraform_model as model  # noqa: PLC0415

        cloud = model.cloud_of(each.value, each.root, self.lines)
        for path, fact in catalogue.judge(cloud, self.lines, _FILE_TYPE):
            if path not in self.files:
                continue
            if isinstance(fact, Problem):
                self.problem(path, fact.reason)
            else:
                self.outcomes.setdefault(path, []).append(fact)
        for path, name in model.missing_modules(each.value, each.root):
            if path in self.files:
                what = "its source is not among the files, so its resources are not judged"
                self.problem(path, f"{name}: {what}")
        if blocks := repeated.unmade(each.value, each.root, self.lines):
            self.unmade[each.root] = blocks


def _lost(files: Mapping[str, bytes], unmade: Mapping[str, tuple[Repeated, ...]]) -> Iterator[Repeated]:
    """Yield the blocks of which there is nothing, though it is not known that nothing is made of them."""
    blocks = tuple(dict.fromkeys(each for blocks in unmade.values() for each in blocks))
    if not blocks:
        return
    try:
        for again in evaluation.evaluate(repeated.probed(files, blocks), frozenset(unmade)):
            own = set(unmade[again.root])
            yield from (each for each in repeated.unknown(again.value, blocks) if each in own)
    except OSError:  # no room for temporary files: then nothing is known of them
        yield from blocks


ANALYZER = Analyzer(
    id="misconfig/terraform",
    version=2,
    scanner=Scanner.MISCONFIG,
    views=frozenset({View.DECLARED, View.INSTALLED}),
    globs=(
        "**/*.tf",
        "**/*.tf.json",
        "**/terraform.tfvars",
        "**/terraform.tfvars.json",
        "**/*.auto.tfvars",
        "**/*.auto.tfvars.json",
    ),
    most_bytes=4 * MIB,
    parse=parse,
    combine=combine,
)
