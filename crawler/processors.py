"""How many processors this process may use, which in a container are fewer than the machine has.

Specification: https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files (cpu.max)
"""

import math
import os
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


def usable_processors(cgroups: Path = _CGROUPS, membership: Path = Path("/proc/self/cgroup")) -> int:
    """Return the number of processors that affinity and the quotas of control groups leave, at least 1.

    Args:
        cgroups: where control groups of version 2 are mounted.
        membership: the file that tells the one this process is in.
    """
    found = float(len(os.sched_getaffinity(0)))
    for group in _own_and_above(cgroups, membership):
        quota_us, _, period_us = (_read(group / "cpu.max") or "max").partition(" ")
        if quota_us.isdecimal() and period_us.strip().isdecimal():
            found = min(found, int(quota_us) / max(int(period_us), 1))
    return max(math.ceil(found), 1)


def _own_and_above(cgroups: Path, membership: Path) -> list[Path]:
    """Return the folders of the control group that this process is in, and of those around it."""
    lines = (_read(membership) or "").splitlines()
    path = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    own = cgroups / path
    return [own, *(each for each in own.parents if each.is_relative_to(cgroups))]


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:  # not every group limits, and not every system has groups
        return None
