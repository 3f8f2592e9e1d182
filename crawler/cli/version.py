"""`cleanbill version`."""

import click

from crawler.version import VERSION


@click.command("version")
def COMMAND() -> int:  # noqa: N802 - the name by which the group finds it
    """Print the version."""
    click.echo(f"cleanbill {VERSION}")
    return 0
