"""One check of configurations, and running many of them on one subject."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import msgspec

from analyzers.checks.long_names import id_of, names_of
from analyzers.inventory import CodeLine, Outcome
from analyzers.severity import Severity

Subject = TypeVar("Subject")

_MOST_LINES = 20
"""Of code that a report shows for one cause."""
_LONGEST_LINE = 500
_LONGEST_COMMENT = 2000
_MOST_COMMENTS = 100
"""Lines, above a place or at the beginning of a file, that may say to ignore a check."""
_BEGINNING = re.compile(r"(?:^|(?<=\s))(?:#|//|--|;|/\*|\{\{-?\s*/\*)\s*(?:cleanbill|trivy|tfsec):ignore[ :]")
_IGNORE = re.compile(
    r"(?:(?:#|//|--|;|/\*|\{\{-?\s*/\*)\s*)?"
    r"(?:cleanbill:ignore[ :]\s*(?P<own>[A-Za-z0-9*_-]+)"
    # One for some resources or workspaces only is none: what it leaves out is not looked at.
    r"|(?:trivy|tfsec):ignore:(?P<trivy>[A-Za-z0-9*_-]++)(?!\[|:ws:))"
    r"(?P<rest>(?:(?!(?:(?:#|//|--|;)\s*)?(?:cleanbill|trivy|tfsec):ignore[ :])[^\n])*)"
)
"""One of the ids that a comment names."""


class Cause(msgspec.Struct, frozen=True):
    """A place where a check fails."""

    message: str
    """What is wrong there, in one sentence."""
    start_line: int = 0
    """Counted from 1; 0 when it is about the whole file."""
    end_line: int = 0
    resource: str = ""
    """What the file calls it; "" for the subject's own name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[Subject]):
    """One thing that can be wrong with a subject: a Dockerfile, a manifest, the resources of a cloud."""

    id: str
    """The public catalogue's, "DS-0002", where it has the same check; else our own, "CB-…"."""
    title: str
    severity: Severity
    description: str
    """Why it matters."""
    resolution: str
    """How to mend it, in one sentence."""
    link: str
    """Where it is explained: the public guidance that the check follows."""
    judge: Callable[[Subject], Iterable[Cause]]
    """Yields each place where it fails; nothing when it passes. Never raises on what its parser yields."""
    applies: Callable[[Subject], bool] | None = None
    """Whether the subject has anything the check is about; without it, it always has."""
    provider: str = ""
    """"aws", "azure", "google", "kubernetes", "docker", "github"."""
    service: str = ""
    """"s3", "general"."""


OWN: ContextVar[Mapping[str, tuple[Check[Any], ...]]] = ContextVar("OWN", default=MappingProxyType({}))
"""The user's own checks by family, which `run` adds to those of its subject's family."""


def run(
    checks: Iterable[Check[Subject]],
    subject: Subject,
    lines: Sequence[str],
    *,
    file_type: str,
    resource: str = "",
) -> Iterator[Outcome]:
    """Yield what each check says: one Outcome per failing place, or one that it passed.

    Args:
        checks: those of the subject's family, to which the user's own come.
        subject: what is judged.
        lines: of the file, without their ends; for the code shown, and the comments that ignore checks.
        file_type: see `Outcome.file_type`.
        resource: the subject's own name.
    """
    for check in (*checks, *own_checks(subject)):
        yield from run_one(check, subject, lines, file_type=file_type, resource=resource)


def run_one(
    check: Check[Subject], subject: Subject, lines: Sequence[str], *, file_type: str, resource: str = ""
) -> Iterator[Outcome]:
    """Yield what one check says, see `run`; nothing when it is about something else."""
    if check.applies and not check.applies(subject):
        return
    causes = list(check.judge(subject))
    if not causes:
        yield Outcome(check=check.id, passed=True, resource=resource, file_type=file_type)
    for cause in causes:
        yield Outcome(
            check=check.id,
            message=cause.message,
            resource=cause.resource or resource,
            start_line=cause.start_line,
            end_line=cause.end_line,
            code=_code(lines, cause),
            ignored=ignored_by(lines, cause.start_line, check.id),
            file_type=file_type,
        )


def own_checks(subject: object) -> tuple[Check[Any], ...]:
    """Return the user's checks of the subject's family: the package that its type comes from."""
    own = OWN.get()
    return own.get(type(subject).__module__.split(".")[2], ()) if own else ()


def _code(lines: Sequence[str], cause: Cause) -> tuple[CodeLine, ...]:
    if not cause.start_line:
        return ()
    last = min(max(cause.end_line, cause.start_line), cause.start_line + _MOST_LINES - 1, len(lines))
    return tuple(
        CodeLine(number, lines[number - 1][:_LONGEST_LINE], is_cause=True)
        for number in range(cause.start_line, last + 1)
    )


def ignored_by(lines: Sequence[str], line: int, check_id: str) -> str:
    """Return the comment on a line, or right above it, that says to ignore a check there; "" for none.

    Forms: `# cleanbill:ignore ID exp:2026-12-31` and `# trivy:ignore:ID:exp:2026-12-31`, also `tfsec:`, with
    an id or the long name that the public catalogue has for the check. A comment of the file's first lines,
    before anything else, is for the whole file. One comment may have several of these;
    "*" in an id stands for any characters. Whether it has expired is not judged.
    """
    for comment in _comments(lines, line):
        comment = comment[-_LONGEST_COMMENT:]  # noqa: PLW2901 - a comment ends its line
        beginning = _BEGINNING.search(comment)
        for match in _IGNORE.finditer(comment, beginning.start()) if beginning else ():
            named = match["own"] or match["trivy"]
            if _matches(named, check_id):
                return match[0].strip()
    return ""


def _comments(lines: Sequence[str], line: int) -> Iterator[str]:
    if 1 <= line <= len(lines):
        yield lines[line - 1]
    above = line - 2
    furthest = above - _MOST_COMMENTS
    while max(furthest, -1) < above < len(lines) and _is_comment(lines[above]):
        yield lines[above]
        above -= 1
    for first in lines[:_MOST_COMMENTS]:
        if not _is_comment(first):
            break
        yield first


def _is_comment(text: str) -> bool:
    return text.lstrip().startswith(("#", "//", "--", ";", "/*", "{{/*", "{{- /*"))


def _matches(named: str, check_id: str) -> bool:
    """Tell whether a name in a comment means the check; old and new spellings of public ids are one."""
    own = canonical(check_id)
    if "*" in named:
        pattern = named.upper().removeprefix("AVD-")
        return any(fnmatchcase(each.upper(), pattern) for each in (own, *names_of(own)))
    return canonical(named) == own or named in names_of(own)


def canonical(check_id: str) -> str:
    """Return an id in the one form that all its spellings share: "AVD-DS-0002", "DS002" are "DS-0002".

    So are the long names of the public catalogue: "aws-s3-enable-versioning" is "AWS-0090".
    """
    if known := id_of(check_id.lower()):
        return known
    upper = check_id.upper().removeprefix("AVD-")
    match = re.fullmatch(r"([A-Z]+)-?0*(\d+)", upper)
    return f"{match[1]}-{int(match[2]):04}" if match else upper
