"""Markdown that a benchmark puts out, and the page that holds it between markers."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are numbers."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def section(name: str, title: str, parts: Iterable[str]) -> str:
    """Return a section between its markers."""
    body = "\n\n".join((f"## {title}", *parts))
    return f"{_begin(name)}\n{body}\n{_end(name)}"


def replaced(page: str, name: str, text: str) -> str:
    """Return the page with the section of that name in its new words.

    Raises:
        ValueError: the page has no such markers.
    """
    pattern = re.compile(f"{re.escape(_begin(name))}.*?{re.escape(_end(name))}", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"expected {_begin(name)} … {_end(name)} in the page")
    return pattern.sub(lambda _: text, page, count=1)


def write(path: Path, name: str, text: str) -> None:
    """Put the section into the page's file, in place of what its markers hold."""
    path.write_text(replaced(path.read_text(), name, text))


def _begin(name: str) -> str:
    return f"<!-- benchmark {name} -->"


def _end(name: str) -> str:
    return f"<!-- end of {name} -->"
