import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.platforms import parse_platforms
from config.units import parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2s", 2.0),
        ("15m", 900.0),
        ("1h", 3600.0),
        ("7d", 604_800.0),
        ("2w", 1_209_600.0),
        ("250ms", 0.25),
        ("1h30m", 5400.0),
        ("1.5h", 5400.0),
    ],
)
def test_duration_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "value", ["", "1", 1, 1.5, True, None, "h", "1 h", "-1h", "1h ", "1y", "1hx", "\u0661h"]
)
def test_no_duration(value: object) -> None:
    with pytest.raises(ValueError, match="is not a duration: expected one such as '30s'"):
        parse_duration(value)


def test_no_time_at_all_is_no_duration() -> None:
    with pytest.raises(ValueError, match="'0s' is too short"):
        parse_duration("0s")


@pytest.mark.parametrize(
    ("value", "size_bytes"),
    [
        ("4GiB", 4 * 1024**3),
        ("512 MiB", 512 * 1024**2),
        ("500MB", 500_000_000),
        ("8kB", 8000),
        ("8KiB", 8192),
        ("1TiB", 1024**4),
        ("10B", 10),
        (7, 7),
    ],
)
def test_size_in_bytes(value: object, size_bytes: int) -> None:
    assert parse_size(value) == size_bytes


@pytest.mark.parametrize("value", ["", "4", "4G", "4iB", "4kiB", "-4GiB", "1.5GiB", True, 1.0, None, []])
def test_no_size(value: object) -> None:
    with pytest.raises(ValueError, match="is not a size: expected one such as"):
        parse_size(value)


@pytest.mark.parametrize("value", [0, -1, "0MiB"])
def test_nothing_is_no_size(value: object) -> None:
    with pytest.raises(ValueError, match="is too small"):
        parse_size(value)


@given(st.text() | st.integers() | st.floats() | st.none() | st.lists(st.text()))
def test_anything_is_a_value_or_a_value_error(value: object) -> None:
    for parse in (parse_duration, parse_size, parse_platforms):
        try:
            parsed = parse(value)
        except ValueError as error:
            assert "expected" in str(error)  # noqa: PT017 -- either outcome is right
        else:
            assert isinstance(parsed, tuple) or parsed > 0
