"""Images in containerd, which keeps manifests, configurations and packed layers as registries serve them.

Specs: https://github.com/containerd/containerd/blob/main/api/services/images/v1/images.proto,
../../content/v1/content.proto beside it and ../../../types/descriptor.proto; for namespaces
https://github.com/containerd/containerd/blob/main/docs/namespaces.md
"""

import hashlib
import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager

from crawler.registry.blobs import GRACE_S
from crawler.registry.errors import (
    DigestMismatchError,
    ManifestError,
    NotFoundError,
    ProtocolError,
    RegistryError,
    SizeMismatchError,
    TooLargeError,
    UnreachableError,
)
from crawler.registry.kinds import Kind, classify, is_attestation
from crawler.registry.manifest import (
    CONFIG_BYTES,
    MANIFEST_BYTES,
    Described,
    Descriptor,
    Index,
    Manifest,
    RawManifest,
    decode_json,
    parse_config,
)
from crawler.registry.reference import Digest, algorithm_of, parse_digest
from crawler.registry.sinks import BlobSink, MemorySink
from crawler.sources import Found, Wanted
from crawler.sources._channel import PATIENCE_S, Channel
from crawler.sources._protobuf import Message, WireError, encode_integer, encode_text, parse
from crawler.sources.platforms import suits

ADDRESS = "/run/containerd/containerd.sock"
"""The socket, unless CONTAINERD_ADDRESS names another one."""
NAMESPACES = ("default", "k8s.io")
"""Where images are looked for, unless CONTAINERD_NAMESPACE names one: what ctr fills, and what Kubernetes."""
EXTRA = "containerd"
SLOWEST_BYTES_PER_S = 1024 * 1024
"""A read slower than this on the whole is given up; disks bring a hundred times as much."""
READS = 3
"""Times that one blob is asked for, as long as each brought something."""
FILTERS = 100
"""Digests asked for in one request, which has to fit into one frame."""
DISCARDED = "as when layers are discarded once they are unpacked (discard_unpacked_layers)"

_IMAGES = "/containerd.services.images.v1.Images"
_CONTENT = "/containerd.services.content.v1.Content"
_NAMESPACE = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
_HEX = re.compile(r"[0-9a-f]{64}")


@asynccontextmanager
async def open_containerd(
    wanted: Wanted, *, environ: Mapping[str, str], host: str = "", patience_s: float = PATIENCE_S
) -> AsyncIterator[Found]:
    """Give the image from containerd, once its manifest and all its layers are known to be there.

    Args:
        wanted: the image.
        environ: the environment: CONTAINERD_ADDRESS and CONTAINERD_NAMESPACE are those of ctr.
        host: the socket, as a path or unix://PATH, instead of CONTAINERD_ADDRESS.
        patience_s: how long containerd may be silent.

    Raises:
        RegistryError: containerd or the image is not there, or not the whole of it: a clause.
    """
    socket = (host or environ.get("CONTAINERD_ADDRESS") or ADDRESS).removeprefix("unix://")
    named = environ.get("CONTAINERD_NAMESPACE")
    sources = [_source(socket, namespace, patience_s) for namespace in ([named] if named else NAMESPACES)]
    source, digest = await _found(sources, wanted)
    yield Found(source=source, reference=digest)


def candidates(wanted: Wanted) -> tuple[str, ...]:
    """Return the names under which containerd may know an image, the exact one first; none for a digest."""
    reference = wanted.reference
    if reference is None:
        return (_id_of(wanted.name),)  # Kubernetes names images by their id as well
    return () if reference.digest else tuple(dict.fromkeys((wanted.name, str(reference))))


def _id_of(name: str) -> str:
    return f"sha256:{name}" if _HEX.fullmatch(name) else name


