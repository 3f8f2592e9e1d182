"""Where the bytes of one image come from.

A source is opened by a function of its module, which is an async context manager::

    @contextlib.asynccontextmanager
    async def open_podman(wanted: Wanted, *, host: str = "") -> AsyncIterator[Found]: ...

Opening is cheap: it asks whether the daemon is there and has the image, and moves no layer. It raises a
RegistryError, one clause without the image's name, when the daemon is not there (UnreachableError), will
not talk to us (DeniedError), or has no such image or none for `wanted.platform` (NotFoundError); then the
next source is asked. What is given is the answer, also when reading it fails later.
`crawler.sources.chain` knows all openers.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import msgspec

from crawler.registry.manifest import Described, Descriptor, RawManifest
from crawler.registry.reference import Digest, Reference
from crawler.registry.sinks import BlobSink


class ImageSource(Protocol):
    """One repository, or whatever else holds images in their registry form.

    Everything returned or written was verified against its digest; errors are RegistryErrors. A daemon that
    has no manifests makes one (`crawler.sources.docker_archive`); it may let an image's id, the digest of its
    configuration, stand for an index of just that image, so that a known image is known without exporting.
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


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The image that somebody asks for."""

    name: str
    """As Docker takes them: "alpine", "host/team/app:1", with a digest, or an image id."""
    reference: Reference | None
    """The name taken apart; None for what can only be an image id: "sha256:…" or 64 hex digits."""
    platform: str
    """ "os/architecture[/variant]" to insist on; empty for whichever there is. "all" is given as empty."""
    folder: Path
    """Where large temporary files go; it exists."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An image that a source has."""

    source: ImageSource
    reference: str
    """What `source.describe` is to be asked for."""
    described: Described | None = None
    """Its answer, when opening has brought it already."""


Opener = Callable[[Wanted], AbstractAsyncContextManager[Found]]
