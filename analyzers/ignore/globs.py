"""Globs over relative paths, as Trivy's ignore files have them.

Grammar: https://github.com/bmatcuk/doublestar#patterns. Matching takes time in proportion to glob and path,
whatever they are: a star never gives back what it passed over.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from analyzers.errors import ParseError

_LONGEST = 4096
"""Characters of one glob."""
_MOST_ALTERNATIVES = 1000
"""That the braces of one glob stand for."""
_TOKEN = re.compile(r"\\.|\[[!^]?(?:\\.|[^\]\\])+\]|.", re.DOTALL)
_MEMBER = re.compile(r"\\?(.)(?:-\\?(.))?", re.DOTALL)

_Names = tuple[re.Pattern[str] | None, ...]
"""One pattern for each name; None for "**"."""


class Glob:
    """A glob: "*" and "?" within a name, "**" for folders, "[a-z]", "{this,that}", backslashes escape."""

    __slots__ = ("_alternatives",)

    def __init__(self, alternatives: tuple[_Names, ...]) -> None:
        self._alternatives = alternatives

    def matches(self, path: str) -> bool:
        """Tell whether the whole path fits."""
        names = path.split("/")
        return any(_fits(each, names) for each in self._alternatives)


@lru_cache(maxsize=65_536)
def compiled(text: str) -> Glob:
    """Return the glob; a leading "/" or "./" says no more than that it begins at the top.

    Raises:
        ParseError: it is too long, ends in a backslash, or has a bracket without its other half.
    """
    if len(text) > _LONGEST:
        raise ParseError(f"glob {text!r:.100}: {len(text)} characters, expected at most {_LONGEST}")
    tokens = _TOKEN.findall(text.removeprefix("./").removeprefix("/"))
    if not tokens or "\\" in tokens or "[" in tokens:
        raise ParseError(f"glob {text!r:.200}: expected a path, with brackets in pairs")
    return Glob(tuple(_names(each, text) for each in _expanded(tokens, text)))


def _fits(globs: _Names, names: Sequence[str]) -> bool:
    at = place = resumed = 0
    folders = -1
    while place < len(names):
        glob = globs[at] if at < len(globs) else _NOTHING
        if glob is None:
            folders, resumed = at, place
            at += 1
        elif glob.fullmatch(names[place]):
            at, place = at + 1, place + 1
        elif folders >= 0:
            resumed += 1
            at, place = folders + 1, resumed
        else:
            return False
    return all(glob is None for glob in globs[at:])


_NOTHING = re.compile(r"(?!)")


def _expanded(tokens: list[str], text: str) -> list[list[str]]:
    """Return what the glob's braces stand for."""
    waiting, done = [tokens], []
    while waiting:
        each = waiting.pop()
        if "{" not in each:
            if "}" in each:
                raise ParseError(f"glob {text!r:.200}: '}}' without '{{' before it")
            done.append(each)
            continue
        waiting.extend(_alternatives(each, text))
        if len(waiting) + len(done) > _MOST_ALTERNATIVES:
            raise ParseError(f"glob {text!r:.200}: more than {_MOST_ALTERNATIVES} alternatives")
    return done


def _alternatives(tokens: list[str], text: str) -> list[list[str]]:
    """Return the glob once for each alternative of its first braces."""
    first = tokens.index("{")
    depth, start, found = 0, first + 1, []
    for place in range(first, len(tokens)):
        depth += (tokens[place] == "{") - (tokens[place] == "}")
        if depth == 0 or (depth == 1 and tokens[place] == ","):
            found.append(tokens[start:place])
            start = place + 1
        if depth == 0:
            return [[*tokens[:first], *each, *tokens[start:]] for each in found]
    raise ParseError(f"glob {text!r:.200}: '{{' without '}}' after it")


def _names(tokens: list[str], text: str) -> _Names:
    names: list[list[str]] = [[]]
    for each in tokens:
        if each == "/":
            names.append([])
        else:
            names[-1].append(each)
    return tuple(None if name == ["*", "*"] else _name(name, text) for name in names)


def _name(tokens: list[str], text: str) -> re.Pattern[str]:
    pieces = [""]
    for each in tokens:
        if each != "*":
            pieces[-1] += _character(each, text)
        elif pieces[-1] or len(pieces) == 1:
            pieces.append("")
    pattern = pieces[0] + "".join(f"(?>[^/]*?{piece})" for piece in pieces[1:-1])
    return re.compile(pattern + (f"[^/]*{pieces[-1]}" if len(pieces) > 1 else ""), re.DOTALL)


def _character(part: str, text: str) -> str:
    if part == "?":
        return "[^/]"
    if part.startswith("["):
        return _class(part[1:-1], text)
    return re.escape(part[-1])


def _class(body: str, text: str) -> str:
    is_negated = body[0] in "!^" and len(body) > 1
    members = ""
    for first, last in _MEMBER.findall(body[is_negated:]):
        if last and last < first:
            raise ParseError(f"glob {text!r:.200}: range {first}-{last} is empty")
        members += re.escape(first) + (f"-{re.escape(last)}" if last else "")
    return f"[^/{members}]" if is_negated else f"[{members}]"