class ContainerdSource:
    """An ImageSource over one namespace of containerd's content store.

    Attributes:
        peer: what containerd is called in errors.
        namespace: the namespace.
        place: both.
    """

    def __init__(self, channel: Channel, namespace: str) -> None:
        self._channel = channel
        self._types: dict[str, str] = {}
        self.peer, self.namespace = channel.peer, namespace
        self.place = f"{channel.peer}, namespace {namespace!r}"

    async def describe(self, reference: str) -> Described:
        """Return what a digest stands for."""
        raw = await self.manifest(parse_digest(reference))
        return Described(digest=raw.digest, media_type=raw.media_type, size=len(raw.body))

    async def manifest(self, digest: Digest) -> RawManifest:
        """Return the manifest or index of this digest."""
        body = await self._whole(digest, MANIFEST_BYTES, "manifest_bytes")
        value = decode_json(body, "manifest")
        stated = value.get("mediaType") if isinstance(value, dict) else None
        own = stated if isinstance(stated, str) else self._types.get(digest, "")
        return RawManifest(digest=digest, media_type=own, body=body)

    async def blob(self, digest: Digest, limit: int) -> bytes:
        """Return a whole blob of at most `limit` bytes."""
        return await self._whole(digest, limit, "blob_bytes")

    async def pull(self, descriptor: Descriptor, sink: BlobSink) -> None:
        """Write a blob into `sink`, going on where it broke off."""
        incoming = _Incoming(descriptor, sink, f"{self.place}: {descriptor.digest}")
        for left in reversed(range(READS)):
            before = incoming.received
            try:
                await self._read(descriptor.digest, incoming)
                break
            except UnreachableError:
                if not left or incoming.received == before:
                    raise
        incoming.verify()

    async def image(self, name: str) -> Descriptor | None:
        """Return what an image of exactly this name points to; None when there is none."""
        try:
            answer = await self._channel.ask(f"{_IMAGES}/Get", encode_text(1, name))
        except NotFoundError:
            return None
        with _decoding(self.place):
            target = _descriptor(parse(answer).message(1).message(3))
        self._types[target.digest] = target.media_type
        return target

    async def size_of(self, digest: Digest) -> int | None:
        """Return how many bytes the content of this digest has; None when there is none."""
        try:
            answer = await self._channel.ask(f"{_CONTENT}/Info", encode_text(1, digest))
        except NotFoundError:
            return None
        with _decoding(self.place):
            size = parse(answer).message(1).integer(2)
        if size < 0:
            raise ProtocolError(f"{self.place}: {digest} has {size} bytes")
        return size

    async def held(self, digests: Collection[Digest]) -> frozenset[str]:
        """Return those digests that the content store has."""
        asked = sorted(set(digests))
        found: set[str] = set()

        def add(answer: bytes) -> None:
            with _decoding(self.place):
                found.update({info.text(1) for info in parse(answer).messages(1)}.intersection(asked))

        for first in range(0, len(asked), FILTERS):
            part = asked[first : first + FILTERS]
            filters = b"".join(encode_text(1, f'digest=="{digest}"') for digest in part)
            await self._channel.stream(f"{_CONTENT}/List", filters, add, within_s=GRACE_S)
        return frozenset(found)

    async def _whole(self, digest: Digest, limit: int, limit_name: str) -> bytes:
        thing = f"{self.place}: {digest}"
        size = await self.size_of(digest)
        if size is None:
            raise NotFoundError(f"{thing} is not there, as when its platform was not pulled")
        if size > limit:
            raise TooLargeError(limit_name, f"{thing}: {size} bytes, more than the limit of {limit}")
        sink = MemorySink()
        await self.pull(Descriptor(media_type="", digest=digest, size=size), sink)
        return sink.value()

    async def _read(self, digest: Digest, incoming: "_Incoming") -> None:
        request = encode_text(1, digest) + encode_integer(2, incoming.received)
        within_s = GRACE_S + incoming.left / SLOWEST_BYTES_PER_S
        try:
            await self._channel.stream(f"{_CONTENT}/Read", request, incoming.add, within_s=within_s)
        except NotFoundError as error:
            raise NotFoundError(f"{self.place}: {digest} is not there, {DISCARDED}") from error


class _Incoming:
    """A blob on its way into a sink."""

    def __init__(self, descriptor: Descriptor, sink: BlobSink, thing: str) -> None:
        self.received = 0
        self._descriptor, self._sink, self._thing = descriptor, sink, thing
        self._hash = hashlib.new(algorithm_of(descriptor.digest))

    @property
    def left(self) -> int:
        return self._descriptor.size - self.received

    def add(self, answer: bytes) -> None:
        """Take a ReadContentResponse.

        Its offset counts from where the read began, not as the specification says; the digest tells more.
        """
        with _decoding(self._thing):
            data = parse(answer).chunk(2)
        if len(data) > self.left:
            raise SizeMismatchError(f"{self._thing}: more than the announced {self._descriptor.size} bytes")
        self.received += len(data)
        self._hash.update(data)
        self._sink.write(data)

    def verify(self) -> None:
        """Raise an error unless the sink holds exactly the blob."""
        if self.left:
            raise SizeMismatchError(f"{self._thing}: {self.received} bytes, expected {self._descriptor.size}")
        actual = self._hash.hexdigest()
        if actual != self._descriptor.digest.partition(":")[2]:
            raise DigestMismatchError(f"{self._thing}: the bytes have {actual}")


