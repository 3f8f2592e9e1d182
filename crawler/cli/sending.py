"""Deliveries of a single command: it sends what it has to tell, as far as it gets."""

import asyncio
from dataclasses import replace

from config.settings import Settings
from crawler.cli.options import Options
from crawler.cli.running import remark
from store.database import Store

SEND_S = 30.0
"""How long a command goes on sending; the daemon sends the rest."""


async def send(options: Options, settings: Settings, store: Store) -> None:
    """Try what is due to the webhooks of the settings, once each; say how many went, and what is left."""
    if not settings.webhooks:
        return
    from config.logging import configure  # noqa: PLC0415 - only when there is somebody to tell
    from crawler.engine import outbox_lock  # noqa: PLC0415 - as above
    from crawler.notify.endpoints import rules  # noqa: PLC0415 - as above
    from crawler.notify.outbox import Outbox  # noqa: PLC0415 - as above
    from crawler.secret_search import read_secret_config  # noqa: PLC0415 - as above
    from crawler.version import VERSION  # noqa: PLC0415 - as above

    # A line for every message is for a daemon's log.
    level = "warning" if settings.log.level == "info" and not options.debug else settings.log.level
    configure(replace(settings.log, level=level, format="console"))
    own = settings.crawl.secret_config
    secret_config = (await asyncio.to_thread(read_secret_config, own)).packed if own else b""
    lock = await asyncio.to_thread(outbox_lock, settings, options.cache_dir)
    outbox = Outbox(
        store,
        rules(settings),
        policies=settings.policies,
        secret_config=secret_config,
        agent=f"cleanbill/{VERSION}",
        lock=lock,
    )
    left = await outbox.drain(SEND_S)
    if outbox.delivered:
        remark(options, f"deliveries sent: {outbox.delivered}")
    if left:
        remark(options, f"deliveries still to be sent: {left}; `cleanbill watch` goes on with them")
