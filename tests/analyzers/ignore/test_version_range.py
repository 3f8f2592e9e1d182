import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.ignore.version_range import parse
from analyzers.versions import InvalidVersionError

NUMBERS = [f"{number}.0.0" for number in range(1, 9)]


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("vers:npm/*", ["0.0.1", "9.0.0"], []),
        ("vers:all/*", ["0.0.1", "anything"], []),
        ("vers:none/*", [], ["1.0.0"]),
        ("vers:cpan/*", ["1.0"], []),
        ("vers:npm/1.2.3", ["1.2.3", "v1.2.3"], ["1.2.4", "1.2.3-rc.1"]),
        ("vers:npm/=1.2.3", ["1.2.3"], ["1.2.4"]),
        ("vers:npm/<2.0.0", ["1.9.9", "2.0.0-rc.1"], ["2.0.0", "3.0.0"]),
        ("vers:npm/<=2.0.0", ["2.0.0"], ["2.0.1"]),
        ("vers:npm/>2.0.0", ["2.0.1"], ["2.0.0", "1.0.0"]),
        ("vers:npm/>=2.0.0", ["2.0.0", "9.0.0"], ["1.9.9", "2.0.0-rc.1"]),
        ("vers:npm/>=1.0.0|<2.0.0", ["1.0.0", "1.9.9"], ["0.9.9", "2.0.0"]),
        ("vers:npm/ >= 1.0.0 | < 2.0.0", ["1.0.0"], ["2.0.0"]),
        ("VERS:NPM/>=1.0.0|<2.0.0", ["1.0.0"], ["2.0.0"]),
        ("vers:npm/1.2.3|>=2.0.0|<5.0.0", ["1.2.3", "2.0.0", "4.0.0"], ["1.2.4", "1.2.2", "5.0.0"]),
        ("vers:gem/>=2.2.0|!=2.2.1|<2.3.0", ["2.2.0", "2.2.2"], ["2.2.1", "2.3.0"]),
        ("vers:npm/<1.0.0|>=2.0.0|<3.0.0|>4.0.0", ["0.1.0", "2.5.0", "4.0.1"], ["1.0.0", "1.5.0", "3.5.0"]),
        ("vers:npm/!=1.0.0", [], ["1.0.0", "2.0.0"]),
        ("vers:npm/<1.0.0|1.5.0", ["0.5.0", "1.5.0"], ["1.2.0", "1.6.0"]),
        ("vers:pypi/>=1.0|<2.0", ["1.0.post1", "1.9"], ["2.0", "1!1.5", "1.0rc1"]),
        ("vers:deb/<3.0.11-1%7Edeb12u2", ["3.0.11-1~deb12u1"], ["3.0.11-1~deb12u2", "1:3.0.0-1"]),
        ("vers:deb/>=1:2.36-9", ["1:2.36-9+deb12u4"], ["2.40-1"]),
        ("vers:rpm/<1:3.0.7-27.el9", ["1:3.0.7-25.el9", "3.9.0-1.el9"], ["1:3.0.7-27.el9"]),
        ("vers:apk/<3.1.4-r5", ["3.1.4-r4"], ["3.1.4-r5"]),
        ("vers:golang/>=1.2.0|<1.3.0", ["v1.2.9", "1.2.0"], ["v1.3.0"]),
        ("vers:maven/>=1.0|<2.0", ["1.0.1", "2.0-alpha"], ["2.0"]),
    ],
)
def test_a_version_is_in_one_of_the_intervals(text: str, inside: list[str], outside: list[str]) -> None:
    found = parse(text)
    assert [each for each in inside if not found.contains(each)] == []
    assert [each for each in outside if found.contains(each)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a range of versions"),
        ("<4.2", "expected a range of versions"),
        ("vls:vendor/>=1", "expected a range of versions"),
        ("vers:npm/", "expected a range of versions"),
        ("vers:cpan/>=1.0", "no order of versions is known for 'cpan'"),
        ("vers:generic/1.0", "no order of versions is known for 'generic'"),
        ("vers:invalid/*", "such a range is invalid"),
        ("vers:all/>=1", "such a range is invalid"),
        ("vers:npm/>=1.0.0||<2.0.0", "expected a version after one of"),
        ("vers:npm/|>=1.0.0", "expected a version after one of"),
        ("vers:npm/*|>=1.0.0", "expected a version after one of"),
        ("vers:npm/>=", "expected a version after one of"),
        ("vers:npm/==1.0.0", "expected a version after one of"),
        ("vers:npm/1.0%2G0", "expected a version after one of"),
        ("vers:npm/>=1.0.0,<2.0.0", "expected a version after one of"),
        ("vers:npm/>=one", "expected a semantic version"),
        ("vers:npm/>=2.0.0|<1.0.0", "is not above what is before it"),
        ("vers:npm/>=1.0.0|<1.0.0", "is not above what is before it"),
        ("vers:npm/>=1.0.0|>=2.0.0", "expected intervals that do not overlap"),
        ("vers:npm/<1.0.0|<2.0.0", "expected intervals that do not overlap"),
        ("vers:npm/1.0.0|<2.0.0", "expected intervals that do not overlap"),
        ("vers:npm/>=1.0.0|1.5.0|<2.0.0", "expected intervals that do not overlap"),
        ("vers:npm/" + "|".join(["1"] * 10_001), "more than 10000 constraints"),
    ],
)
def test_what_is_no_range_is_said(text: str, words: str) -> None:
    with pytest.raises(ParseError, match=r"^'") as error:
        parse(text)
    assert words in str(error.value)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("vers:npm/*", ["npm"]),
        ("vers:alpine/*", ["apk"]),
        ("vers:all/*", ["deb", "npm", "pypi", "apk"]),
        ("vers:semver/<1.0.0", ["npm"]),
    ],
)
def test_a_range_speaks_of_packages_of_its_type(text: str, types: list[str]) -> None:
    assert [each for each in ("deb", "npm", "pypi", "apk") if parse(text).speaks_of(each)] == types


def test_what_is_no_version_is_in_no_range() -> None:
    with pytest.raises(InvalidVersionError):
        parse("vers:npm/<1.0.0").contains("one")


@given(st.sets(st.integers(0, 7), min_size=1), st.booleans(), st.data())
def test_alternating_bounds_are_what_they_say(
    places: set[int],
    starts: bool,  # noqa: FBT001 - hypothesis names it
    data: st.DataObject,
) -> None:
    bounds = sorted(places)
    opens = [(number % 2 == 0) == starts for number in range(len(bounds))]
    words = [data.draw(st.sampled_from((">", ">=") if each else ("<", "<="))) for each in opens]
    text = "|".join(f"{word}{NUMBERS[place]}" for word, place in zip(words, bounds, strict=True))
    found = parse(f"vers:npm/{text}")
    for place, version in enumerate(NUMBERS):
        if place in places:
            expected = words[bounds.index(place)].endswith("=")
        else:
            before = [each for each in range(len(bounds)) if bounds[each] < place]
            expected = opens[before[-1]] if before else not opens[0]
        assert found.contains(version) == expected


@given(st.text() | st.text("vers:npm/<>=!*|1.0 %", min_size=1).map("vers:npm/".__add__))
def test_any_text_is_a_range_or_an_error(text: str) -> None:
    try:
        found = parse(text)
    except ParseError:
        return
    assert found.contains("1.0.0") in {True, False}
