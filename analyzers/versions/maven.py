"""Version order of Maven artifacts.

Specification: https://maven.apache.org/pom.html#version-order-specification
"""

import re
from collections.abc import Iterator

from analyzers.versions.errors import InvalidVersionError

_PIECE = re.compile(r"[.-]|[0-9]+|[^0-9.-]+")
_SEPARATORS = frozenset(".-")
_QUALIFIERS = {"alpha": 0, "beta": 1, "milestone": 2, "rc": 3, "cr": 3, "snapshot": 4, "sp": 6}
_EMPTY, _OTHER = 5, 7
_RELEASES = frozenset(("", "final", "ga", "release"))
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}

# What may stand at the same place in two versions, lowest first. A place beyond a version's end counts as
# null. The specification's order has cycles there (1.0.alpha < 1 < 1-1 < 1.0.alpha); zeros that lead to a
# qualifier are weighed with that qualifier, zeros that lead to a number with that number, which breaks them.
_BELOW_NULL, _END, _ABOVE_NULL, _HYPHEN_NUMBER, _DOT_NUMBER = range(5)


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key; case has no say.

    Raises:
        InvalidVersionError: the text is empty or has blanks or control characters.
    """
    if not version or not version.isprintable() or " " in version:
        raise InvalidVersionError(f"{version!r}: expected a Maven version without blanks")
    parts = _split(version.lower())
    return *(weight for part in parts for weight in _weigh(part)), (_END,)


def _split(text: str) -> list[list[tuple[str, str]]]:
    """Return prefixed tokens, one list for each hyphen, with the trailing nulls taken off each list."""
    parts: list[list[tuple[str, str]]] = [[]]
    for separator, token in _tokens(text):
        if separator != ".":
            _expand(parts[-1], separator, token)
            parts.append([])
        parts[-1].append((separator or "-", token))
    for part in parts:
        while part and (part[-1][1] in _RELEASES or not part[-1][1].strip("0")):
            part.pop()
    return parts


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield separator and token: "" where digits and characters meet; an empty token is "0"."""
    separator, pending = ".", True
    for piece in _PIECE.findall(text):
        if piece in _SEPARATORS:
            if pending:
                yield separator, "0"
            separator, pending = piece, True
        else:
            yield (separator if pending else ""), piece
            pending = False
    if pending:
        yield separator, "0"


def _expand(part: list[tuple[str, str]], separator: str, following: str) -> None:
    # a1, b1 and m1 are short for alpha-1, beta-1 and milestone-1; a-1 is not
    if part and not separator and _is_number(following) and part[-1][1] in _SHORT:
        part[-1] = (part[-1][0], _SHORT[part[-1][1]])


def _is_number(token: str) -> bool:
    return "0" <= token[0] <= "9"


def _weigh(part: list[tuple[str, str]]) -> Iterator[tuple[object, ...]]:
    zeros = 0
    for separator, token in part:
        if not _is_number(token):
            yield _qualifier(token, zeros)
        elif separator == "-":
            yield _HYPHEN_NUMBER, int(token)
        elif int(token) == 0:
            zeros += 1
            continue
        else:
            yield _DOT_NUMBER, -zeros, int(token)
        zeros = 0


def _qualifier(token: str, zeros: int) -> tuple[object, ...]:
    rank = _EMPTY if token in _RELEASES else _QUALIFIERS.get(token, _OTHER)
    return (_BELOW_NULL if rank < _EMPTY else _ABOVE_NULL), zeros, rank, token if rank == _OTHER else ""
