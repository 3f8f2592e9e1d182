import gzip
import io
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.inventory import LayerInventory
from analyzers.limits import MIB, Limits
from analyzers.worker_protocol import (
    Abort,
    Answer,
    Available,
    Done,
    Failed,
    Frames,
    Job,
    Request,
    decode_answer,
    decode_request,
    encode_frame,
)

RELEASE = b"ID=debian\nVERSION_ID=12\n"


def layer(content: bytes = RELEASE, name: str = "etc/os-release") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return gzip.compress(stream.getvalue())


class Worker:
    """The parent's side, blocking."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "analyzers.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._frames = Frames()
        self._bodies: list[bytes] = []

    def send(self, *requests: Request) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"".join(map(encode_frame, requests)))

    def receive(self) -> Answer:
        assert self.process.stdout is not None
        while not self._bodies:
            data = os.read(self.process.stdout.fileno(), 65536)
            assert data, "the worker ended"
            self._bodies += self._frames.feed(data)
        return decode_answer(self._bodies.pop(0))

    def close(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        status = self.process.wait(10)
        self.process.stdout.close()
        return status


@pytest.fixture
def worker() -> Iterator[Worker]:
    one = Worker()
    yield one
    assert one.close() == 0


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    path = tmp_path / "layer"
    path.write_bytes(layer())
    return path


def job(spool: Path, number: int = 1, size: int | None = None, limits: Limits | None = None) -> Job:
    size = spool.stat().st_size if size is None else size
    return Job(number=number, path=bytes(spool), size=size, limits=limits or Limits())


def test_jobs_are_answered_one_after_the_other(worker: Worker, spool: Path) -> None:
    for number in (1, 2):
        size = spool.stat().st_size
        worker.send(job(spool, number), Available(10), Available(size), Available(size))
        answer = worker.receive()
        assert isinstance(answer, Done)
        assert answer.number == number
        (found,) = answer.inventory.found["os/release"]
        assert found.release is not None
        assert found.release.version_id == "12"


def test_the_worker_reads_no_further_than_announced(worker: Worker, spool: Path) -> None:
    data = spool.read_bytes()
    spool.write_bytes(data[:50] + b"not yet written" * 100)
    worker.send(job(spool, size=len(data)), Available(50))
    with spool.open("r+b") as file:
        file.seek(50)
        file.write(data[50:])
    worker.send(Available(60), Available(len(data)))
    assert isinstance(worker.receive(), Done)


def test_only_the_analyzers_asked_for(worker: Worker, spool: Path) -> None:
    size = spool.stat().st_size
    request = Job(number=1, path=bytes(spool), size=size, limits=Limits(), analyzers=("os/apk",))
    worker.send(request, Available(size))
    answer = worker.receive()
    assert isinstance(answer, Done)
    assert answer.inventory.found == {}


def test_an_aborted_job_has_no_answer(worker: Worker, spool: Path) -> None:
    size = spool.stat().st_size
    worker.send(job(spool, 1), Available(10), Abort(), Abort(), job(spool, 2), Available(size))
    answer = worker.receive()
    assert (type(answer), answer.number) == (Done, 2)


def test_damage_is_told(worker: Worker, tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_bytes(layer()[:-3])
    worker.send(job(path), Available(path.stat().st_size))
    answer = worker.receive()
    assert isinstance(answer, Failed)
    assert answer.limit is None
    assert "ends early" in answer.reason


def test_a_spool_shorter_than_announced_is_told(worker: Worker, spool: Path) -> None:
    worker.send(job(spool, size=10_000), Available(10_000))
    answer = worker.receive()
    assert isinstance(answer, Failed)
    assert "expected 10000 bytes" in answer.reason


def test_a_limit_is_named(worker: Worker, spool: Path) -> None:
    worker.send(job(spool, limits=Limits(layer_bytes=1)), Available(spool.stat().st_size))
    answer = worker.receive()
    assert isinstance(answer, Failed)
    assert answer.limit == "layer_bytes"


def test_memory_is_limited_for_one_job(worker: Worker, tmp_path: Path, spool: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(layer(bytes(100 * MIB), "app/package.json"))
    worker.send(job(big, 1, limits=Limits(memory_bytes=100 * MIB)), Available(big.stat().st_size))
    answer = worker.receive()
    assert isinstance(answer, Failed)
    assert answer.limit == "memory_bytes"
    worker.send(job(spool, 2), Available(spool.stat().st_size))
    assert isinstance(worker.receive(), Done)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_left_to_the_parent(worker: Worker, spool: Path, number: signal.Signals) -> None:
    size = spool.stat().st_size
    worker.send(job(spool, 1), Available(size))
    assert worker.receive().number == 1
    worker.process.send_signal(number)
    worker.send(job(spool, 2), Available(size))
    assert worker.receive().number == 2


def test_the_worker_ends_with_its_parent_in_the_midst_of_a_job(spool: Path) -> None:
    worker = Worker()
    worker.send(job(spool), Available(10))
    assert worker.close() == 0


def test_the_worker_imports_nothing_heavy() -> None:
    code = (
        "import sys, analyzers.worker; "
        "print(*sorted({'asyncio', 'aiohttp', 'pydantic', 'click', 'socket'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


MESSAGES: list[Request] = [
    Job(number=7, path=b"/x", size=5, limits=Limits(entries=3), analyzers=("a/b",)),
    Available(5),
    Abort(),
]
ANSWERS: list[Answer] = [
    Done(number=1, inventory=LayerInventory(diff_id="sha256:x", size_bytes=1, entries=2)),
    Failed(number=1, reason="why", limit="entries"),
    Failed(number=1, reason="why"),
]


@given(st.integers(1, 50))
def test_frames_are_cut_wherever_the_bytes_are(size: int) -> None:
    data = b"".join(map(encode_frame, MESSAGES))
    frames = Frames()
    bodies = [body for at in range(0, len(data), size) for body in frames.feed(data[at : at + size])]
    assert [decode_request(body) for body in bodies] == MESSAGES


def test_answers_come_back_as_they_were() -> None:
    bodies = Frames().feed(b"".join(map(encode_frame, ANSWERS)))
    assert [decode_answer(body) for body in bodies] == ANSWERS


@given(st.binary(max_size=100))
def test_other_bytes_are_no_messages(data: bytes) -> None:
    with pytest.raises(ParseError, match="worker protocol"):
        decode_request(b"\xc1" + data)
    with pytest.raises(ParseError, match="worker protocol"):
        decode_answer(b"\xc1" + data)


def test_a_frame_of_absurd_length_is_refused() -> None:
    with pytest.raises(ParseError, match="frame of"):
        list(Frames().feed(b"\xff" * 4))
