"""Images of one repository of a registry."""

from collections.abc import Callable

from crawler.registry.client import RegistryClient
from crawler.registry.manifest import Described, Descriptor, RawManifest
from crawler.registry.reference import Digest
from crawler.registry.referrers import Attached, fetch_vex
from crawler.registry.sinks import BlobSink


class RemoteSource:
    """An ImageSource over an open client."""

    def __init__(
        self, client: RegistryClient, repository: str, on_progress: Callable[[int], None] | None = None
    ) -> None:
        self._client = client
        self._repository = repository
        self._on_progress = on_progress

    async def describe(self, reference: str) -> Described:
        """Return what a tag or digest stands for, by one HEAD where the registry can do so."""
        return await self._client.head_manifest(self._repository, reference)

    async def manifest(self, digest: Digest) -> RawManifest:
        """Return the manifest or index of this digest."""
        return await self._client.get_manifest(self._repository, digest)

    async def blob(self, digest: Digest, limit: int) -> bytes:
        """Return a whole blob of at most `limit` bytes."""
        return await self._client.get_blob(self._repository, digest, limit)

    async def pull(self, descriptor: Descriptor, sink: BlobSink) -> None:
        """Stream a blob into `sink`."""
        await self._client.pull_blob(self._repository, descriptor, sink, self._on_progress)

    async def attached_vex(self, digest: Digest) -> Attached:
        """Return the documents that may hold VEX statements about an image or index of the repository."""
        return await fetch_vex(self._client, self._repository, digest)
