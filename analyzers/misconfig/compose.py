"""Compose files, judged by the checks of their services.

Format: https://docs.docker.com/reference/compose-file/
"""

from collections.abc import Iterator

from analyzers.checks import source_lines
from analyzers.checks.check import run
from analyzers.checks.compose import CHECKS
from analyzers.checks.compose.exposure import secrets_in
from analyzers.checks.compose.model import parse as read
from analyzers.checks.secret_names import hidden
from analyzers.inventory import Analyzer, Fact, File, Scanner, View


def parse(file: File) -> Iterator[Fact]:
    """Yield what each check says of the services, secrets replaced by "*"; without services nothing.

    Raises:
        ParseError: it is no YAML, or no Compose file.
    """
    compose = read(file.data, file.path)
    secrets = [each for service in compose.services for each in secrets_in(service)]
    yield from run(CHECKS, compose, hidden(source_lines.split(file.data), secrets), file_type="compose")


ANALYZER = Analyzer(
    id="misconfig/compose",
    version=1,
    scanner=Scanner.MISCONFIG,
    views=frozenset({View.DECLARED, View.INSTALLED}),
    globs=(
        "**/compose.yaml",
        "**/compose.yml",
        "**/compose.*.yaml",
        "**/compose.*.yml",
        "**/docker-compose*.yaml",
        "**/docker-compose*.yml",
    ),
    most_bytes=1 << 20,
    parse=parse,
)
