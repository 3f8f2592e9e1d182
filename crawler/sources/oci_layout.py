"""Images in an OCI image layout directory.

Spec: https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

import asyncio
import hashlib
import stat
from pathlib import Path
from typing import BinaryIO

import msgspec

from crawler.registry.blobs import BlobSink, check_digest
from crawler.registry.errors import (
    DigestMismatchError,
    InvalidReferenceError,
    ManifestError,
    NotFoundError,
    RegistryError,
    SizeMismatchError,
    TooLargeError,
)
from crawler.registry.manifest import (
    MANIFEST_BYTES,
    Described,
    Descriptor,
    Index,
    RawManifest,
    decode_json,
    parse_manifest,
)
from crawler.registry.reference import Digest, algorithm_of, parse_digest

REF_NAME = "org.opencontainers.image.ref.name"
"""Annotation with an image's tag, or with its full name."""
VERSIONS = "1."
"""Layouts of this major version are read."""
READ_BYTES = 1024 * 1024


def split_input(text: str) -> tuple[Path, str]:
    """Return the directory and the tag or digest of PATH[:TAG|@DIGEST]; a path that exists is all path."""
    if Path(text).exists():
        return Path(text), ""
    path, at, digest = text.rpartition("@")
    if not at:
        path, _, digest = text.rpartition(":")
    if not path or "/" in digest:
        return Path(text), ""
    return Path(path), digest


class _Marker(msgspec.Struct, frozen=True, rename="camel"):
    image_layout_version: str


class OciLayout:
    """An ImageSource over a directory that `skopeo copy … oci:DIR` and others write."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def describe(self, reference: str) -> Described:
        """Return what a tag, a full name or a digest stands for; "" means the only image."""
        raw = await asyncio.to_thread(self._resolve, reference)
        return Described(digest=raw.digest, media_type=raw.media_type, size=len(raw.body))

    async def manifest(self, digest: Digest) -> RawManifest:
        """Return the manifest or index of this digest."""
        return await asyncio.to_thread(self._manifest, digest)

    async def blob(self, digest: Digest, limit: int) -> bytes:
        """Return a whole blob of at most `limit` bytes."""
        return await asyncio.to_thread(self._blob, digest, limit, "blob_bytes")

    async def pull(self, descriptor: Descriptor, sink: BlobSink) -> None:
        """Write a blob into `sink`, from a thread."""
        await asyncio.to_thread(self._copy, descriptor, sink)

    def entries(self) -> tuple[Descriptor, ...]:
        """Return the images that index.json names; blocks while reading.

        Raises:
            RegistryError: the directory is no image layout.
        """
        _check_marker(self._read(self._path / "oci-layout", MANIFEST_BYTES, "manifest_bytes"), self._path)
        body = self._read(self._path / "index.json", MANIFEST_BYTES, "manifest_bytes")
        index = parse_manifest(body)
        if not isinstance(index, Index):
            raise ManifestError(f"{self._path}/index.json: expected an index, got an image")
        return index.manifests

    def _resolve(self, reference: str) -> RawManifest:
        entries = self.entries()
        if ":" in reference and "/" not in reference and not _named(entries, reference):
            return self._manifest(parse_digest(reference))
        found = {entry.digest: entry for entry in (_named(entries, reference) if reference else entries)}
        if len(found) == 1:
            entry = next(iter(found.values()))
            return self._manifest(entry.digest, entry.media_type)
        held = ", ".join(sorted({_name(entry) or entry.digest for entry in entries}))[:500]
        if not found:
            raise NotFoundError(f"{self._path}: no image {reference!r:.200}; it holds {held or 'none'}")
        raise InvalidReferenceError(f"{self._path}: expected a tag or digest of one of: {held}")

    def _manifest(self, digest: Digest, media_type: str = "") -> RawManifest:
        body = self._blob(digest, MANIFEST_BYTES, "manifest_bytes")
        value = decode_json(body, "manifest")
        stated = value.get("mediaType") if isinstance(value, dict) else None
        own = stated if isinstance(stated, str) else media_type
        return RawManifest(digest=digest, media_type=own, body=body)

    def _blob(self, digest: Digest, limit: int, limit_name: str) -> bytes:
        path = self._blob_path(digest)
        body = self._read(path, limit, limit_name)
        check_digest(digest, body, str(path))
        return body

    def _copy(self, descriptor: Descriptor, sink: BlobSink) -> None:
        path = self._blob_path(descriptor.digest)
        with self._open(path) as file:
            size = file.seek(0, 2)
            if size != descriptor.size:
                raise SizeMismatchError(f"{path}: {size} bytes, expected {descriptor.size}")
            file.seek(0)
            digest, left = hashlib.new(algorithm_of(descriptor.digest)), size
            while left and (chunk := file.read(min(READ_BYTES, left))):
                left -= len(chunk)
                digest.update(chunk)
                sink.write(chunk)
        if digest.hexdigest() != descriptor.digest.partition(":")[2]:
            raise DigestMismatchError(
                f"{path}: expected {descriptor.digest}, the bytes have {digest.hexdigest()}"
            )

    def _blob_path(self, digest: Digest) -> Path:
        # Parsed again: a digest is the only stranger's text that becomes a path.
        algorithm, _, encoded = parse_digest(digest).partition(":")
        return self._path / "blobs" / algorithm / encoded

    def _read(self, path: Path, limit: int, limit_name: str) -> bytes:
        with self._open(path) as file:
            body = file.read(limit + 1)
        if len(body) > limit:
            raise TooLargeError(limit_name, f"{path}: more than the limit of {limit} bytes")
        return body

    def _open(self, path: Path) -> BinaryIO:
        """Open a regular file that is inside of the layout, whatever links somebody put there."""
        try:
            real = path.resolve(strict=True)
            if not real.is_relative_to(self._path.resolve()):
                raise NotFoundError(f"{path}: leads out of the image layout")
            if not stat.S_ISREG(real.stat().st_mode):
                raise NotFoundError(f"{path}: expected a regular file")
            return real.open("rb")
        except FileNotFoundError as error:
            raise NotFoundError(f"{path}: not found") from error
        except OSError as error:
            raise RegistryError(f"{path}: cannot be read: {error.strerror}") from error


def _check_marker(body: bytes, path: Path) -> None:
    try:
        marker = msgspec.convert(decode_json(body, "oci-layout"), _Marker)
    except (ManifestError, msgspec.ValidationError) as error:
        raise ManifestError(f"{path}/oci-layout: expected an imageLayoutVersion: {error}") from error
    if not marker.image_layout_version.startswith(VERSIONS):
        raise ManifestError(
            f"{path}/oci-layout: version {marker.image_layout_version!r:.50}, expected {VERSIONS}x"
        )


def _name(entry: Descriptor) -> str:
    return entry.annotations.get(REF_NAME, "")


def _named(entries: tuple[Descriptor, ...], reference: str) -> list[Descriptor]:
    """Return the entries of this name; a tag also fits the end of a full name, as some tools write it."""
    exact = [entry for entry in entries if _name(entry) == reference]
    return exact or [entry for entry in entries if _tag(_name(entry)) == reference]


def _tag(name: str) -> str:
    return name.rpartition("/")[2].rpartition(":")[2]
