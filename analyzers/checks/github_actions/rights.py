"""Checks of a workflow's token and secrets."""

import re
from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.github_actions._check import SECURE_USE, SYNTAX, at, check, expressions, scripts
from analyzers.checks.github_actions.model import Part, Workflow
from analyzers.checks.secret_names import is_secret_name, is_switch
from analyzers.documents import Value, table, text, yaml
from analyzers.severity import Severity

_PRINTS = re.compile(
    r"(?:^|[;&|(]|\b(?:then|do)\s)\s*(?:echo|printf|cat|print|console\.log|Write-(?:Host|Output))\b.*"
)
_ELSEWHERE = re.compile(r"(?<![0-9&])>(?!&)|\|")
_ALL_SECRETS = re.compile(r"toJSON\(\s*secrets\s*\)", re.IGNORECASE)


def _writes_all(workflow: Workflow) -> Iterator[Cause]:
    for part in (workflow.part, *(job.part for job in workflow.jobs)):
        if part.text("permissions") == "write-all":
            yield at(part, "permissions", "permissions are 'write-all', expected single ones")


def _undeclared(workflow: Workflow) -> Iterator[Cause]:
    if "permissions" in workflow.part.mapping:
        return
    for job in workflow.jobs:
        if "permissions" not in job.part.mapping:
            first = job.lines[0]
            yield Cause("permissions are not declared", first, first, resource=job.part.name)


def _printed(workflow: Workflow) -> Iterator[Cause]:
    for step, key, script in scripts(workflow):
        for line in script.splitlines():
            said = _PRINTS.search(line)
            if said and not _ELSEWHERE.search(said[0]) and any(map(_is_secret, expressions(said[0]))):
                yield at(step, key, "a secret is printed into the log", line.strip())


def _is_secret(expression: str) -> bool:
    return expression.startswith("secrets.") or bool(_ALL_SECRETS.search(expression))


def _all_secrets(workflow: Workflow) -> Iterator[Cause]:
    for part in workflow.parts():
        for key in ("env", "with", "run"):
            for written in _texts(part.mapping.get(key)):
                if any(map(_ALL_SECRETS.search, expressions(written))):
                    yield at(part, key, "all secrets are given, expected single ones", "toJSON")


def _texts(value: Value) -> Iterator[str]:
    yield from filter(None, (text(value), *map(text, table(value).values())))


def _inherited(workflow: Workflow) -> Iterator[Cause]:
    for job in workflow.jobs:
        if job.part.text("secrets") == "inherit":
            yield at(job.part, "secrets", "all secrets are inherited, expected single ones")


def _credentials_stay(workflow: Workflow) -> Iterator[Cause]:
    for step in workflow.steps():
        if step.text("uses").startswith("actions/checkout@"):
            kept = text(table(step.mapping.get("with")).get("persist-credentials")).lower()
            if kept != "false":
                yield at(
                    step, "uses", "the token stays in .git/config, expected 'persist-credentials: false'"
                )


def _written(workflow: Workflow) -> Iterator[tuple[Part, str, str, str]]:
    """Yield part, key, name and value of the secrets that are in the file itself."""
    for part in workflow.parts():
        for key in ("env", "with"):
            for name, value in table(part.mapping.get(key)).items():
                written = text(value)
                if is_secret_name(name) and written and not is_switch(written) and "${{" not in written:
                    yield part, key, name, written
    for job in workflow.jobs:
        containers = [job.part.mapping.get("container"), *table(job.part.mapping.get("services")).values()]
        for container in containers:
            password = text(table(table(container).get("credentials")).get("password"))
            if password and "${{" not in password:
                key = "container" if container is containers[0] else "services"
                yield job.part, key, "password", password


def _in_the_file(workflow: Workflow) -> Iterator[Cause]:
    for part, key, name, value in _written(workflow):
        yield at(part, key, f"{name:.100} is written into the file", value)


def secrets_in(workflow: Workflow) -> Iterator[tuple[int, int, str]]:
    """Yield first line, last line and text of what reports must not repeat."""
    for part, key, _, value in _written(workflow):
        yield (*part.place(key, value), value)


