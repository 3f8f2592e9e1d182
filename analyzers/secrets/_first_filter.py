"""Says where in a text rules may match: every real match is near a place it tells, not all places are one.

Hyperscan looks for all patterns in one pass; without it the keywords of the rules decide. What a place is
worth is found out by `re` later, so both end in the same secrets.
"""

import contextlib
import functools
import hashlib
import importlib
import importlib.util
import os
import re
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from analyzers.secrets._keywords import Places, by_keywords
from analyzers.secrets._rule import END, START, Rule

FirstFilter = Callable[[bytes], Places]

_LOOKAROUND = re.compile(r"\(\?<?[!=]")
_OPEN_END = re.compile(r"\{([2-9]|\d{2,}),\d+\}(\)?)(?:\(\?!\[(?:\\.|[^\]\\])*\]\))?\Z")
"""At the end of a pattern: as many characters as there are, and none of these after it."""


def installed(rules: Sequence[Rule], cache: Path | None = None) -> FirstFilter:
    """Return the fastest filter that is installed.

    Args:
        rules: their place in the sequence is their number.
        cache: a file that remembers the compiled rules, for as long as they stay as they are.
    """
    return by_hyperscan(rules, cache) if importlib.util.find_spec("hyperscan") else by_keywords(rules)


def by_hyperscan(rules: Sequence[Rule], cache: Path | None = None) -> FirstFilter:
    """Return the filter that looks for all patterns at once, by keywords for those it does not know.

    Of rules that are not remembered, the user's own, it finds the beginnings of matches as well: the less
    `re` has to search with their patterns, the better.
    """
    hyperscan: Any = importlib.import_module("hyperscan")
    accepted = _known(hyperscan, rules) if cache else _accepted(hyperscan, rules)
    rest = [number for number in range(len(rules)) if number not in accepted]
    others = by_keywords([rules[number] for number in rest])
    database = _database(hyperscan, list(accepted.values()), cache) if accepted else None
    numbers = list(accepted)
    reaches = [_Reach(rules[number].width, each.is_whole) for number, each in accepted.items()]
    own = threading.local()

    def places(data: bytes) -> Places:
        found = {rest[number]: of for number, of in others(data).items()} if rest else {}
        if database is None:
            return found
        if not hasattr(own, "scratch"):  # one for each thread, as Hyperscan asks for
            own.scratch = hyperscan.Scratch(database)
        by_number: Places = {}
        database.scan(data, functools.partial(_remember, reaches, by_number), scratch=own.scratch)
        found |= {numbers[number]: of for number, of in by_number.items()}
        return {number: found[number] for number in sorted(found)}

    return places


class _Expression(NamedTuple):
    """A pattern as Hyperscan is given it."""

    pattern: bytes
    flags: int
    is_whole: bool = False
    """Whether it is told where matches begin, and that no match ends elsewhere."""


class _Reach(NamedTuple):
    """How far a match may be from where Hyperscan sees it end."""

    width: int
    is_whole: bool


def _remember(
    reaches: list[_Reach], found: Places, number: int, start: int, end: int, _flags: int, _context: object
) -> None:
    width, is_whole = reaches[number]
    # The start is 0 where it is not looked for; after the end, one byte tells whether a word ends there.
    begin = max(start, end - width)
    far = end + (1 if is_whole else width)
    spans = found.get(number)
    if spans is None:
        found[number] = [[begin, end, far]]
    elif begin <= spans[-1][1]:
        spans[-1][1:] = end, max(spans[-1][2], far)
        spans[-1][0] = min(spans[-1][0], begin)
    else:
        spans.append([begin, end, far])


def _expression(rule: Rule) -> bytes:
    """Return a pattern without what Hyperscan does not know; it may find more."""
    pattern = (rule.anchor or rule.pattern).replace(START, "").replace(END, "")
    # Each further character of a value would be told as one more end of a match.
    return _OPEN_END.sub(r"{\1}\2", pattern).encode()


def _known(hyperscan: Any, rules: Sequence[Rule]) -> dict[int, _Expression]:  # noqa: ANN401 - no types
    """Return all rules as Hyperscan looks for them."""
    found = {}
    for number, rule in enumerate(rules):
        pattern = _expression(rule)
        is_first_filter = _LOOKAROUND.search(pattern.decode())
        found[number] = _Expression(pattern, int(hyperscan.HS_FLAG_PREFILTER) if is_first_filter else 0)
    return found


def _accepted(hyperscan: Any, rules: Sequence[Rule]) -> dict[int, _Expression]:  # noqa: ANN401 - no types
    """Return the rules that Hyperscan can look for."""
    found = {}
    for number, known in _known(hyperscan, rules).items():
        rule = rules[number]
        ways = [known]
        if not rule.anchor and not _LOOKAROUND.search(rule.pattern):
            exact = rule.pattern.encode()
            ways.insert(0, _Expression(exact, int(hyperscan.HS_FLAG_SOM_LEFTMOST), is_whole=True))
        for way in ways:
            with contextlib.suppress(hyperscan.HyperscanError):
                _compiled(hyperscan, [way])
                found[number] = way
                break
    return found


def _compiled(hyperscan: Any, expressions: Sequence[_Expression]) -> Any:  # noqa: ANN401 - the module has no types
    # Stream mode crashes the process (hyperscan 0.8).
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[each.pattern for each in expressions],
        ids=list(range(len(expressions))),
        flags=[each.flags for each in expressions],
    )
    return database


def _database(hyperscan: Any, expressions: list[_Expression], cache: Path | None) -> Any:  # noqa: ANN401 - no types
    if cache is None:
        return _compiled(hyperscan, expressions)
    key = hashlib.sha256(
        repr((hyperscan.__version__, [each.pattern for each in expressions])).encode()
    ).digest()
    with contextlib.suppress(OSError, hyperscan.HyperscanError):
        stored = cache.read_bytes()
        if stored.startswith(key):
            database = hyperscan.loadb(stored[len(key) :], hyperscan.HS_MODE_BLOCK)
            hyperscan.Scratch(database)  # fails when it was compiled on another sort of processor
            return database
    database = _compiled(hyperscan, expressions)
    _write(cache, key + hyperscan.dumpb(database))
    return database


def _write(file: Path, data: bytes) -> None:
    part = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(exist_ok=True)
        part.write_bytes(data)
        part.replace(file)
    except OSError:  # a folder that is read-only, a disk that is full: the next start compiles again
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def cache_file() -> Path:
    """Return where the compiled built-in rules are kept: beside the byte code."""
    return Path(__file__).parent / "__pycache__" / f"rules.{sys.implementation.cache_tag}.hs"
