"""Where the bytes of one image come from."""

from typing import Protocol

from crawler.registry.blobs import BlobSink
from crawler.registry.manifest import Described, Descriptor, RawManifest
from crawler.registry.reference import Digest


class ImageSource(Protocol):
    """One repository, or whatever else holds images in their registry form.

    Everything returned or written was verified against its digest; errors are RegistryErrors.
    """

    async def describe(self, reference: str) -> Described:
        """Return what a tag or digest stands for, as cheaply as can be."""
        ...

    async def manifest(self, digest: Digest) -> RawManifest:
        """Return the manifest or index of this digest."""
        ...

    async def blob(self, digest: Digest, limit: int) -> bytes:
        """Return a whole blob of at most `limit` bytes, such as a config."""
        ...

    async def pull(self, descriptor: Descriptor, sink: BlobSink) -> None:
        """Write a blob into `sink`, which holds exactly it afterwards; maybe from another thread."""
        ...