def _unsecure_commands(workflow: Workflow) -> Iterator[Cause]:
    for part in workflow.parts():
        env = table(part.mapping.get("env"))
        if text(env.get("ACTIONS_ALLOW_UNSECURE_COMMANDS")).lower() == "true":
            first, last = yaml.lines_of(env, "ACTIONS_ALLOW_UNSECURE_COMMANDS")[0]
            yield Cause("commands that any output can hold are allowed", first, last, resource=part.name)
    for step, key, script in scripts(workflow):
        for command in ("::set-env ", "::add-path::", "::set-output ", "::save-state "):
            if command in script:
                yield at(step, key, f"{command.strip(': ')!r} is deprecated", command)


def _names_of_environments(workflow: Workflow) -> Iterator[Cause]:
    """Yield scripts that write text of strangers into the environment of later steps."""
    for step, key, script in scripts(workflow):
        for line in script.splitlines():
            wrong = [
                each for each in expressions(line) if each.startswith(("github.event.", "github.head_ref"))
            ]
            if wrong and re.search(r">>\s*[\"']?\$\{?GITHUB_(?:ENV|PATH)", line):
                yield at(
                    step, key, f"{wrong[0]!r:.100} is written into later steps' environment", line.strip()
                )


CHECKS = (
    check(
        "CB-G0004",
        "Token may write everything",
        Severity.HIGH,
        why="Every action of the workflow gets the token, and with it may change code and releases.",
        mend="Name the permissions that the jobs need.",
        link=f"{SYNTAX}#permissions",
        judge=_writes_all,
    ),
    check(
        "CB-G0005",
        "Token's permissions not declared",
        Severity.MEDIUM,
        why="Without a declaration the repository's setting counts, which often is that all may be written.",
        mend="Begin with 'permissions: {}' or 'contents: read', and give jobs what they need.",
        link=f"{SYNTAX}#permissions",
        judge=_undeclared,
    ),
    check(
        "CB-G0006",
        "Secrets are printed",
        Severity.HIGH,
        why="Logs hide the exact secret only: parts and other encodings of it are shown.",
        mend="Remove the output.",
        link=f"{SECURE_USE}#use-secrets-for-sensitive-information",
        judge=_printed,
    ),
    check(
        "CB-G0008",
        "Token stays in the checkout",
        Severity.LOW,
        why="Every later step can read it, and archives of the folder take it along.",
        mend="Set 'persist-credentials: false' where nothing is pushed.",
        link="https://github.com/actions/checkout#usage",
        judge=_credentials_stay,
    ),
    check(
        "CB-G0010",
        "Commands that outputs can hold",
        Severity.HIGH,
        why="A program that prints what strangers wrote can set variables and paths of later steps.",
        mend="Write to $GITHUB_ENV, $GITHUB_PATH, $GITHUB_OUTPUT or $GITHUB_STATE.",
        link="https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands",
        judge=_unsecure_commands,
    ),
    check(
        "CB-G0011",
        "All secrets are inherited",
        Severity.LOW,
        why="The workflow that is called gets secrets that it has no use for.",
        mend="Name the secrets that it needs.",
        link=f"{SYNTAX}#jobsjob_idsecretsinherit",
        judge=_inherited,
    ),
    check(
        "CB-G0012",
        "Secrets written into the file",
        Severity.HIGH,
        why="All who can read the repository and its forks can read them.",
        mend="Use ${{ secrets.NAME }}, and change the secret.",
        link=f"{SECURE_USE}#use-secrets-for-sensitive-information",
        judge=_in_the_file,
    ),
    check(
        "CB-G0014",
        "All secrets given to a step",
        Severity.HIGH,
        why="The step, and whatever it starts, gets secrets that it has no use for.",
        mend="Name the secrets that it needs.",
        link=f"{SECURE_USE}#use-secrets-for-sensitive-information",
        judge=_all_secrets,
    ),
    check(
        "CB-G0017",
        "Text of strangers becomes a variable",
        Severity.HIGH,
        why="With a line break in it, the text sets further variables, such as LD_PRELOAD or NODE_OPTIONS.",
        mend="Use outputs, and pass the text by 'env' to the step that needs it.",
        link=f"{SECURE_USE}#good-practices-for-mitigating-script-injection-attacks",
        judge=_names_of_environments,
    ),
)
