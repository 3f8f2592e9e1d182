from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.cron import parse_cron, schedules, weekdays_by_name

START = datetime(2026, 11, 21, 13, 7, tzinfo=UTC)  # a Saturday


@pytest.mark.parametrize(
    ("weekday", "named"),
    [
        ("*", "*"),
        ("0", "sun"),
        ("7", "sun"),
        ("1", "mon"),
        ("1-5", "mon,tue,wed,thu,fri"),
        ("5-7", "sun,fri,sat"),
        ("0-7", "*"),
        ("*/2", "sun,tue,thu,sat"),
        ("1-5/2", "mon,wed,fri"),
        ("MON", "mon"),
        ("fri-sun", "sun,fri,sat"),
        ("sun-tue,5", "sun,mon,tue,fri"),
    ],
)
def test_weekdays_by_name(weekday: str, named: str) -> None:
    assert weekdays_by_name(f"0 0 * * {weekday}") == f"0 0 * * {named}"


def test_day_of_month_and_of_week_are_alternatives() -> None:
    assert schedules("30 4 1 * 5") == ("30 4 1 * *", "30 4 * * fri")


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "* * * * * *",
        "@daily",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 0 *",
        "* * * 13 *",
        "* * * * 8",
        "5-1 * * * *",
        "*/0 * * * *",
        "*/60 * * * *",
        "5/15 * * * *",
        "1,,2 * * * *",
        "-1 * * * *",
        "* * * foo *",
        "mon * * * *",
        "* * L * *",
        "0 0 31 2 *",
        "0 0 30-31 2 *",
        "\u0663 * * * *",
        "0 0 * * " + ",".join(["1"] * 200),
    ],
)
def test_no_crontab(expression: str) -> None:
    with pytest.raises(ValueError, match=r"is not a|never fires"):
        parse_cron(expression)


def test_spaces_are_single() -> None:
    assert parse_cron(" 0  2 *\t* MON ") == "0 2 * * mon"


def test_a_number_is_no_crontab() -> None:
    with pytest.raises(ValueError, match="is not a crontab"):
        parse_cron(5)


def _item(low: int, high: int) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    ranges = st.tuples(numbers, numbers).map(sorted).map(lambda pair: f"{pair[0]}-{pair[1]}")
    steps = st.builds("{}/{}".format, st.just("*") | ranges, st.integers(1, 9))
    return st.just("*") | numbers.map(str) | ranges | steps


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    return st.lists(_item(low, high), min_size=1, max_size=2).map(",".join)


CRONTABS = st.tuples(_field(0, 59), _field(0, 23), _field(1, 31), st.just("*"), _field(0, 7)).map(" ".join)


def _holds(text: str, number: int, low: int, high: int) -> bool:
    """The oracle: asks one number at a time, where the code makes sets."""
    for item in text.split(","):
        bounds, _, step = item.partition("/")
        first, _, last = (f"{low}-{high}" if bounds == "*" else bounds).partition("-")
        start, end = int(first), int(last or first)
        if start <= number <= end and (number - start) % int(step or 1) == 0:
            return True
    return False


def _fires(crontab: str, time: datetime) -> bool:
    minute, hour, day, _, weekday = crontab.split()
    sunday_first = (time.weekday() + 1) % 7
    on_day = _holds(day, time.day, 1, 31)
    on_weekday = any(_holds(weekday, number, 0, 7) for number in {sunday_first, sunday_first or 7})
    either = not day.startswith("*") and not weekday.startswith("*")
    day_fits = (on_day or on_weekday) if either else (on_day and on_weekday)
    return day_fits and _holds(minute, time.minute, 0, 59) and _holds(hour, time.hour, 0, 23)


def _fired(crontab: str, until: datetime) -> set[datetime]:
    trigger = OrTrigger([CronTrigger.from_crontab(text, timezone=UTC) for text in schedules(crontab)])
    times: set[datetime] = set()
    time = trigger.get_next_fire_time(None, START)
    while time is not None and time < until:
        times.add(time)
        time = trigger.get_next_fire_time(time, time + timedelta(seconds=1))
    return times


@given(CRONTABS)
@example("0 0 * * 0")
@example("0 0 1 * 1")
@example("0-0 */6 * * 5-7")
@settings(max_examples=60, deadline=None)
def test_schedules_fire_when_crontab_would(crontab: str) -> None:
    try:
        parse_cron(crontab)
    except ValueError as error:
        assert "step" in str(error)  # noqa: PT017 -- the strategy makes steps longer than their range
        return
    # Every minute of two days; the next test looks at days.
    minutes = {START + timedelta(minutes=count) for count in range(2 * 24 * 60)}
    assert {time for time in minutes if _fires(crontab, time)} == _fired(crontab, START + timedelta(days=2))


@given(st.tuples(_field(1, 31), _field(0, 7)))
@example(("1", "1"))
@example(("*", "0"))
@settings(max_examples=60, deadline=None)
def test_days_of_five_weeks(days: tuple[str, str]) -> None:
    crontab = f"7 13 {days[0]} * {days[1]}"
    try:
        parse_cron(crontab)
    except ValueError as error:
        assert "step" in str(error)  # noqa: PT017 -- as above
        return
    times = {START + timedelta(days=count) for count in range(35)}
    assert {time for time in times if _fires(crontab, time)} == _fired(crontab, START + timedelta(days=35))


@given(st.text(max_size=30))
def test_any_text_is_a_crontab_or_a_value_error(text: str) -> None:
    try:
        accepted = parse_cron(text)
    except ValueError:
        return
    for schedule in schedules(accepted):
        CronTrigger.from_crontab(schedule, timezone=UTC)
