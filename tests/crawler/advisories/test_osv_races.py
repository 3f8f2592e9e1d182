import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

import pytest

from crawler.advisories.errors import FeedError
from crawler.advisories.osv import FeedOutcome, update
from crawler.advisories.source import UNKNOWN, Document, Source, Traffic, Validators, open_source
from store import advisories
from store.database import Store, open_store
from tests.fakes.osv_mirror import Mirror, record, serving

ABOUT = ("Debian:12", "x")
ONE = record("D-1", "2024-01-01T00:00:00Z", ABOUT)
TWO = record("D-2", "2024-01-02T00:00:00Z", ABOUT)
BEFORE, EARLIER, LATER = (f"2025-01-01T00:00:0{second}.000000Z" for second in range(3))


class Late:
    """A source whose answers come when they are let through; from then on it may be gone."""

    def __init__(self, source: Source, *, is_gone: bool) -> None:
        self._source, self._is_gone = source, is_gone
        self.asked, self.let_through = asyncio.Event(), asyncio.Event()

    @property
    def url(self) -> str:
        return self._source.url

    async def read(
        self, folder: str, name: str, *, limit: int, traffic: Traffic, known: Validators = UNKNOWN
    ) -> Document | None:
        document = await self._source.read(folder, name, limit=limit, traffic=traffic, known=known)
        self.asked.set()
        await self.let_through.wait()
        if self._is_gone:
            raise FeedError("gone")
        return document

    async def download(
        self, folder: str, name: str, target: BinaryIO, *, limit: int, traffic: Traffic
    ) -> None:
        await self._source.download(folder, name, target, limit=limit, traffic=traffic)


@pytest.fixture
async def mirror() -> AsyncIterator[Mirror]:
    async with serving({"Debian": [ONE]}) as served:
        yield served


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "cleanbill.db") as opened:
        yield opened


async def updated(store: Store, source: Source, time: str) -> FeedOutcome:
    (outcome,) = await update(store, ["Debian"], source, lambda: time)
    return outcome


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(("is_gone", "state"), [(False, "ok"), (True, "failed")])
async def test_what_the_update_begun_later_says_stays(
    store: Store, mirror: Mirror, state: str, *, is_gone: bool, is_first: bool
) -> None:
    async with open_source(mirror.url) as source:
        if not is_first:
            await updated(store, source, BEFORE)
            mirror.put("Debian", TWO)
        late = Late(source, is_gone=is_gone)
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            earlier = group.create_task(updated(store, late, EARLIER))
            await late.asked.wait()
            mirror.put("Debian", record("D-3", "2024-01-03T00:00:00Z", ABOUT))
            assert (await updated(store, source, LATER)).state == "ok"
            newest = await advisories.feed(store.read, "Debian")
            late.let_through.set()
        assert earlier.result().state == state
    assert newest is not None
    assert (newest.state, newest.current_at) == ("ok", LATER)
    assert await advisories.feed(store.read, "Debian") == newest


async def test_the_update_begun_later_has_the_last_word(store: Store, mirror: Mirror) -> None:
    async with open_source(mirror.url) as source:
        late = Late(source, is_gone=False)
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            later = group.create_task(updated(store, late, LATER))
            await late.asked.wait()
            await updated(store, source, EARLIER)
            late.let_through.set()
        assert later.result().state == "ok"
    found = await advisories.feed(store.read, "Debian")
    assert found is not None
    assert found.current_at == LATER
