import pytest
from rich.text import Text

from reports.drawing import draw_in_parts
from reports.layout import draw


@pytest.mark.parametrize("number", [1, 499, 500, 501, 1200])
def test_parts_are_what_the_whole_would_be(number: int) -> None:
    lines = [Text(f"line {each}", style="bold", end="") for each in range(number)]
    for color in (False, True):
        assert "".join(draw_in_parts(iter(lines), 80, color=color)) == draw(lines, 80, color=color)


def test_nothing_is_drawn_of_no_lines() -> None:
    assert list(draw_in_parts(iter(()), 80, color=False)) == []
