"""Reads the directives of go.mod, one after the other.

Format: https://go.dev/ref/mod#go-mod-file-grammar
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from analyzers.errors import ParseError

_TOKEN = re.compile(
    r'(?P<comment>//.*)|"(?P<quoted>(?:[^"\\\n]|\\.)*+)"|`(?P<raw>[^`]*+)`|(?P<plain>=>|[()]|(?:(?!//)[^\s()"`])+)|(?P<odd>["`])'
)
_ESCAPE = re.compile(r"\\(.)")


class Directive(NamedTuple):
    """One directive; those of a block come one by one."""

    verb: str
    words: tuple[str, ...]
    """What follows the verb, quotes taken off."""
    comment: str
    """What follows "//" on the same line, blanks around it taken off."""
    line: int


def read_directives(text: str, path: str) -> Iterator[Directive]:
    """Yield every directive.

    Raises:
        ParseError: a quote or a block has no end.
    """
    block = ""
    for number, line in enumerate(text.split("\n"), start=1):
        words, comment = _words(line, f"{path}: line {number}")
        if not words:
            continue
        if block and words == [")"]:
            block = ""
        elif block:
            yield Directive(block, tuple(words), comment, number)
        elif words[-1] == "(" and len(words) == 2:  # noqa: PLR2004 - verb and parenthesis
            block = words[0]
        else:
            yield Directive(words[0], tuple(words[1:]), comment, number)
    if block:
        raise ParseError(f"{path}: the block {block!r} has no end, expected ')' on a line of its own")


def _words(line: str, place: str) -> tuple[list[str], str]:
    words: list[str] = []
    for match in _TOKEN.finditer(line):
        kind = match.lastgroup
        if kind == "comment":
            return words, match["comment"][2:].strip()
        if kind == "odd":
            raise ParseError(f"{place}: a quote without an end in {line.strip()!r:.100}")
        words.append(_ESCAPE.sub(r"\1", match["quoted"]) if kind == "quoted" else match[kind or "plain"])
    return words, ""
