"""What a command does beside its event loop, which it would hold up: reading settings, showing a report."""

import asyncio
from collections.abc import Callable

import click

from config.settings import Settings
from crawler.cli.options import Options
from crawler.cli.running import write
from reports.printable import printable


async def read_settings(options: Options) -> Settings:
    """Return the settings. Raises ConfigError."""
    return await asyncio.to_thread(options.settings)


async def publish(make: Callable[[], str], output: str | None = None) -> None:
    """Make a report, with what has to be imported for it, and write it as `write` does. Raises OSError."""
    await asyncio.to_thread(lambda: write(make(), output))


def fail(text: str, code: int) -> int:
    """Say why there is nothing to report, and return the exit code."""
    click.echo(f"cleanbill: {printable(text)}", err=True)
    return code
