"""What was measured, on what, and when: the head of every section."""

import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path


def described(programs: Mapping[str, str | None]) -> str:
    """Return a paragraph: date, machine, Python and the version of each program (name → path or None)."""
    cores, system = f"{os.cpu_count()} cores ({_cpu()})", f"{platform.system()} {platform.release()}"
    machine = f"{cores}, {_memory_gib():.0f} GiB, {system}"
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    absent = [name for name, path in programs.items() if path is None]
    left_out = f" Left out, because no path was given: {', '.join(absent)}." if absent else ""
    return (
        f"{date}; {machine}; Python {platform.python_version()}; {', '.join(_versions(programs))}.{left_out}"
    )


def _versions(programs: Mapping[str, str | None]) -> Iterator[str]:
    for name, path in programs.items():
        if path is not None:
            done = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
            yield f"{name} {done.stdout.split()[-1] if name != 'trivy' else done.stdout.split()[1]}"


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
