import asyncio
import os
import signal
from pathlib import Path

import pytest

from crawler.errors import LayerError
from crawler.targets.disk import learn_disk
from tests.fakes.disks import STATUS, make_ext, write_tree
from tests.fakes.engine import scanning

pytestmark = pytest.mark.program("mke2fs")


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    root = write_tree(tmp_path / "root", {"var/lib/dpkg/status": STATUS.format("bash")})
    return make_ext(root, tmp_path / "disk")


async def test_a_disk_is_known_by_what_is_on_it(tmp_path: Path, disk: Path) -> None:
    async with scanning(tmp_path) as engine:
        digest, remarks = await learn_disk(engine, disk)
        assert await learn_disk(engine, disk) == (digest, remarks) == (digest, ())
        make_ext(write_tree(tmp_path / "root", {"usr/x": "x"}), disk)
        assert await learn_disk(engine, disk) == (digest, ())
        make_ext(write_tree(tmp_path / "root", {"var/lib/dpkg/status": STATUS.format("zsh")}), disk)
        assert (await learn_disk(engine, disk))[0] != digest


async def test_a_disk_that_kills_the_worker_is_one_sentence(tmp_path: Path, disk: Path) -> None:
    async with scanning(tmp_path) as engine:
        await engine.pool.warm()
        processes = [worker._process for worker in engine.pool._workers]  # noqa: SLF001 - nobody else knows
        pids = [process.pid for process in processes if process is not None]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)

        async def kill() -> None:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)

        async with asyncio.TaskGroup() as group:
            group.create_task(kill())
            with pytest.raises(
                LayerError, match="disk: reading it killed the worker process: expected a disk"
            ):
                await learn_disk(engine, disk)
        assert (await learn_disk(engine, disk))[1] == ()
