"""Dockerfiles and Containerfiles, judged by the checks of them.

Format: https://docs.docker.com/reference/dockerfile/
"""

from collections.abc import Iterator

from analyzers.checks.check import run
from analyzers.checks.dockerfile import CHECKS
from analyzers.checks.dockerfile.parsing import parse as read
from analyzers.checks.dockerfile.secrets import secrets_in
from analyzers.checks.secret_names import hidden
from analyzers.inventory import Analyzer, Fact, File, Scanner, View

_MOST_BYTES = 1 << 20


def parse(file: File) -> Iterator[Fact]:
    """Yield what each check says, secrets of the file replaced by "*"; an empty file yields nothing.

    Raises:
        ParseError: it is no Dockerfile.
    """
    dockerfile = read(file.data, file.path)
    text = file.data.decode("utf-8-sig", "replace")
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    yield from run(CHECKS, dockerfile, hidden(lines, secrets_in(dockerfile)), file_type="dockerfile")


ANALYZER = Analyzer(
    id="misconfig/dockerfile",
    version=1,
    scanner=Scanner.MISCONFIG,
    views=frozenset({View.DECLARED, View.INSTALLED}),
    globs=(
        "**/Dockerfile",
        "**/Dockerfile.*",
        "**/*.Dockerfile",
        "**/*.dockerfile",
        "**/dockerfile",
        "**/Containerfile",
        "**/Containerfile.*",
        "**/*.Containerfile",
        "!**/*.dockerignore",
        "!**/*.containerignore",
        "!**/*.md",
        "!**/*.txt",
        "!**/*.py",
        "!**/*.sh",
        "!**/*.json",
        "!**/*.yaml",
        "!**/*.yml",
    ),
    most_bytes=_MOST_BYTES,
    parse=parse,
)
