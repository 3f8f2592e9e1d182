"""Terraform and OpenTofu configurations, evaluated and judged root module by root module.

Format: https://developer.hashicorp.com/terraform/language
"""

import contextlib
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from analyzers.checks.cloud.model import Cloud
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
        for path, reason in each.broken:
            judging.broken(path if path in files else _first(path, files), reason)
        if each.value is not None:
            judging.take(each.root, each.value)
    judging.ask_again()
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


def _first(directory: str, files: Mapping[str, bytes]) -> str:
    """Return the first file of a module."""
    return next(path for path in sorted(files) if posixpath.dirname(path) == directory)


@dataclass(slots=True, kw_only=True)
class _Judging:
    """What is said of the root modules so far."""

    files: Mapping[str, bytes]
    problems: dict[str, list[Problem]]
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    waiting: dict[str, tuple[Mapping[str, object], tuple[Repeated, ...]]] = field(default_factory=dict)
    """By root module, what it evaluates to, and for which blocks it has to be asked again."""
    unread: set[str] = field(default_factory=set)
    """Files that are left out because they are broken."""
    lines: Mapping[str, Sequence[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = {path: data.decode("utf-8", "replace").splitlines() for path, data in self.files.items()}

    def problem(self, path: str, reason: str) -> None:
        self.problems.setdefault(path, []).append(Problem(path, reason))

    def broken(self, path: str, reason: str) -> None:
        """Take note of a file that is left out, or of why a module is not judged."""
        self.unread.add(path)
        self.problem(path, reason)

    def take(self, root: str, value: Mapping[str, object]) -> None:
        """Judge a root module now, or when it is known what its blocks are repeated for."""
        from analyzers.misconfig import _terraform_model as model  # noqa: PLC0415 - a tenth of a second that few need

        found = model.model_of(value, root, self.lines)
        read = {path: lines for path, lines in self.lines.items() if path not in self.unread}
        unmade = repeated.unmade(value, root, read)
        dynamic = (repeated.dynamic(path, self.lines.get(path, ()), line) for path, line in found.open_blocks)
        blocks = (*unmade, *(block for block in dynamic if block))
        if blocks:
            self.waiting[root] = value, blocks
        else:
            self._judge(root, value, found.cloud)

    def ask_again(self) -> None:
        """Judge the root modules that wait."""
        from analyzers.misconfig import _terraform_model as model  # noqa: PLC0415 - as above

        blocks = tuple(dict.fromkeys(one for _, own in self.waiting.values() for one in own))
        answers = dict(self._answers(blocks)) if blocks else {}
        for root, (value, own) in self.waiting.items():
            answer = answers.get(root, {})
            for block in repeated.unknown(answer, blocks):
                if block in own:
                    what = "its for_each is known at deployment only, so it is not judged"
                    self.problem(block.path, f"{block.name}, line {block.line}: {what}")
            found = model.model_of(value, root, self.lines, repeated.empty(answer, blocks))
            self._judge(root, value, found.cloud)

    def _answers(self, blocks: Sequence[Repeated]) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Yield what the root modules that wait evaluate to with probes."""
        # Without room for temporary files nothing is known of their blocks, which is told.
        with contextlib.suppress(OSError):
            for each in evaluation.evaluate(repeated.probed(self.files, blocks), self.waiting.keys()):
                yield each.root, each.value or {}

    def _judge(self, root: str, value: Mapping[str, object], cloud: Cloud) -> None:
        from analyzers.misconfig import _terraform_model as model  # noqa: PLC0415 - as above
        from analyzers.misconfig._terraform_judged import judged  # noqa: PLC0415 - as above

        for path, fact in judged(cloud, self.lines, _FILE_TYPE):
            if path not in self.files:
                continue
            if isinstance(fact, Problem):
                self.problem(path, fact.reason)
            else:
                self.outcomes.setdefault(path, []).append(fact)
        for path, name in model.missing_modules(value, root):
            if path in self.files:
                what = "its source is not among the files, so its resources are not judged"
                self.problem(path, f"{name}: {what}")


ANALYZER = Analyzer(
    id="misconfig/terraform",
    version=3,
    scanner=Scanner.MISCONFIG,
    views=frozenset({View.DECLARED, View.INSTALLED}),
    globs=(
        "**/*.tf",
        "**/*.tf.json",
        "**/terraform.tfvars",
        "**/terraform.tfvars.json",
        "**/*.auto.tfvars",
        "**/*.auto.tfvars.json",
        "**/.terraform/modules/modules.json",
    ),
    most_bytes=4 * MIB,
    parse=parse,
    combine=combine,
)
