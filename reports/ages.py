"""How long ago something was, in words."""

from datetime import datetime, timedelta

_UNITS = (
    (timedelta(days=2), "days", 86400),
    (timedelta(hours=2), "hours", 3600),
    (timedelta(minutes=2), "minutes", 60),
)


def age(then: str, now: str) -> str:
    """Return "5 hours ago"; the time itself when one of the two cannot be read, "never" for none."""
    if not then:
        return "never"
    try:
        passed = datetime.fromisoformat(now) - datetime.fromisoformat(then)
    except (ValueError, TypeError):
        return f"at {then}"
    for least, unit, seconds in _UNITS:
        if passed >= least:
            return f"{int(passed.total_seconds()) // seconds:,} {unit} ago"
    return "now" if passed > timedelta(minutes=-2) else f"at {then}"
