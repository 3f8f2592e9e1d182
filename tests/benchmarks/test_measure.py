import sys

import pytest

from benchmarks.measure import ProgramFailedError, run

CHILD = (
    "import time; kept = bytearray(60_000_000); end = time.process_time() + 0.1\n"
    "while time.process_time() < end: pass"
)
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}], check=True)"


def test_children_count() -> None:
    cost = run([sys.executable, "-c", PARENT]).cost
    assert cost.cpu_s >= 0.1
    assert cost.wall_s >= 0.1
    assert cost.peak_mib > 60


def test_output_is_kept() -> None:
    assert run([sys.executable, "-c", "print('found')"]).output == b"found\n"


def test_a_failure_says_why() -> None:
    with pytest.raises(ProgramFailedError, match="exit code 1: no such image"):
        run([sys.executable, "-c", "raise SystemExit('no such image')"])


def test_some_codes_are_no_failure() -> None:
    assert run([sys.executable, "-c", "raise SystemExit(3)"], accepted=(0, 3)).cost.code == 3
