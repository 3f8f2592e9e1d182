import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.registry.errors import NotFoundError, RegistryError, TooManyRequestsError, UnreachableError
from crawler.registry.retry import (
    Allowance,
    Pace,
    RetryPolicy,
    Silence,
    next_pause_s,
    parse_allowance,
    parse_retry_after,
)

POLICY = RetryPolicy()
DATE = "Mon, 23 Nov 2026 05:00:00 GMT"


def test_a_host_is_given_up_when_it_is_silent_for_long_and_about_much() -> None:
    silence = Silence()
    for _ in range(Silence.ATTEMPTS):
        assert not silence.lasts(9999.0)
        silence.unanswered(1000.0)
    # Many connections that broke at once, however long ago the last answer was, are a hiccup.
    assert not silence.lasts(1000.0)
    assert not silence.lasts(1000.0 + Silence.LONGEST_S - 1)
    assert silence.lasts(1000.0 + Silence.LONGEST_S)
    silence.answered()
    assert not silence.lasts(9999.0)
    silence.unanswered(9999.0)
    assert not silence.lasts(99_999.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Mon, 23 Nov 2026 05:01:30 GMT", 90.0),
        ("Mon, 23 Nov 2026 04:00:00 GMT", 0.0),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("٣", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert parse_retry_after(text, DATE) == seconds


@pytest.mark.parametrize(
    ("error", "attempt", "elapsed_s", "pause_s"),
    [
        (UnreachableError("x"), 1, 0.0, 0.5),
        (UnreachableError("x"), 4, 0.0, 4.0),
        (UnreachableError("x"), 5, 0.0, None),
        (UnreachableError("x"), 1, 180.0, None),
        (NotFoundError("x"), 1, 0.0, None),
        (TooManyRequestsError("x", retry_after_s=60), 1, 0.0, 60.5),
        (TooManyRequestsError("x", retry_after_s=121), 1, 0.0, None),
        (TooManyRequestsError("x"), 2, 0.0, 1.0),
    ],
)
def test_pauses(error: RegistryError, attempt: int, elapsed_s: float, pause_s: float | None) -> None:
    assert next_pause_s(POLICY, error, attempt=attempt, elapsed_s=elapsed_s, chance=1.0) == pause_s


@pytest.mark.parametrize(
    ("headers", "allowance"),
    [
        ({"remaining": "76;w=21600"}, Allowance(remaining=76, window_s=21600)),
        (
            {"remaining": "0", "limit": "100;w=60", "reset": "7"},
            Allowance(remaining=0, limit=100, window_s=60, reset_s=7),
        ),
        ({"remaining": "many"}, None),
    ],
)
def test_allowance(headers: dict[str, str], allowance: Allowance | None) -> None:
    assert parse_allowance(**headers) == allowance


@given(st.text(), st.text(), st.text())
def test_any_headers_end(remaining: str, limit: str, reset: str) -> None:
    parse_allowance(remaining=remaining, limit=limit, reset=reset)
    parse_retry_after(remaining, limit)


def test_pace() -> None:
    pace = Pace()
    assert [pace.wait_s(0.0), pace.wait_s(0.0)] == [0.0, 0.0]
    pace.allow(Allowance(remaining=5, limit=100, window_s=1000), 0.0)
    assert [pace.wait_s(0.0), pace.wait_s(0.0)] == [10.0, 20.0]
    pace.allow(Allowance(remaining=50), 20.0)
    assert pace.wait_s(30.0) == 0.0
    pace.allow(Allowance(remaining=0, reset_s=40), 30.0)
    assert pace.wait_s(30.0) == 40.0
    pace.pause(1e9, 0.0)
    assert pace.wait_s(0.0) == Pace.LONGEST_S
