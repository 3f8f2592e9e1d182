import pytest

from benchmarks.page import replaced, section, table

PAGE = "# Benchmarks\n\n<!-- benchmark cli -->\nold\n<!-- end of cli -->\n\nafter\n"


def test_a_section_takes_the_place_of_its_markers() -> None:
    new = section("cli", "The command line", ["\\1 is not a group"])
    page = replaced(PAGE, "cli", new)
    assert page.startswith(
        "# Benchmarks\n\n<!-- benchmark cli -->\n## The command line\n\n\\1 is not a group\n"
    )
    assert page.endswith("<!-- end of cli -->\n\nafter\n")
    assert replaced(page, "cli", new) == page


def test_a_page_without_the_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="expected <!-- benchmark cold -->"):
        replaced(PAGE, "cold", "x")


def test_tables_line_numbers_up() -> None:
    assert table(("a", "b"), [("x", "1")]) == "| a | b |\n| --- | --: |\n| x | 1 |"
