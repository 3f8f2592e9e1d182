import os
from pathlib import Path

import pytest

from crawler.processors import usable_processors

ALL = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("own", "above", "expected"),
    [
        ("max 100000", "max 100000", ALL),
        ("100000 100000", "max 100000", 1),
        ("max 100000", "50000 100000", 1),
        ("1", "soon 0", ALL),
        ("0 0", "max", 1),
        (f"{ALL * 100_000 + 50_000} 100000", "max 100000", ALL),
    ],
)
def test_quotas_of_control_groups(tmp_path: Path, own: str, above: str, expected: int) -> None:
    group = tmp_path / "cgroup" / "system.slice" / "cleanbill.service"
    group.mkdir(parents=True)
    (group / "cpu.max").write_text(f"{own}\n")
    (group.parent / "cpu.max").write_text(f"{above}\n")
    (tmp_path / "self").write_text("3:cpu:/other\n0::/system.slice/cleanbill.service\n")
    assert usable_processors(tmp_path / "cgroup", tmp_path / "self") == expected


@pytest.mark.parametrize("membership", [None, "", "1:cpu:/\n", "0::/\n", "0::/../../etc\n"])
def test_without_control_groups_there_is_the_affinity(tmp_path: Path, membership: str | None) -> None:
    if membership is not None:
        (tmp_path / "self").write_text(membership)
    assert usable_processors(tmp_path / "none", tmp_path / "self") == ALL
