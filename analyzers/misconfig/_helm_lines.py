"""Where in a template the lines of a rendered manifest come from.

Templates keep no such record; keys of both are laid beside each other, as programs that compare files do.
"""

import re
from difflib import SequenceMatcher

_MOST_LINES = 1500
"""Of either; comparing takes the product of both."""
_ACTION = re.compile(r"\{\{.*?\}\}")
_KEY = re.compile(r"\s*(?P<item>(?:-\s+)*)(?P<key>[^\s:#\"'{][^:]*?|\"[^\"]*\"|'[^']*')\s*:(?:\s|$)")


def origins(template: list[str], rendered: list[str]) -> list[int]:
    """Return for each line of a manifest the line of its template, counted from 1; 0 where it is unknown."""
    found = [0] * len(rendered)
    if max(len(template), len(rendered)) > _MOST_LINES:
        return found
    before = [_mark(line, number) for number, line in enumerate(template)]
    after = [_mark(line, -1) for line in rendered]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for start, other, size in matcher.get_matching_blocks():
        for step in range(size):
            found[other + step] = start + step + 1 if rendered[other + step].strip() else 0
    return found


def _mark(line: str, number: int) -> str:
    """Return what a line and what it is rendered to have in common: its key, or all of it without one."""
    match = _KEY.match(line)
    if match and "{{" not in match["key"]:
        return f"{'- ' if match['item'] else ''}{match['key']}:"
    return f"\0{number}" if _ACTION.search(line) else line.strip()


def range_of(origin: list[int], start: int, end: int) -> tuple[int, int]:
    """Return the template's first and last line of what is on lines of the manifest; (0, 0) if unknown."""
    known = [line for line in origin[max(start - 1, 0) : end] if line]
    if not start or not known:
        return 0, 0
    return known[0], max(known)
