"""Licence fields of package metadata as SPDX expressions.

Specification: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/. The fields are written by
hand in many dialects: "GPLv2+ and MIT" (rpm), "MIT/Apache-2.0" (cargo), "GPL-2+ or MIT, and Expat"
(Debian), "License :: OSI Approved :: MIT License" (PyPI), "BSD GPL-2.0-or-later" (apk),
"|| ( MIT BSD )" (portage).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache

from license_expression import Licensing

from analyzers.spdx import names

LONGEST = 1000
"""Characters of a field that are read; some authors put the whole text of their licence into it."""
UNRECOGNISED = f"{names.REFERENCE}unrecognised"
"""Name of a licence whose text is there but is none that we know."""
_DEEPEST = 12
_PREFIXED = re.compile(r"\|\|\s*\(")
_BETWEEN = {
    "AND, weakly": re.compile(r"\s*(?:;|,\s+and\s)\s*", re.IGNORECASE),
    "OR": re.compile(r"\s+or\s+|\s*\|\|?\s*", re.IGNORECASE),
    "OR, and commas": re.compile(r"\s*,?\s+or\s+|\s*\|\|?\s*|\s*,\s*", re.IGNORECASE),
    "AND": re.compile(
        r"\s+and\s+|\s+plus\s+|\s*&&?\s*|\s+\+\s+|\s*,\s+(?:and\s+)?(?!(?:version|with)\b|v?\d)",
        re.IGNORECASE,
    ),
}
_SLASH = re.compile(r"\s*/\s*")
_OR, _AND = re.compile(" OR "), re.compile(" AND ")
_COMMA_OR = re.compile(r",\s+or\s", re.IGNORECASE)
_WITH = re.compile(r",?\s+with\s+|-with-|-(?=[a-z]+-exception$)", re.IGNORECASE)
_AND_OR = re.compile(r"\band\s?/\s?or\b", re.IGNORECASE)
_SHORT_WITH = re.compile(r"\sw/\s*")
_BESIDES = re.compile(r"\s*\+\s*file LICEN[CS]E$", re.IGNORECASE)
"""R: the rest of the licence, such as whose copyright it is."""
_WIDENS = re.compile(r"exception|linking|embedding", re.IGNORECASE)
_WIDE_SPACE = re.compile(r"\s+")


def normalise(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the SPDX expression of each text once, in their order; without those that say nothing."""
    return _normalised(tuple(texts))


@lru_cache(maxsize=4096)
def _normalised(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(expression, texts))))


@lru_cache(maxsize=4096)
def expression(text: str) -> str:
    """Return the SPDX expression of one licence field, with "LicenseRef-…" for what SPDX does not list.

    "" when the text names no licence at all. An exception that SPDX does not list is left out, for it only
    allows more. Any text ends in an expression that license-expression parses, and that stays as it is.
    """
    text = _WIDE_SPACE.sub(" ", text).strip().rpartition(":: ")[2].strip("\"' ")
    text = _BESIDES.sub("", _AND_OR.sub("or", _SHORT_WITH.sub(" with ", text)))
    if names.says_nothing(text):
        return ""
    if len(text) > LONGEST:
        return names.reference(text)
    return rendered(_read(text, 0))


def together(expressions: Sequence[str], operator: str = "AND") -> str:
    """Return one SPDX expression of several that all hold, or with "OR" are a choice; "" of none."""
    return rendered(_joined(operator, expressions))


def rendered(text: str) -> str:
    """Return a well-formed expression with as many parentheses as it needs."""
    return str(licensing().parse(text, simple=True)) if " " in text else text


@cache
def licensing() -> Licensing:
    """Return what reads expressions in which every name is valid already."""
    return Licensing()


