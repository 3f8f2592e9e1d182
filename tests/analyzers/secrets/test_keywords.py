import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.secrets import _keywords
from analyzers.secrets._keywords import by_keywords
from analyzers.secrets._rule import Rule
from analyzers.secrets._samples import text

WORDS = ("pass", "passw", "ssword", "wor", "ab", "bc", "private key", "_a-", "://")


def rule(*keywords: str, width: int = 4, lead: int | None = 0, anchor: str = "") -> Rule:
    return Rule(
        id="a",
        category="",
        title="",
        severity="LOW",
        pattern="a",
        keywords=keywords,
        width=width,
        lead=lead,
        anchor=anchor,
        in_packages=True,
        sample=text(),
        near_miss=text(),
    )


@given(st.lists(st.sampled_from((*WORDS, " ", "\n", "x", "PASS", "sw", "é", "x" * 60)), max_size=20))
def test_all_keywords_are_found_also_in_each_other(parts: list[str]) -> None:
    first = by_keywords([rule(word) for word in WORDS])
    data = "".join(parts).encode()
    for _ in range(2):  # the second time, words are known
        begins = {
            number: [place for low, high, _ in spans for place in range(low, high + 1)]
            for number, spans in first(data).items()
        }
        expected = {
            number: [match.start() for match in re.finditer(b"(?=%b)" % word.encode(), data.lower())]
            for number, word in enumerate(WORDS)
        }
        assert begins == {number: places for number, places in expected.items() if places}


def test_known_words_are_forgotten_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_keywords, "_MOST_WORDS", 3)
    first = by_keywords([rule("ab")])
    for number in range(50):
        assert first(b"w%d x%d y%d z%d" % ((number,) * 4)) == {}
        assert first(b"w%d ab" % number) == {0: [[len(str(number)) + 2] * 2 + [len(str(number)) + 6]]}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (rule("ab"), {0: [[5, 5, 9], [10, 10, 14]]}),
        (rule("ab", lead=3), {0: [[2, 5, 9], [7, 10, 14]]}),
        (rule("ab", lead=5), {0: [[0, 10, 14]]}),
        (rule("ab", lead=None, width=6), {0: [[0, 10, 16]]}),
        (rule("ab", "zz", anchor="B", lead=None), {0: [[8, 12, 16]]}),
        (rule("ab", anchor="zz", lead=None), {}),
        (rule("ab", anchor="zz"), {0: [[5, 5, 9], [10, 10, 14]]}),
        (rule("zz"), {}),
        (rule(".", anchor="B", lead=None), {0: [[8, 12, 16]]}),
        (rule("."), {0: [[0, 12, 12]]}),
        (rule(), {0: [[0, 12, 12]]}),
    ],
)
def test_places(asked: Rule, expected: dict[int, list[list[int]]]) -> None:
    data = b"01234ab789aB"
    assert by_keywords([asked])(data) == expected
    assert by_keywords([rule("zz"), asked])(data).get(1, []) == expected.get(0, [])
