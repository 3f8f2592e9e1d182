"""One process that analyses layers, started by whoever knows first that it will be needed."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

WorkerProcess = subprocess.Popen[bytes]


def start_worker() -> WorkerProcess:
    """Start a process that takes jobs from its standard input and answers on its standard output."""
    command = [sys.executable, "-P", "-m", "analyzers.worker"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)  # noqa: S603 - ours


@contextlib.contextmanager
def early_worker() -> Iterator[WorkerProcess]:
    """Start one before there is an event loop; it imports what it needs while this process does the same."""
    worker = start_worker()
    try:
        yield worker
    finally:
        end_worker(worker)


def end_worker(worker: WorkerProcess) -> None:
    """End it, if it still runs, and close its pipes. It is killed, so that takes no time."""
    worker.kill()
    worker.wait()
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            pipe.close()
