"""The time, as everything that is stored writes it."""

from datetime import UTC, datetime, timedelta

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
_FIRST, _LAST = "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"


def now() -> str:
    """Return the time in UTC as RFC 3339 text of fixed width, which sorts."""
    return _written(datetime.now(UTC))


def later(time: str, seconds: float) -> str:
    """Return the time so many seconds after (before, when negative) another, in the years 1 to 9999."""
    try:
        return _written(parse(time) + timedelta(seconds=seconds))
    except OverflowError:
        return _LAST if seconds > 0 else _FIRST


def _written(time: datetime) -> str:
    # strftime writes years before 1000 with fewer digits.
    return f"{time.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def parse(time: str) -> datetime:
    """Return a time written by `now`."""
    return datetime.strptime(time, _FORMAT).replace(tzinfo=UTC)
