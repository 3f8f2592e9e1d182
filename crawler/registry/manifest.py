"""Manifests, indexes and image configs, decoded from a stranger's bytes.

Specs: https://github.com/opencontainers/image-spec/blob/main/manifest.md, image-index.md and config.md
beside it, and https://distribution.github.io/distribution/spec/manifest-v2-2/
"""

import re
from typing import Any, TypeVar

import msgspec

from analyzers.documents.wording import decoding_problem, in_words, kind_of
from crawler.registry import media_types
from crawler.registry.errors import InvalidReferenceError, ManifestError, TooLargeError
from crawler.registry.reference import Digest, parse_digest

MANIFEST_BYTES = 4 * 1024 * 1024
"""Length of a manifest or index; what the distribution specification asks registries to allow."""
CONFIG_BYTES = 8 * 1024 * 1024
"""Length of an image config; ordinary ones have a few KiB."""
INDEX_ENTRIES = 4096
"""Manifests in one index; builders make one per platform and one attestation each."""
LAYERS = 1024
"""Layers of one image; Docker stops at 127, overlay file systems at 500."""
HISTORY_ENTRIES = 4096
"""Entries of a config's history, empty layers included."""
INT64_MAX = 2**63 - 1

_T = TypeVar("_T")
_PLACE = re.compile(r"(?s)(?P<problem>.*) - at `(?:key in )?\$(?P<path>.*)`")
_SHOWN_CHARACTERS = 300


