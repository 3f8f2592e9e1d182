"""Crontab expressions, translated for a scheduler that counts the days of the week from Monday.

Format: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/crontab.html, with the steps, names and the
second Sunday (7) of crontab(5). APScheduler's `CronTrigger.from_crontab` reads 0 as Monday, and
demands that the day of the month *and* the day of the week fit where crontab demands one of them.
"""

import re
from dataclasses import dataclass

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ITEM = re.compile(r"(?:(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]{1,4}))?", re.ASCII)
_MAX_LENGTH = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_DAY = _Field(name="day of the month", low=1, high=31)
_MONTH = _Field(name="month", low=1, high=12, names=_MONTHS)
_WEEKDAY = _Field(name="day of the week", low=0, high=7, names=_WEEKDAYS)
_FIELDS = (
    _Field(name="minute", low=0, high=59),
    _Field(name="hour", low=0, high=23),
    _DAY,
    _MONTH,
    _WEEKDAY,
)


def weekdays_by_name(expression: str) -> str:
    """Return the crontab with its days of the week as a list of names; the other fields as they are.

    "0 0 * * 0" becomes "0 0 * * sun", "0 0 * * 5-7" becomes "0 0 * * sun,fri,sat".

    Raises:
        ValueError: it is not a crontab of five fields, or it names no day that exists.
    """
    *others, weekday = _split(expression)
    return " ".join([*others, _named(weekday)])


def schedules(expression: str) -> tuple[str, ...]:
    """Return one or two crontabs for `CronTrigger.from_crontab` that together fire when crontab would.

    Two, for an `OrTrigger`, where the day of the month and the day of the week are both restricted.

    Raises:
        ValueError: it is not a crontab of five fields, or it names no day that exists.
    """
    minute, hour, day, month, weekday = _split(expression)
    if _either_day(day, weekday):
        return (f"{minute} {hour} {day} {month} *", f"{minute} {hour} * {month} {_named(weekday)}")
    return (weekdays_by_name(expression),)


def parse_cron(value: object) -> str:
    """Return the crontab with single spaces between its fields.

    Raises:
        ValueError: it is not a crontab of five fields, or it names no day that exists.
    """
    return " ".join(_split(value if isinstance(value, str) else repr(value)))


def _split(expression: str) -> list[str]:
    texts = expression.lower().split()
    if len(texts) != len(_FIELDS) or len(expression) > _MAX_LENGTH:
        raise ValueError(
            f"{expression!r} is not a crontab: expected five fields (minute, hour, day of the month, month, "
            "day of the week) such as '0 2 * * *'"
        )
    for field, text in zip(_FIELDS, texts, strict=True):
        _values(field, text)
    _, _, day, month, weekday = texts
    if not _either_day(day, weekday) and not _some_day_exists(day, month):
        raise ValueError(f"{expression!r} never fires: no such month has such a day")
    return texts


def _either_day(day: str, weekday: str) -> bool:
    # crontab(5): the days are alternatives when neither field starts with "*", so "*/2" is no restriction.
    return not day.startswith("*") and not weekday.startswith("*")


def _some_day_exists(day: str, month: str) -> bool:
    first = min(_values(_DAY, day))
    return any(first <= _LONGEST_MONTHS[number - 1] for number in _values(_MONTH, month))


def _named(weekday: str) -> str:
    numbers = {number % 7 for number in _values(_WEEKDAY, weekday)}
    if len(numbers) == len(_WEEKDAYS):
        return "*"
    return ",".join(_WEEKDAYS[number] for number in sorted(numbers))


def _values(field: _Field, text: str) -> set[int]:
    return {number for item in text.split(",") for number in _item(field, item)}


def _item(field: _Field, text: str) -> range:
    match = _ITEM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a {field.name}: expected '*', a number or a range, and '/step'")
    first, last = _bounds(field, match)
    if match["step"] is None:
        return range(first, last + 1)
    step = int(match["step"])
    if not 1 <= step <= last - first:
        raise ValueError(f"{text!r} is not a {field.name}: a step goes from 1 to the length of its range")
    return range(first, last + 1, step)


def _bounds(field: _Field, match: re.Match[str]) -> tuple[int, int]:
    if match["all"]:
        return field.low, 6 if field is _WEEKDAY else field.high
    first = _number(field, match["first"])
    if match["last"] is None:
        return first, first
    last = _number(field, match["last"])
    if match["last"] == "sun":
        last = 7  # "fri-sun" ends the week, whatever number Sunday has
    if last < first:
        raise ValueError(f"{match[0]!r} is not a {field.name}: a range goes from low to high")
    return first, last


def _number(field: _Field, text: str) -> int:
    if text in field.names:
        return field.names.index(text) + field.low
    if text.isdecimal() and field.low <= int(text[:5]) <= field.high:
        return int(text)
    raise ValueError(f"{text!r} is not a {field.name}: expected {field.low} to {field.high}")
