import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import versions

PIECES = {
    "Debian:12": ["0", "1", "01", "10", "a", "Z", "~", "+", ".", "-", ":", "_", "é", "rc1", "~deb12u1"],
    "Alpine:v3.20": [
        "0",
        "1",
        "01",
        "10",
        ".",
        "a",
        "_alpha",
        "_p",
        "_pre2",
        "_git20",
        "-r0",
        "-r10",
        "~abc",
    ],
    "AlmaLinux:9": ["0", "1", "01", "10", "a", "B", "~", "^", ".", "-", ":", "_", "+", ".el9", "é"],
    "npm": ["0", "1", "10", ".", "-", "alpha", "beta1", "+", "v", "rc.1", "-0"],
    "Go": ["0", "1", "10", ".", "-", "rc1", "beta", "+incompatible", "v", "go1.", "-0.20200101000000"],
    "Julia": ["0", "1", "10", ".", "-", "alpha", "+", "+0", "v", "rc.1", "-0"],
    "Bitnami": ["0", "1", "10", ".", "-", "-1", "-r2", "alpha", "+", "v"],
    "PyPI": ["0", "1", "10", ".", "a1", "rc2", ".dev3", ".post4", "+abc.1", "!", "-1", "v"],
    "Maven": [
        "0",
        "1",
        "01",
        ".",
        "-",
        "alpha",
        "a",
        "a1",
        "sp",
        "ga",
        "final",
        "foo",
        "snapshot",
        "rc",
        "²",
        "x",
    ],
    "RubyGems": ["0", "1", "10", ".", "a", "b1", "pre", "-", "rc", "A"],
    "NuGet": ["0", "1", "10", ".", "-", "Alpha", "beta", "+x", "-0"],
    "Packagist": [
        "0",
        "1",
        "10",
        ".",
        "-",
        "alpha",
        "b2",
        "-dev",
        "RC1",
        "p1",
        ".x",
        "v",
        "2010",
        "@beta",
        "\u017f",
    ],
    "Hackage": ["0", "1", "01", "10", ".", "-"],
    "ConanCenter": ["0", "1", "10", ".", "-", "a", "t", "cci.", "+", "+b", "beta.1", "v"],
    "GitHub Actions": ["0", "1", "10", ".", "-", "alpha", "+", "v", "rc.1", "-0", "main"],
}


def readable(ecosystem: str) -> st.SearchStrategy[str]:
    numbers = st.lists(st.integers(0, 12).map(str), min_size=1, max_size=4).map(".".join)
    tail = st.lists(st.sampled_from(PIECES[ecosystem]), max_size=6).map("".join)
    return st.builds(str.__add__, numbers, tail).filter(lambda text: is_version(ecosystem, text))


def is_version(ecosystem: str, text: str) -> bool:
    try:
        versions.key(ecosystem, text)
    except versions.InvalidVersionError:
        return False
    return True


@pytest.mark.parametrize("ecosystem", PIECES)
def test_order_is_total(ecosystem: str) -> None:
    @given(st.lists(readable(ecosystem), min_size=3, max_size=4))
    def check(some: list[str]) -> None:
        for a, b in itertools.product(some, repeat=2):
            order = versions.compare(ecosystem, a, b)
            assert order == -versions.compare(ecosystem, b, a)
            assert (order == 0) == (versions.key(ecosystem, a) == versions.key(ecosystem, b))
        for a, b, c in itertools.permutations(some, 3):
            if versions.compare(ecosystem, a, b) <= 0 and versions.compare(ecosystem, b, c) <= 0:
                assert versions.compare(ecosystem, a, c) <= 0
        assert all(versions.compare(ecosystem, each, each) == 0 for each in some)

    check()


@pytest.mark.parametrize("ecosystem", PIECES)
def test_any_text_has_a_place_or_is_refused(ecosystem: str) -> None:
    @given(st.text(max_size=20) | st.lists(st.sampled_from(PIECES[ecosystem]), max_size=8).map("".join))
    def check(text: str) -> None:
        try:
            place = versions.key(ecosystem, text)
        except versions.InvalidVersionError as error:
            assert str(error).isprintable()  # noqa: PT017 - both outcomes are right
        else:
            assert place == versions.key(ecosystem, text)
            assert hash(place) == hash(versions.key(ecosystem, text))
            assert place > ()

    check()
