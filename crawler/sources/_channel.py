"""gRPC calls to a daemon behind a unix socket, each over a connection of its own.

A connection takes a fraction of a millisecond, and without sharing there is nothing to keep open.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzers.extras import needs_extra
from crawler.registry.errors import (
    DeniedError,
    ProtocolError,
    RegistryError,
    UnreachableError,
)

if TYPE_CHECKING:
    from crawler.sources._grpc import Exchange

PATIENCE_S = 30.0
"""How long a daemon may be silent, and how long a small answer may take."""
READ_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where to call, and as whom."""

    socket: str
    """Path of the unix socket."""
    peer: str
    """What the daemon is called in errors."""
    extra: str
    """Of our package; it brings what is needed."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Sent with every call."""
    patience_s: float = PATIENCE_S

    async def ask(self, path: str, request: bytes) -> bytes:
        """Return the one message that answers a request.

        Raises:
            RegistryError: there is none.
        """
        answers: list[bytes] = []

        def keep(message: bytes) -> None:
            if answers:
                raise ProtocolError(f"{self.peer} sends more than one message, expected 1")
            answers.append(message)

        await self.stream(path, request, keep, within_s=self.patience_s)
        if not answers:
            raise ProtocolError(f"{self.peer} sends no message, expected 1")
        return answers[0]

    async def stream(
        self, path: str, request: bytes, deliver: Callable[[bytes], None], *, within_s: float
    ) -> None:
        """Deliver every message that answers a request, in order.

        Raises:
            RegistryError: the answer did not come whole, within `within_s` seconds and without long silence.
                What `deliver` raises ends the call, and is raised as it is.
        """
        try:
            async with asyncio.timeout(within_s), self._connected() as (reader, writer):
                exchange = self._exchange(path, request)
                while not exchange.finished:
                    data = await self._turn(reader, writer, exchange.outgoing())
                    for message in exchange.receive(data):
                        deliver(message)
        except TimeoutError as error:
            raise UnreachableError(f"{self.peer} does not answer, or too slowly") from error

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        with self._translated():
            reader, writer = await asyncio.open_unix_connection(self.socket, limit=4 * READ_BYTES)
        try:
            yield reader, writer
        finally:
            # A polite end would wait for a daemon that does not read.
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _turn(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> bytes:
        with self._translated():
            async with asyncio.timeout(self.patience_s):
                writer.write(data)
                await writer.drain()
                return await reader.read(READ_BYTES)

    def _exchange(self, path: str, request: bytes) -> "Exchange":
        try:
            from crawler.sources._grpc import Call, Exchange  # noqa: PLC0415 - of an extra
        except ModuleNotFoundError as error:
            raise RegistryError(needs_extra(self.peer, self.extra)) from error
        return Exchange(Call(peer=self.peer, path=path, request=request, metadata=self.metadata))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            raise
        except FileNotFoundError as error:
            raise UnreachableError(f"{self.peer}: there is no such socket") from error
        except PermissionError as error:
            raise DeniedError(f"{self.peer}: we may not open the socket") from error
        except ConnectionRefusedError as error:
            raise UnreachableError(f"{self.peer}: nobody listens") from error
        except OSError as error:
            raise UnreachableError(f"{self.peer}: {(error.strerror or str(error)).lower()}") from error
