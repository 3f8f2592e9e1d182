"""One image of a daemon that speaks the API of the Docker Engine: Docker itself, or Podman.

API: https://docs.docker.com/reference/api/engine/, https://docs.podman.io/en/latest/_static/api.html
"""

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from aiodocker import Docker, DockerError

from analyzers.documents.wording import decoding_problem
from crawler.http import aiohttp
from crawler.registry import media_types
from crawler.registry.errors import (
    DeniedError,
    InsecureError,
    InvalidReferenceError,
    NotFoundError,
    ProtocolError,
    RegistryError,
    ServerError,
    UnreachableError,
)
from crawler.registry.manifest import Described, Descriptor, Platform, RawManifest
from crawler.registry.reference import Digest, parse_digest
from crawler.registry.sinks import BlobSink
from crawler.sources import Found, ImageSource, Wanted
from crawler.sources.archives import bounded, source_of, spool_file
from crawler.sources.daemon_endpoint import Endpoint
from crawler.sources.docker_archive import MANIFEST, DockerArchive
from crawler.sources.files import holds
from crawler.sources.platforms import suits
from crawler.sources.tar_files import TarFiles

CONNECT_S = 10.0
INSPECT_S = 30.0
"""Time for what the daemon only has to look up."""
SILENCE_S = 600.0
"""Time between two chunks of an export; Docker writes all of it to its disk before the first."""
NO_ANSWER = 900
"""What the client calls a status when there was no answer."""
CHUNK_BYTES = 1024 * 1024


class _Inspected(msgspec.Struct, frozen=True, rename="pascal"):
    id: str
    os: str = ""
    architecture: str = ""
    variant: str = ""

    @property
    def platform(self) -> str:
        return str(Platform(os=self.os, architecture=self.architecture, variant=self.variant))


@contextlib.asynccontextmanager
async def open_daemon(wanted: Wanted, endpoint: Endpoint) -> AsyncIterator[Found]:
    """Give the image, if the daemon has it; see `crawler.sources`."""
    async with _connected(endpoint) as docker:
        with _explained(endpoint):
            async with asyncio.timeout(INSPECT_S):
                inspected = _parse(await docker.images.inspect(wanted.name), endpoint)
        if not suits(inspected.platform, wanted.platform or inspected.platform):
            raise NotFoundError(f"{endpoint.url}: has it for {inspected.platform} only")
        async with contextlib.AsyncExitStack() as opened:
            source = DaemonImage(docker, endpoint, parse_digest(inspected.id), wanted.folder, opened)
            yield Found(source=source, reference=inspected.id)


class DaemonImage:
    """An ImageSource over the one image with this id, which is exported when more than that is asked."""

    def __init__(
        self,
        docker: Docker,
        endpoint: Endpoint,
        image_id: Digest,
        folder: Path,
        opened: contextlib.AsyncExitStack,
    ) -> None:
        self._docker, self._endpoint, self._id = docker, endpoint, image_id
        self._folder, self._opened = folder, opened
        self._export = f"{endpoint.url}: export of {image_id}"
        self._source: ImageSource | None = None
        self._exporting = asyncio.Lock()

    async def describe(self, reference: str) -> Described:
        """Return the image's id, which stands for an index of it, or is a manifest's digest."""
        if reference != self._id:
            raise NotFoundError(f"{self._endpoint.url}: no image {reference!r:.200}")
        return Described(digest=self._id, media_type=media_types.DOCKER_LIST, size=0)

    async def manifest(self, digest: Digest) -> RawManifest:
        """Return the image's manifest, or what stands for it."""
        source = await self._exported()
        if digest != self._id:
            return await source.manifest(digest)
        described = await source.describe("")
        # Docker's ids are digests of configurations, or of manifests when containerd keeps its images.
        if described.digest == digest:
            return await source.manifest(digest)
        return _index_of(digest, described)

    async def blob(self, digest: Digest, limit: int) -> bytes:
        """Return a configuration of at most `limit` bytes."""
        return await (await self._exported()).blob(digest, limit)

    async def pull(self, descriptor: Descriptor, sink: BlobSink) -> None:
        """Write a layer into `sink`, from a thread."""
        await (await self._exported()).pull(descriptor, sink)

    async def _exported(self) -> ImageSource:
        """Export the image once, into a file that goes with the source."""
        async with self._exporting:
            if self._source is None:
                file = self._opened.enter_context(await asyncio.to_thread(spool_file, self._folder))
                write = bounded(file.write, self._export)
                with _explained(self._endpoint):
                    timeout = aiohttp.ClientTimeout(sock_connect=CONNECT_S, sock_read=SILENCE_S)
                    async with self._docker.images.export_image(self._id, timeout=timeout) as content:
                        async for chunk in content.iter_chunked(CHUNK_BYTES):
                            await asyncio.to_thread(write, chunk)
                await asyncio.to_thread(file.flush)
                self._source = await asyncio.to_thread(self._understood, file)
            return self._source

    def _understood(self, file: BinaryIO) -> ImageSource:
        # Docker 25 and later add a manifest of their own, which would be another than the one known already.
        files = TarFiles(file, self._export)
        archive = DockerArchive(files)
        return archive if holds(files, MANIFEST) and self._id in archive.ids() else source_of(files)


