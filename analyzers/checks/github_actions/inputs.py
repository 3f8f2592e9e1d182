"""Checks of what strangers can give to a workflow."""

import re
from collections.abc import Iterator
from itertools import islice

from analyzers.checks.check import Cause
from analyzers.checks.github_actions._check import SECURE_USE, SYNTAX, at, check, expressions, scripts
from analyzers.checks.github_actions.model import Workflow
from analyzers.documents import Value, items, table, text
from analyzers.severity import Severity

_STRANGERS = re.compile(
    r"github\s*\.\s*(?:head_ref|event\s*\.\s*(?:"
    r"(?:issue|pull_request|discussion)\s*\.\s*(?:title|body)"
    r"|pull_request\s*\.\s*head\s*\.\s*(?:ref|label|repo\s*\.\s*\w+)"
    r"|(?:comment|review|review_comment)\s*\.\s*body"
    r"|pages.{0,20}page_name"
    r"|(?:commits.{0,20}|head_commit)\s*\.\s*(?:message|author\s*\.\s*(?:email|name))"
    r"|workflow_run\s*\.\s*(?:head_branch|display_title|head_commit\s*\.\s*(?:message|author\s*\.\s*\w+))))\b"
)
_MOST = 100
"""Expressions of one script that are judged."""
_HEAD = re.compile(
    r"github\.event\.(?:pull_request\.(?:head\.(?:sha|ref)|merge_commit_sha)|workflow_run\.head_(?:sha|branch)|number)"
    r"|github\.head_ref|refs/pull/"
)
_WITH_SECRETS = {"pull_request_target", "workflow_run", "issue_comment"}
_BOT = re.compile(r"github\.(?:actor|triggering_actor)\s*==\s*'[\w-]+\[bot\]'")


def _injected(workflow: Workflow) -> Iterator[Cause]:
    for step, key, script in scripts(workflow):
        for expression in islice(dict.fromkeys(expressions(script)), _MOST):
            if _STRANGERS.search(expression):
                yield at(step, key, f"{expression!r:.100} becomes part of the script", expression)


def _checks_out_strangers(workflow: Workflow) -> Iterator[Cause]:
    if not workflow.triggers & _WITH_SECRETS:
        return
    for step in workflow.steps():
        settings = table(step.mapping.get("with"))
        ref = text(settings.get("ref"))
        if step.text("uses").startswith("actions/checkout@") and _HEAD.search(ref):
            yield at(step, "with", "code of strangers is checked out where secrets are given", ref)
        for command in ("gh pr checkout", "hub pr checkout"):
            if command in step.text("run"):
                yield at(step, "run", "code of strangers is checked out where secrets are given", command)


def _own_runner(workflow: Workflow) -> Iterator[Cause]:
    if not workflow.triggers & {"pull_request", "pull_request_target"}:
        return
    for job in workflow.jobs:
        if "self-hosted" in _labels(job.part.mapping.get("runs-on")):
            yield at(
                job.part, "runs-on", "code of pull requests runs on a machine of one's own", "self-hosted"
            )


def _labels(value: Value) -> set[str]:
    listed = table(value).get("labels") or value
    return {text(listed), *map(text, items(listed))}


def _trusts_bots(workflow: Workflow) -> Iterator[Cause]:
    if not workflow.triggers & {"pull_request_target", "workflow_run"}:
        return
    for part in workflow.parts():
        match = _BOT.search(part.text("if"))
        if match:
            yield at(part, "if", f"{match[0]!r:.100} is true for others' commits, too", match[0])


CHECKS = (
    check(
        "CB-G0002",
        "Code of strangers where secrets are",
        Severity.CRITICAL,
        why="These events give secrets and a token that may write; the code of a pull request can take both.",
        mend="Use the event pull_request, or leave the pull request's code alone in this workflow.",
        link=f"{SECURE_USE}#mitigating-the-risks-of-untrusted-code-checkout",
        judge=_checks_out_strangers,
    ),
    check(
        "CB-G0003",
        "Text of strangers becomes a script",
        Severity.HIGH,
        why="Expressions are put in before a shell reads the script: a title can hold commands.",
        mend='Put the expression into "env", and use the variable in quotes.',
        link=f"{SECURE_USE}#good-practices-for-mitigating-script-injection-attacks",
        judge=_injected,
    ),
    check(
        "CB-G0007",
        "Pull requests on own machines",
        Severity.HIGH,
        why="A machine of one's own keeps what a job leaves, and reaches the network around it.",
        mend="Use machines of GitHub for pull requests, or ones that live for one job.",
        link=f"{SECURE_USE}#hardening-for-self-hosted-runners",
        judge=_own_runner,
    ),
    check(
        "CB-G0015",
        "Bots told by the actor's name",
        Severity.MEDIUM,
        why="The actor is who caused the last event; the code may be somebody else's.",
        mend="Compare github.event.pull_request.user.login.",
        link=f"{SYNTAX}#jobsjob_idif",
        judge=_trusts_bots,
    ),
)
