"""`cleanbill completion`: what makes a shell complete our commands and options."""

import click

from crawler.cli.options import DONE

SHELLS = ("bash", "zsh", "fish")


EXAMPLE = """\b
Example:
  cleanbill completion bash > ~/.local/share/bash-completion/completions/cleanbill
"""


@click.command("completion", short_help="Print the completion script of a shell.", epilog=EXAMPLE)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def COMMAND(ctx: click.Context, /, shell: str) -> int:  # noqa: N802 - the name by which the group finds it
    """Print what a shell has to read to complete commands and options of cleanbill."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - only here

    completion = get_completion_class(shell)
    if completion is None:
        raise click.UsageError(f"{shell!r}: expected one of {', '.join(SHELLS)}")
    click.echo(completion(ctx.find_root().command, {}, "cleanbill", "_CLEANBILL_COMPLETE").source())
    return DONE
