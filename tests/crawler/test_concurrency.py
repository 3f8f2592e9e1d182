import asyncio
import itertools

import pytest

from crawler.concurrency import KeyedLocks, for_each


async def test_every_item_is_worked_on_and_never_more_than_the_limit() -> None:
    running, most, done = 0, 0, []

    async def work(item: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        done.append(item)

    await for_each(range(20), work, limit=3)
    assert sorted(done) == list(range(20))
    assert most == 3


async def test_the_first_error_ends_all_even_of_an_endless_source() -> None:
    taken = []

    async def work(item: int) -> None:
        taken.append(item)
        await asyncio.sleep(0)
        if item == 5:
            raise LookupError

    with pytest.raises(ExceptionGroup) as caught:
        await for_each(itertools.count(), work, limit=2)
    assert caught.group_contains(LookupError)
    assert max(taken) < 10


async def test_a_key_is_held_by_one_at_a_time_and_then_forgotten() -> None:
    locks, held, order = KeyedLocks(), set[str](), list[str]()

    async def hold(key: str) -> None:
        async with locks.hold(key):
            assert key not in held
            held.add(key)
            order.append(key)
            await asyncio.sleep(0)
            held.remove(key)

    async with asyncio.TaskGroup() as group:
        for key in "aabaab":
            group.create_task(hold(key))
    assert sorted(order) == sorted("aabaab")
    assert order[:2] == ["a", "b"]
    assert locks._held == {}  # noqa: SLF001 - that nothing stays is the point


async def test_whoever_is_cancelled_in_the_queue_leaves_it() -> None:
    locks = KeyedLocks()
    async with locks.hold("a"):
        waiting = asyncio.ensure_future(locks.hold("a").__aenter__())  # noqa: TID251 - cancelled by itself
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with asyncio.timeout(5), locks.hold("a"):
        pass
    assert locks._held == {}  # noqa: SLF001 - as above
