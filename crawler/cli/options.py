"""What stands before the verb, and what every verb makes of it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from config.load import load
from config.settings import Settings
from config.units import parse_platforms

DONE, USAGE, INCOMPLETE, NOTHING = 0, 2, 3, 4
"""Exit codes; README.md explains them to users."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of every command."""

    config: Path | None
    cache_dir: Path
    quiet: bool
    debug: bool
    no_progress: bool

    def settings(self) -> Settings:
        """Return the settings of file and environment. Raises ConfigError."""
        return load(self.config, os.environ)


def options_of(values: Mapping[str, Any]) -> Options:
    """Return the options from the values that were parsed."""
    config, cache_dir = values["config"], values["cache_dir"]
    return Options(
        config=Path(config) if config else None,
        cache_dir=Path(cache_dir) if cache_dir else default_cache_dir(os.environ),
        quiet=values["quiet"],
        debug=values["debug"],
        no_progress=values["no_progress"],
    )


def checked_platforms(
    _ctx: click.Context, _option: click.Parameter, value: str | tuple[str, ...]
) -> str | tuple[str, ...]:
    """Return what `--platform` gives. Raises click.BadParameter: it is none, nor "all" of several."""
    try:
        if isinstance(value, str):
            parse_platforms((value,))
            return value
        return parse_platforms("all" if "all" in value else value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def default_cache_dir(environ: Mapping[str, str]) -> Path:
    """Return cleanbill/ in the user's cache directory."""
    base = environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "cleanbill"
