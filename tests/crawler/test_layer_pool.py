import asyncio
import gzip
import os
import signal
import sys
import tarfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from analyzers.limits import MIB, Limits
from crawler.errors import LayerError
from crawler.layer_pool import LayerPool
from crawler.registry.errors import UnreachableError
from crawler.spool import FOLLOW_BYTES, Spooled, open_spool
from tests.fakes.images import APK, apk, debian, diff_id, dpkg, layer, node, tar_of
from tests.fakes.waiting import until

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DEADLINE_S = 20.0
LAYER = layer(debian(), dpkg(openssl="3.0.11-1"))


@pytest.fixture
async def pool() -> AsyncIterator[LayerPool]:
    async with LayerPool(1, Limits()) as opened:
        yield opened


async def analysed(pool: LayerPool, folder: Path, data: bytes, *analyzers: str) -> dict[str, list[str]]:
    """Return analyzer → packages of a whole layer."""
    with open_spool(folder, 1 << 40) as spool:
        async with spool.blob(len(data)) as blob, asyncio.timeout(DEADLINE_S):
            blob.write(data)
            blob.finish()
            inventory = await pool.analyse(blob, analyzers or None)
    assert inventory.diff_id == diff_id(data)
    return {
        analyzer: [package.name for found in files for package in found.packages]
        for analyzer, files in inventory.found.items()
    }


