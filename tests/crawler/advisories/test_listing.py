import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import ParseError
from crawler.advisories.listing import (
    checked_record,
    differing,
    is_id,
    listed_time,
    parse_listing,
    wants_archive,
)
from tests.fakes.osv_mirror import record

ONE, TWO = "2024-01-01T00:00:00.000000Z", "2024-01-02T00:00:00.000000Z"


@pytest.mark.parametrize(
    ("body", "times", "whole"),
    [
        (b"2024-01-01T00:00:00Z,A\n", {"A": ONE}, True),
        (b"2024-01-02T01:00:00+01:00,A\r\n2024-01-01T00:00:00.0Z,B\r\n", {"A": TWO, "B": ONE}, True),
        (b"2024-01-01T00:00:00Z,A", {"A": ONE}, False),
        (b"2024-01-01T00:00:00Z,A\n2024-01-02T00:00:00Z,A\n", {"A": TWO}, True),
    ],
)
def test_lists_become_normal_times(
    body: bytes,
    times: dict[str, str],
    whole: bool,  # noqa: FBT001 - a column
) -> None:
    listing = parse_listing(body)
    assert (listing.times, listing.whole) == (times, whole)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no lines"),
        (b"2024-01-01T00:00:00Z,A\nB\n", "line 2: 'B': expected a time, a comma and an id"),
        (b"2024-01-01T00:00:00Z,A\n\n", "line 2"),
        (b"yesterday,A\n", "line 1: 'yesterday': expected a time"),
        (b"2024-01-01T00:00:00Z,../../etc/x\n", "line 1"),
        (b"2024-01-01T00:00:00Z,A,B\n", "line 1"),
        (b"<html>\n", "line 1"),
        (b"2024-01-01T00:00:00Z,\xc3\xa4\n", "byte 21: expected ASCII"),
    ],
)
def test_malformed_lists_are_refused_with_their_line(body: bytes, words: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_listing(body)
    assert words in str(caught.value)


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_list_or_a_parse_error(body: bytes) -> None:
    try:
        listing = parse_listing(body)
    except ParseError:
        return
    assert all(is_id(osv_id) for osv_id in listing.times)


@pytest.mark.parametrize(
    ("osv_id", "fits"),
    [
        ("CVE-2024-1", True),
        ("RHSA-2024:1", True),
        ("x_rubysec-a.b+c", True),
        ("", False),
        (".", False),
        ("..", False),
        ("a/b", False),
        ("a\\b", False),
        ("a b", False),
        ("a\x00", False),
        ("ä", False),
        ("A" * 200, True),
        ("A" * 201, False),
    ],
)
def test_ids_are_names_of_files(osv_id: str, fits: bool) -> None:  # noqa: FBT001 - a column
    assert is_id(osv_id) is fits


@pytest.mark.parametrize(
    ("data", "wanted", "words"),
    [
        (b"<html>", None, "OSV record"),
        (record("A", "soon"), None, "'soon': expected a time"),
        (record("../A", ONE), None, "'../A': expected an identifier"),
        (record("A", ONE), "B", "'A': expected 'B'"),
    ],
)
def test_records_that_could_not_be_found_again_are_refused(
    data: bytes, wanted: str | None, words: str
) -> None:
    with pytest.raises(ParseError) as caught:
        checked_record(data, wanted)
    assert words in str(caught.value)


def test_every_line_is_compared() -> None:
    times = {"new": TWO, "same": ONE, "older": ONE, "late": ONE}
    stored = {"same": ONE, "older": TWO, "vanished": ONE}
    assert differing(times, stored) == ["new", "older", "late"]


@pytest.mark.parametrize(
    ("different", "listed", "first", "archive"),
    [
        (0, 10, True, False),
        (1, 100, True, True),
        (1, 100, False, False),
        (30, 100, False, False),
        (31, 100, False, True),
        (2_000, 100_000, False, False),
        (2_001, 100_000, False, True),
    ],
)
def test_many_records_come_as_an_archive(
    different: int,
    listed: int,
    first: bool,  # noqa: FBT001 - a column
    archive: bool,  # noqa: FBT001 - a column
) -> None:
    assert wants_archive(different, listed, first=first) is archive


@pytest.mark.parametrize(
    ("own", "time", "before", "listed"),
    [
        (ONE, ONE, None, ONE),
        (TWO, ONE, None, ONE),
        (ONE, TWO, None, TWO + "?"),
        (ONE, TWO, ONE, TWO + "?"),
        (ONE, TWO, ONE + "?", TWO + "?"),
        (ONE, TWO, TWO + "?", TWO),
        (ONE, TWO, TWO, TWO),
        (ONE, None, None, ONE),
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00.900000Z", None, "2024-01-01T00:00:00.900000Z"),
    ],
    ids=[
        "equal",
        "newer",
        "older",
        "as stored",
        "older once more",
        "older again",
        "believed",
        "not listed",
        "fraction lost",
    ],
)
def test_a_record_older_than_its_list_is_remembered_as_such_once(
    own: str, time: str | None, before: str | None, listed: str
) -> None:
    assert listed_time(checked_record(record("A", own)), time, before) == listed
