"""A process that analyses layers, one at a time: `python -m analyzers.worker`.

Messages come by standard input and go by standard output, as `analyzers.worker_protocol` has them; whatever
a library prints goes to standard error. The worker reads no further in a spool file than the parent has
announced, and waits for more when it has come there.

Its limits are its own: the address space is what the job says, no core is dumped, and an interrupt at the
terminal, or a SIGTERM to the whole service, is left for the parent to decide on: a worker that died of it
would look like a layer that kills workers. It ends when standard input closes: between jobs and while it
waits by reading the end, while it works by looking at the pipe whenever it reads from the spool and, as one
file's analysis may take long, by a timer. PR_SET_PDEATHSIG would say the same sooner, but it follows the
*thread* that started the worker, and a pool may start one from a thread that ends.

Exit status: 0 when standard input closed, else a bug (a traceback is on standard error).
"""

import contextlib
import functools
import gc
import os
import resource
import select
import signal
import sys
from collections import deque
from types import FrameType

from analyzers.catalogue import PACKAGES, Dispatch, catalogue
from analyzers.errors import LimitExceededError, ParseError
from analyzers.inventory import Analyzer, View
from analyzers.layer import analyse
from analyzers.limits import KIB
from analyzers.tree import analyse_tree
from analyzers.worker_protocol import (
    Abort,
    Answer,
    Available,
    DiskJob,
    Done,
    Failed,
    Frames,
    Job,
    Request,
    TreeJob,
    decode_request,
    encode_frame,
)

_ORPHAN_CHECK_S = 1.0


class ParentGoneError(Exception):
    """Standard input is closed: nobody waits for an answer."""


class AbortedError(Exception):
    """The parent wants no answer to the job at hand."""


class Channel:
    """The parent's end of the conversation, by two file descriptors."""

    def __init__(self, receive_fd: int, send_fd: int) -> None:
        self._receive_fd = receive_fd
        self._send_fd = send_fd
        self._frames = Frames()
        self._requests: deque[Request] = deque()
        self._poll = select.poll()
        self._poll.register(receive_fd, select.POLLIN)

    def receive(self) -> Request:
        """Return the next request, waiting for it.

        Raises:
            ParentGoneError: there will be none.
        """
        while not self._requests:
            data = os.read(self._receive_fd, 64 * KIB)
            if not data:
                raise ParentGoneError
            self._requests += (decode_request(body) for body in self._frames.feed(data))
        return self._requests.popleft()

    def has_request(self) -> bool:
        """Tell whether `receive` would return or raise at once."""
        return bool(self._requests) or bool(self._poll.poll(0))

    def is_closed(self) -> bool:
        """Tell whether the parent's end is closed, whatever is still to be received."""
        # Asked by a timer, maybe in the midst of `has_request`: a poll object serves one call at a time.
        poll = select.poll()
        poll.register(self._receive_fd, select.POLLIN)
        return any(events & select.POLLHUP for _, events in poll.poll(0))

    def send(self, answer: Answer) -> None:
        """Write the answer out.

        Raises:
            ParentGoneError: nobody reads it.
        """
        left = memoryview(encode_frame(answer))
        try:
            while left:
                left = left[os.write(self._send_fd, left) :]
        except BrokenPipeError as exc:
            raise ParentGoneError from exc


