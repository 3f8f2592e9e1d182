"""Times advisory updates of a store, in a process of its own: `python -m benchmarks.fleet_update FILE`."""

import asyncio
import resource
import sys
import time
from pathlib import Path

import msgspec

from benchmarks import fleet_advisories
from crawler.rematch import rematch
from store import advisories
from store.database import Store, open_store
from store.events import EndpointRule

ENDPOINTS = (
    EndpointRule(name="everything", url="https://hooks.example.org/all"),
    EndpointRule(
        name="urgent", url="https://hooks.example.org/urgent", min_severity="HIGH", only_fixable=True
    ),
)


class Update(msgspec.Struct, frozen=True):
    """What one update took and did."""

    store_s: float
    """From the records in memory to stored and journalled."""
    match_s: float
    """From there to verdicts, events and deliveries committed."""
    judged: int
    """Package versions looked at."""
    events: int

    @property
    def total_s(self) -> float:
        """From the records in memory to events and deliveries committed."""
        return self.store_s + self.match_s


class Updates(msgspec.Struct, frozen=True):
    """Two updates after another, and one that brings nothing."""

    first: Update
    second: Update
    idle_s: float
    peak_mib: float
    """Of the process."""


async def measure(path: Path) -> Updates:
    """Apply two updates to the store."""
    async with open_store(path) as store:
        first, second = [await _update(store, number) for number in (1, 2)]
        began = time.perf_counter()
        await rematch(store, ENDPOINTS)
        idle = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Updates(first, second, idle, peak)


async def _update(store: Store, number: int) -> Update:
    changed = {
        feed: [advisory.incoming() for advisory in found]
        for feed, found in fleet_advisories.changes(number).items()
    }
    began = time.perf_counter()
    for feed, incoming in changed.items():
        async with store.transaction() as tx:
            await advisories.put_records(tx, feed, incoming)
    stored = time.perf_counter()
    outcome = await rematch(store, ENDPOINTS)
    ended = time.perf_counter()
    return Update(stored - began, ended - stored, outcome.judged, outcome.events)


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(measure(Path(sys.argv[1])))))
