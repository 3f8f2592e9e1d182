import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.cli import COMMANDS
from crawler.cli.options import NOTHING, USAGE
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


@pytest.mark.parametrize("group", [[], ["advisories"], ["config"], ["deliveries"]])
def test_no_summary_of_a_command_is_cut_off(tmp_path: Path, group: list[str]) -> None:
    _, _, commands = cleanbill(tmp_path, *group, "--help", columns=80).out.partition("Commands:\n")
    assert "..." not in commands


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


@pytest.mark.parametrize("args", [["fs", "."], ["advisories", "status"], ["config", "check"]])
def test_options_of_all_commands_stand_before_or_after(tmp_path: Path, args: list[str]) -> None:
    missing = str(tmp_path / "missing.toml")
    before, after = (
        cleanbill(tmp_path, *each) for each in (["--config", missing, *args], [*args, "--config", missing])
    )
    assert before == after
    assert before.code == USAGE
    assert "missing.toml" in before.err


@pytest.mark.parametrize(
    ("option", "guess"), [("--severty", "Did you mean '--severity'?"), ("--security-checks", "checks'.\n")]
)
def test_only_slips_are_guessed(tmp_path: Path, option: str, guess: str) -> None:
    ran = cleanbill(tmp_path, "fs", option, "x", ".")
    assert ran.code == USAGE
    assert guess in ran.err


@pytest.mark.parametrize("args", [["version"], ["--help"], ["completion", "bash"]])
def test_a_full_standard_output_is_one_sentence(args: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-c", "from crawler.cli import program; program()", *args],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (NOTHING, "cleanbill: standard output: no space left on device\n")


def test_interrupted_while_it_starts_it_just_ends() -> None:
    script = (
        "import os, signal; from crawler import cli;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"  # in the background it is ignored
        "cli.main = lambda: os.kill(os.getpid(), signal.SIGINT); cli.program()"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (-signal.SIGINT, b"")
