"""How far the advisory feeds that the stored packages need can be relied on."""

import msgspec

from reports.feed_lines import MISSING
from store import advisories, lookup
from store.database import Reader


class FeedStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One feed: as it is stored, and who needs it."""

    name: str
    state: str
    """ok · partial · failed · stale · missing"""
    reason: str
    """Why it is not ok; empty when it is."""
    current_at: str
    """When it was last known to be complete and current, RFC 3339; empty: never."""
    packages: int
    """Stored package versions that need it."""

    @property
    def is_needed_and_not_ok(self) -> bool:
        """Whether packages go unchecked, or are checked with less than everything, because of it."""
        return bool(self.packages) and self.state != "ok"


async def standings(reader: Reader, stale_before: str) -> tuple[FeedStanding, ...]:
    """Return every feed that is needed or was ever followed, by name.

    A feed that was last current before `stale_before` is stale, whatever its last update said.
    """
    demand = await lookup.feed_demand(reader)
    stored = {feed.name: feed for feed in await advisories.feeds(reader)}
    return tuple(
        _standing(name, stored.get(name), demand.get(name, 0), stale_before)
        for name in sorted({*demand, *stored})
    )


def _standing(name: str, feed: advisories.Feed | None, packages: int, stale_before: str) -> FeedStanding:
    if feed is None:
        return FeedStanding(
            name=name, state=MISSING, reason="never fetched", current_at="", packages=packages
        )
    state, reason, current_at = str(feed.state), feed.reason, feed.current_at or ""
    if state not in {"failed", "absent"} and current_at < stale_before:
        state, reason = "stale", f"older than the limit of {stale_before[:10]}" + (reason and f"; {reason}")
    return FeedStanding(name=name, state=state, reason=reason, current_at=current_at, packages=packages)
