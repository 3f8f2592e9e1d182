"""The worker processes that analyse layers, each killed when it takes too long."""

import asyncio
import contextlib
import itertools
import os
from collections.abc import AsyncIterator, Collection
from types import TracebackType
from typing import Self

from analyzers.inventory import LayerInventory
from analyzers.limits import Limits
from analyzers.tree import Skipped
from analyzers.worker_protocol import (
    LENGTH_BYTES,
    Abort,
    Answer,
    Available,
    DiskJob,
    Done,
    Failed,
    Job,
    Request,
    TreeJob,
    decode_answer,
    encode_frame,
)
from crawler.errors import LayerError
from crawler.spool import Spooled
from crawler.worker_process import WorkerProcess, end_worker, start_worker


class WorkerDiedError(LayerError):
    """The worker process ended without an answer, maybe killed: that says little about the layer."""


class LayerPool:
    """A fixed number of workers, started when first needed; use it as an async context manager."""

    def __init__(
        self,
        workers: int,
        limits: Limits,
        secret_config: bytes = b"",
        own_checks: bytes = b"",
        *,
        early: WorkerProcess | None = None,
    ) -> None:
        """Make a pool of so many workers; `early` is a process of `start_worker`, the first of them."""
        self.limits, self._secret_config, self._own_checks = limits, secret_config, own_checks
        self._numbers = itertools.count(1)
        # The one that was put in last is taken first.
        self._workers = [*(_Worker() for _ in range(workers - 1)), _Worker(early)]
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        for worker in self._workers:
            self._idle.put_nowait(worker)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            await worker.kill()

    async def warm(self, count: int | None = None) -> None:
        """Start so many workers, or every one, so that they are ready when the first layer has come."""
        for worker in self._workers[::-1][:count]:
            await worker.start()

    async def analyse(self, spooled: Spooled, analyzers: Collection[str] | None = None) -> LayerInventory:
        """Return what a layer holds, while it is still coming when a worker is free.

        Args:
            spooled: the layer's file.
            analyzers: ids of the analyzers to run; None for all that find installed packages.

        Raises:
            LayerError: it cannot be analysed.
            Exception: what ended the download, as `Spooled.finish` was told.
        """
        if self._idle.empty():
            # No worker is kept waiting for a slow download while whole layers wait for a worker.
            await spooled.beyond(spooled.size)
        async with self._worker() as worker:
            job = self._job(spooled, analyzers)
            if not await worker.feed(job, spooled):
                await spooled.beyond(spooled.size)
                job = self._job(spooled, analyzers)
                await worker.feed(job, spooled)
            return _done(await worker.answer(job.number, self.limits.deadline_s)).inventory

    async def analyse_tree(
        self, path: str, analyzers: Collection[str], skipped: Skipped, patterns: Collection[tuple[str, str]]
    ) -> LayerInventory:
        """Return what the files below a directory hold.

        Args:
            path: the directory, or one file.
            analyzers: ids of the analyzers to run.
            skipped: what to leave out.
            patterns: (analyzer id, regular expression) of paths to give to an analyzer as well.

        Raises:
            LayerError: it cannot be analysed.
        """
        return (await self._walk(TreeJob, path, analyzers, skipped, patterns)).inventory

    async def analyse_disk(
        self, path: str, analyzers: Collection[str], skipped: Skipped, patterns: Collection[tuple[str, str]]
    ) -> tuple[LayerInventory, tuple[str, ...]]:
        """Return what the files on a disk image hold, and remarks on what was left alone there.

        Args:
            path: the image.
            analyzers: ids of the analyzers to run.
            skipped: what to leave out.
            patterns: (analyzer id, regular expression) of paths to give to an analyzer as well.

        Raises:
            LayerError: it cannot be analysed.
        """
        done = await self._walk(DiskJob, path, analyzers, skipped, patterns)
        return done.inventory, done.remarks

    async def _walk(
        self,
        kind: type[TreeJob],
        path: str,
        analyzers: Collection[str],
        skipped: Skipped,
        patterns: Collection[tuple[str, str]],
    ) -> Done:
        job = kind(
            number=next(self._numbers),
            path=os.fsencode(path),
            limits=self.limits,
            skipped=skipped,
            analyzers=tuple(sorted(analyzers)),
            patterns=tuple(patterns),
            secret_config=self._secret_config,
            own_checks=self._own_checks,
        )
        async with self._worker() as worker:
            worker.send(job)
            return _done(await worker.answer(job.number, self.limits.deadline_s))

    @contextlib.asynccontextmanager
    async def _worker(self) -> AsyncIterator["_Worker"]:
        worker = await self._idle.get()
        try:
            await worker.start()
            yield worker
        finally:
            self._idle.put_nowait(worker)

    def _job(self, spooled: Spooled, analyzers: Collection[str] | None) -> Job:
        return Job(
            number=next(self._numbers),
            path=os.fsencode(spooled.path),
            size=spooled.size,
            limits=self.limits,
            analyzers=None if analyzers is None else tuple(sorted(analyzers)),
            secret_config=self._secret_config,
            own_checks=self._own_checks,
        )


