"""A plain table for the terminal, of any strings."""

from collections.abc import Sequence

from crawler.cli.running import context

ROOM_FOR_COLUMNS = 80


def drawn(titles: Sequence[str], rows: Sequence[tuple[Sequence[str], Sequence[str]]]) -> str:
    """Return (cells, notes) as a grid; on a narrow terminal each row is a paragraph.

    Strings are shown `one_line`; empty notes are left out.
    """
    from reports.layout import Cell, Row, draw, grid, line, paragraph  # noqa: PLC0415 - rich is for tables
    from reports.printable import one_line  # noqa: PLC0415 - as above

    how = context()
    made = [
        Row(
            tuple(Cell(one_line(cell)) for cell in cells),
            tuple(one_line(note) for note in notes if note),
        )
        for cells, notes in rows
    ]
    if how.width >= ROOM_FOR_COLUMNS:
        return draw(list(grid(titles, made, how.width)), how.width, color=how.color)
    lines = [
        text
        for row in made
        for text in (
            *paragraph(Cell(" ".join(cell.text for cell in row.cells if cell.text)), how.width),
            *(part for note in row.notes for part in paragraph(Cell(note, "dim"), how.width, indent=2)),
        )
    ]
    return draw(lines or [line()], how.width, color=how.color)
