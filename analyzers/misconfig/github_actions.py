"""Workflows of GitHub Actions, judged by the checks of them.

Format: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from collections.abc import Iterator

from analyzers.checks import source_lines
from analyzers.checks.check import run
from analyzers.checks.github_actions import CHECKS
from analyzers.checks.github_actions.model import parse as read
from analyzers.checks.github_actions.rights import secrets_in
from analyzers.checks.secret_names import hidden
from analyzers.inventory import Analyzer, Fact, File, Scanner, View


def parse(file: File) -> Iterator[Fact]:
    """Yield what each check says, secrets that are in the file replaced by "*".

    Raises:
        ParseError: it is no YAML, or no workflow.
    """
    workflow = read(file.data, file.path)
    lines = hidden(source_lines.split(file.data), secrets_in(workflow))
    yield from run(CHECKS, workflow, lines, file_type="github-actions")


ANALYZER = Analyzer(
    id="misconfig/github_actions",
    version=1,
    scanner=Scanner.MISCONFIG,
    views=frozenset({View.DECLARED, View.INSTALLED}),
    globs=("**/.github/workflows/*.yml", "**/.github/workflows/*.yaml"),
    most_bytes=1 << 20,
    parse=parse,
)
