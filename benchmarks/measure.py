"""Runs a program and says what it cost, all its processes together.

The program is started by a process of its own (`python -m benchmarks.measure OUTPUT PROGRAM…`), so that the
kernel's account of ended children holds this program only. Memory is looked at every 20 ms: resident sizes
are added up, and when their sum is 2 % higher than ever, the proportional sizes (pages that several processes
share are divided among them, proc(5)) are read. The peak is the highest sum of those. At every new height
instead, reading them would hold up a program whose memory grows, one of several processes most.
"""

import contextlib
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

import msgspec

INTERVAL_S = 0.02
NOTEWORTHY = 1.02
"""What a height is, as a multiple of the one before, for the proportional sizes to be read."""


class Cost(msgspec.Struct, frozen=True):
    """What a program's processes took together."""

    wall_s: float
    cpu_s: float
    """User and system time."""
    peak_mib: float
    code: int
    """The exit code."""


class Run(msgspec.Struct, frozen=True):
    """A program that has ended."""

    cost: Cost
    output: bytes
    errors: str


class ProgramFailedError(Exception):
    """A program that is measured ended with a code that means it did not do the work."""


def run(
    command: Sequence[str], environment: Mapping[str, str] | None = None, accepted: Sequence[int] = (0,)
) -> Run:
    """Run a program to its end.

    Raises:
        ProgramFailedError: its exit code is not among `accepted`; says what it wrote to stderr.
    """
    with tempfile.NamedTemporaryFile() as output:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.measure", output.name, *command],
            env=_environment() | dict(environment or {}),
            capture_output=True,
            check=True,
        )
        found = Run(
            msgspec.json.decode(done.stdout, type=Cost), output.read(), done.stderr.decode(errors="replace")
        )
    if found.cost.code not in accepted:
        told = found.errors.strip().splitlines()[-1:] or ["nothing on stderr"]
        raise ProgramFailedError(f"{shlex.join(command)}: exit code {found.cost.code}: {told[0]}")
    return found


def _environment() -> dict[str, str]:
    # An installed program has its byte code; a shell that forbids writing it would measure the compiler.
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def middle(costs: Sequence[Cost]) -> Cost:
    """Return the median of each number."""
    return Cost(
        wall_s=median(cost.wall_s for cost in costs),
        cpu_s=median(cost.cpu_s for cost in costs),
        peak_mib=median(cost.peak_mib for cost in costs),
        code=costs[-1].code,
    )


def _measure(output: str, command: Sequence[str]) -> Cost:
    with Path(output).open("wb") as file:
        began = time.perf_counter()
        with (
            subprocess.Popen(command, stdout=file, stderr=sys.stderr) as process,
            _watched(process.pid) as peak,
        ):
            code = process.wait()
            wall = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, used.ru_utime + used.ru_stime, peak[0] / (1 << 20), code)


@contextlib.contextmanager
def _watched(root: int) -> Iterator[list[int]]:
    """Give a list whose one number is the highest proportional size seen until the block ends, in bytes."""
    peak, ended = [0], threading.Event()

    def watch() -> None:
        highest = 0
        while not ended.wait(INTERVAL_S):
            tree = list(_tree(root))
            resident = sum(_resident(pid) for pid in tree)
            if resident > highest * NOTEWORTHY:
                highest = resident
                peak[0] = max(peak[0], sum(_proportional(pid) for pid in tree))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def _tree(root: int) -> Iterator[int]:
    yield root
    # Processes and threads end while they are looked at.
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for thread in Path(f"/proc/{root}/task").iterdir():
            for child in _read(thread / "children").split():
                yield from _tree(int(child))


def _resident(pid: int) -> int:
    words = _read(Path(f"/proc/{pid}/statm")).split()
    return int(words[1]) * resource.getpagesize() if words else 0


def _proportional(pid: int) -> int:
    for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_measure(sys.argv[1], sys.argv[2:])))
