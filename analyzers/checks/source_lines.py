"""Lines of YAML files, and where in them a text stands."""

import re
from collections.abc import Sequence

from analyzers.documents import Lines

_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""As YAML 1.1 counts lines."""


def split(data: bytes) -> tuple[str, ...]:
    """Return the lines of a file, without their ends."""
    return tuple(_END.split(data.decode("utf-8-sig", "replace")))


def within(lines: Sequence[str], span: Lines, text: str) -> Lines:
    """Return the first line of some that has a text in it, all of them when none has."""
    first, last = span
    for number in range(max(first, 1), min(last, len(lines)) + 1):
        if text and text in lines[number - 1]:
            return number, number
    return span
