"""Advisory feeds in a line or two, those in the same state together: offline, all of them fail alike."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from reports.ages import age
from reports.counting import listed

MISSING = "missing"
"""The state of a feed that nobody has asked for so far: it did not fail."""


class Described(Protocol):
    """What is told of a feed."""

    @property
    def name(self) -> str:
        """The ecosystem."""

    @property
    def state(self) -> str:
        """Anything but "ok" is a fault."""

    @property
    def reason(self) -> str:
        """Of the fault."""

    @property
    def current_at(self) -> str:
        """When it was last followed, though records of it may be unread, RFC 3339; empty: never."""


def feed_lines(feeds: Sequence[Described], now: str) -> Iterator[tuple[str, bool]]:
    """Yield each line and whether all is well with its feeds, in the order of the first feed of each."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for feed in feeds:
        current = f"current {age(feed.current_at, now)}" if feed.current_at else "never complete"
        alike.setdefault((feed.state, feed.reason, current), []).append(feed.name)
    for (state, reason, current), names in alike.items():
        if state == "ok":
            yield f"{listed(names)}, {current}", True
        elif state == MISSING:
            yield f"{listed(names)}, not fetched yet", False
        else:
            yield f"{listed(names)}, {state}: {reason}; {current}", False
