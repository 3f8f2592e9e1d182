"""The options of commands that judge configurations: whose checks, which files, which standard."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from analyzers.catalogue import catalogue
from analyzers.inventory import Scanner
from crawler.cli.report_options import ALL, Report
from crawler.errors import ScanError
from crawler.misconfig_search import MisconfigSearch, file_type_of, read_misconfig_search
from crawler.scanners import SCANNERS

if TYPE_CHECKING:
    from analyzers.checks.compliance import Spec

SUMMARY = "summary"
_ALIASES = {"terraformplan-json": "terraformplan"}
"""Words of Trivy's for the same."""
_MOST_BYTES = 1024 * 1024

_Command = TypeVar("_Command", bound=Callable[..., Any])


def spec_of(name: str) -> "Spec":
    """Return a built-in standard, with or without its version, or that of a file: "@" before its path.

    Raises:
        ScanError: there is none of this name; the file cannot be read, or is none.
    """
    from analyzers.checks.compliance import COMPLIANCE  # noqa: PLC0415 - most scans ask for none
    from analyzers.checks.compliance_spec import read_spec  # noqa: PLC0415 - as above
    from analyzers.errors import ParseError  # noqa: PLC0415 - as above

    if not name.startswith("@"):
        found = [spec for key, spec in COMPLIANCE.items() if name in {key, key.rpartition("-")[0]}]
        if len(found) != 1:
            raise ScanError(f"{name!r}: expected one of {', '.join(COMPLIANCE)}, or @FILE")
        return found[0]
    if name == "@":
        raise ScanError("'@': expected a file after it")
    try:
        with Path(name[1:]).open("rb") as file:
            return read_spec(file.read(_MOST_BYTES), name[1:])
    except OSError as error:
        raise ScanError(f"{name[1:]}: {(error.strerror or str(error)).lower()}") from error
    except ParseError as error:
        raise ScanError(str(error)) from error


def _spec(ctx: click.Context, _option: click.Parameter, value: str | None) -> str:
    """Check that there is such a standard; by default what it is about is looked for."""
    if not value:
        return ""
    try:
        about = spec_of(value).scanners
    except ScanError as error:
        raise click.BadParameter(str(error)) from error
    if needed := [word for word, scanner in SCANNERS.items() if scanner in about - {Scanner.MISCONFIG}]:
        ctx.default_map = {**(ctx.default_map or {}), "scanners": ",".join(needed)}
    return value


def _file_types(_ctx: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, ...]:
    if value is None:
        return ()
    known = sorted(file_type_of(each.id) for each in catalogue() if each.scanner is Scanner.MISCONFIG)
    named = [part.strip() for part in value.split(",") if part.strip()]
    types = tuple(_ALIASES.get(each, each) for each in named)
    if not types or (unknown := sorted({*types} - {*known})):
        shown = repr(unknown[0]) if types else "none"
        raise click.BadParameter(f"{shown}: expected some of {','.join(known)}")
    return types


_CHECKS = (
    click.option(
        "--config-check",
        multiple=True,
        type=click.Path(exists=True, file_okay=False),
        metavar="DIR",
        help="A folder of Python files with checks of your own, which are run; repeatable.",
    ),
    click.option(
        "--misconfig-scanners",
        callback=_file_types,
        metavar="LIST",
        help="Types of files to check, such as dockerfile,kubernetes.  [default: all]",
    ),
)
_CHARTS = (
    click.option(
        "--helm-values",
        multiple=True,
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="Values for charts, over their own; repeatable.",
    ),
    click.option(
        "--helm-set",
        multiple=True,
        metavar="K=V",
        help='Values over those, as "image.tag=1,ports[0]=80"; repeatable.',
    ),
)
_STANDARDS = (
    click.option(
        "--compliance",
        callback=_spec,
        is_eager=True,  # before --scanners, whose default it decides
        metavar="NAME|@FILE",
        help="Report on a standard: docker-cis-1.6.0, k8s-nsa-1.0, k8s-pss-baseline-0.1, "
        "k8s-pss-restricted-0.1.",
    ),
)
_STYLE = (
    click.option(
        "--report",
        "compliance_report",
        type=click.Choice((ALL, SUMMARY)),
        default=ALL,
        show_default=True,
        help="Of a standard: also what fails, or its controls only.",
    ),
)


def misconfig_options(command: _Command) -> _Command:
    """Give a command the options that `misconfig_search` and compliance reports are made of."""
    return _with(command, (*_CHECKS, *_CHARTS, *_STANDARDS, *_STYLE))


def object_options(command: _Command) -> _Command:
    """Give a command those of them that are about a cluster's objects, which has a --report of its own."""
    return _with(command, (*_CHECKS, *_STANDARDS))


def _with(command: _Command, options: Sequence[Callable[[_Command], _Command]]) -> _Command:
    for option in reversed(options):
        command = option(command)
    return command


async def misconfig_search(ask: Report) -> MisconfigSearch:
    """Return how configurations are to be judged. Raises ScanError and ConfigError."""
    return await asyncio.to_thread(
        read_misconfig_search, ask.config_check, ask.misconfig_scanners, ask.helm_values, ask.helm_set
    )
