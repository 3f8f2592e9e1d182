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
from typing import Any

from analyzers.secrets._keywords import Places, by_keywords
from analyzers.secrets._rule import END, START, Rule

FirstFilter = Callable[[bytes], Places]

_LOOKAROUND = re.compile(r"\(\?<?[!=]")


def installed(rules: Sequence[Rule], cache: Path | None = None) -> FirstFilter:
    """Return the fastest filter that is installed.

    Args:
        rules: their place in the sequence is their number.
        cache: a file that remembers the compiled rules, for as long as they stay as they are.
    """
    return by_hyperscan(rules, cache) if importlib.util.find_spec("hyperscan") else by_keywords(rules)


def by_hyperscan(rules: Sequence[Rule], cache: Path | None = None) -> FirstFilter:
    """Return the filter that looks for all patterns at once, by keywords for those it does not know."""
    hyperscan: Any = importlib.import_module("hyperscan")
    accepted = _accepted(hyperscan, rules) if cache is None else list(range(len(rules)))
    rest = [number for number in range(len(rules)) if number not in set(accepted)]
    others = by_keywords([rules[number] for number in rest])
    database = _database(hyperscan, [rules[number] for number in accepted], cache) if accepted else None
    widths = [rules[number].width for number in accepted]
    own = threading.local()

    def places(data: bytes) -> Places:
        found = {rest[number]: of for number, of in others(data).items()} if rest else {}
        if database is None:
            return found
        if not hasattr(own, "scratch"):  # one for each thread, as Hyperscan asks for
            own.scratch = hyperscan.Scratch(database)
        by_number: Places = {}
        database.scan(data, functools.partial(_remember, widths, by_number), scratch=own.scratch)
        found |= {accepted[number]: of for number, of in by_number.items()}
        return {number: found[number] for number in sorted(found)}

    return places


def _remember(
    widths: list[int], found: Places, number: int, _start: int, end: int, _flags: int, _context: object
) -> None:
    spans = found.get(number)
    begin = max(0, end - widths[number])
    if spans is None:
        found[number] = [[begin, end]]
    elif begin <= spans[-1][1]:
        spans[-1][1] = end
    else:
        spans.append([begin, end])


def _expression(rule: Rule) -> bytes:
    """Return a pattern without what Hyperscan does not know; it may find more."""
    return (rule.anchor or rule.pattern).replace(START, "").replace(END, "").encode()


def _flags(hyperscan: Any, expression: bytes) -> int:  # noqa: ANN401 - the module has no types
    flag = hyperscan.HS_FLAG_PREFILTER if _LOOKAROUND.search(expression.decode()) else 0
    return int(flag)


def _compiled(hyperscan: Any, expressions: list[bytes]) -> Any:  # noqa: ANN401 - the module has no types
    # Stream mode crashes the process (hyperscan 0.8).
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = [_flags(hyperscan, expression) for expression in expressions]
    database.compile(expressions=expressions, ids=list(range(len(expressions))), flags=flags)
    return database


def _accepted(hyperscan: Any, rules: Sequence[Rule]) -> list[int]:  # noqa: ANN401 - the module has no types
    """Return the numbers of the rules whose pattern Hyperscan can look for, of those that users wrote."""
    numbers = []
    for number, rule in enumerate(rules):
        with contextlib.suppress(hyperscan.HyperscanError):
            _compiled(hyperscan, [_expression(rule)])
            numbers.append(number)
    return numbers


def _database(hyperscan: Any, rules: Sequence[Rule], cache: Path | None) -> Any:  # noqa: ANN401 - no types
    expressions = [_expression(rule) for rule in rules]
    if cache is None:
        return _compiled(hyperscan, expressions)
    key = hashlib.sha256(repr((hyperscan.__version__, expressions)).encode()).digest()
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
