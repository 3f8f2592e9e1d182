"""The command line: each command in a module of its own, imported when it is called."""

import contextlib
import gc
import os
import signal
import sys
from importlib import import_module
from typing import NoReturn

import click

from crawler.cli.options import NOTHING, USAGE, also_after, common_options, options_of
from crawler.version import VERSION

COMMANDS = {
    "advisories": ("advisories", "Update, import or list the advisory feeds."),
    "affected": ("affected", "Show which images a vulnerability or package is in."),
    "completion": ("completion", "Print the completion script of a shell."),
    "config": ("config", "Scan configuration files; config check: the settings."),
    "crawl": ("crawl", "Walk the registries once."),
    "deliveries": ("deliveries", "List webhook deliveries, or send them again."),
    "diff": ("diff", "Compare two images, or a tag at two times."),
    "events": ("events", "List what changed."),
    "fs": ("fs", "Scan a directory of source files."),
    "image": ("image", "Scan one image."),
    "k8s": ("k8s", "Scan the images of a Kubernetes cluster."),
    "repo": ("repo", "Scan a Git repository."),
    "rootfs": ("rootfs", "Scan the root directory of a system."),
    "sbom": ("sbom", "Scan a bill of materials."),
    "version": ("version", "Print the version."),
    "vm": ("vm", "Scan the disk image of a virtual machine."),
    "watch": ("watch", "Run the daemon: crawl, follow advisories, send webhooks."),
}
"""Name → (module in this package, one line of help)."""
_ALIKE = 0.8
"""Of two names, from 0 to 1, from which on one may be a slip for the other."""
_ALIASES = {
    "conf": "config",
    "filesystem": "fs",
    "i": "image",
    "kubernetes": "k8s",
    "repository": "repo",
}
"""Other names that users of Trivy know."""


class _Lazy(click.Group):
    """Imports a command's module only when that command is used: start-up time is a feature."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        cmd_name = _ALIASES.get(cmd_name, cmd_name)
        if cmd_name not in COMMANDS:
            return None
        return also_after(import_module(f"crawler.cli.{COMMANDS[cmd_name][0]}").COMMAND)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = _ALIASES.get(args[0], args[0])
        if name == "config" and args[1:2] == ["check"]:  # ./check is a path
            return name, also_after(import_module("crawler.cli.check_config").COMMAND), args[1:]
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, "-v", "--version", prog_name="cleanbill", message="%(prog)s %(version)s")
@common_options
@click.pass_context
def cli(ctx: click.Context, /, **values: object) -> None:
    """Know what is inside every image of a registry, and what is known against it.

    The options below may also stand after the command.

    Exit codes: 0 done; the one of --exit-code when there are findings; 2 wrong usage or settings;
    3 something could not be checked; 4 nothing could be scanned.
    """
    ctx.obj = options_of(values)


def _with_better_guesses(error: click.NoSuchOption) -> click.NoSuchOption:
    """Return the error without guesses that are no slips: for --security-checks click has --config-check."""
    from difflib import SequenceMatcher  # noqa: PLC0415 - only errors need it

    name = error.option_name
    meant = [each for each in error.possibilities or () if SequenceMatcher(None, name, each).ratio() > _ALIKE]
    return click.NoSuchOption(name, possibilities=meant, ctx=error.ctx)


def program() -> NoReturn:
    """Run the command line and end at once: the interpreter's own way out takes 60 ms, for nothing."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until there is something to give back, Ctrl-C just ends it, and not with a traceback of imports.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    code = 0
    try:
        main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # closed, or nobody reads it
            stream.flush()
    os._exit(code)


def main() -> None:
    """Run the command line and exit with its code."""
    # Importing makes a hundred thousand objects that stay: collecting there takes 0.2 s for nothing.
    gc.disable()
    try:
        code = cli(prog_name="cleanbill", standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.Abort:
        code = 130
    except click.ClickException as error:
        if isinstance(error, click.NoSuchOption):
            error = _with_better_guesses(error)
        error.show()
        code = USAGE
    except OSError as error:  # those of commands are told where they happen
        with contextlib.suppress(OSError):
            click.echo(f"cleanbill: standard output: {(error.strerror or str(error)).lower()}", err=True)
        code = NOTHING
    sys.exit(code if isinstance(code, int) else 0)
