"""The time, as everything that is stored writes it."""

from datetime import UTC, datetime, timedelta

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def now() -> str:
    """Return the time in UTC as RFC 3339 text of fixed width, which sorts."""
    return datetime.now(UTC).strftime(_FORMAT)


def later(time: str, seconds: float) -> str:
    """Return the time so many seconds after (before, when negative) another."""
    return (parse(time) + timedelta(seconds=seconds)).strftime(_FORMAT)


def parse(time: str) -> datetime:
    """Return a time written by `now`."""
    return datetime.strptime(time, _FORMAT).replace(tzinfo=UTC)
