"""What the commands that walk directories share: their options, and the scan itself."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from analyzers.inventory import View
from analyzers.tree import Skipped, matcher
from crawler import clock
from crawler.cli.misconfig import misconfig_search
from crawler.cli.options import Options
from crawler.cli.report_options import Report
from crawler.cli.running import run, shown
from crawler.cli.scanning import report
from crawler.engine import Engine, open_engine
from crawler.targets.tree import analyzers_of, learn_tree
from crawler.worker_process import WorkerProcess, early_worker
from reports.document import ArtifactType
from reports.subject import Subject

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """Which files the user wants to be looked at."""

    skipped: Skipped
    patterns: tuple[tuple[str, str], ...]
    """(analyzer id, regular expression)."""


def _globs(_ctx: click.Context, _option: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    globs = tuple(part.strip() for each in value for part in shown(each).split(",") if part.strip())
    try:
        matcher(globs)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return globs


def _patterns(_ctx: click.Context, _option: click.Parameter, value: tuple[str, ...]) -> dict[str, list[str]]:
    patterns: dict[str, list[str]] = {}
    for each in value:
        type_, colon, pattern = each.partition(":")
        try:
            re.compile(pattern)
            pattern.encode()
        except (re.error, UnicodeEncodeError) as error:
            raise click.BadParameter(f"{each!r}: {error}") from error
        if not colon or not pattern:
            raise click.BadParameter(f"{each!r}: expected TYPE:REGEX")
        patterns.setdefault(type_, []).append(pattern)
    return patterns


_OPTIONS = (
    click.option(
        "--skip-dirs",
        multiple=True,
        callback=_globs,
        metavar="GLOBS",
        help="Directories to leave out, below the one scanned; repeatable.",
    ),
    click.option(
        "--skip-files",
        multiple=True,
        callback=_globs,
        metavar="GLOBS",
        help="Files to leave out; repeatable.",
    ),
    click.option(
        "--file-patterns",
        multiple=True,
        callback=_patterns,
        metavar="TYPE:REGEX",
        help='Read these paths as well, such as "pip:reqs-.*\\.txt"; repeatable.',
    ),
)


dev_option = click.option(
    "--include-dev-deps", is_flag=True, help="Also packages that are needed for development only."
)
"""For sources; what is installed is told whatever it is for."""


def walk_options(command: _Command) -> _Command:
    """Give a command the options that `walked` reads."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def walked(values: Mapping[str, Any], view: View) -> Walked:
    """Return the files asked for by the values of `walk_options`. Raises click.BadParameter."""
    patterns = values["file_patterns"]
    try:
        ids = analyzers_of(patterns.keys(), view)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--file-patterns") from error
    return Walked(
        skipped=Skipped(dirs=values["skip_dirs"], files=values["skip_files"]),
        patterns=tuple((key, each) for type_ in patterns for key in ids[type_] for each in patterns[type_]),
    )


def run_tree(options: Options, path: str, view: View, files: Walked, ask: Report) -> int:
    """Scan a directory and report; return the exit code."""
    with early_worker() as early:
        return run(options, scan_tree(options, path, view, files, ask, early))


async def scan_tree(  # noqa: PLR0913, PLR0917 - where, what of it, and with what
    options: Options, path: str, view: View, files: Walked, ask: Report, early: WorkerProcess
) -> int:
    """Scan a directory and report; return the exit code. Raises the errors that `run` explains."""
    settings = options.settings()
    async with open_engine(
        settings,
        options.cache_dir,
        early=early,
        scanners=ask.looks_for_in_files,
        secret_config=ask.secret_config,
        misconfig=await misconfig_search(ask),
    ) as engine:
        subject = await tree_subject(engine, Path(path), path, view, files)
        _, code = await report(engine, settings, options, subject, ask)
    return code


async def tree_subject(engine: Engine, path: Path, name: str, view: View, files: Walked) -> Subject:
    """Return what is to be reported of a directory, once the store knows what it holds."""
    skipped = await asyncio.to_thread(_below, path, files.skipped)
    digest = await learn_tree(engine, path, view, skipped=skipped, patterns=files.patterns)
    return Subject(name=shown(name), digest=digest, now=clock.now(), artifact_type=ArtifactType.FILESYSTEM)


def _below(path: Path, skipped: Skipped) -> Skipped:
    """Return what to leave out by its place below `path`, where it was given with `path` before it."""
    starts = (f"{path}/", f"{path.resolve()}/")

    def relative(globs: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(
            next((glob.removeprefix(start) for start in starts if glob.startswith(start)), glob)
            for glob in globs
        )

    return Skipped(dirs=relative(skipped.dirs), files=relative(skipped.files))
