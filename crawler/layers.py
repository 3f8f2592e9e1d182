"""Layers, each pulled and analysed once, whoever asks for it and however often."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping

import msgspec

from analyzers.inventory import LayerInventory
from crawler import clock
from crawler.concurrency import KeyedLocks
from crawler.errors import LayerError
from crawler.layer_pool import LayerPool, WorkerDiedError
from crawler.registry.errors import RegistryError
from crawler.registry.manifest import Descriptor
from crawler.sources import ImageSource
from crawler.spool import Spool, Spooled
from store import images
from store.database import Store
from store.images import LayerState

REMEMBERED = 64
"""Inventories kept in memory: base layers are asked for by every image built on them."""
RETRY_FAILED_S = 24 * 3600.0
"""Time until an unreadable layer is pulled again; a newer program may read it."""


class LayerCounts(msgspec.Struct):
    """What became of the layers asked for."""

    analysed: int = 0
    reused: int = 0
    unique_bytes: int = 0
    """Compressed, of the layers analysed."""


class Layers:
    """The inventories of layers, from the store or, once, from their source."""

    def __init__(self, store: Store, pool: LayerPool, spool: Spool, versions: Mapping[str, int]) -> None:
        self._store, self._pool, self._spool, self._versions = store, pool, spool, versions
        self._locks = KeyedLocks()
        self._recent: OrderedDict[str, LayerInventory] = OrderedDict()
        self.counts = LayerCounts()

    async def warm(self, count: int) -> None:
        """Start workers for so many layers, so that they are ready when the first one has come."""
        await self._pool.warm(count)

    def forget(self) -> None:
        """Ask the store again what is known: somebody pruned it."""
        self._recent.clear()

    async def inventory(self, source: ImageSource, descriptor: Descriptor) -> LayerInventory:
        """Return what the layer holds; analysed now when it, or a newer analyzer, was never.

        Raises:
            LayerError: it cannot be read; also when that is known from an earlier try.
            RegistryError: it cannot be pulled.
        """
        digest = str(descriptor.digest)
        async with self._locks.hold(digest):
            if digest not in self._recent:
                state = await images.layer_state(self._store.read, digest)
                known = await self._known(digest, state) if state else None
                self._recent[digest] = known or await self._pull(source, descriptor, state)
                if len(self._recent) > REMEMBERED:
                    self._recent.popitem(last=False)
            else:
                self.counts.reused += 1
            self._recent.move_to_end(digest)
            return self._recent[digest]

    async def _known(self, digest: str, state: LayerState) -> LayerInventory | None:
        if state.reason:
            if state.retry_at and state.retry_at <= clock.now():
                return None
            raise LayerError(state.reason, state.limit)
        if self._outdated(state.analyzers):
            return None
        self.counts.reused += 1
        return await images.inventory(self._store.read, digest)

    def _outdated(self, read_by: Mapping[str, int]) -> list[str]:
        return [name for name, version in self._versions.items() if read_by.get(name) != version]

    async def _pull(
        self, source: ImageSource, descriptor: Descriptor, state: LayerState | None
    ) -> LayerInventory:
        """Pull and analyse a layer with the analyzers that have not read it, and store what they find."""
        digest = str(descriptor.digest)
        if descriptor.size > self._pool.limits.layer_bytes:
            # Not remembered: another manifest may tell the truth about the same layer.
            raise LayerError(f"layer {digest}: {descriptor.size} bytes packed (layer_bytes)", "layer_bytes")
        missing = self._outdated(state.analyzers if state else {})
        async with self._spool.blob(descriptor.size) as spooled:
            try:
                inventory = await self._analyse(source, descriptor, spooled, missing)
            except WorkerDiedError:
                raise
            except LayerError as error:
                reason, retry_at = (
                    f"layer {digest}: {str(error).removeprefix('layer: ')}",
                    clock.later(clock.now(), RETRY_FAILED_S),
                )
                async with self._store.transaction() as tx:
                    await images.put_layer_failure(
                        tx, digest, descriptor.size, reason=reason, limit=error.limit, retry_at=retry_at
                    )
                raise LayerError(reason, error.limit) from error
        self.counts.analysed += 1
        self.counts.unique_bytes += descriptor.size
        async with self._store.transaction() as tx:
            versions = {name: self._versions[name] for name in missing}
            others = {name: version for name, version in self._versions.items() if name not in versions}
            await images.put_layer(tx, digest, descriptor.size, inventory, versions, others=others)
        if len(missing) == len(self._versions):
            return inventory
        return await images.inventory(self._store.read, digest)

    async def _analyse(
        self, source: ImageSource, descriptor: Descriptor, spooled: Spooled, missing: list[str]
    ) -> LayerInventory:
        async def download() -> None:
            # An error becomes the follower's, who is the one to raise it.
            try:
                await source.pull(descriptor, spooled)
            except (RegistryError, OSError) as error:
                spooled.finish(error)
            else:
                spooled.finish()

        async with asyncio.TaskGroup() as group:
            task = group.create_task(download())
            try:
                return await self._pool.analyse(spooled, missing)
            except (LayerError, RegistryError, OSError) as error:
                failure = error
            finally:
                task.cancel()
        raise failure
