"""OCI image layout directories."""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.fakes.registry import OCI_MANIFEST, FakeRegistry, Pushed

REF_NAME = "org.opencontainers.image.ref.name"


def write_layout(folder: Path, registry: FakeRegistry, images: Mapping[str, Pushed]) -> None:
    """Write images that were pushed to a registry into a layout, under these tags; "" for none."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)
    bodies = registry.blobs | {image.digest: image.body for image in images.values()}
    for digest, body in bodies.items():
        (blobs / digest.removeprefix("sha256:")).write_bytes(body)
    entries = [
        {
            "mediaType": OCI_MANIFEST,
            "digest": image.digest,
            "size": len(image.body),
            "annotations": {REF_NAME: tag} if tag else {},
        }
        for tag, image in images.items()
    ]
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
