import asyncio
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.errors import LayerError
from crawler.spool import FOLLOW_BYTES, Spool, open_spool
from tests.fakes.waiting import until


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with open_spool(tmp_path, 100) as opened:
        yield opened


async def settled() -> None:
    """Return when everything that can go on has done so."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_follower_may_read_all_but_the_last_byte_before_the_end(spool: Spool) -> None:
    size = 2 * FOLLOW_BYTES
    async with spool.blob(size) as blob:
        blob.write(bytes(FOLLOW_BYTES - 1))
        follower = asyncio.ensure_future(blob.beyond(0))  # noqa: TID251 - the test watches it wait
        await settled()
        assert not follower.done()
        blob.write(b"x")
        assert await follower == FOLLOW_BYTES
        blob.write(bytes(FOLLOW_BYTES))
        assert await blob.beyond(FOLLOW_BYTES) == size - 1
        follower = asyncio.ensure_future(blob.beyond(size - 1))  # noqa: TID251 - as above
        await settled()
        assert not follower.done()
        blob.finish()
        assert await follower == size
        assert blob.path.stat().st_size == size
    assert not blob.path.exists()


async def test_an_error_reaches_whoever_waits_and_whoever_asks_later(spool: Spool) -> None:
    async with spool.blob(10) as blob:
        follower = asyncio.ensure_future(blob.beyond(0))  # noqa: TID251 - the test watches it wait
        await settled()
        blob.finish(OSError("broke off"))
        with pytest.raises(OSError, match="broke off"):
            await follower
        with pytest.raises(OSError, match="broke off"):
            await blob.beyond(10)


async def test_a_restart_takes_back_what_was_announced(spool: Spool) -> None:
    async with spool.blob(2 * FOLLOW_BYTES) as blob:
        blob.write(b"old" * FOLLOW_BYTES)
        await blob.beyond(0)
        blob.restart()
        blob.write(b"new")
        blob.finish()
        assert blob.restarts == 1
        assert blob.path.read_bytes() == b"new"


async def test_bytes_may_come_from_another_thread(spool: Spool) -> None:
    async with spool.blob(FOLLOW_BYTES + 1) as blob:
        thread = threading.Thread(target=blob.write, args=(bytes(FOLLOW_BYTES + 1),))
        thread.start()
        assert await blob.beyond(0) == FOLLOW_BYTES
        thread.join()


async def test_blobs_wait_for_room_in_the_budget(spool: Spool) -> None:
    order: list[str] = []
    leave = {name: asyncio.Event() for name in "abc"}

    async def hold(name: str, size: int) -> None:
        async with spool.blob(size):
            order.append(name)
            await leave[name].wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(hold("a", 60))
        await until(lambda: order == ["a"])
        group.create_task(hold("b", 1000))
        group.create_task(hold("c", 40))
        await until(lambda: order == ["a", "c"])
        leave["a"].set()
        await asyncio.sleep(0.1)
        assert order == ["a", "c"]
        leave["c"].set()
        # What is larger than the budget gets its turn when it is alone.
        await until(lambda: order == ["a", "c", "b"])
        leave["b"].set()


async def test_a_blob_that_the_disk_cannot_hold_is_refused_and_holds_nobody_up(tmp_path: Path) -> None:
    with open_spool(tmp_path, 1 << 60) as spool:
        free = shutil.disk_usage(tmp_path).free
        too_much = spool.blob(free + (1 << 40))
        with pytest.raises(
            LayerError, match=rf"a layer of \d+ bytes does not fit on the disk of {tmp_path}: "
        ):
            await too_much.__aenter__()
        async with asyncio.timeout(10), spool.blob(free // 2) as blob:
            assert blob.path.exists()


async def test_blobs_that_the_disk_holds_one_at_a_time_come_one_at_a_time(tmp_path: Path) -> None:
    with open_spool(tmp_path, 1 << 60) as spool:
        size, has_come = shutil.disk_usage(tmp_path).free * 2 // 3, asyncio.Event()

        async def second() -> None:
            async with spool.blob(size):
                has_come.set()

        async with asyncio.TaskGroup() as group, spool.blob(size):
            group.create_task(second())
            await asyncio.sleep(0.1)
            assert not has_come.is_set()
        assert has_come.is_set()


async def test_a_file_that_cannot_be_made_gives_the_room_back(tmp_path: Path, spool: Spool) -> None:
    (next(tmp_path.iterdir()) / "0").mkdir()  # noqa: ASYNC240 - a test may block
    with pytest.raises(IsADirectoryError):
        await spool.blob(100).__aenter__()
    async with spool.blob(100) as blob:
        assert blob.path.exists()


def test_what_killed_processes_left_is_removed_and_what_others_use_is_not(tmp_path: Path) -> None:
    (tmp_path / "killed").mkdir()
    (tmp_path / "killed" / "0").write_bytes(b"x")
    with open_spool(tmp_path, 1), open_spool(tmp_path, 1):
        assert len(list(tmp_path.iterdir())) == 2
        assert not (tmp_path / "killed").exists()
    assert list(tmp_path.iterdir()) == []


def test_many_may_begin_and_end_at_the_same_time(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def begin_and_end() -> None:
        try:
            for _ in range(100):
                with open_spool(tmp_path, 1):
                    pass
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=begin_and_end) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert list(tmp_path.iterdir()) == []
