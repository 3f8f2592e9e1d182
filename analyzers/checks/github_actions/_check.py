"""What the checks of workflows have in common."""

import re
from collections.abc import Callable, Iterable, Iterator

from analyzers.checks.check import Cause, Check
from analyzers.checks.github_actions.model import Part, Workflow
from analyzers.documents import table, text
from analyzers.severity import Severity

SECURE_USE = "https://docs.github.com/en/actions/reference/security/secure-use"
SYNTAX = "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax"
_EXPRESSION = re.compile(r"\$\{\{((?:(?!\$\{\{).){0,2000}?)\}\}", re.DOTALL)


def check(  # noqa: PLR0913 - the fields of a Check
    check_id: str,
    title: str,
    severity: Severity,
    *,
    why: str,
    mend: str,
    link: str,
    judge: Callable[[Workflow], Iterable[Cause]],
) -> Check[Workflow]:
    """Return a check of workflows."""
    return Check(
        id=check_id,
        title=title,
        severity=severity,
        description=why,
        resolution=mend,
        link=link,
        judge=judge,
        provider="github",
        service="actions",
    )


def at(part: Part, key: str, message: str, within: str = "") -> Cause:
    """Return a cause at a key's lines, or at the first of them that has a text."""
    first, last = part.place(key, within)
    return Cause(message, first, last, resource=part.name)


def expressions(written: str) -> Iterator[str]:
    """Yield what stands in each `${{ … }}`."""
    for match in _EXPRESSION.finditer(written):
        yield match[1].strip()


def scripts(workflow: Workflow) -> Iterator[tuple[Part, str, str]]:
    """Yield each step that has a script, its key, and the script."""
    for step in workflow.steps():
        if step.text("run"):
            yield step, "run", step.text("run")
        script = text(table(step.mapping.get("with")).get("script"))
        if script and step.text("uses").startswith("actions/github-script@"):
            yield step, "with", script
