"""The daemon's world, for every test of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.settings import Advisories, Crawl, Osv, Registry, Server, Settings, Webhook
from tests.fakes.daemon import BASE, World, flaw, free_port
from tests.fakes.hooks import listening
from tests.fakes.images import push
from tests.fakes.osv_mirror import serving
from tests.fakes.receiver import SECRET
from tests.fakes.registry import FakeRegistry


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    feeds = {"Debian": [flaw(1)]}
    async with FakeRegistry() as registry, serving(feeds) as mirror, listening() as hook:
        push(registry, "app", "1.0", BASE)
        settings = Settings(
            registries=(Registry(url=registry.url),),
            crawl=Crawl(cron="0 2 1 1 *", workers=1),
            advisories=Advisories(every=0.2, osv=Osv(url=mirror.url)),
            webhooks=(Webhook(url=hook.url, secret=SECRET),),
            server=Server(listen=f"127.0.0.1:{free_port()}"),
        )
        yield World(tmp_path, registry, mirror, hook, settings)
