"""Makes the store of a fleet whose packages are all judged, ready for an advisory update."""

import os
import shutil
from hashlib import sha256
from pathlib import Path

from benchmarks import fleet, fleet_advisories, fleet_store
from crawler.rematch import judge_new
from store import advisories, database
from store.advisories import Feed
from store.database import Store, open_store

NOW = "2026-01-01T00:00:00.000000Z"


async def prepared(work: Path, count: int) -> Path:
    """Return the store's file for so many images, made when `work` has none."""
    path = work / f"fleet-{_made_by()}-{count}.db"
    if not path.exists():
        unfinished = _cleared(path.with_suffix(".part"))
        await fleet_store.write(unfinished, fleet.images(count), NOW)
        await judge(unfinished)
        # Closing the last connection has written the log back: the file is whole without it.
        unfinished.rename(path)
    return path


def _made_by() -> str:
    """Return a word that is another one when a fleet would be made otherwise."""
    here, tables = Path(__file__).parent, Path(database.__file__).with_name("migrations")
    makers = [here / name for name in ("fleet.py", "fleet_advisories.py", "fleet_store.py", "pool.py")]
    return sha256(
        b"".join(source.read_bytes() for source in (*makers, *sorted(tables.glob("*.sql"))))
    ).hexdigest()[:8]


def copied(path: Path, to: Path) -> Path:
    """Return a copy that may be changed; its pages are in the system's cache, and on the disk."""
    shutil.copyfile(path, _cleared(to))
    # Otherwise the first transaction would wait until the whole copy is written.
    with to.open("rb") as file:
        os.fsync(file.fileno())
    return to


def _cleared(path: Path) -> Path:
    """Remove a store's file and what lies beside it; return its path."""
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    return path


async def judge(path: Path) -> int:
    """Store every made-up advisory and give every package version its verdicts; return how many those are."""
    async with open_store(path) as store:
        for feed in fleet_advisories.FEEDS:
            await _follow(store, feed)
        return (await judge_new(store, fleet_advisories.FEEDS)).judged


async def _follow(store: Store, feed: str) -> None:
    incoming = [advisory.incoming() for advisory in fleet_advisories.stored()[feed]]
    state = Feed(name=feed, url="https://osv.example.org", state="ok", current_at=NOW)
    async with store.transaction() as tx:
        await advisories.put_records(tx, feed, incoming)
        await advisories.put_feed_state(tx, state)
