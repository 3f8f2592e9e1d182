import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "deploy/demo/demo.py"
NEEDED = re.compile(r"^(?:from|import) (\w+)", re.MULTILINE)


def test_the_demo_shows_the_whole_way_and_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, DEMO],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        text=True,
        timeout=100,
    )
    assert (done.returncode, list(tmp_path.iterdir())) == (0, []), done.stderr
    ends = (
        "4 analysed, 2 reused",
        "DEMO-2026-0002  CRITICAL",
        "Affects 3 of 4 images.",
        "its signature is",
        "cleanbill.finding.opened",
        "image     shop/api:1.4",
        "$ cleanbill events --since 0",
        "registry.example.com",
    )
    places = [done.stdout.find(each) for each in ends]
    assert places == sorted(places)
    assert min(places) > 0
    assert "\x1b" not in done.stdout


def test_a_step_that_does_not_happen_ends_the_demo_with_a_reason(tmp_path: Path) -> None:
    # beside a Python without the program
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin/python"
    python.symlink_to(sys.executable)
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [python, DEMO],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONPATH": paths, "TMPDIR": str(tmp_path)},
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert re.search(r"^demo: .*No such file.*cleanbill", done.stderr, re.MULTILINE)


@pytest.mark.parametrize("script", sorted(DEMO.parent.glob("*.py")), ids=lambda path: path.name)
def test_the_demo_needs_what_the_program_needs(script: Path) -> None:
    own = {path.stem for path in DEMO.parent.glob("*.py")}
    named = set(NEEDED.findall(script.read_text(encoding="utf-8"))) - own - sys.stdlib_module_names
    assert named <= {"aiohttp", "click", "standardwebhooks"}
