"""A daemon, and what it watches: a registry, a mirror of advisories, a receiver."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from config.settings import Settings
from crawler.monitor import watch
from tests.fakes.engine import rows
from tests.fakes.hooks import Hook
from tests.fakes.images import debian, dpkg, layer
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.registry import FakeRegistry

BASE = layer(debian(), dpkg(openssl="3.0.11-1"))


def flaw(number: int) -> bytes:
    """Return a record about the openssl of the images, of that day."""
    about = ("Debian:12", "openssl")
    return record(f"CVE-2024-{number}", f"2024-01-0{number}T00:00:00Z", about, fixed="3.0.12-1")


@dataclass
class World:
    """A registry, a mirror, a receiver, and a daemon that is started by the test."""

    folder: Path
    registry: FakeRegistry
    mirror: Mirror
    hook: Hook
    settings: Settings

    @contextlib.asynccontextmanager
    async def watching(self, settings: Settings | None = None) -> AsyncIterator[None]:
        """Let the daemon work within the block; it has to end when it is told to."""
        stop = asyncio.Event()
        async with asyncio.timeout(15), asyncio.TaskGroup() as group:
            group.create_task(watch(settings or self.settings, self.folder, stop))
            yield
            stop.set()

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return rows(self.folder, sql) if (self.folder / "cleanbill.db").exists() else []

    def is_crawled(self) -> bool:
        try:
            return bool(self.rows("SELECT 1 FROM registries WHERE baseline_at <> ''"))
        except Exception:  # noqa: BLE001 - the tables may not be there yet
            return False

    async def get(self, path: str) -> tuple[int, str]:
        url = f"http://{self.settings.server.listen}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, await answer.text()

    async def measures(self, name: str, labels: str, value: float) -> None:
        """Return once the metrics say so of the registry."""
        line = f'\n{name}{{{labels}registry="{self.registry.url}"}} {value}\n'
        async with asyncio.timeout(10):
            while line not in (await self.get("/metrics"))[1]:
                pass

    def heads(self) -> int:
        return len(self.registry.paths("HEAD"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
