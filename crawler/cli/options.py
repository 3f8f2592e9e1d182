"""What stands before the verb, and what every verb makes of it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from config.load import load
from config.platforms import is_platform, parse_platforms
from config.settings import Settings

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


def path_given(_ctx: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Return a path that an option gives, if it does; an empty one is a variable that is not set."""
    if value == "":
        raise click.BadParameter("expected a path, got an empty one")
    return value


_COMMON: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (
        ("-c", "--config"),
        {
            "metavar": "FILE",
            "callback": path_given,
            "help": "Settings; default cleanbill.toml here or in ~/.config/cleanbill.",
        },
    ),
    (
        ("--cache-dir",),
        {
            "metavar": "DIR",
            "callback": path_given,
            "help": "Where things are remembered; default ~/.cache/cleanbill.",
        },
    ),
    (("-q", "--quiet"), {"is_flag": True, "help": "No progress and no remarks, errors only."}),
    (("-d", "--debug"), {"is_flag": True, "help": "Tell more; show tracebacks of errors."}),
    (("--no-progress",), {"is_flag": True, "help": "No progress bar."}),
)
_Group = TypeVar("_Group", bound=Callable[..., Any])

format_option = click.option(
    "-f",
    "--format",
    "format_name",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="What the report looks like.",
)
"""For the commands whose reports nobody else's tools read."""
output_option = click.option(
    "-o", "--output", metavar="FILE", help="Write the report there instead of stdout."
)


def common_options(group: _Group) -> _Group:
    """Give the group the options that `options_of` reads."""
    for names, values in reversed(_COMMON):
        group = click.option(*names, **values)(group)
    return group


def also_after(command: click.Command) -> click.Command:
    """Let a command, and those in it, take the same options after their names: many look for them there."""
    taken = {name for each in command.params for name in each.opts}
    for names, values in _COMMON:
        if not taken & {*names}:
            hidden = {**values, "hidden": True, "expose_value": False, "callback": _after}
            command.params.append(click.Option(names, **hidden))
    for each in getattr(command, "commands", {}).values():
        also_after(each)
    return command


def _after(ctx: click.Context, option: click.Parameter, value: str | bool | None) -> None:  # noqa: FBT001 - click's interface
    if isinstance(value, str):
        path_given(ctx, option, value)
    if value and option.name:
        ctx.obj = replace(ctx.obj, **{option.name: Path(value) if isinstance(value, str) else value})


def checked_platforms(
    _ctx: click.Context, _option: click.Parameter, value: str | tuple[str, ...]
) -> str | tuple[str, ...]:
    """Return what `--platform` gives.

    Raises:
        click.BadParameter: it is none, nor "all" of several, or misspelt: where no image is for it, all are
            taken, which nobody wants to wait for.
    """
    if isinstance(value, str):
        return _platform(value, "one such as linux/amd64")
    if "all" in value:
        return ("all",)
    return tuple(_platform(each, "all, or some such as linux/amd64") for each in value)


def _platform(text: str, expected: str) -> str:
    if not is_platform(text):
        raise click.BadParameter(f"{text!r} is not a choice of platforms: expected {expected}")
    try:
        return parse_platforms((text,))[0]
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def unusable(directory: Path) -> str:
    """Return why a directory cannot be made where it is not; "" when nothing is in its way."""
    for place in (directory, *directory.parents):
        if os.path.isdir(place):  # noqa: PTH112 - pathlib raises for names that are too long
            break
        if os.path.lexists(place):
            return (
                f"{place} is no directory, expected one" if place == directory else f"{place} is no directory"
            )
    return ""


def default_cache_dir(environ: Mapping[str, str]) -> Path:
    """Return cleanbill/ in the user's cache directory."""
    base = environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "cleanbill"