class SpoolReader:
    """Reads a file that another process is writing, as far as that one says it has come."""

    def __init__(self, fd: int, size: int, channel: Channel) -> None:
        self._fd = fd
        self._size = size
        self._channel = channel
        self._available = 0
        self._offset = 0

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, waiting for the first of them; nothing at the layer's end.

        Raises:
            AbortedError: the parent gave the job up.
            ParentGoneError: the parent is gone.
            ParseError: the file is shorter than announced.
        """
        while self._channel.has_request() or self._available <= self._offset < self._size:
            self._take(self._channel.receive())
        count = min(size, self._available - self._offset)
        data = os.pread(self._fd, count, self._offset) if count > 0 else b""
        if count > 0 and not data:
            raise ParseError(f"layer: the spool ends at {self._offset}, expected {self._available} bytes")
        self._offset += len(data)
        return data

    def seek(self, offset: int, /) -> int:
        """Go to a place counted from the start."""
        self._offset = offset
        return offset

    def _take(self, request: Request) -> None:
        match request:
            case Available(count=count):
                self._available = min(count, self._size)
            case Abort():
                raise AbortedError
            case Job() | TreeJob():
                raise RuntimeError(f"worker protocol: job {request.number} came before the last one's end")


def answer(job: Job | TreeJob, channel: Channel, dispatch: Dispatch) -> Answer:
    """Return the job's answer; a layer's bytes are announced by the channel.

    Raises:
        AbortedError: the parent gave the job up.
        ParentGoneError: the parent is gone.
    """
    try:
        with _own_checks(job.own_checks):
            return _answer(job, channel, dispatch)
    except LimitExceededError as exc:
        return Failed(number=job.number, reason=str(exc), limit=exc.limit)
    except ParseError as exc:
        return Failed(number=job.number, reason=str(exc))
    except MemoryError:
        reason = f"layer: more memory needed than {job.limits.memory_bytes} bytes (memory_bytes)"
        return Failed(number=job.number, reason=reason, limit="memory_bytes")


def _own_checks(packed: bytes) -> contextlib.AbstractContextManager[None]:
    if not packed:
        return contextlib.nullcontext()
    from analyzers.checks.own import using  # noqa: PLC0415 - only where users have their own

    return using(packed)


def _answer(job: Job | TreeJob, channel: Channel, dispatch: Dispatch) -> Answer:
    if not isinstance(job, TreeJob):
        return _answer_layer(job, channel, dispatch)
    path = os.fsdecode(job.path)
    wanted = _of_tree(dispatch, job.analyzers, job.secret_config).with_patterns(job.patterns)
    if isinstance(job, DiskJob):
        from analyzers.disks.disk import analyse_disk  # noqa: PLC0415 - 40 ms that only disks pay

        inventory, remarks = analyse_disk(path, job.limits, wanted, job.skipped)
        return Done(number=job.number, inventory=inventory, remarks=remarks)
    return Done(number=job.number, inventory=analyse_tree(path, job.limits, wanted, job.skipped))


@functools.cache
def _of_tree(dispatch: Dispatch, ids: tuple[str, ...], secret_config: bytes) -> Dispatch:
    asked = _configured(dispatch.subset(ids).analyzers, secret_config)
    return Dispatch(asked, Dispatch(each for each in asked if each.scanner in PACKAGES))


@functools.cache
def _of_layer(dispatch: Dispatch, ids: tuple[str, ...] | None, secret_config: bytes) -> Dispatch:
    """Return the dispatch of layers: what lock files would own is nothing to an image."""
    installed = Dispatch(dispatch.of_view(View.INSTALLED).analyzers)
    if ids is None:
        return installed
    return Dispatch(_configured(dispatch.subset(ids).analyzers, secret_config), installed)


def _configured(asked: tuple[Analyzer, ...], secret_config: bytes) -> tuple[Analyzer, ...]:
    if not secret_config:
        return asked
    from analyzers.secrets._configured import configured  # noqa: PLC0415 - only where users have their own

    return configured(asked, secret_config)


def _answer_layer(job: Job, channel: Channel, dispatch: Dispatch) -> Answer:
    wanted = _of_layer(dispatch, job.analyzers, job.secret_config)
    try:
        fd = os.open(job.path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        # The parent removes the file of a job that it gave up; the Abort is still to be read.
        return Failed(
            number=job.number, reason=f"layer: {os.fsdecode(job.path)!r} is gone, expected the layer's bytes"
        )
    try:
        reader = SpoolReader(fd, job.size, channel)
        inventory = analyse(reader, job.size, job.limits, wanted)
        return Done(number=job.number, inventory=inventory)
    finally:
        os.close(fd)


def serve(channel: Channel, dispatch: Dispatch) -> None:
    """Answer jobs until the parent is gone."""
    while True:
        request = channel.receive()
        if not isinstance(request, Job | TreeJob):
            continue  # meant for a job that was answered or given up meanwhile
        _limit_memory(request.limits.memory_bytes)
        try:
            channel.send(answer(request, channel, dispatch))
        except AbortedError:
            continue


def _limit_memory(size: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _take_over(fd: int, replacement: int) -> int:
    """Return a private copy of a standard stream, and put another one in its place."""
    private = os.dup(fd)
    os.dup2(replacement, fd)
    return private


def main() -> None:
    """Serve on standard input and output."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    channel = Channel(_take_over(0, null), _take_over(1, 2))

    def leave_when_orphaned(_signal: int, _frame: FrameType | None) -> None:
        if channel.is_closed():
            os._exit(0)

    signal.signal(signal.SIGALRM, leave_when_orphaned)
    signal.setitimer(signal.ITIMER_REAL, _ORPHAN_CHECK_S, _ORPHAN_CHECK_S)
    dispatch = Dispatch(catalogue())
    # What the imports made stays: the collector need not look through it again and again.
    gc.freeze()
    try:
        serve(channel, dispatch)
    except ParentGoneError:
        # The interpreter takes its handlers away before its end: the timer would kill it then.
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.exit(0)


if __name__ == "__main__":
    main()