def _source(socket: str, namespace: str, patience_s: float) -> ContainerdSource:
    if not _NAMESPACE.fullmatch(namespace):
        raise RegistryError(f"CONTAINERD_NAMESPACE: {namespace!r:.100} is not a namespace")
    channel = Channel(
        socket=socket,
        peer=f"unix://{socket}",
        extra=EXTRA,
        metadata={"containerd-namespace": namespace},
        patience_s=patience_s,
    )
    return ContainerdSource(channel, namespace)


async def _found(sources: Sequence[ContainerdSource], wanted: Wanted) -> tuple[ContainerdSource, str]:
    """Return where the image is, and the digest to ask for there."""
    failures: list[NotFoundError] = []
    async for source, target in _targets(sources, wanted):
        try:
            return source, await _chosen(source, target, wanted.platform)
        except NotFoundError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    places = " or ".join(repr(source.namespace) for source in sources)
    raise NotFoundError(f"{sources[0].peer}: no such image in namespace {places}")


async def _targets(
    sources: Sequence[ContainerdSource], wanted: Wanted
) -> AsyncIterator[tuple[ContainerdSource, Digest]]:
    """Yield everything that the name may stand for, the likeliest first."""
    for name in candidates(wanted):
        for source in sources:
            if (target := await source.image(name)) is not None:
                yield source, target.digest
    if (digest := _digest_in(wanted)) is not None:
        for source in sources:
            if await _is_manifest(source, digest):
                yield source, digest


def _digest_in(wanted: Wanted) -> Digest | None:
    if wanted.reference is not None:
        return wanted.reference.digest
    return parse_digest(_id_of(wanted.name))


async def _is_manifest(source: ContainerdSource, digest: Digest) -> bool:
    """Tell whether a digest is that of a manifest in the content store, not of another blob."""
    size = await source.size_of(digest)
    if size is None or size > MANIFEST_BYTES:
        return False
    try:
        (await source.manifest(digest)).parse()
    except ManifestError:
        return False
    return True


async def _chosen(source: ContainerdSource, digest: Digest, platform: str) -> Digest:
    """Return the digest of the image for a platform if just one fits, else of the index that has several.

    Raises:
        NotFoundError: there is none, or not the whole of it.
    """
    manifest = (await source.manifest(digest)).parse()
    if isinstance(manifest, Index):
        fitting = await _fitting(source, manifest, platform)
        if len(fitting) > 1:
            return digest
        digest = fitting[0].digest
        manifest = (await source.manifest(digest)).parse()
    if isinstance(manifest, Manifest):
        await _check_blobs(source, manifest)
        if classify(manifest).kind is Kind.IMAGE:
            await _check_platform(source, manifest, platform)
    return digest


async def _fitting(source: ContainerdSource, index: Index, platform: str) -> list[Descriptor]:
    """Return the images of an index that were pulled and are for a platform, or do not say for which."""
    entries = [entry for entry in index.manifests if not is_attestation(entry)]
    held = await source.held([entry.digest for entry in entries])
    here = [entry for entry in entries if entry.digest in held]
    fitting = [entry for entry in here if not entry.platform or _fits(str(entry.platform), platform)]
    if not fitting:
        names = ", ".join(sorted({str(entry.platform or "?") for entry in here})) or "none"
        raise NotFoundError(f"{source.place}: not pulled for {platform or 'any platform'}, but for {names}")
    return fitting


def _fits(platform: str, asked_for: str) -> bool:
    return not asked_for or suits(platform, asked_for)


async def _check_platform(source: ContainerdSource, manifest: Manifest, asked_for: str) -> None:
    config = parse_config(await source.blob(manifest.config.digest, CONFIG_BYTES))
    platform = "/".join(part for part in (config.os, config.architecture, config.variant) if part)
    if not _fits(platform, asked_for):
        raise NotFoundError(f"{source.place}: not for {asked_for} but for {platform}")


async def _check_blobs(source: ContainerdSource, manifest: Manifest) -> None:
    needed = {manifest.config.digest, *(layer.digest for layer in manifest.layers)}
    missing = needed - await source.held(needed)
    if missing:
        raise NotFoundError(
            f"{source.place}: {len(missing)} of {len(needed)} blobs are not there, {DISCARDED}"
        )


def _descriptor(message: Message) -> Descriptor:
    try:
        return Descriptor(media_type=message.text(1), digest=Digest(message.text(2)), size=message.integer(3))
    except ValueError as error:
        raise WireError(f"target{error}") from error


@contextmanager
def _decoding(thing: str) -> Iterator[None]:
    try:
        yield
    except WireError as error:
        raise ProtocolError(f"{thing}: the answer is no message: {error}") from error
