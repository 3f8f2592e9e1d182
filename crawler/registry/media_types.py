"""Media types that registries use, sorted by what we do with them.

Specs: https://github.com/opencontainers/image-spec/blob/main/media-types.md and
https://distribution.github.io/distribution/spec/manifest-v2-2/
"""

from enum import StrEnum

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json"
DOCKER_SCHEMA1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"

OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
OCTET_STREAM = "application/octet-stream"

MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})
SCHEMA1 = frozenset({DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED})
# Engines before Docker 1.10 pushed their configs as octet-stream; registries still hold those images.
IMAGE_CONFIGS = frozenset({OCI_CONFIG, DOCKER_CONFIG, OCTET_STREAM})

ACCEPT = f"{OCI_INDEX}, {OCI_MANIFEST}, {DOCKER_LIST}, {DOCKER_MANIFEST}"
"""Header value for manifests. Without it a registry may convert to schema 1, which changes the digest."""


class Compression(StrEnum):
    """How the bytes of a layer are packed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


_DOCKER_LAYERS = {
    "application/vnd.docker.image.rootfs.diff.tar": Compression.NONE,
    "application/vnd.docker.image.rootfs.diff.tar.gzip": Compression.GZIP,
    "application/vnd.docker.image.rootfs.diff.tar.zstd": Compression.ZSTD,
    "application/vnd.docker.image.rootfs.foreign.diff.tar": Compression.NONE,
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip": Compression.GZIP,
}
_OCI_SUFFIXES = {"": Compression.NONE, "+gzip": Compression.GZIP, "+zstd": Compression.ZSTD}
_OCI_BASES = (
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
)
_LAYERS = _DOCKER_LAYERS | {base + end: kind for base in _OCI_BASES for end, kind in _OCI_SUFFIXES.items()}


def layer_compression(media_type: str) -> Compression | None:
    """Return how a file system layer of this media type is packed; None when it is no such layer."""
    return _LAYERS.get(media_type)


def is_foreign(media_type: str) -> bool:
    """Return whether layers of this type may be absent from the registry and served by their `urls`."""
    return media_type in _LAYERS and (".foreign." in media_type or ".nondistributable." in media_type)


def bare(content_type: str) -> str:
    """Return the media type of a Content-Type header: lower case, without parameters."""
    return content_type.partition(";")[0].strip().lower()
