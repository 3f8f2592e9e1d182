"""Builds values from the events of a YAML document.

Nodes would be simpler, but the library builds them by recursion in C: 30 kB of "[" end the process.

Format: https://yaml.org/spec/1.1/
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from yaml import events

from analyzers.documents import Value
from analyzers.documents.wording import yaml_problem
from analyzers.documents.yaml import Mapping
from analyzers.errors import ParseError

_DEEPEST = 200
_MOST_REPEATED = 1_000_000
"""Values that a document's aliases may stand for: what is built once may be read as often as it stands."""


def load_all(data: bytes, path: str) -> Iterator[Value]:
    """Yield the value of each document, as `analyzers.documents.yaml.load_all`."""
    try:
        reader = Values(path)
        for event in yaml.parse(data, Loader=yaml.CSafeLoader):
            reader.take(event)
            if isinstance(event, events.DocumentEndEvent):
                yield reader.value
                reader = Values(path)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParseError(f"{path}: {yaml_problem(error)}, expected YAML") from error


@dataclass(slots=True, kw_only=True)
class _Open:
    """A sequence or mapping that has not ended."""

    value: list[Value] | Mapping
    anchor: str | None
    is_flow: bool
    last_line: int
    """Of what it has so far."""
    key: str | None = None
    """Of the mapping's value that comes next; None when a key does."""
    key_line: int = 0
    values: int = 1
    """It and all in it, those that aliases stand for among them."""


class Values:
    """Builds one document from its events, into `value`; what an alias repeats is built once."""

    def __init__(self, path: str) -> None:
        self.value: Value = None
        self._path = path
        self._anchors: dict[str, tuple[Value, int]] = {}
        """Each with how many values it is."""
        self._repeated = 0
        self._open: list[_Open] = []

    def take(self, event: events.Event) -> None:
        """Put the next event into what is being built.

        Raises:
            ParseError: nested too deep, or its aliases stand for too much.
        """
        match event:
            case events.ScalarEvent():
                self._end(str(event.value), event.anchor, _first(event), _last(event))
            case events.AliasEvent():
                value, values = self._named(event.anchor or "")
                self._end(value, None, _first(event), _last(event), values=values)
            case events.SequenceStartEvent():
                self._start([], event)
            case events.MappingStartEvent():
                self._start(Mapping(), event)
            case events.CollectionEndEvent():
                done = self._open.pop()
                last = _last(event) if done.is_flow else done.last_line
                self._end(done.value, done.anchor, 0, last, values=done.values)
            case _:
                pass

    def _named(self, anchor: str) -> tuple[Value, int]:
        if any(each.anchor == anchor for each in self._open):
            raise ParseError(f"{self._path}: {anchor!r:.100} holds itself, nested without end")
        if anchor not in self._anchors:
            raise ParseError(f"{self._path}: alias {anchor!r:.100}, expected an anchor before it")
        self._repeated += self._anchors[anchor][1]
        if self._repeated > _MOST_REPEATED:
            raise ParseError(f"{self._path}: aliases of more than {_MOST_REPEATED} values")
        return self._anchors[anchor]

    def _start(self, value: list[Value] | Mapping, event: events.CollectionStartEvent) -> None:
        if len(self._open) >= _DEEPEST:
            raise ParseError(f"{self._path}: nested without end, expected at most {_DEEPEST} levels")
        line = _first(event)
        self._open.append(
            _Open(value=value, anchor=event.anchor, is_flow=bool(event.flow_style), last_line=line)
        )

    def _end(self, value: Value, anchor: str | None, first: int, last: int, *, values: int = 1) -> None:
        """Put a value that is complete into what it stands in."""
        if anchor is not None:
            self._anchors[anchor] = value, values
        if not self._open:
            self.value = value
            return
        parent = self._open[-1]
        parent.values += values
        parent.last_line = max(parent.last_line, last)
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif parent.key is None:
            parent.key = value if isinstance(value, str) else "?"
            parent.key_line = first or last
        else:
            parent.value[parent.key] = value
            parent.value.lines[parent.key] = (parent.key_line, max(last, parent.key_line))
            parent.key = None


def _first(event: events.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _last(event: events.Event) -> int:
    """Return the line of the last character; a block's text ends where the next line begins."""
    mark = event.end_mark
    return mark.line + (mark.column > 0) if mark else 1
