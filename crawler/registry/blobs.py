"""Streams one blob into a sink: verified, resumed after a drop, never longer than announced.

Spec: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-blobs
"""

import asyncio
import hashlib
import re
from collections.abc import Callable
from http import HTTPStatus

import msgspec

from crawler.http import aiohttp
from crawler.registry.errors import (
    DigestMismatchError,
    ProtocolError,
    RegistryError,
    SizeMismatchError,
    UnreachableError,
)
from crawler.registry.manifest import Descriptor
from crawler.registry.reference import algorithm_of
from crawler.registry.sinks import BlobSink
from crawler.registry.transport import Ask, Transport

SLOWEST_BYTES_PER_S = 16 * 1024
"""A body slower than this on the whole is given up: silence alone would let it drip for days."""
GRACE_S = 60.0
"""Added to the time that a body may take at the slowest rate."""
PROGRESS_BYTES = 1024 * 1024
"""An attempt that brought this much starts the count of attempts anew."""

_CONTENT_RANGE = re.compile(r"bytes (?P<first>\d{1,19})-(?P<last>\d{1,19})/(?P<size>\d{1,19}|\*)")


class Download:
    """One blob on its way into a sink."""

    def __init__(
        self,
        transport: Transport,
        descriptor: Descriptor,
        sink: BlobSink,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        self._transport = transport
        self._descriptor = descriptor
        self._sink = sink
        self._on_progress = on_progress
        self._hash = hashlib.new(algorithm_of(descriptor.digest))
        self._received = 0

    async def run(self, ask: Ask) -> None:
        """Bring the whole blob from where `ask` points; afterwards the sink holds exactly it.

        Raises:
            RegistryError: see `errors`; the sink may then hold a part.
        """
        began_s, attempt = self._transport.clock(), 0
        while True:
            attempt, before = attempt + 1, self._received
            try:
                await self._attempt(ask)
                break
            except RegistryError as error:
                if self._received - before >= PROGRESS_BYTES:
                    began_s, attempt = self._transport.clock(), 1
                pause_s = self._transport.pause_s(error, attempt=attempt, began_s=began_s)
                if pause_s is None:
                    raise
            await self._transport.sleep(pause_s)
        self._verify(self._transport.name(ask))

    async def _attempt(self, ask: Ask) -> None:
        thing = self._transport.name(ask)
        if self._received:
            ask = msgspec.structs.replace(ask, headers={**ask.headers, "Range": f"bytes={self._received}-"})
        if self._received == self._descriptor.size and self._received:
            return
        async with self._transport.open(ask) as response:
            self._begin(response, thing)
            budget_s = GRACE_S + (self._descriptor.size - self._received) / SLOWEST_BYTES_PER_S
            try:
                async with asyncio.timeout(budget_s):
                    await self._receive(response, thing)
            except TimeoutError as error:
                if isinstance(error, aiohttp.ServerTimeoutError):
                    raise
                raise UnreachableError(f"{thing}: slower than {SLOWEST_BYTES_PER_S} bytes/s") from error
        if self._received < self._descriptor.size:
            raise UnreachableError(f"{thing}: ended after {self._received} of {self._descriptor.size} bytes")

    def _begin(self, response: aiohttp.ClientResponse, thing: str) -> None:
        """Make sure that the answer's bytes go on where the sink ends."""
        if response.status == HTTPStatus.PARTIAL_CONTENT:
            self._check_range(response.headers.get("Content-Range", ""), thing)
        elif self._received:
            # The registry ignores Range, or the blob's storage does.
            self._sink.restart()
            self._hash = hashlib.new(algorithm_of(self._descriptor.digest))
            self._report(-self._received)
            self._received = 0
        announced = response.content_length
        expected = self._descriptor.size - self._received
        if announced is not None and announced != expected:
            response.close()
            raise SizeMismatchError(f"{thing}: the registry announces {announced} bytes, expected {expected}")

    def _check_range(self, header: str, thing: str) -> None:
        match = _CONTENT_RANGE.fullmatch(header.strip())
        if match is None or int(match["first"]) != self._received:
            raise ProtocolError(
                f"{thing}: expected Content-Range from byte {self._received}, got {header!r:.200}"
            )
        if match["size"] != "*" and int(match["size"]) != self._descriptor.size:
            raise SizeMismatchError(
                f"{thing}: the registry has {match['size']} bytes, expected {self._descriptor.size}"
            )

    async def _receive(self, response: aiohttp.ClientResponse, thing: str) -> None:
        read, write, update = response.content.readany, self._sink.write, self._hash.update
        counts, size = self._transport.counts, self._descriptor.size
        while chunk := await read():
            self._received += len(chunk)
            counts.received_bytes += len(chunk)
            counts.layer_bytes += len(chunk)
            if self._received > size:
                response.close()
                raise SizeMismatchError(f"{thing}: more than the announced {size} bytes")
            update(chunk)
            write(chunk)
            self._report(len(chunk))

    def _report(self, n_bytes: int) -> None:
        if self._on_progress is not None:
            self._on_progress(n_bytes)

    def _verify(self, thing: str) -> None:
        actual = self._hash.hexdigest()
        if actual != self._descriptor.digest.partition(":")[2]:
            raise DigestMismatchError(f"{thing}: expected {self._descriptor.digest}, the bytes have {actual}")
