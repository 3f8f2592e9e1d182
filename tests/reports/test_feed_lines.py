import msgspec

from reports.counting import listed
from reports.document import Feed
from reports.feed_lines import MISSING, feed_lines

NOW = "2026-11-23T12:00:00.000000Z"
UNREACHABLE = "https://osv.test: the host's name does not resolve"


def feed(name: str, *, state: str = "ok", reason: str = "", current_at: str = NOW) -> Feed:
    return Feed(name=name, state=state, reason=reason, current_at=current_at)


def test_feeds_in_the_same_state_are_told_together() -> None:
    offline = feed("", state="failed", reason=UNREACHABLE, current_at="")
    feeds = [
        feed("Debian", current_at="2026-11-23T04:00:00.000000Z"),
        *(msgspec.structs.replace(offline, name=name) for name in ("Go", "Maven", "npm")),
        feed("PyPI", state="failed", reason=UNREACHABLE, current_at="2026-11-20T12:00:00.000000Z"),
        feed("Alpine", current_at="2026-11-23T04:00:00.000000Z"),
    ]
    assert list(feed_lines(feeds, NOW)) == [
        ("Debian and Alpine, current 8 hours ago", True),
        (f"Go, Maven and npm, failed: {UNREACHABLE}; never complete", False),
        (f"PyPI, failed: {UNREACHABLE}; current 3 days ago", False),
    ]


def test_a_feed_that_nobody_has_asked_for_did_not_fail() -> None:
    new = feed("PyPI", state=MISSING, reason="never fetched", current_at="")
    assert list(feed_lines([new], NOW)) == [("PyPI, not fetched yet", False)]


def test_names_in_a_row() -> None:
    assert [listed(list(names)) for names in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
