from pathlib import Path

import pytest

from crawler.cli import COMMANDS
from crawler.version import VERSION
from tests.crawler.cli.stores import cleanbill


@pytest.mark.parametrize("args", [["version"], ["--version"], ["-v"]])
def test_the_version_is_printed(tmp_path: Path, args: list[str]) -> None:
    ran = cleanbill(tmp_path, *args)
    assert (ran.code, ran.out) == (0, f"cleanbill {VERSION}\n")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    ran = cleanbill(tmp_path, command, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: cleanbill {command} ")


@pytest.mark.parametrize(
    "command",
    [
        ["advisories", "import"],
        ["advisories", "status"],
        ["advisories", "update"],
        ["affected"],
        ["completion"],
        ["config", "check"],
        ["deliveries", "list"],
        ["deliveries", "replay"],
        ["diff"],
        ["events"],
    ],
)
def test_every_question_has_an_example_that_can_be_copied(tmp_path: Path, command: list[str]) -> None:
    lines = cleanbill(tmp_path, *command, "--help").out.splitlines()
    assert any(
        f"{' '.join(command)}" in line and "cleanbill " in line for line in lines if "Usage" not in line
    )
