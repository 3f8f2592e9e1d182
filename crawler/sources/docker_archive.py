"""Images in an archive as `docker save` writes it.

Such an archive has configurations and layers, but no manifests: they are made here, always the same for the
same image, in any version of this program, because the store knows images by them. Layers are mostly
unpacked, so that their digests are those the configuration names (kaniko packs them). Docker, Podman,
skopeo, buildx and kaniko each name the files in their own way; manifest.json says how.

Format: https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format
"""

import asyncio
import hashlib
import itertools
from dataclasses import dataclass

import msgspec

from analyzers.decompression import GZIP_MAGIC, ZSTD_MAGIC
from analyzers.documents.wording import decoding_problem
from crawler.registry import media_types
from crawler.registry.errors import InvalidReferenceError, ManifestError, NotFoundError, TooLargeError
from crawler.registry.manifest import (
    CONFIG_BYTES,
    LAYERS,
    MANIFEST_BYTES,
    Described,
    Descriptor,
    RawManifest,
    decode_json,
    parse_config,
)
from crawler.registry.reference import Digest, parse_digest, parse_reference
from crawler.registry.sinks import BlobSink, check_digest
from crawler.sources.files import READ_BYTES, Files, copy_blob, digest_in, read_whole

MANIFEST = "manifest.json"
IMAGES = 4096
"""Images in one archive."""
_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
_SHOWN_CHARACTERS = 500


class _Entry(msgspec.Struct, frozen=True, rename="pascal"):
    """What manifest.json says of one image: names of files, from the base upwards."""

    config: str
    layers: tuple[str, ...] = ()
    repo_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Image:
    raw: RawManifest
    config: bytes
    layers: dict[Digest, str]
    """Where each layer lies."""


