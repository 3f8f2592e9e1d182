import json
import os
from pathlib import Path
from typing import Any

import pytest

from crawler.registry.client import RegistryClient
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import (
    DigestMismatchError,
    InvalidReferenceError,
    ManifestError,
    NotFoundError,
    RegistryError,
    SizeMismatchError,
    TooLargeError,
)
from crawler.registry.manifest import Descriptor, Manifest
from crawler.registry.reference import Digest, parse_digest
from crawler.registry.sinks import MemorySink
from crawler.sources import ImageSource
from crawler.sources.oci_layout import OciLayout
from crawler.sources.remote import RemoteSource
from tests.fakes.layouts import write_layout
from tests.fakes.registry import FakeRegistry, Pushed, digest_of, layer_of

LAYER = layer_of({"a": b"a"})


def layout_of(registry: FakeRegistry, images: dict[str, Pushed], path: Path) -> OciLayout:
    write_layout(path, registry, images)
    return OciLayout(path)


def blob_path(path: Path, digest: str) -> Path:
    return path / "blobs" / digest.replace(":", "/")


async def read_all(source: ImageSource, reference: str) -> tuple[str, bytes, list[bytes]]:
    described = await source.describe(reference)
    raw = await source.manifest(described.digest)
    assert (raw.digest, len(raw.body)) == (described.digest, described.size)
    manifest = raw.parse()
    assert isinstance(manifest, Manifest)
    layers = []
    for layer in manifest.layers:
        sink = MemorySink()
        await source.pull(layer, sink)
        layers.append(sink.value())
    return raw.digest, await source.blob(manifest.config.digest, 1000), layers


async def test_the_same_image_from_both(tmp_path: Path) -> None:
    async with FakeRegistry() as registry:
        image = registry.push_image("team/app", "1.0", [LAYER])
        layout = layout_of(registry, {"1.0": image}, tmp_path)
        async with RegistryClient(Endpoint(url=registry.url)) as client:
            remote = RemoteSource(client, "team/app")
            assert await read_all(remote, "1.0") == await read_all(layout, "1.0")
            assert await read_all(layout, "") == await read_all(layout, image.digest)


@pytest.fixture
def registry() -> FakeRegistry:
    return FakeRegistry()


async def test_names(registry: FakeRegistry, tmp_path: Path) -> None:
    images = {
        name: registry.push_image(f"x{n}", "1", [], comment=n) for n, name in enumerate(("a", "h/b:c", ""))
    }
    layout = layout_of(registry, images, tmp_path)
    for reference, name in (("a", "a"), ("c", "h/b:c"), ("h/b:c", "h/b:c")):
        assert (await layout.describe(reference)).digest == images[name].digest
    with pytest.raises(NotFoundError, match="no image 'z'; it holds a, h/b:c, sha256:"):
        await layout.describe("z")
    with pytest.raises(InvalidReferenceError, match="expected a tag or digest of one of"):
        await layout.describe("")


async def test_limits_and_lies(registry: FakeRegistry, tmp_path: Path) -> None:
    image = registry.push_image("a", "1", [LAYER])
    layout = layout_of(registry, {"1": image}, tmp_path)
    layer = Descriptor(media_type="x", digest=parse_digest(digest_of(LAYER)), size=len(LAYER))
    with pytest.raises(TooLargeError):
        await layout.blob(layer.digest, len(LAYER) - 1)
    blob_path(tmp_path, layer.digest).write_bytes(LAYER[::-1])
    with pytest.raises(DigestMismatchError):
        await layout.blob(layer.digest, len(LAYER))
    with pytest.raises(DigestMismatchError):
        await layout.pull(layer, MemorySink())
    blob_path(tmp_path, layer.digest).write_bytes(LAYER + b"x")
    with pytest.raises(SizeMismatchError):
        await layout.pull(layer, MemorySink())
    blob_path(tmp_path, image.digest).write_bytes(b"{}")
    with pytest.raises(DigestMismatchError):
        await layout.describe("1")


async def test_no_path_leads_out(registry: FakeRegistry, tmp_path: Path) -> None:
    layout = layout_of(registry, {}, tmp_path / "layout")
    (tmp_path / "secret").write_bytes(LAYER)
    digest = parse_digest(digest_of(LAYER))
    blob_path(tmp_path / "layout", digest).symlink_to(tmp_path / "secret")
    with pytest.raises(NotFoundError, match="leads out"):
        await layout.blob(digest, 1000)
    with pytest.raises(InvalidReferenceError):
        await layout.blob(Digest("sha256:../../../secret"), 1000)
    blob_path(tmp_path / "layout", digest).unlink()
    os.mkfifo(blob_path(tmp_path / "layout", digest))
    with pytest.raises(NotFoundError, match="expected a regular file"):
        await layout.blob(digest, 1000)


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"oci-layout": None}, NotFoundError),
        ({"oci-layout": {"imageLayoutVersion": "2.0"}}, ManifestError),
        ({"oci-layout": []}, ManifestError),
        ({"index.json": []}, ManifestError),
        ({"index.json": {"schemaVersion": 2, "layers": 3}}, ManifestError),
        ({"index.json": None}, NotFoundError),
    ],
)
async def test_other_directories(
    registry: FakeRegistry, tmp_path: Path, files: dict[str, Any], error: type[RegistryError]
) -> None:
    layout = layout_of(registry, {}, tmp_path)
    for name, value in files.items():
        (tmp_path / name).unlink()
        if value is not None:
            (tmp_path / name).write_text(json.dumps(value))
    with pytest.raises(error, match=rf"^{tmp_path}/{next(iter(files))}: "):
        await layout.describe("")
