import asyncio
from pathlib import Path

import pytest

from crawler.crawl import REGISTRIES_AT_ONCE
from crawler.locks import FileLock
from crawler.turns import Turns


class Crawls:
    """Crawls that end when they are told to, and what was done when."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "crawl.lock"
        self.turns = Turns(FileLock(self.path), self._tidy)
        self.done: list[str] = []

    async def _tidy(self) -> None:
        self.done.append("tidied")

    async def crawl(self, name: str, end: asyncio.Event, *, fails: bool = False) -> None:
        async with self.turns.turn():
            self.done.append(name)
            await end.wait()
            if fails:
                raise OSError(name)

    def is_locked(self) -> bool:
        lock = FileLock(self.path)
        is_free = lock.acquire()
        lock.release()
        return not is_free


@pytest.fixture
def crawls(tmp_path: Path) -> Crawls:
    return Crawls(tmp_path)


async def settled() -> None:
    """Return when nobody has anything to do but wait."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_they_are_side_by_side_and_the_last_one_tidies_up(crawls: Crawls) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        one = group.create_task(crawls.crawl("one", first))
        group.create_task(crawls.crawl("two", second))
        while len(crawls.done) < 2:
            await settled()
        first.set()
        await one
        assert crawls.done == ["one", "two"]
        assert crawls.is_locked()
        second.set()
    assert crawls.done == ["one", "two", "tidied"]
    assert not crawls.is_locked()


async def test_no_more_than_so_many(crawls: Crawls) -> None:
    end = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number in range(REGISTRIES_AT_ONCE + 1):
            group.create_task(crawls.crawl(str(number), end))
        while len(crawls.done) < REGISTRIES_AT_ONCE:
            await settled()
        await settled()
        assert len(crawls.done) == REGISTRIES_AT_ONCE
        end.set()
    assert crawls.done.count("tidied") >= 1
    assert len(crawls.done) - crawls.done.count("tidied") == REGISTRIES_AT_ONCE + 1


async def test_one_that_fails_is_out_and_tidied_up_after(crawls: Crawls) -> None:
    end = asyncio.Event()
    end.set()
    with pytest.raises(OSError, match="broken"):
        await crawls.crawl("broken", end, fails=True)
    assert not crawls.is_locked()
    await crawls.crawl("whole", end)
    assert crawls.done == ["broken", "tidied", "whole", "tidied"]


async def test_one_that_is_cancelled_is_out(crawls: Crawls) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(crawls.crawl("long", asyncio.Event()))
        while not crawls.done:
            await settled()
        task.cancel()
    assert crawls.done == ["long"]
    assert not crawls.is_locked()


async def test_nobody_crawls_while_it_is_tidied_up(tmp_path: Path) -> None:
    tidying, tidied, end = asyncio.Event(), asyncio.Event(), asyncio.Event()
    end.set()

    class Slow(Crawls):
        async def _tidy(self) -> None:
            tidying.set()
            await tidied.wait()
            await super()._tidy()

    crawls = Slow(tmp_path)
    async with asyncio.TaskGroup() as group:
        group.create_task(crawls.crawl("one", end))
        await tidying.wait()
        group.create_task(crawls.crawl("two", end))
        await settled()
        assert crawls.done == ["one"]
        tidied.set()
    assert crawls.done == ["one", "tidied", "two", "tidied"]