class DockerArchive:
    """An ImageSource over the files of such an archive."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._made: dict[Digest, _Image] = {}
        """By the digests of manifests."""

    async def describe(self, reference: str) -> Described:
        """Return what a tag, name, image id or manifest's digest stands for; "" means the only image."""
        raw = (await asyncio.to_thread(self._resolve, reference)).raw
        return Described(digest=raw.digest, media_type=raw.media_type, size=len(raw.body))

    async def manifest(self, digest: Digest) -> RawManifest:
        """Return the manifest that was made for an image."""
        return (await asyncio.to_thread(self._by_digest, digest)).raw

    async def blob(self, digest: Digest, limit: int) -> bytes:
        """Return a configuration of at most `limit` bytes."""
        config = (await asyncio.to_thread(self._by_digest, digest)).config
        check_digest(digest, config, f"{self._files}: configuration")
        if len(config) > limit:
            raise TooLargeError("blob_bytes", f"{self._files}: {digest}: more than {limit} bytes")
        return config

    async def pull(self, descriptor: Descriptor, sink: BlobSink) -> None:
        """Write a layer into `sink`, from a thread."""
        for image in self._made.values():
            if name := image.layers.get(descriptor.digest):
                await asyncio.to_thread(copy_blob, self._files, name, descriptor, sink)
                return
        raise NotFoundError(f"{self._files}: no layer {descriptor.digest}")

    def ids(self) -> set[Digest]:
        """Return the digests of all configurations; blocks. Raises RegistryError when one cannot be read."""
        return {_digest(self._config(entry)) for entry in self._entries()}

    def _resolve(self, reference: str) -> _Image:
        entries = self._entries()
        if not _named(entries, reference) and (digest := digest_in(self._files, reference)):
            return self._by_digest(digest)
        # An image may have several entries, such as one for each of its tags.
        found = {entry.config: entry for entry in (_named(entries, reference) if reference else entries)}
        if len(found) == 1:
            return self._make(next(iter(found.values())))
        held = ", ".join(
            dict.fromkeys(name for entry in entries for name in entry.repo_tags or (entry.config,))
        )
        if not found:
            raise NotFoundError(
                f"{self._files}: no image {reference!r:.200}; it holds {held[:_SHOWN_CHARACTERS] or 'none'}"
            )
        raise InvalidReferenceError(
            f"{self._files}: expected a tag or digest of one of: {held[:_SHOWN_CHARACTERS]}"
        )

    def _by_digest(self, digest: Digest) -> _Image:
        """Return the image with this manifest, or this id."""
        for image in itertools.chain(self._made.values(), map(self._make, self._entries())):
            if digest in {image.raw.digest, _digest(image.config)}:
                return image
        raise NotFoundError(f"{self._files}: no image {digest}")

    def _entries(self) -> tuple[_Entry, ...]:
        body = read_whole(self._files, MANIFEST, MANIFEST_BYTES, "manifest_bytes")
        value = decode_json(body, f"{self._files}/{MANIFEST}")
        try:
            entries = msgspec.convert(value, tuple[_Entry, ...])
        except msgspec.ValidationError as error:
            raise ManifestError(f"{self._files}/{MANIFEST}: {decoding_problem(error)}") from error
        if len(entries) > IMAGES:
            raise ManifestError(f"{self._files}/{MANIFEST}: {len(entries)} images, expected at most {IMAGES}")
        return entries

    def _config(self, entry: _Entry) -> bytes:
        return read_whole(self._files, entry.config, CONFIG_BYTES, "config_bytes")

    def _make(self, entry: _Entry) -> _Image:
        config = self._config(entry)
        diff_ids = parse_config(config).rootfs.diff_ids
        if len(diff_ids) != len(entry.layers) or len(diff_ids) > LAYERS:
            raise ManifestError(
                f"{self._files}/{MANIFEST}: layers: {len(entry.layers)}, expected as many as the diff_ids "
                f"of {entry.config[:_SHOWN_CHARACTERS]!r}: {len(diff_ids)}"
            )
        layers = [self._layer(*pair) for pair in zip(entry.layers, diff_ids, strict=True)]
        media_type = media_types.DOCKER_MANIFEST
        described = Descriptor(media_type=media_types.DOCKER_CONFIG, digest=_digest(config), size=len(config))
        body = msgspec.json.encode(
            {"schemaVersion": 2, "mediaType": media_type, "config": described, "layers": layers}
        )
        raw = RawManifest(digest=_digest(body), media_type=media_type, body=body)
        places = dict(zip((layer.digest for layer in layers), entry.layers, strict=True))
        self._made[raw.digest] = image = _Image(raw, config, places)
        return image

    def _layer(self, name: str, diff_id: Digest) -> Descriptor:
        with self._files.open(name) as file:
            magic = file.read(len(ZSTD_MAGIC))
            size = file.seek(0, 2)
            packing = ".gzip" if magic.startswith(GZIP_MAGIC) else ".zstd" if magic == ZSTD_MAGIC else ""
            if not packing:
                return Descriptor(media_type=_LAYER, digest=diff_id, size=size)
            file.seek(0)
            digest = hashlib.sha256()
            while chunk := file.read(READ_BYTES):
                digest.update(chunk)
        packed = parse_digest(f"sha256:{digest.hexdigest()}")
        return Descriptor(media_type=_LAYER + packing, digest=packed, size=size)


def _digest(body: bytes) -> Digest:
    return parse_digest(f"sha256:{hashlib.sha256(body).hexdigest()}")


def _named(entries: tuple[_Entry, ...], reference: str) -> list[_Entry]:
    """Return the entries of this name; a tag alone fits any name, and Docker's defaults are understood."""
    for fits in (_same_image, _same_tag):
        if found := [entry for entry in entries if any(fits(name, reference) for name in entry.repo_tags)]:
            return found
    return []


def _same_image(name: str, reference: str) -> bool:
    return _canonical(name) == _canonical(reference)


def _canonical(name: str) -> str:
    try:
        return str(parse_reference(name))
    except InvalidReferenceError:
        return name


def _same_tag(name: str, reference: str) -> bool:
    return name.rpartition("/")[2].rpartition(":")[2] == reference
