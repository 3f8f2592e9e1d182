"""`cleanbill watch`: the daemon."""

import asyncio
import signal

import click

from crawler.cli.options import DONE, Options
from crawler.cli.running import remark, run

GRACE_S = 20.0
"""Time after the first SIGTERM or SIGINT for what is under way; then it is cut off."""


@click.command("watch", short_help="Run the daemon.")
@click.pass_obj
def COMMAND(options: Options, /) -> int:  # noqa: N802 - the name by which the group finds it
    """Crawl by schedule, follow advisories, send webhooks, serve health and metrics; until SIGTERM.

    Everything is remembered: killed at any moment, it goes on where it was. A second signal ends it at once.

    Example: cleanbill --config /etc/cleanbill.toml watch
    """
    return run(options, _watch(options))


async def _watch(options: Options) -> int:
    from config.logging import configure  # noqa: PLC0415 - what the daemon needs is not needed for --help
    from crawler.monitor import watch  # noqa: PLC0415 - as above

    settings = options.settings()
    if not settings.registries:
        raise click.UsageError("no registry: put [[registries]] into cleanbill.toml")
    configure(settings.log)
    try:
        async with asyncio.timeout(None) as limit:
            await watch(settings, options.cache_dir, _stop_on_signal(limit))
    except TimeoutError:
        remark(options, f"stopped after {GRACE_S:.0f} s with work under way; the next start goes on with it")
    return DONE


def _stop_on_signal(limit: asyncio.Timeout) -> asyncio.Event:
    """Return an event that the first signal sets; from then on `limit` runs, and the next signal kills."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def ask() -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(each)
        limit.reschedule(loop.time() + GRACE_S)
        stop.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ask)
    return stop