def children() -> dict[int, str]:
    """Return process id → command line of this process's living children that analyse."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, rest = stat.read_text().rpartition(")")
            command = (stat.parent / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, parent = rest.split()[:2]
        if int(parent) == os.getpid() and state != "Z" and "analyzers.worker" in command:
            found[int(stat.parent.name)] = command
    return found


async def test_layers_one_after_another(pool: LayerPool, tmp_path: Path) -> None:
    assert await analysed(pool, tmp_path, LAYER) == {"os/release": [], "os/dpkg": ["openssl"]}
    assert await analysed(pool, tmp_path, layer(node("left-pad", "1"))) == {"languages/node": ["left-pad"]}
    assert await analysed(pool, tmp_path, LAYER, "os/release") == {"os/release": []}
    assert len(children()) == 1


async def test_a_layer_is_read_while_it_comes(pool: LayerPool, tmp_path: Path) -> None:
    noise = {"noise": os.urandom(3 * FOLLOW_BYTES)}
    data = layer(noise, dpkg(late="1"))
    with open_spool(tmp_path, 1 << 40) as spool:
        async with spool.blob(len(data)) as blob, asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
            task = group.create_task(pool.analyse(blob))
            for start in range(0, len(data), FOLLOW_BYTES):
                blob.write(data[start : start + FOLLOW_BYTES])
                await asyncio.sleep(0)
            blob.finish()
    assert [each.name for each in task.result().found["os/dpkg"][0].packages] == ["late"]


async def test_a_restarted_download_is_analysed_from_its_beginning(pool: LayerPool, tmp_path: Path) -> None:
    right = layer({"noise": os.urandom(2 * FOLLOW_BYTES)}, dpkg(right="1"))
    wrong = layer({"noise": os.urandom(2 * FOLLOW_BYTES)}, dpkg(wrong="1"))
    with open_spool(tmp_path, 1 << 40) as spool:
        async with spool.blob(len(right)) as blob, asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
            task = group.create_task(pool.analyse(blob))
            blob.write(wrong[: FOLLOW_BYTES + 1])
            await until(children)
            await blob.beyond(0)
            blob.restart()
            blob.write(right)
            blob.finish()
    inventory = task.result()
    assert inventory.diff_id == diff_id(right)
    assert [each.name for each in inventory.found["os/dpkg"][0].packages] == ["right"]


async def test_a_layer_that_does_not_come_leaves_its_worker_usable(pool: LayerPool, tmp_path: Path) -> None:
    with open_spool(tmp_path, 1 << 40) as spool:
        for written in (0, FOLLOW_BYTES):
            async with spool.blob(2 * FOLLOW_BYTES) as blob:
                blob.write(bytes(written))
                blob.finish(UnreachableError("the body broke off"))
                with pytest.raises(UnreachableError, match="broke off"):
                    await pool.analyse(blob)
    assert await analysed(pool, tmp_path, LAYER) == {"os/release": [], "os/dpkg": ["openssl"]}
    assert len(children()) == 1


async def test_an_empty_blob_is_a_layer_without_files(pool: LayerPool, tmp_path: Path) -> None:
    assert await analysed(pool, tmp_path, b"") == {}


async def test_an_empty_blob_counts_only_when_it_is_verified(pool: LayerPool, tmp_path: Path) -> None:
    with open_spool(tmp_path, 1) as spool:
        async with spool.blob(0) as blob:
            blob.finish(UnreachableError("not empty at all"))
            with pytest.raises(UnreachableError, match="not empty"):
                await pool.analyse(blob)


async def test_a_killed_worker_is_recorded_and_replaced(pool: LayerPool, tmp_path: Path) -> None:
    data = layer({"noise": os.urandom(2 * FOLLOW_BYTES)})
    with open_spool(tmp_path, 1 << 40) as spool:
        async with spool.blob(len(data)) as blob, asyncio.timeout(DEADLINE_S):

            async def kill() -> None:
                blob.write(data[:FOLLOW_BYTES])
                await until(children)
                for pid in children():
                    os.kill(pid, signal.SIGKILL)
                blob.write(data[FOLLOW_BYTES:])
                blob.finish()

            async with asyncio.TaskGroup() as group:
                group.create_task(kill())
                with pytest.raises(LayerError, match="its worker process died"):
                    await pool.analyse(blob)
    assert await analysed(pool, tmp_path, LAYER) == {"os/release": [], "os/dpkg": ["openssl"]}


async def test_a_worker_that_died_of_boredom_is_replaced(pool: LayerPool, tmp_path: Path) -> None:
    await pool.warm()
    (pid,) = children()
    os.kill(pid, signal.SIGKILL)
    process = pool._workers[0]._process  # noqa: SLF001 - nobody else knows
    assert process is not None
    await asyncio.to_thread(process.wait)
    assert await analysed(pool, tmp_path, LAYER) == {"os/release": [], "os/dpkg": ["openssl"]}


async def test_whoever_asks_for_workers_at_the_same_time_gets_the_same_ones() -> None:
    async with LayerPool(2, Limits()) as pool, asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(pool.warm())
    assert children() == {}
    async with LayerPool(2, Limits()) as pool:
        async with asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(pool.warm())
        assert len(children()) == 2
    assert children() == {}


async def test_a_worker_that_takes_too_long_is_replaced(tmp_path: Path) -> None:
    slow = gzip.compress(tar_of(*(tarfile.TarInfo(f"{number}") for number in range(5_000))))
    async with LayerPool(1, Limits(deadline_s=0.001)) as pool:
        with pytest.raises(LayerError, match=r"not analysed in 0\.001 s \(deadline_s\)") as caught:
            await analysed(pool, tmp_path, slow)
        assert caught.value.limit == "deadline_s"
        pool.limits = Limits()
        assert await analysed(pool, tmp_path, LAYER) == {"os/release": [], "os/dpkg": ["openssl"]}


async def test_whole_layers_come_before_a_slow_download(pool: LayerPool, tmp_path: Path) -> None:
    """While the only worker is taken, a layer that is still coming does not queue for it."""
    with open_spool(tmp_path, 1 << 40) as spool:
        async with (
            spool.blob(len(LAYER)) as first,
            spool.blob(len(LAYER)) as slow,
            spool.blob(len(LAYER)) as whole,
        ):
            done: list[str] = []

            async def analyse(name: str, blob: Spooled) -> None:
                await pool.analyse(blob)
                done.append(name)

            async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
                group.create_task(analyse("first", first))
                await asyncio.sleep(0)
                group.create_task(analyse("slow", slow))
                whole.write(LAYER)
                whole.finish()
                group.create_task(analyse("whole", whole))
                await asyncio.sleep(0)
                first.write(LAYER)
                first.finish()
                await until(lambda: done == ["first", "whole"])
                slow.write(LAYER)
                slow.finish()
            assert done == ["first", "whole", "slow"]


def zeros(size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo("zeros")
    member.size = size
    return member


def tar_bomb() -> bytes:
    return zstd.compress(zeros(200 * MIB).tobuf() + bytes(200 * MIB), 3)


def long_name() -> bytes:
    return gzip.compress(tar_of(tarfile.TarInfo("a" * 5000)))


def long_header() -> bytes:
    member = tarfile.TarInfo("x")
    member.pax_headers = {"comment": "y" * (2 * MIB)}
    return gzip.compress(tar_of(member))


def many_members() -> bytes:
    return gzip.compress(tar_of(*(tarfile.TarInfo(f"{number}") for number in range(101))))


@pytest.mark.parametrize(
    ("data", "limits", "limit"),
    [
        (tar_bomb, Limits(), "compression_ratio"),
        (lambda: gzip.compress(bytes(40 * MIB)), Limits(layer_bytes=16 * MIB), "layer_bytes"),
        (long_name, Limits(), "path_bytes"),
        (long_header, Limits(), "header_bytes"),
        (many_members, Limits(entries=100), "entries"),
    ],
    ids=["compression_ratio", "layer_bytes", "path_bytes", "header_bytes", "entries"],
)
async def test_limits_are_named(
    tmp_path: Path, data: Callable[[], bytes], limits: Limits, limit: str
) -> None:
    async with LayerPool(1, limits) as pool:
        with pytest.raises(LayerError) as caught:
            await analysed(pool, tmp_path, data())
    assert caught.value.limit == limit
    assert f"({limit})" in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [b"x" * 600, LAYER[:-9], gzip.compress(b"x" * 512), b"\x28\xb5\x2f\xfdx"],
    ids=["noise", "torn", "no tar", "no frame"],
)
async def test_what_is_no_layer_is_an_error(pool: LayerPool, tmp_path: Path, data: bytes) -> None:
    with pytest.raises(LayerError) as caught:
        await analysed(pool, tmp_path, data)
    assert caught.value.limit == ""


async def test_paths_that_lead_out_are_problems(pool: LayerPool, tmp_path: Path) -> None:
    data = layer({f"../../{APK}": b"P:evil\nV:1\n\n"}, apk(good="1"))
    with open_spool(tmp_path, 1 << 20) as spool:
        async with spool.blob(len(data)) as blob:
            blob.write(data)
            blob.finish()
            inventory = await pool.analyse(blob)
    assert [each.reason for each in inventory.problems] == [
        "layer: '..' or NUL in the path: the entry was left out"
    ]
    assert [each.name for found in inventory.found["os/apk"] for each in found.packages] == ["good"]
