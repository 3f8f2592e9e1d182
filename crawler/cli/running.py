"""How a command runs and ends: one event loop, reports to stdout, remarks to stderr, an exit code."""

import asyncio
import contextlib
import errno
import gc
import os
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Coroutine, Iterable
from pathlib import Path

import click

from analyzers.tar_header import display
from config.errors import ConfigError
from crawler.advisories.errors import FeedError
from crawler.cli.options import NOTHING, USAGE, Options, unusable
from crawler.errors import ScanError
from crawler.registry.errors import InvalidReferenceError, RegistryError
from crawler.version import VERSION
from reports.context import RenderContext, new_report_id
from reports.printable import printable
from store.errors import StoreError

PIPE_WIDTH = 160
GARBAGE_OBJECTS = 10_000
"""New objects between two looks for garbage; with Python's 700 a crawl spends a second looking in vain."""


class BusyError(Exception):
    """Another process does what only one may do at a time."""


_USAGE = (ConfigError, InvalidReferenceError)
_NOTHING = (BusyError, RegistryError, ScanError, FeedError, StoreError, sqlite3.DatabaseError, OSError)


def run(options: Options, work: Coroutine[None, None, int]) -> int:
    """Run a command's work and return its exit code; the world's errors become one sentence and a code."""
    if reason := unusable(options.cache_dir):
        work.close()
        _say(f"--cache-dir {options.cache_dir}: {reason}")
        return NOTHING
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.enable()
    try:
        return asyncio.run(_stoppable(work))
    except BrokenPipeError:
        # Whoever read our report has seen enough; Python's own flush at exit must not complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (*_USAGE, *_NOTHING, ExceptionGroup) as raised:
        error = _first_expected(raised)
        if error is None:
            raise
        if options.debug:
            traceback.print_exc()
        _say(_sentence(error, options))
        return USAGE if isinstance(error, _USAGE) else NOTHING
    except KeyboardInterrupt:
        return 130


async def _stoppable(work: Coroutine[None, None, int]) -> int:
    """Await the work; the first SIGTERM or SIGHUP cancels it, so that it gives back what it holds.

    Which of them is said. By itself such a signal would leave temporary files, and programs that were
    started for the work.
    """
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    stopped: list[int] = []

    def stop(number: int) -> None:
        loop.remove_signal_handler(number)
        stopped.append(number)
        if task is not None:
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores it, and so do we
            loop.add_signal_handler(number, stop, number)
    try:
        return await work
    except asyncio.CancelledError:
        if not stopped:
            raise
        with contextlib.suppress(OSError):  # SIGHUP comes when the terminal is gone
            _say(f"stopped by {signal.Signals(stopped[0]).name}")
        return 128 + stopped[0]


def _first_expected(raised: Exception) -> Exception | None:
    """Return the error, or a group's first one; None when a group holds any that is a mistake of ours."""
    while isinstance(raised, ExceptionGroup):
        _, unexpected = raised.split((*_USAGE, *_NOTHING))
        if unexpected is not None:
            return None
        raised = raised.exceptions[0]
    return raised


def _sentence(error: Exception, options: Options) -> str:
    """Return what an error says; the system's own ones name no place, or in a form of their own."""
    if isinstance(error, StoreError) and isinstance(error.__cause__, PermissionError):
        return f"{error}; --cache-dir names another place"
    if not isinstance(error, OSError) or error.errno is None:
        return str(error)
    reason = os.strerror(error.errno).lower()
    if isinstance(error.filename, str | bytes):
        return f"{os.fsdecode(error.filename):.500}: {reason}"
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
        return f"{reason}; the database and temporary files are in {options.cache_dir} (--cache-dir)"
    return str(error)


def shown(argument: str) -> str:
    """Return an argument for a report: a path need not be UTF-8, a report is."""
    return display(os.fsencode(argument))


def remark(options: Options, text: str) -> None:
    """Tell something that belongs to no report."""
    if not options.quiet:
        _say(text)


def _say(text: str) -> None:
    # Errors quote what registries and feeds sent.
    click.echo("\n".join(f"cleanbill: {printable(line)}" for line in text.split("\n")), err=True)


def context() -> RenderContext:
    """Return what reports need to know of terminal, time and chance."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdigit() and columns != "0" else PIPE_WIDTH
    if terminal:
        width = shutil.get_terminal_size().columns
    return RenderContext(
        version=VERSION,
        report_id=new_report_id(time.time_ns() // 1_000_000, os.urandom(10)),
        width=width,
        color=terminal and "NO_COLOR" not in os.environ,
    )


def write(report: str | Iterable[str], output: str | None) -> None:
    """Write a report, in parts if it is large, to a file, whole or not at all, or to stdout. Raises OSError.

    A device, pipe or the like is written into, and the file that a link leads to replaced, not the link.
    """
    parts = (report,) if isinstance(report, str) else report
    if output is None:
        if sys.stdout is None:
            raise OSError("standard output is closed: name a file by --output")
        try:
            sys.stdout.writelines(parts)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OSError(f"standard output: {(error.strerror or str(error)).lower()}") from error
        return
    if not output:
        raise OSError("--output: expected a file, got an empty name")
    try:
        target = _target(output)
        if target.exists() and not target.is_file():
            _write_all(target, parts)
        else:
            _replace(target, parts)
    except OSError as error:
        raise OSError(f"--output {output}: {(error.strerror or str(error)).lower()}") from error


def _target(output: str) -> Path:
    target = Path(output).resolve()
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a directory, expected a file")
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such directory")
    return target


def _write_all(file: Path, parts: Iterable[str]) -> None:
    with file.open("w", encoding="utf-8") as opened:
        opened.writelines(parts)


def _replace(target: Path, parts: Iterable[str]) -> None:
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        _write_all(part, parts)
        part.replace(target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