@contextlib.asynccontextmanager
async def _connected(endpoint: Endpoint) -> AsyncIterator[Docker]:
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S)
    url, connector = _way_to(endpoint)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        Docker(url=url, connector=connector, session=session) as docker,
    ):
        yield docker


def _way_to(endpoint: Endpoint) -> tuple[str, aiohttp.BaseConnector]:
    if endpoint.socket:
        return "unix://localhost", aiohttp.UnixConnector(endpoint.socket)
    return endpoint.http_url, aiohttp.TCPConnector(ssl=endpoint.tls or True)


@contextlib.contextmanager
def _explained(endpoint: Endpoint) -> Iterator[None]:
    """Turn what the client raises into our errors."""
    try:
        yield
    except DockerError as error:
        raise _translated(error, endpoint) from error
    except TimeoutError as error:
        raise UnreachableError(f"{endpoint.url}: no answer in time") from error
    except aiohttp.ClientResponseError as error:
        raise ProtocolError(f"{endpoint.url}: does not answer as a container engine does") from error
    except (aiohttp.ClientError, ConnectionError) as error:
        raise UnreachableError(f"{endpoint.url}: the answer broke off: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, RegistryError):
            raise
        # The client trusts that whoever answers is such a daemon.
        raise ProtocolError(f"{endpoint.url}: does not answer as a container engine does") from error


def _translated(error: DockerError, endpoint: Endpoint) -> RegistryError:
    cause = error.__context__
    if isinstance(cause, aiohttp.ClientSSLError | aiohttp.ClientConnectorCertificateError):
        return InsecureError(f"{endpoint.url}: TLS: {' '.join(str(cause.__cause__ or cause).split())[:500]}")
    if isinstance(cause, OSError) and cause.errno:
        kind = DeniedError if cause.errno in {errno.EACCES, errno.EPERM} else UnreachableError
        return kind(f"{endpoint.url}: {os.strerror(cause.errno).lower()}")
    if error.status == HTTPStatus.NOT_FOUND and "no such image" in error.message.lower():
        return NotFoundError(f"{endpoint.url}: no such image")
    kinds = {404: NotFoundError, 401: DeniedError, 403: DeniedError, NO_ANSWER: UnreachableError}
    message = f"{endpoint.url}: {' '.join(error.message.split())[:200]}"
    return kinds.get(error.status, ServerError)(message)


def _parse(answer: Any, endpoint: Endpoint) -> _Inspected:  # noqa: ANN401 - the client's
    try:
        inspected = msgspec.convert(answer, _Inspected)
        parse_digest(inspected.id)
    except (msgspec.ValidationError, InvalidReferenceError) as error:
        raise ProtocolError(
            f"{endpoint.url}: its answer about the image: {decoding_problem(error)}"
        ) from error
    return inspected


def _index_of(digest: Digest, described: Described) -> RawManifest:
    """Return what an image's id stands for. Its body is not what has this digest: the configuration is."""
    entry = Descriptor(media_type=described.media_type, digest=described.digest, size=described.size)
    media_type = media_types.DOCKER_LIST
    body = msgspec.json.encode({"schemaVersion": 2, "mediaType": media_type, "manifests": [entry]})
    return RawManifest(digest=digest, media_type=media_type, body=body)
