"""Listening on an address for as long as a block runs."""

import contextlib
import errno
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web

from config.addresses import split_listen
from config.errors import ConfigError

SHUTDOWN_S = 2.0
"""How long requests under way may take at the end."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server answers."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address as a URL without a slash at its end."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@contextlib.asynccontextmanager
async def serve(app: web.Application, listen: str) -> AsyncIterator[Address]:
    """Answer requests at "host:port" or "[host]:port" within the block; give the address that was bound.

    With port 0 the system chooses a free one.

    Raises:
        ConfigError: the text is no such address, or it cannot be listened on.
    """
    address = split_listen(listen)
    if address is None:
        raise ConfigError([f"server.listen: {listen!r} is not an address: expected 'host:port'"])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, *address).start()
        except OSError as error:
            raise ConfigError([f"server.listen: cannot listen on {listen!r}: {_reason(error)}"]) from error
        yield Address(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


def _reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "the host name could not be resolved"
    # From Python 3.13 on, asyncio keeps to itself that none of the addresses is this machine's.
    return os.strerror(error.errno or errno.EADDRNOTAVAIL).lower()
