"""Go's regular expressions in the words of Python's.

Spec: https://github.com/google/re2/wiki/Syntax
"""

import re
from collections.abc import Iterator

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_TOKEN = re.compile(
    r"(?P<quoted>\\Q.*?(?:\\E|\Z))|(?P<code>\\x\{[0-9A-Fa-f]+\})|(?P<escape>\\.)|(?P<class>\[\^?\]?)"
    r"|(?P<flags>\(\?(?P<on>[imsU]*)(?P<off>-[imsU]+)?\))|(?P<named>\(\?P?<(?=[A-Za-z_]))|(?P<look>\(\?(?:<?[=!]|[>#(&]|P[=>]))"
    r"|(?P<open>\((?:\?(?:[imsU]*(?:-[imsU]+)?):)?)|(?P<close>\))|(?P<possessive>[*+?}]\+)|(?P<char>.)",
    re.DOTALL,
)
_IN_CLASS = re.compile(
    r"\[:(?P<not>\^?)(?P<name>[a-z]+):\]|\\x\{(?P<hex>[0-9A-Fa-f]+)\}|(?P<escape>\\.)|(?P<char>.)", re.DOTALL
)
_BYTE = 0x100


def translated(pattern: str) -> str:
    r"""Return the pattern for Python's `re`.

    Raises:
        ValueError: it is none, or has what has no counterpart: "(?U)", \p{…}, \C, negated named classes.
    """
    result = "".join(_Translation(pattern).parts())
    try:
        re.compile(result.encode())
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return result


class _Translation:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._scopes: list[list[str]] = [[]]
        """Of each open group, the groups of flags that are open in it."""

    def parts(self) -> Iterator[str]:
        while self._at < len(self._pattern):
            token = _TOKEN.match(self._pattern, self._at)
            assert token is not None  # noqa: S101 - any character is one
            self._at = token.end()
            yield self._part(token)
        if len(self._scopes) > 1:
            raise ValueError("missing )")
        yield ")" * len(self._scopes.pop())

    def _part(self, token: re.Match[str]) -> str:
        kind, found = str(token.lastgroup), token[0]
        if kind in {"look", "possessive"}:
            raise ValueError(f"{found!r} is not in RE2's syntax")
        if kind in {"named", "open"}:
            return self._opened(found)
        if kind == "close":
            return self._closed()
        if kind == "class":
            return found.removesuffix("]") + self._class(found)
        if found == "|":
            return self._alternative()
        return self._flags(token["on"], token["off"] or "") if kind == "flags" else _plain(kind, found)

    def _alternative(self) -> str:
        """Return a "|" of the group itself: flags reach over it, their groups would hold it."""
        flags = self._scopes[-1]
        return ")" * len(flags) + "|" + "".join(flags)

    def _flags(self, on: str, off: str) -> str:
        """Return a group that reaches to the end of the one it is in: Python has flags at the start only."""
        if "U" in on + off:
            raise ValueError("(?U) has no counterpart")
        if not on + off:
            return ""
        self._scopes[-1].append(f"(?{on}{off}:")
        return self._scopes[-1][-1]

    def _opened(self, found: str) -> str:
        if "U" in found.partition("<")[0]:
            raise ValueError("(?U) has no counterpart")
        self._scopes.append([])
        return "(?P<" if "<" in found else found

    def _closed(self) -> str:
        if len(self._scopes) == 1:
            raise ValueError("unexpected )")
        return ")" * (len(self._scopes.pop()) + 1)

    def _class(self, opened: str) -> str:
        parts = [r"\]"] if opened.endswith("]") else []
        while True:
            token = _IN_CLASS.match(self._pattern, self._at)
            if token is None:
                raise ValueError("missing ]")
            self._at = token.end()
            if token["char"] == "]":
                return "".join(parts) + "]"
            parts.append(_member(token))


def _plain(kind: str, found: str) -> str:
    match kind:
        case "quoted":
            return re.escape(found.removeprefix("\\Q").removesuffix("\\E"))
        case "code":
            return _character(found[3:-1])
        case "escape":
            return _escaped(found)
    return found


def _member(token: re.Match[str]) -> str:
    if token["name"]:
        if token["not"] or token["name"] not in _CLASSES:
            raise ValueError(f"{token[0]!r} has no counterpart")
        return _CLASSES[token["name"]]
    if token["hex"]:
        return _character(token["hex"])
    if token["escape"]:
        return _escaped(token["escape"])
    if not token["char"].isascii():
        raise ValueError(f"{token['char']!r} in a class, expected ASCII")
    return "\\" + token["char"] if token["char"] in "[&~|" else token["char"]


def _character(digits: str) -> str:
    number = int(digits, 16)
    if number >= _BYTE:
        raise ValueError(f"\\x{{{digits}}}, expected a byte")
    return f"\\x{number:02x}"


def _escaped(found: str) -> str:
    if found == r"\z":
        return r"\Z"
    if found[1] in "pPCQEZkgG":
        raise ValueError(f"{found!r} has no counterpart")
    return found
