import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.notify.schedule import (
    LONGEST_ASKED_S,
    REFUSALS,
    TOTAL_S,
    Answered,
    Decision,
    GiveUp,
    Gone,
    Retry,
    Taken,
    Unreachable,
    decide,
    pause_s,
)


def after(status: int, *, attempts: int = 1, asked_s: float | None = None, excerpt: str = "") -> Decision:
    answer = Answered(status=status, retry_after_s=asked_s, excerpt=excerpt)
    return decide(answer, attempts=attempts, chance=0.5)


@pytest.mark.parametrize(
    ("status", "attempts", "decision"),
    [
        (200, 1, Taken()),
        (204, 9, Taken()),
        (299, 1, Taken()),
        (301, 1, Retry("it answered 301, and redirects are not followed", 5.0)),
        (400, REFUSALS - 1, Retry("it answered 400", 600.0)),
        (400, REFUSALS, GiveUp("it answered 400 (5 attempts)")),
        (404, REFUSALS, GiveUp("it answered 404 (5 attempts)")),
        (408, REFUSALS, Retry("it answered 408", 1800.0)),
        (409, REFUSALS, Retry("it answered 409", 1800.0)),
        (410, 1, Gone("it answered 410")),
        (429, REFUSALS, Retry("it answered 429", 1800.0)),
        (500, REFUSALS, Retry("it answered 500", 1800.0)),
        (500, 14, GiveUp("it answered 500 (14 attempts)")),
    ],
)
def test_what_an_answer_means(status: int, attempts: int, decision: Decision) -> None:
    assert after(status, attempts=attempts) == decision


@pytest.mark.parametrize(
    ("status", "asked_s", "after_s"),
    [
        (429, 90.0, 90.0),
        (503, 90.0, 90.0),
        (503, 1.0, 5.0),
        (503, None, 5.0),
        (500, 90.0, 5.0),
        (429, 1e12, LONGEST_ASKED_S),
    ],
)
def test_a_receiver_may_ask_for_time(status: int, asked_s: float | None, after_s: float) -> None:
    decision = after(status, asked_s=asked_s)
    assert isinstance(decision, Retry)
    assert decision.after_s == after_s


def test_the_excerpt_is_told() -> None:
    assert after(500, excerpt="out of paper") == Retry("it answered 500: 'out of paper'", 5.0)


def test_silence_is_tried_again_until_the_time_is_over() -> None:
    silence = Unreachable("no connection could be made")
    assert decide(silence, attempts=1, chance=0.5) == Retry("no connection could be made", 5.0)
    assert isinstance(decide(silence, attempts=13, chance=0.5), Retry)
    assert decide(silence, attempts=14, chance=0.5) == GiveUp("no connection could be made (14 attempts)")


def test_pauses_grow_and_end_within_three_days() -> None:
    pauses = [pause for attempts in range(1, 14) if (pause := pause_s(attempts)) is not None]
    assert pauses[:9] == [5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800]
    assert pauses[9:] == [43200] * 4
    assert sum(pauses) <= TOTAL_S
    assert pause_s(14) is None


@given(st.integers(100, 599), st.integers(1, 30), st.floats(0, 1), st.none() | st.floats(0))
def test_every_answer_has_a_meaning(status: int, attempts: int, chance: float, asked_s: float | None) -> None:
    answer = Answered(status=status, retry_after_s=asked_s)
    match decide(answer, attempts=attempts, chance=chance):
        case Retry(_, after_s):
            planned_s = pause_s(attempts)
            assert planned_s is not None
            assert 0.8 * planned_s - 1 <= after_s <= max(1.2 * planned_s + 1, LONGEST_ASKED_S)
        case Taken():
            assert status // 100 == 2
        case Gone():
            assert status == 410
        case GiveUp():
            assert attempts >= REFUSALS
