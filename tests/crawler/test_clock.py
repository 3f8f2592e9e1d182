from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from crawler import clock

TIMES = st.datetimes(datetime(1970, 1, 2), datetime(9998, 1, 1)).map(  # noqa: DTZ001 - as drawn
    lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
)


def test_now_is_a_time_of_fixed_width_that_grows() -> None:
    times = [clock.now() for _ in range(50)]
    assert times == sorted(times)
    assert {len(time) for time in times} == {len("2026-01-01T00:00:00.000000Z")}


@given(TIMES)
def test_what_is_parsed_is_written_alike(time: str) -> None:
    assert clock.later(time, 0) == time
    assert clock.later(clock.later(time, 90.5), -90.5) == time
    assert clock.later(time, 0.000001) > time


def test_seconds_are_added() -> None:
    assert clock.later("2025-12-31T23:59:59.500000Z", 1.25) == "2026-01-01T00:00:00.750000Z"


def test_times_long_ago_and_far_ahead_sort_too() -> None:
    now = clock.now()
    times = [clock.later(now, years * 365.25 * 86_400) for years in (-10_000, -1500, -1, 0, 1, 10_000)]
    assert times == sorted(times)
    assert {len(time) for time in times} == {len(now)}
