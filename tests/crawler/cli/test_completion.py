import subprocess
import sys
from pathlib import Path

import pytest

from tests.crawler.cli.stores import cleanbill


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_the_program_what_fits(tmp_path: Path, shell: str) -> None:
    ran = cleanbill(tmp_path, "completion", shell)
    assert ran.code == 0
    assert f"_CLEANBILL_COMPLETE={shell}_complete" in ran.out


def test_another_shell_is_refused(tmp_path: Path) -> None:
    assert cleanbill(tmp_path, "completion", "cmd").code == 2


def test_the_program_answers_the_script(tmp_path: Path) -> None:
    env = {
        "HOME": str(tmp_path),
        "COMP_WORDS": "cleanbill adv",
        "COMP_CWORD": "1",
        "_CLEANBILL_COMPLETE": "bash_complete",
    }
    program = Path(sys.executable).with_name("cleanbill")
    if not program.exists():
        pytest.skip("not installed: cleanbill")
    done = subprocess.run([program], env=env, capture_output=True, text=True, check=False)
    assert done.stdout == "plain,advisories\n"
