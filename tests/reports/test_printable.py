import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.printable import harmless_json, one_line, printable

DANGEROUS = frozenset("\x1b\x07\x08\x7f\x9b\x85\u202e\u2066\u200b\u2028\ufeff\u061c")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, naïve 漢字 ½", "plain, naïve 漢字 ½"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x9b2J", r"\x9b2J"),
        ("tab\tline\n", r"tab\x09line\x0a"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
        ("no\xa0break\u2003em", "no break em"),
        ("one\u2028two", r"one\u2028two"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_is_written_out(text: str, expected: str) -> None:
    assert printable(text) == expected


@given(st.text())
def test_printable_text_is_visible_and_stays_so(text: str) -> None:
    shown = printable(text)
    assert all(unicodedata.category(char)[0] != "C" for char in shown)
    assert printable(shown) == shown
    assert shown.encode("utf-8").decode() == shown


def test_title_is_one_line() -> None:
    assert one_line(" a title\r\n\twith  lines\x00 ") == r"a title with lines\x00"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_harmless_json_says_the_same(text: str) -> None:
    harmless = harmless_json(json.dumps({"key": text}, ensure_ascii=False))
    assert json.loads(harmless) == {"key": text}
    assert DANGEROUS.isdisjoint(harmless)