def _done(answer: Answer) -> Done:
    if isinstance(answer, Failed):
        raise LayerError(answer.reason, answer.limit or "")
    return answer


class _Worker:
    """One process, replaced when it dies."""

    def __init__(self, early: WorkerProcess | None = None) -> None:
        self._early = early
        self._process: WorkerProcess | None = None
        self._answers: asyncio.StreamReader
        self._pipes: tuple[asyncio.WriteTransport, asyncio.ReadTransport]
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Make sure that there is a process."""
        async with self._starting:  # or two who ask at a time start two, and one of them is lost
            if self._process is not None and self._process.poll() is None:
                return
            await self.kill()
            process, self._early = self._early or start_worker(), None
            try:
                await self._attach(process)
            except BaseException:
                end_worker(process)
                raise

    async def _attach(self, process: WorkerProcess) -> None:
        loop, answers = asyncio.get_running_loop(), asyncio.StreamReader()
        reading, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(answers), process.stdout
        )
        writing, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, process.stdin)
        self._process, self._answers, self._pipes = process, answers, (writing, reading)

    async def kill(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in self._pipes:
                pipe.close()
            await asyncio.to_thread(process.wait)

    async def feed(self, job: Job, spooled: Spooled) -> bool:
        """Give the job and announce its bytes as they come; False when the download started over.

        An answer that comes early waits: until the blob is verified it says nothing about the layer.
        """
        self.send(job)
        restarts, count, fed = spooled.restarts, 0, False
        try:
            while not fed:  # an empty blob has to be verified, too
                count = await spooled.beyond(count)
                if spooled.restarts != restarts:
                    return False
                self.send(Available(count))
                fed = count == spooled.size
        finally:
            if not fed:
                self.send(Abort())
        return True

    async def answer(self, number: int, deadline_s: float) -> Answer:
        """Return the answer to a job that was fed. Raises LayerError when the process dies or is too slow."""
        answered = False
        try:
            async with asyncio.timeout(deadline_s):
                answer = await self._receive(number)
            answered = True
        except TimeoutError as error:
            await self.kill()
            raise LayerError(f"layer: not analysed in {deadline_s:g} s (deadline_s)", "deadline_s") from error
        except asyncio.IncompleteReadError as error:
            await self.kill()
            raise WorkerDiedError("layer: its worker process died") from error
        finally:
            if not answered:
                self.send(Abort())
        return answer

    async def _receive(self, number: int) -> Answer:
        while True:
            length = int.from_bytes(await self._answers.readexactly(LENGTH_BYTES), "big")
            answer = decode_answer(await self._answers.readexactly(length))
            if answer.number == number:
                return answer

    def send(self, message: Request) -> None:
        """Put a message into the pipe; when the process is dead, reading its answer will tell."""
        writing, _ = self._pipes
        if not writing.is_closing():
            writing.write(encode_frame(message))
