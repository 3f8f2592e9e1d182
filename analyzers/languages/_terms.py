"""Reads the terms in which Erlang and Elixir programs write lists of packages.

Formats: https://www.erlang.org/doc/system/data_types.html, https://hexdocs.pm/elixir/syntax-reference.html
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from analyzers.errors import ParseError


class Dialect(StrEnum):
    """Whose terms; each value begins the comments of its language."""

    ELIXIR = "#"
    ERLANG = "%"


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A tuple, list or map; an entry of a map or keyword list is a Term of two, its key and its value."""

    parts: tuple["Value", ...]
    first_line: int
    last_line: int

    def at(self, index: int) -> "Value":
        """Return one part, "" when there are fewer."""
        return self.parts[index] if index < len(self.parts) else ""

    def text(self, index: int) -> str:
        """Return one part if it is text, "" when it is not or there are fewer."""
        return text(self.at(index))

    def get(self, key: str) -> "Value":
        """Return what stands second in the first part of two that begins with `key`, "" without one."""
        found = (each for each in self.parts if isinstance(each, Term) and each.text(0) == key)
        return next((each.at(1) for each in found), "")


Value = Term | str
"""Texts, binaries, atoms and numbers are their characters."""

_DEEPEST = 200
_TOKENS = r"""
    {comment}[^\n]*+
  | (?P<word>[\w@!?+~-]+(?:\.[\w@-]+)*)
  | (?P<comma>,)
  | (?P<lines>\n+)
  | (?P<text>"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')
  | (?P<opening>[%\#]?\{{|\[)
  | (?P<closing>[\]}}])
  | (?P<pair>=>|:(?=\s))
  | (?P<unclosed>["'])
"""
_PATTERNS = {
    Dialect.ELIXIR: re.compile(_TOKENS.format(comment=r"\#(?!\{)"), re.VERBOSE | re.DOTALL),
    Dialect.ERLANG: re.compile(_TOKENS.format(comment="%"), re.VERBOSE | re.DOTALL),
}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def text(value: Value) -> str:
    """Return a text, "" for a Term."""
    return value if isinstance(value, str) else ""


def terms(value: Value) -> list[Term]:
    """Return the Terms among the parts of one, none for a text."""
    return [each for each in value.parts if isinstance(each, Term)] if isinstance(value, Term) else []


def texts(value: Value) -> list[str]:
    """Return the texts among the parts of a Term, none for a text."""
    return [each for each in value.parts if isinstance(each, str)] if isinstance(value, Term) else []


def parse(data: bytes, path: str, dialect: Dialect) -> list[Value]:
    """Return the terms of a file, in order; what is no term between them is left out.

    Raises:
        ParseError: a bracket or a text has no end, or a bracket no beginning.
    """
    reader = _Reader(path)
    for match in _PATTERNS[dialect].finditer(data.decode("utf-8", "replace")):
        reader.take(match.lastgroup or "", match[0])
    return reader.end()


@dataclass(slots=True)
class _Open:
    line: int
    closing: str
    parts: list[Value] = field(default_factory=list)
    slot: list[Value] = field(default_factory=list)
    first_line: int = 0
    """Of the slot, which is what stands between two commas."""
    is_pair: bool = False

    def add(self, value: Value, line: int) -> None:
        self.first_line = self.first_line or line
        self.slot.append(value)

    def close_slot(self, line: int) -> None:
        if len(self.slot) == 1 and not self.is_pair:
            self.parts.append(self.slot[0])
        elif self.is_pair and self.slot:
            pair = (self.slot[0], self.slot[-1] if len(self.slot) > 1 else "")
            self.parts.append(Term(parts=pair, first_line=self.first_line, last_line=line))
        elif all(isinstance(each, str) for each in self.slot):
            # texts side by side are one
            self.parts += ["".join(map(text, self.slot))] if self.slot else []
        else:
            self.parts += self.slot
        self.slot, self.first_line, self.is_pair = [], 0, False


class _Reader:
    def __init__(self, path: str) -> None:
        self._path = path
        self._line = 1
        self._open = [_Open(1, "")]

    def take(self, kind: str, found: str) -> None:
        match kind:
            case "word":
                self._open[-1].add(found, self._line)
            case "comma":
                self._open[-1].close_slot(self._line)
            case "lines":
                self._line += len(found)
            case "text":
                self._take_text(found)
            case "opening":
                self._enter("]" if found == "[" else "}")
            case "closing":
                self._close(found)
            case "pair":
                self._open[-1].is_pair = True
            case "unclosed":
                raise ParseError(f"{self._path}: line {self._line}: text without an end")

    def end(self) -> list[Value]:
        if len(self._open) > 1:
            last = self._open[-1]
            raise ParseError(f"{self._path}: line {last.line}: no {last.closing!r} follows, expected one")
        return self._open[0].parts + self._open[0].slot

    def _take_text(self, token: str) -> None:
        inside = token[1:-1]
        self._open[-1].add(_ESCAPE.sub(r"\1", inside) if "\\" in inside else inside, self._line)
        self._line += token.count("\n")

    def _enter(self, closing: str) -> None:
        if len(self._open) > _DEEPEST:
            raise ParseError(f"{self._path}: line {self._line}: more than {_DEEPEST} brackets in each other")
        self._open.append(_Open(self._line, closing))

    def _close(self, token: str) -> None:
        closed = self._open.pop()
        if token != closed.closing:
            raise ParseError(f"{self._path}: line {self._line}: {token!r}, expected {closed.closing!r}")
        closed.close_slot(self._line)
        term = Term(parts=tuple(closed.parts), first_line=closed.line, last_line=self._line)
        self._open[-1].add(term, closed.line)
