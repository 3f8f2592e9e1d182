# ruff: noqa: INP001 - modules of a script, which are no package
"""Images made of the folders in layers/: a gzipped tar for each layer, a config, a manifest.

Specification: https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md
"""

import gzip
import hashlib
import io
import json
import random
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
BALLAST_BYTES = 1_000_000
"""What each layer holds besides its files, which are few: something that weighs and does not compress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image as a registry holds it."""

    repository: str
    tag: str
    manifest: bytes
    blobs: dict[str, bytes]
    """Digest → config or layer."""


def digest_of(data: bytes) -> str:
    """Return the digest by which a registry knows these bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def build(repository: str, tag: str, folders: Sequence[Path]) -> Image:
    """Return an image with a layer for each folder; the same folders give the same layers, byte by byte."""
    tars = [_tar(folder) for folder in folders]
    layers = [gzip.compress(tar, mtime=0) for tar in tars]
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [digest_of(tar) for tar in tars]},
            "history": [{"created_by": f"COPY {folder.name} /"} for folder in folders],
        }
    )
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _descriptor(CONFIG, config),
        "layers": [_descriptor(LAYER, layer) for layer in layers],
    }
    blobs = {digest_of(blob): blob for blob in (config, *layers)}
    return Image(repository=repository, tag=tag, manifest=_json(manifest), blobs=blobs)


def _tar(folder: Path) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            _add(tar, file.relative_to(folder).as_posix(), file.read_bytes())
        ballast = random.Random(folder.name).randbytes(BALLAST_BYTES)  # noqa: S311 - always the same
        _add(tar, f"usr/share/{folder.name}/ballast", ballast)
    return out.getvalue()


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _descriptor(media_type: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest_of(blob), "size": len(blob)}
