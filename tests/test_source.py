"""What the linter and the type checker let pass says why, on its line."""

import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("analyzers", "benchmarks", "config", "crawler", "deploy", "reports", "store", "tests")
EXCEPTION = re.compile(r"#\s*(?:noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|type:\s*ignore(?:\[[\w, -]*\])?)")


def unexplained(folder: str) -> Iterator[str]:
    """Yield the places of exceptions without a word beside them."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        if not EXCEPTION.search(path.read_text()):
            continue
        with path.open("rb") as file:
            for token in tokenize.tokenize(file.readline):
                words, exceptions = EXCEPTION.subn("", token.string)
                if token.type == tokenize.COMMENT and exceptions and not re.search(r"\w", words):
                    yield f"{path.relative_to(ROOT).as_posix()}:{token.start[0]}: {token.string}"


@pytest.mark.parametrize("room", ROOMS)
def test_exceptions_say_why(room: str) -> None:
    assert (ROOT / room).is_dir()
    assert list(unexplained(room)) == []
