"""Text in columns, for terminals of any width, without losing a character of it."""

from collections.abc import Iterator, Sequence
from io import StringIO

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_GAP = 2
_NARROWEST = 10
_LONGEST_NAME = 20
"""Of an advisory; what is longer is broken like all else."""
_BREAK_AFTER = frozenset("-_/.:+~@,;=")


class Cell(msgspec.Struct, frozen=True):
    """A string without line ends, and a style of rich."""

    text: str
    style: str = ""
    is_name: bool = False
    """Something that people copy: it is given room on one line if there is any."""


class Row(msgspec.Struct, frozen=True):
    """One line of a grid, and what is to be read below it."""

    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = ()


def draw(lines: Sequence[Text], width: int, *, color: bool) -> str:
    """Return the lines as text; with terminal escapes only when there is to be colour."""
    out = StringIO()
    console = Console(
        file=out,
        width=max(width, 1),  # of no width it would print nothing
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        legacy_windows=False,
        highlight=False,
        _environ={},
    )
    text = Text("\n", end="").join(lines)
    text.append("\n")
    console.print(text, soft_wrap=True, end="")
    return "\n".join(line.rstrip(" ") for line in out.getvalue().split("\n"))


def line(*cells: Cell) -> Text:
    """Return one line of the cells, one after the other."""
    text = Text(end="")
    for cell in cells:
        text.append(cell.text, cell.style or None)
    return text


def paragraph(cell: Cell, width: int, indent: int = 0) -> Iterator[Text]:
    """Yield the cell's text in as many lines as it takes."""
    for part in fold(cell.text, width - indent):
        yield line(Cell(" " * indent), Cell(part, cell.style))


def fields(rows: Sequence[tuple[str, Cell]], width: int, indent: int = 2) -> Iterator[Text]:
    """Yield names and values in two columns; a row without a name belongs to the one above.

    A value that is a name has a line of its own where it would have to be broken otherwise.
    """
    name_width = max((cell_len(name) for name, _ in rows), default=0) + _GAP
    for name, value in rows:
        head = Cell(" " * indent + _padded(name, name_width), "dim")
        if value.is_name and width - indent - name_width < cell_len(value.text) <= width:
            yield line(head)
            yield line(
                Cell(" " * min(indent + _GAP, width - cell_len(value.text))), Cell(value.text, value.style)
            )
            continue
        for part in fold(value.text, width - indent - name_width):
            yield line(head, Cell(part, value.style))
            head = Cell(" " * (indent + name_width))


def grid(titles: Sequence[str], rows: Sequence[Row], width: int) -> Iterator[Text]:
    """Yield a head, a rule and the rows; what is wider than its column goes on below.

    The widest columns give way first, none to less than ten cells, the width of its title, or its names.
    """
    widths = _widths(titles, rows, width)
    yield from _row([Cell(title, "bold") for title in titles], widths)
    yield line(Cell("─" * (sum(widths) + _GAP * (len(widths) - 1)), "dim"))
    for row in rows:
        yield from _row(row.cells, widths)
        for note in row.notes:
            yield from paragraph(Cell(note, "dim"), width, indent=2)


def fold(text: str, width: int) -> list[str]:
    """Part the text into lines of at most `width` cells: at spaces, else after "-", "/" and the like.

    A width below 2 counts as 2: some characters are as wide.
    """
    width = max(width, 2)
    if cell_len(text) <= width:
        return [text]
    lines: list[str] = []
    current = ""
    for word in text.split(" "):
        candidate = f"{current} {word}" if current else word
        if cell_len(candidate) <= width:
            current = candidate
            continue
        if current:
            lines.append(current)
        *whole, current = _broken(word, width)
        lines += whole
    return [*lines, current]


def _broken(word: str, width: int) -> Iterator[str]:
    while cell_len(word) > width:
        end = _fitting(word, width)
        better = max((index + 1 for index in range(end) if word[index] in _BREAK_AFTER), default=0)
        if better > end // 2:
            end = better
        yield word[:end]
        word = word[end:]
    yield word


def _fitting(word: str, width: int) -> int:
    """Return how many characters fit, at least one."""
    end = min(len(word), width)
    while end > 1 and cell_len(word[:end]) > width:
        end -= 1
    return max(end, 1)


def _widths(titles: Sequence[str], rows: Sequence[Row], width: int) -> list[int]:
    columns = list(zip(*(row.cells for row in rows), strict=True)) or [()] * len(titles)
    names = [max((cell_len(cell.text) for cell in column if cell.is_name), default=0) for column in columns]
    longest = [max((cell_len(cell.text) for cell in column), default=0) for column in columns]
    widths = [max(cell_len(title), length) for title, length in zip(titles, longest, strict=True)]
    floors = [
        max(cell_len(title), _NARROWEST, min(name, _LONGEST_NAME))
        for title, name in zip(titles, names, strict=True)
    ]
    excess = sum(widths) + _GAP * (len(widths) - 1) - width
    while excess > 0:
        giving = [index for index, each in enumerate(widths) if each > floors[index]]
        if not giving:
            break
        index = max(giving, key=lambda index: widths[index])
        widths[index] -= 1
        excess -= 1
    return widths


def _row(cells: Sequence[Cell], widths: Sequence[int]) -> Iterator[Text]:
    parts = [fold(cell.text, width) for cell, width in zip(cells, widths, strict=True)]
    for number in range(max(map(len, parts))):
        text = Text(end="")
        for cell, part, width in zip(cells, parts, widths, strict=True):
            shown = part[number] if number < len(part) else ""
            text.append(shown, cell.style or None)
            text.append(" " * (width - cell_len(shown) + _GAP))
        yield text


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
