import asyncio
import errno
import os
import pty
import signal
import socket
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from crawler.cli.options import NOTHING, USAGE, Options
from crawler.cli.running import context, run, write
from crawler.concurrency import for_each
from tests.crawler.cli.stores import cleanbill
from tests.fakes.program import PROGRAM, WITHIN_S, Program

OPTIONS = Options(config=None, cache_dir=Path(), quiet=False, debug=False, no_progress=True)


def ended(errors: Iterable[Exception]) -> int:
    """Run a command whose pieces of work, two levels deep, fail at the same time."""

    async def fail(error: Exception) -> None:
        raise error

    async def nested(error: Exception) -> None:
        await for_each([error], fail, limit=1)

    async def work() -> int:
        await for_each(errors, nested, limit=2)
        return 0

    return run(OPTIONS, work())


def test_an_error_of_parallel_work_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended([OSError("the disk is full"), OSError("the disk is still full")]) == NOTHING
    assert capsys.readouterr() == ("", "cleanbill: the disk is full\n")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EACCES, "x", "some/file"), "some/file: permission denied"),
        (OSError(errno.EACCES, "x", b"some/\xff"), "some/\\udcff: permission denied"),
        (OSError(errno.ENOSPC, "x"), "no space left on device; the database and temporary files are in . "),
        (OSError(errno.EBADF, "x", 7), "[Errno 9] x: 7"),
    ],
)
def test_where_the_system_refused(capsys: pytest.CaptureFixture[str], error: OSError, said: str) -> None:
    assert ended([error]) == NOTHING
    assert capsys.readouterr().err.startswith(f"cleanbill: {said}")


def test_a_full_standard_output_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    full = open("/dev/full", "w", encoding="utf-8", buffering=1)  # noqa: PTH123, SIM115 - closed below
    monkeypatch.setattr("sys.stdout", full)
    with pytest.raises(OSError, match="standard output: no space left on device"):
        write("x", None)
    with pytest.raises(OSError, match="No space left"):
        full.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_work_in_order(capsys: pytest.CaptureFixture[str], number: signal.Signals) -> None:
    given_back = []

    async def work() -> int:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            given_back.append(number)
        return 0

    before = signal.signal(number, signal.SIG_DFL)  # who runs the tests by nohup ignores it
    try:
        assert run(OPTIONS, work()) == 128 + number
        assert given_back == [number]
        assert capsys.readouterr() == ("", f"cleanbill: stopped by {number.name}\n")
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)


@contextmanager
def heeded(number: signal.Signals) -> Iterator[socket.socket]:
    """Let programs heed a signal, also when who runs the tests ignores it; give a place to wait for them."""
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(WITHIN_S)
            yield silent
    finally:
        signal.signal(number, before)


def crawl_of(silent: socket.socket) -> tuple[str, ...]:
    return "--no-progress", "crawl", "--offline-scan", f"http://127.0.0.1:{silent.getsockname()[1]}"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_process_says_which_signal_stopped_it(tmp_path: Path, number: signal.Signals) -> None:
    with (
        heeded(number) as silent,
        Program(tmp_path).started(*crawl_of(silent)) as command,
        silent.accept()[0],
    ):
        command.send_signal(number)
        _, err = command.communicate(timeout=WITHIN_S)
    assert (command.returncode, err) == (128 + number, f"cleanbill: stopped by {number.name}\n")


def test_a_terminal_that_is_gone_changes_no_exit_code(tmp_path: Path) -> None:
    ours, terminal = pty.openpty()
    arguments = [str(PROGRAM), "--cache-dir", str(tmp_path)]
    with (
        heeded(signal.SIGHUP) as silent,
        subprocess.Popen([*arguments, *crawl_of(silent)], stdout=terminal, stderr=terminal) as command,
    ):
        os.close(terminal)
        with silent.accept()[0]:
            os.close(ours)
            command.send_signal(signal.SIGHUP)
            assert command.wait(WITHIN_S) == 128 + signal.SIGHUP


def test_a_mistake_of_ours_is_not_hidden_by_others() -> None:
    with pytest.raises(ExceptionGroup):
        ended([OSError("the disk is full"), KeyError("a mistake")])


def test_a_closed_standard_output_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert not context().color
    with pytest.raises(OSError, match="standard output is closed"):
        write("x", None)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("file", "{0}/file is no directory, expected one"),
        ("file/a/b", "{0}/file is no directory"),
        ("dangling/a", "{0}/dangling is no directory"),
    ],
)
@pytest.mark.parametrize("command", [["affected", "CVE-1"], ["crawl", "http://127.0.0.1:1"]])
def test_what_can_be_no_cache_directory_is_named(
    tmp_path: Path, place: str, reason: str, command: list[str]
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    ran = cleanbill(tmp_path / place, *command)
    sentence = f"cleanbill: --cache-dir {tmp_path}/{place}: {reason.format(tmp_path)}\n"
    assert (ran.code, ran.out, ran.err) == (NOTHING, "", sentence)


def test_every_problem_of_the_settings_is_a_line_of_ours(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[crawl]\nspeed = 3\nworkers = -1\n")
    ran = cleanbill(tmp_path, "--config", str(tmp_path / "settings.toml"), "events")
    assert ran.code == USAGE
    starts = [line.partition(" ")[0] for line in ran.err.splitlines()]
    assert starts == ["cleanbill:"] * 2


@pytest.mark.parametrize("option", ["--cache-dir", "--config"])
def test_an_empty_path_is_a_variable_that_is_not_set(tmp_path: Path, option: str) -> None:
    before, after = (cleanbill(tmp_path, *args) for args in ([option, "", "events"], ["events", option, ""]))
    for ran in (before, after):
        assert (ran.code, "expected a path, got an empty one" in ran.err) == (USAGE, True)


def test_a_report_replaces_files_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("before")
    (tmp_path / "link").symlink_to("file")
    write("after", str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "after"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor(1) as others:
        reading = others.submit((tmp_path / "pipe").read_text)
        write("text", str(tmp_path / "pipe"))
        assert reading.result() == "text"
    assert (tmp_path / "pipe").is_fifo()


def test_a_folder_is_no_place_for_a_report(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=f"--output {tmp_path}: is a directory, expected a file"):
        write("text", str(tmp_path))
    with pytest.raises(OSError, match="none/report: there is no such directory"):
        write("text", str(tmp_path / "none/report"))
    with pytest.raises(OSError, match="--output: expected a file, got an empty name"):
        write("text", "")
    assert list(tmp_path.iterdir()) == []