class Platform(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an entry of an index runs on, in Go's words: "linux", "arm64", "v8"."""

    os: str = ""
    architecture: str = ""
    variant: str = ""
    os_version: str = msgspec.field(name="os.version", default="")

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


class Descriptor(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Names one blob or manifest by its content."""

    media_type: str
    digest: Digest
    size: int
    """Bytes."""
    urls: tuple[str, ...] = ()
    """Where a foreign layer lies, outside of the registry."""
    annotations: dict[str, str] = {}
    artifact_type: str = ""
    platform: Platform | None = None
    """Only in an index."""

    def __post_init__(self) -> None:
        _check_digest(self.digest, "digest")
        if not 0 <= self.size <= INT64_MAX:
            raise ValueError(f".size: expected 0 to 2^63-1, got {self.size}")


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One image, or an artifact in the form of one."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    """From the base upwards."""
    media_type: str = ""
    artifact_type: str = ""
    annotations: dict[str, str] = {}
    subject: Descriptor | None = None

    def __post_init__(self) -> None:
        _check_count(self.layers, LAYERS, "layers")


class Index(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A list of manifests, mostly one for each platform."""

    manifests: tuple[Descriptor, ...]
    media_type: str = ""
    artifact_type: str = ""
    annotations: dict[str, str] = {}

    def __post_init__(self) -> None:
        _check_count(self.manifests, INDEX_ENTRIES, "manifests")


class History(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One build step; the n-th without `empty_layer` made the n-th layer."""

    created: str = ""
    created_by: str = ""
    comment: str = ""
    author: str = ""
    empty_layer: bool = False


class RunConfig(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    """How a container of the image is started."""

    user: str = ""
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    working_dir: str = ""
    labels: dict[str, str] = {}


class RootFs(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The uncompressed layers."""

    type: str = "layers"
    diff_ids: tuple[Digest, ...] = ()
    """Digests of the uncompressed tars, from the base upwards."""

    def __post_init__(self) -> None:
        _check_count(self.diff_ids, LAYERS, "diff_ids")
        for number, diff_id in enumerate(self.diff_ids):
            _check_digest(diff_id, f"diff_ids[{number}]")


class ImageConfig(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an image says about itself. What it leaves out has the empty value."""

    architecture: str = ""
    os: str = ""
    variant: str = ""
    os_version: str = msgspec.field(name="os.version", default="")
    created: str = ""
    """RFC 3339, as written there."""
    author: str = ""
    config: RunConfig = msgspec.field(default_factory=RunConfig)
    rootfs: RootFs = msgspec.field(default_factory=RootFs)
    history: tuple[History, ...] = ()

    def __post_init__(self) -> None:
        _check_count(self.history, HISTORY_ENTRIES, "history")


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What a registry says about a manifest; not proved until the manifest itself is fetched."""

    digest: Digest
    media_type: str
    size: int
    """Bytes."""


class RawManifest(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest as its registry sent it, proved to be what its digest names."""

    digest: Digest
    media_type: str
    """From the answer's Content-Type, else from the body; may be empty."""
    body: bytes

    def parse(self) -> Manifest | Index:
        """Return what the body says; see `parse_manifest`."""
        return parse_manifest(self.body, self.media_type)


def parse_manifest(body: bytes, media_type: str = "") -> Manifest | Index:
    """Return the manifest or index in `body`.

    The body's own mediaType wins over `media_type`, the type it was served as: the digest covers the
    former only. Without either, the presence of "manifests" or "layers" decides.

    Raises:
        ManifestError: it is neither, or malformed, or has too many entries; says where.
        TooLargeError: it is longer than MANIFEST_BYTES.
    """
    if len(body) > MANIFEST_BYTES:
        raise TooLargeError(
            "manifest_bytes", f"manifest: {len(body)} bytes, more than the limit of {MANIFEST_BYTES}"
        )
    value = decode_json(body, "manifest")
    if not isinstance(value, dict):
        raise ManifestError(f"manifest: expected an object, got {kind_of(value)}")
    stated = value.get("mediaType") or media_type
    if not isinstance(stated, str):
        raise ManifestError(f"manifest.mediaType: expected text, got {kind_of(stated)}")
    if value.get("schemaVersion") == 1 or stated in media_types.SCHEMA1:
        raise ManifestError("manifest.schemaVersion: 1 is obsolete and carries no config, expected 2")
    if "manifests" in value and "layers" in value:
        raise ManifestError("manifest: has both manifests and layers, so two readers may see two images")
    return _convert(value, _shape(value, stated), "manifest")


def parse_config(body: bytes) -> ImageConfig:
    """Return the image config in `body`.

    Raises:
        ManifestError: it is malformed; says where.
        TooLargeError: it is longer than CONFIG_BYTES.
    """
    if len(body) > CONFIG_BYTES:
        raise TooLargeError(
            "config_bytes", f"config: {len(body)} bytes, more than the limit of {CONFIG_BYTES}"
        )
    return _convert(decode_json(body, "config"), ImageConfig, "config")


def layer_commands(config: ImageConfig, n_layers: int) -> tuple[str, ...]:
    """Return the command that made each of `n_layers` layers, from the base upwards.

    A layer that the history does not reach has "": history is optional, and tools that rebase or squash
    images leave it short. With more entries than layers nothing tells which are too many, so none is
    credited.
    """
    made = [step.created_by or step.comment for step in config.history if not step.empty_layer]
    if len(made) > n_layers:
        return ("",) * n_layers
    return tuple(made) + ("",) * (n_layers - len(made))


def decode_json(body: bytes, place: str) -> Any:  # noqa: ANN401 - JSON is typed by its next reader
    """Return the JSON value in `body` without the keys whose value is null: Go writes empty lists so.

    Raises:
        ManifestError: the bytes are no JSON, nested too deep or not Unicode.
    """
    try:
        return _without_nulls(msgspec.json.decode(body))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ManifestError(f"{place}: expected JSON: {decoding_problem(error)}") from error


def _shape(value: dict[str, Any], stated: str) -> type[Manifest] | type[Index]:
    if stated in media_types.INDEXES:
        return Index
    if stated in media_types.MANIFESTS:
        return Manifest
    if "manifests" in value:
        return Index
    if "layers" in value:
        return Manifest
    raise ManifestError(f"manifest: neither an image nor an index, its media type is {stated!r:.200}")


def _convert(value: object, shape: type[_T], root: str) -> _T:
    try:
        return msgspec.convert(value, shape)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ManifestError(_located(str(error), root)[:_SHOWN_CHARACTERS]) from error


def _located(message: str, root: str) -> str:
    """Put the place that msgspec appends in front; our own checks start with the rest of the place."""
    match = _PLACE.fullmatch(message)
    problem, path = (match["problem"], match["path"]) if match else (message, "")
    separator = "" if problem.startswith(".") else ": "
    return f"{root}{path}{separator}{in_words(problem)}"


def _without_nulls(value: Any) -> Any:  # noqa: ANN401 - as decode_json
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _check_digest(text: str, place: str) -> None:
    try:
        parse_digest(text)
    except InvalidReferenceError as error:
        raise ValueError(f".{place}: {error}") from error


def _check_count(items: tuple[object, ...], limit: int, place: str) -> None:
    if len(items) > limit:
        raise ValueError(f".{place}: {len(items)} entries, more than the limit of {limit}")
