"""What a manifest stands for: an image, or one of the many other things that registries hold."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from crawler.registry import media_types
from crawler.registry.manifest import Descriptor, Index, Manifest

REFERENCE_TYPE = "vnd.docker.reference.type"
"""Annotation of an index's entry by which BuildKit marks its attestations."""

_NAMES = {
    "application/vnd.cncf.helm.config.v1+json": "helm chart",
    "application/vnd.cncf.helm.chart.content.v1.tar+gzip": "helm chart",
    "application/vnd.dev.cosign.simplesigning.v1+json": "cosign signature",
    "application/vnd.dev.cosign.artifact.sig.v1+json": "cosign signature",
    "application/vnd.cncf.notary.signature": "notary signature",
    "application/vnd.wasm.config.v0+json": "wasm module",
    "application/vnd.wasm.config.v1+json": "wasm module",
    "application/vnd.wasm.content.layer.v1+wasm": "wasm module",
    "application/vnd.module.wasm.content.layer.v1+wasm": "wasm module",
    "application/wasm": "wasm module",
    "application/spdx+json": "sbom",
    "text/spdx": "sbom",
    "text/spdx+json": "sbom",
    "text/spdx+xml": "sbom",
    "application/vnd.cyclonedx": "sbom",
    "application/vnd.cyclonedx+json": "sbom",
    "application/vnd.cyclonedx+xml": "sbom",
    "application/vnd.syft+json": "sbom",
    "application/vnd.dev.cosign.artifact.sbom.v1+json": "sbom",
    "application/vnd.docker.plugin.v1+json": "docker plugin",
    "application/vnd.buildkit.cacheconfig.v0": "build cache",
    "application/vnd.cncf.flux.config.v1+json": "flux source",
    "application/vnd.ollama.image.model": "model",
}
_ATTESTATIONS = frozenset({"application/vnd.in-toto+json", "application/vnd.dsse.envelope.v1+json"})
_SAYS_NOTHING = frozenset({"", media_types.EMPTY, media_types.OCTET_STREAM})


class Kind(StrEnum):
    """What to do with a manifest."""

    IMAGE = "image"
    INDEX = "index"
    ATTESTATION = "attestation"
    ARTIFACT = "artifact"


class Classification(msgspec.Struct, frozen=True):
    """A manifest's kind; `name` says which artifact ("helm chart", or a media type), else is empty."""

    kind: Kind
    name: str = ""


def classify(manifest: Manifest | Index, entry: Descriptor | None = None) -> Classification:
    """Return what `manifest` is; `entry` is its descriptor in the index it was reached by, if any.

    It is an image when its config is an image's and a layer is a file system's, or there is no layer at
    all. One media type alone says too little: signatures and models travel with image configs, and charts
    with file system layers.
    """
    if entry is not None and is_attestation(entry):
        return Classification(Kind.ATTESTATION)
    if isinstance(manifest, Index):
        return Classification(Kind.INDEX)
    layer_types = tuple(layer.media_type for layer in manifest.layers)
    if layer_types and _ATTESTATIONS.issuperset(layer_types):
        return Classification(Kind.ATTESTATION)
    if _is_image(manifest.config.media_type, layer_types):
        return Classification(Kind.IMAGE)
    return Classification(Kind.ARTIFACT, _artifact_name(manifest, layer_types))


def is_attestation(entry: Descriptor) -> bool:
    """Return whether an index's entry is about another entry instead of being an image.

    Builders give such entries the platform unknown/unknown. An annotation beside a real platform is not
    believed: container engines would run that image.
    """
    platform = entry.platform
    if platform is None:
        return REFERENCE_TYPE in entry.annotations
    return platform.os == "unknown" and platform.architecture == "unknown"


def _is_image(config_type: str, layer_types: tuple[str, ...]) -> bool:
    if config_type not in media_types.IMAGE_CONFIGS:
        return False
    if not layer_types:
        return config_type != media_types.OCTET_STREAM
    return any(media_types.layer_compression(layer_type) is not None for layer_type in layer_types)


def _artifact_name(manifest: Manifest, layer_types: tuple[str, ...]) -> str:
    stated = (manifest.artifact_type, manifest.config.media_type, *layer_types)
    known = _first(_NAMES.get(media_type, "") for media_type in stated)
    return known or _first(media_type for media_type in stated if _says_something(media_type)) or "unknown"


def _says_something(media_type: str) -> bool:
    return media_type not in _SAYS_NOTHING and media_type not in media_types.IMAGE_CONFIGS


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")
