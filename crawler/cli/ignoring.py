"""What the user and the settings leave out: rules for secrets, what to ignore, VEX documents."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from crawler.errors import ScanError

if TYPE_CHECKING:
    from analyzers.ignore.policy import Policy
    from analyzers.ignore.rule import Rule
    from analyzers.ignore.statement import Statement

DEFAULT_FILES = (".trivyignore", ".trivyignore.yaml")
"""Ignore files of the working directory, which are read when they are there."""
DEFAULT_SECRET_CONFIG = "trivy-secret.yaml"  # noqa: S105 - a file's name
ATTACHED = "oci"
"""In place of a file: the VEX documents that are attached to the image in its registry."""
EXPIRED = "it ignores nothing any more"
"""What is to be said of a rule whose time is over."""
_MOST_BYTES = 64 * 1024 * 1024

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _file(_ctx: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not os.path.isfile(value):  # noqa: PTH113 - names too long are no files, either
        raise click.BadParameter(f"{value!r:.300}: expected a file")
    return value


def _files(ctx: click.Context, option: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    for name in value:
        if name != ATTACHED or ctx.command.name != "image":
            _file(ctx, option, name)
    return value


def _here(*names: str) -> Iterator[str]:
    """Yield which of these are files in the working directory; who may not look into that means none."""
    return (name for name in names if os.path.isfile(name))  # noqa: PTH113 - pathlib might raise


def _secret_config(ctx: click.Context, option: click.Parameter, value: str | None) -> str:
    if value is None:
        return next(_here(DEFAULT_SECRET_CONFIG), "")
    return _file(ctx, option, value) or ""


_SECRET_CONFIG = click.option(
    "--secret-config",
    callback=_secret_config,
    metavar="FILE",
    help=f"Rules for secrets.  [default: {DEFAULT_SECRET_CONFIG}, if there]",
)
_IGNOREFILE = click.option(
    "--ignorefile",
    callback=_file,
    metavar="FILE",
    help=f"Findings to leave out.  [default: {', '.join(DEFAULT_FILES)}, if there]",
)
_VEX = click.option(
    "--vex",
    multiple=True,
    callback=_files,
    metavar="FILE",
    help="Statements about vulnerabilities: OpenVEX, CycloneDX or CSAF, for `image` also oci, those "
    "attached in its registry; the first that speaks counts; repeatable.",
)
_SHOW_SUPPRESSED = click.option(
    "--show-suppressed", is_flag=True, help="Also what they leave out, with who says so."
)


def ignore_options(command: _Command) -> _Command:
    """Give a command that scans the options that `policy_of` is made of, and the rules for secrets."""
    return _SECRET_CONFIG(policy_options(command))


def policy_options(command: _Command) -> _Command:
    """Give a command the options that `policy_of` is made of, and `--show-suppressed`."""
    return _IGNOREFILE(_VEX(_SHOW_SUPPRESSED(command)))


def ignorefile_options(command: _Command) -> _Command:
    """Give a command that is not about vulnerabilities the same without `--vex`."""
    return _IGNOREFILE(_SHOW_SUPPRESSED(command))


def policy_of(
    ignorefile: str | None,
    vex: tuple[str, ...],
    *,
    settled: "Sequence[Rule]" = (),
    attached: "Sequence[Statement]" = (),
) -> "Policy | None":
    """Return the policy of these files, rules and statements; None when there are none.

    Args:
        ignorefile: the one to read instead of those that lie in the working directory.
        vex: VEX documents in their order, ATTACHED for those of the registry.
        settled: the rules of the settings; those of files come before them.
        attached: the statements of the documents that the registry has.

    Raises:
        ScanError: a file cannot be read, or is none; says which, and where.
    """
    names = [ignorefile] if ignorefile is not None else [*_here(*DEFAULT_FILES)]
    if not names and not vex and not settled:
        return None
    from analyzers.errors import ParseError  # noqa: PLC0415 - most scans have none
    from analyzers.ignore.policy import Policy  # noqa: PLC0415 - as above
    from analyzers.ignore.vex import read_vex  # noqa: PLC0415 - as above

    try:
        rules = [rule for name in names for rule in _rules(name)]
        said = [attached if name == ATTACHED else read_vex(_read(name), name) for name in vex]
        return Policy((*rules, *settled), said)
    except ParseError as error:
        raise ScanError(str(error)) from error


def _rules(name: str) -> "Iterator[Rule]":
    from analyzers.ignore.trivyignore import read_trivyignore, read_trivyignore_yaml  # noqa: PLC0415 - as above

    read = read_trivyignore_yaml if name.endswith((".yaml", ".yml")) else read_trivyignore
    yield from read(_read(name), name)


def _read(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ScanError(f"{name}: {(error.strerror or str(error)).lower()}") from error
    if len(data) > _MOST_BYTES:
        raise ScanError(f"{name}: more than {_MOST_BYTES} bytes, expected at most that many")
    return data
