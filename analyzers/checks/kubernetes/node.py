"""A part of a manifest, with the lines it stands on where it came from a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analyzers.documents import Lines, yaml

NOWHERE: Lines = (0, 0)
_DIGITS = 20  # of the largest number of 64 bits
_TRUE = frozenset({"true", "yes", "on", "y"})
_FALSE = frozenset({"false", "no", "off", "n"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Node:
    """A value of any shape; asking it for what it does not have gives an empty one."""

    value: object
    lines: Lines = NOWHERE
    """Its own; of what is missing, those of the part it is missing in."""

    def at(self, *keys: str) -> Node:
        """Return the part that keys of mappings lead to."""
        node = self
        for key in keys:
            node = node._child(key)
        return node

    def _child(self, key: str) -> Node:
        if not isinstance(self.value, Mapping):
            return Node(None, self.lines)
        return Node(self.value.get(key), _lines_of(self.value, key) or self.lines)

    @property
    def is_set(self) -> bool:
        """Whether it says anything: null and nothing at all do not."""
        return self.value is not None and not (isinstance(self.value, str) and self.value in _NULL)

    @property
    def text(self) -> str:
        """A scalar as text, "" for any other value."""
        match self.value:
            case bool():
                return "true" if self.value else "false"
            case str() | int() | float():
                return str(self.value) if self.is_set else ""
            case _:
                return ""

    @property
    def flag(self) -> bool | None:
        """A truth value, spelled in any way of YAML 1.1 as Kubernetes reads it; None for any other."""
        word = self.text.lower()
        return True if word in _TRUE else False if word in _FALSE else None

    @property
    def number(self) -> int | None:
        """A whole number, None for any other value."""
        word = self.text
        digits = word.removeprefix("-")
        return int(word) if len(digits) <= _DIGITS and digits.isascii() and digits.isdigit() else None

    @property
    def texts(self) -> tuple[str, ...]:
        """The scalars of a list as text."""
        return tuple(each.text for each in self)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of a mapping whose values are set."""
        if not isinstance(self.value, Mapping):
            return ()
        return tuple(str(key) for key in self.value if self.at(str(key)).is_set)

    def __iter__(self) -> Iterator[Node]:
        """Yield the parts of a list."""
        if isinstance(self.value, list | tuple):
            for each in self.value:
                yield Node(each, span(each) or self.lines)


def _lines_of(value: object, key: str) -> Lines | None:
    return value.lines.get(key) if isinstance(value, yaml.Mapping) else None


def span(value: object) -> Lines | None:
    """Return the first and last line of a mapping from a file, None for other values."""
    if not isinstance(value, yaml.Mapping) or not value.lines:
        return None
    firsts, lasts = zip(*value.lines.values(), strict=True)
    return min(firsts), max(lasts)
