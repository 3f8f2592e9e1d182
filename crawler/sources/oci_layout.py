"""Images in an OCI image layout, a directory or an archive of one.

Spec: https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

import asyncio
from pathlib import Path

import msgspec

from analyzers.documents.wording import decoding_problem
from crawler.registry.errors import InvalidReferenceError, ManifestError, NotFoundError
from crawler.registry.manifest import (
    MANIFEST_BYTES,
    Described,
    Descriptor,
    Index,
    RawManifest,
    decode_json,
    parse_manifest,
)
from crawler.registry.reference import Digest, parse_digest
from crawler.registry.sinks import BlobSink, check_digest
from crawler.sources.files import Files, Folder, copy_blob, digest_in, holds, read_whole

REF_NAME = "org.opencontainers.image.ref.name"
"""Annotation with an image's tag, or with its full name."""
_DOCKERS_OWN = ("docker.io/library/", "docker.io/")
VERSIONS = "1."
"""Layouts of this major version are read."""
CONTAINERD_NAME = "io.containerd.image.name"
"""Annotation with an image's full name, beside the tag alone."""


class _Marker(msgspec.Struct, frozen=True, rename="camel"):
    image_layout_version: str


class OciLayout:
    """An ImageSource over what `skopeo copy … oci:DIR`, `oci-archive:FILE` and others write."""

    def __init__(self, files: Files | Path) -> None:
        self._files = Folder(files) if isinstance(files, Path) else files

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
        _check_marker(read_whole(self._files, "oci-layout", MANIFEST_BYTES, "manifest_bytes"), self._files)
        body = read_whole(self._files, "index.json", MANIFEST_BYTES, "manifest_bytes")
        try:
            index = parse_manifest(body)
        except ManifestError as error:
            raise ManifestError(
                f"{self._files}/index.json: {str(error).removeprefix('manifest: ')}"
            ) from error
        if not isinstance(index, Index):
            raise ManifestError(f"{self._files}/index.json: expected an index, got an image")
        return index.manifests

    def _resolve(self, reference: str) -> RawManifest:
        entries = self.entries()
        named = _named(entries, reference) if reference else entries
        digest = None if named else digest_in(self._files, reference)
        if digest and (digest in {entry.digest for entry in entries} or self._has(digest)):
            return self._manifest(digest)
        found = {entry.digest: entry for entry in named}
        if len(found) == 1:
            entry = next(iter(found.values()))
            return self._manifest(entry.digest, entry.media_type)
        held = ", ".join(sorted({_name(entry) or entry.digest for entry in entries}))[:500]
        if not found:
            raise NotFoundError(f"{self._files}: no image {reference!r:.200}; it holds {held or 'none'}")
        raise InvalidReferenceError(f"{self._files}: expected a tag or digest of one of: {held}")

    def _has(self, digest: Digest) -> bool:
        return holds(self._files, _blob_name(digest))

    def _manifest(self, digest: Digest, media_type: str = "") -> RawManifest:
        body = self._blob(digest, MANIFEST_BYTES, "manifest_bytes")
        value = decode_json(body, "manifest")
        stated = value.get("mediaType") if isinstance(value, dict) else None
        own = stated if isinstance(stated, str) else media_type
        return RawManifest(digest=digest, media_type=own, body=body)

    def _blob(self, digest: Digest, limit: int, limit_name: str) -> bytes:
        name = _blob_name(digest)
        body = read_whole(self._files, name, limit, limit_name)
        check_digest(digest, body, f"{self._files}/{name}")
        return body

    def _copy(self, descriptor: Descriptor, sink: BlobSink) -> None:
        copy_blob(self._files, _blob_name(descriptor.digest), descriptor, sink)


def _blob_name(digest: Digest) -> str:
    # Parsed again: a digest is the only stranger's text that becomes a path.
    algorithm, _, encoded = parse_digest(digest).partition(":")
    return f"blobs/{algorithm}/{encoded}"


def _check_marker(body: bytes, path: Files) -> None:
    try:
        marker = msgspec.convert(decode_json(body, "oci-layout"), _Marker)
    except (ManifestError, msgspec.ValidationError) as error:
        raise ManifestError(
            f"{path}/oci-layout: expected an imageLayoutVersion: {decoding_problem(error)}"
        ) from error
    if not marker.image_layout_version.startswith(VERSIONS):
        raise ManifestError(
            f"{path}/oci-layout: version {marker.image_layout_version!r:.50}, expected {VERSIONS}x"
        )


def _name(entry: Descriptor) -> str:
    return entry.annotations.get(REF_NAME, "")


def _named(entries: tuple[Descriptor, ...], reference: str) -> list[Descriptor]:
    """Return the entries of this name; a tag also fits the end of a full name, as some tools write it."""
    exact = [entry for entry in entries if reference in _names(entry)]
    return exact or [entry for entry in entries if reference in map(_tag, _names(entry))]


def _names(entry: Descriptor) -> set[str]:
    full = entry.annotations.get(CONTAINERD_NAME, "")
    # Docker leaves out its own registry where it shows names.
    return {_name(entry), full, *(full.removeprefix(each) for each in _DOCKERS_OWN)} - {""}


def _tag(name: str) -> str:
    return name.rpartition("/")[2].rpartition(":")[2]
