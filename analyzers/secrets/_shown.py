"""Lines of a file as a finding shows them, with no secret left in them."""

import bisect
from collections.abc import Sequence

import msgspec

from analyzers.inventory import CodeLine

_AROUND = 2
"""Lines shown before and after a secret."""
_MOST_LINES = 10
"""Of a secret itself."""
_BEFORE, _LONGEST = 60, 200
"""Bytes shown before the secret, and of a line at all."""
_SHORTEST_VALUE, _LONGEST_VALUE = 6, 4096
"""Bytes of a secret whose other occurrences are starred as well."""


class Span(msgspec.Struct, frozen=True, order=True):
    """First byte of a secret, and the first after it."""

    start: int
    end: int


class Shown(msgspec.Struct, frozen=True):
    """Where a secret is and how it looks; see `analyzers.inventory.Secret`."""

    start_line: int
    end_line: int
    column: int
    match: str
    code: tuple[CodeLine, ...]


class Page:
    """The text of a file, of which lines are shown."""

    def __init__(self, data: bytes, spans: Sequence[Span]) -> None:
        """Hide all the spans, and what is in them wherever else it is shown."""
        self._data = data
        self._spans = sorted(spans)
        # The end that a span before or at a place reaches: long ones may begin far before what is shown.
        self._reach: list[int] = []
        for span in self._spans:
            self._reach.append(max(span.end, self._reach[-1] if self._reach else 0))
        values = {data[span.start : span.end].strip() for span in spans}
        self._values = sorted(
            (value for value in values if _SHORTEST_VALUE <= len(value) <= _LONGEST_VALUE),
            key=len,
            reverse=True,
        )
        self._margin = max(map(len, self._values), default=0)
        self._texts: dict[tuple[int, int], str] = {}
        self._counted = (0, 1)

    def shown(self, span: Span) -> Shown:
        """Return how a secret is shown; the quickest when asked in the order of the text."""
        first = self._line(span.start)
        last = first + self._data.count(b"\n", span.start, max(span.end - 1, span.start))
        start, end = self._around(span.start)
        code: list[CodeLine] = [
            CodeLine(first - back, self._text(*edges, edges[0]))
            for back, edges in reversed(list(enumerate(self._lines_before(start), 1)))
        ]
        match = self._text(start, end, span.start)
        code.append(CodeLine(first, match, is_cause=True))
        code.extend(self._lines_after(first, min(last, first + _MOST_LINES - 1), end))
        column = len(self._data[start : span.start].decode(errors="replace")) + 1
        return Shown(first, last, column, match, tuple(code))

    def _line(self, place: int) -> int:
        """Return the number of the line that has the place."""
        known, line = self._counted
        if place < known:
            known, line = 0, 1
        self._counted = (place, line + self._data.count(b"\n", known, place))
        return self._counted[1]

    def _around(self, place: int) -> tuple[int, int]:
        """Return where the line begins that has the place, and where it ends."""
        end = self._data.find(b"\n", place)
        return self._data.rfind(b"\n", 0, place) + 1, len(self._data) if end < 0 else end

    def _lines_before(self, start: int) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        while start and len(found) < _AROUND:
            edges = self._around(start - 1)
            start = edges[0]
            found.append(edges)
        return found

    def _lines_after(self, number: int, last: int, end: int) -> list[CodeLine]:
        found = []
        while end + 1 < len(self._data) and number < last + _AROUND:
            number += 1
            start, end = self._around(end + 1)
            found.append(CodeLine(number, self._text(start, end, start), is_cause=number <= last))
        return found

    def _text(self, start: int, end: int, focus: int) -> str:
        """Return what is shown of a line, around the focus where it is long."""
        if end - start > _LONGEST:
            start = min(max(start, focus - _BEFORE), end - _LONGEST)
            end = start + _LONGEST
        if (start, end) not in self._texts:
            self._texts[start, end] = self._starred(start, end)
        return self._texts[start, end]

    def _starred(self, start: int, end: int) -> str:
        low, high = max(0, start - self._margin), end + self._margin
        piece = bytearray(self._data[low:high])
        for value in self._values:
            _star(piece, value)
        place = bisect.bisect_right(self._reach, start)
        for span in self._spans[place : bisect.bisect_left(self._spans, Span(end, end))]:
            first, after = max(span.start, start) - low, min(span.end, end) - low
            if first < after:
                piece[first:after] = b"*" * (after - first)
        return piece[start - low : end - low].decode(errors="replace").rstrip("\r")


def _star(piece: bytearray, value: bytes) -> None:
    place = piece.find(value)
    while place >= 0:
        piece[place : place + len(value)] = b"*" * len(value)
        place = piece.find(value, place + len(value))
