import contextlib
import io
import os
import select
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

from analyzers.limits import Limits
from analyzers.worker_protocol import Available, Job, encode_frame
from tests.fakes.waiting import blocking_until

BUSY = """
import pathlib, sys, time
from analyzers import worker
from analyzers.inventory import Analyzer

def parse(_file):
    began_s = time.monotonic()
    while time.monotonic() < began_s + 3 * worker._ORPHAN_CHECK_S:
        pass
    pathlib.Path(sys.argv[1]).touch()
    while True:
        pass
    yield

worker.catalogue = lambda: (Analyzer(id="test/endless", version=1, parse=parse, globs=("file",)),)
worker._ORPHAN_CHECK_S /= 10
worker.main()
"""
"""A worker that is never done with a file, and says so after it has looked for its parent a few times."""

PARENT = """
import subprocess, sys
command = [sys.executable, "-c", *sys.argv[1:]]
worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
worker.stdin.write(sys.stdin.buffer.read())
worker.stdin.flush()
print(worker.pid, flush=True)
worker.wait()
"""


def one_job(folder: Path) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("file"))
    spool = folder / "layer"
    spool.write_bytes(stream.getvalue())
    size = spool.stat().st_size
    job = Job(number=1, path=bytes(spool), size=size, limits=Limits())
    return encode_frame(job) + encode_frame(Available(size))


def test_a_worker_busy_with_one_file_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    marker = tmp_path / "busy"
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, BUSY, str(marker)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,  # also the worker's: it ends when both are gone
        bufsize=0,
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        assert parent.stderr is not None
        parent.stdin.write(one_job(tmp_path))
        parent.stdin.close()
        worker = int(parent.stdout.readline())
        is_over = False
        try:
            blocking_until(marker.exists, within_s=20)
            parent.kill()
            is_over = bool(select.select([parent.stderr], [], [], 5)[0])
            assert is_over
            assert parent.stderr.read() == b""
        finally:
            parent.kill()
            if not is_over:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