def _read(text: str, depth: int) -> str:
    """Return the expression, not yet in its shortest form; "" when nothing is said."""
    text = _without_parentheses(text.strip())
    found = names.find(text)
    if found or names.says_nothing(text):
        return found
    if depth == _DEEPEST:
        return names.reference(text)
    if _PREFIXED.search(text):
        return _prefixed(text, depth)
    return _operators(text, depth) or _exception(text, depth) or _words(text) or names.reference(text)


def _operators(text: str, depth: int) -> str:
    for operator in _order(text):
        parts = _split(text, _BETWEEN[operator])
        if len(parts) > 1:
            return _joined(operator.partition(",")[0], [_read(part, depth + 1) for part in parts])
    parts = [text] if "://" in text else _split(text, _SLASH)
    return _joined("OR", [_read(part, depth + 1) for part in parts]) if len(parts) > 1 else ""


def _order(text: str) -> tuple[str, ...]:
    """Return which operators to look for, the weakest first."""
    if _COMMA_OR.search(text):
        return "OR, and commas", "AND"
    return "AND, weakly", "OR", "AND"


def _joined(operator: str, parts: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(side for part in parts for side in _sides(operator, part)))
    if len(distinct) == 1:
        return distinct[0]
    other = " OR " if operator == "AND" else " AND "
    return f" {operator} ".join(f"({part})" if other in part else part for part in distinct)


def _sides(operator: str, part: str) -> list[str]:
    """Return what the operator stands between in an expression, so that it needs no parentheses there."""
    if operator == "AND" and len(_split(part, _OR)) > 1:
        return [part]
    return [_without_parentheses(side) for side in _split(part, _OR if operator == "OR" else _AND)]


def _split(text: str, between: re.Pattern[str]) -> list[str]:
    """Return the parts between operators outside of parentheses; the whole text where those do not match."""
    depths = _depths(text)
    if not depths or depths[-1] != 0:
        return [text]
    cuts = [match.span() for match in between.finditer(text) if depths[match.start()] == 0]
    starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(text)]
    return [part for start, end in zip(starts, ends, strict=True) if (part := text[start:end].strip())]


def _depths(text: str) -> list[int]:
    """Return how many parentheses are open before each character and at the end; [] if one never opened."""
    depths = [0]
    for char in text:
        depths.append(depths[-1] + {"(": 1, ")": -1}.get(char, 0))
    return depths if min(depths) == 0 else []


def _without_parentheses(text: str) -> str:
    while text.startswith("(") and text.endswith(")"):
        depths = _depths(text)
        if not depths or depths[-1] != 0 or min(depths[1:-1]) == 0:
            break
        text = text[1:-1].strip()
    return text


def _exception(text: str, depth: int) -> str:
    base, _, rest = _WITH.sub("\0", text, count=1).partition("\0")
    if not rest or not base:
        return ""
    licence = _read(base, depth + 1)
    if " " in licence or licence.startswith(names.REFERENCE) or not licence:
        return ""
    if known := names.exception(rest):
        return f"{licence} WITH {known}"
    return licence if _WIDENS.search(rest) else ""


def _words(text: str) -> str:
    """Return the expression of names with nothing but spaces between, if all are known."""
    found = [names.find(word) for word in text.split(" ")]
    return _joined("AND", found) if len(found) > 1 and all(found) else ""


def _prefixed(text: str, depth: int) -> str:
    """Return the expression of portage's notation: names all of which hold, and "|| ( A B )" for a choice."""
    marks = iter(text.replace("(", " ( ").replace(")", " ) ").split())
    return _joined("AND", _group(marks, depth))


def _group(marks: Iterator[str], depth: int) -> list[str]:
    found: list[str] = []
    operator = "AND"
    for mark in marks:
        if mark == ")":
            break
        if mark == "||":
            operator = "OR"
        elif mark == "(" and depth < _DEEPEST:
            found.append(_joined(operator, _group(marks, depth + 1)))
            operator = "AND"
        elif not mark.endswith("?"):
            found.append(names.find(mark) or names.reference(mark))
    return found
