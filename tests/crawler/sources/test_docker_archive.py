import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from crawler.registry.errors import (
    DigestMismatchError,
    InvalidReferenceError,
    ManifestError,
    NotFoundError,
    RegistryError,
    TooLargeError,
)
from crawler.registry.kinds import Kind, classify
from crawler.registry.manifest import Descriptor, Manifest
from crawler.registry.reference import parse_digest
from crawler.registry.sinks import MemorySink
from crawler.sources import ImageSource, docker_archive
from crawler.sources.archives import open_input
from crawler.sources.docker_archive import DockerArchive
from crawler.sources.files import Folder
from crawler.sources.oci_layout import OciLayout
from tests.crawler.sources import saved
from tests.crawler.sources.saved import (
    Link,
    Members,
    config,
    docker,
    hex_of,
    kaniko,
    layout,
    podman,
    tar,
    unpacked,
)
from tests.fakes.images import debian, dpkg, layer, python
from tests.fakes.registry import digest_of

LAYERS = unpacked(layer(debian(), dpkg(openssl="3.0.11-1")), layer(python("jinja2", "3.0")))
ID = digest_of(config(LAYERS))
MADE = "sha256:ba242233713c083abab19053f73e8e9202741ad2dfc9ecbc2bd4b1779bc10e58"
"""The store has this digest in its memory, in every installation that has met this image."""


async def read_all(source: ImageSource, reference: str) -> tuple[str, bytes, list[bytes]]:
    described = await source.describe(reference)
    raw = await source.manifest(described.digest)
    assert (raw.digest, len(raw.body)) == (described.digest, described.size)
    assert raw.digest == digest_of(raw.body)
    manifest = raw.parse()
    assert isinstance(manifest, Manifest)
    assert classify(manifest).kind is Kind.IMAGE
    layers = []
    for descriptor in manifest.layers:
        sink = MemorySink()
        await source.pull(descriptor, sink)
        layers.append(sink.value())
        assert (digest_of(layers[-1]), len(layers[-1])) == (descriptor.digest, descriptor.size)
    return raw.digest, await source.blob(manifest.config.digest, 10_000), layers


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[ImageSource]:
    with ExitStack() as stack:
        yield await asyncio.to_thread(stack.enter_context, open_input(path, path.parent / "spool"))


def written(folder: Path, members: Members) -> Path:
    path = folder / "image.tar"
    path.write_bytes(tar(members))
    return path


@pytest.mark.parametrize("write", [docker, podman])
async def test_the_same_image_whoever_saved_it(write: object, tmp_path: Path) -> None:
    assert callable(write)
    async with opened(written(tmp_path, write(LAYERS, "team/app:1.0"))) as source:
        assert isinstance(source, DockerArchive)
        for reference in ("", "1.0", "team/app:1.0", "docker.io/team/app:1.0", ID, MADE):
            assert await read_all(source, reference) == (MADE, config(LAYERS), LAYERS)


async def test_layers_may_be_packed(tmp_path: Path) -> None:
    async with opened(written(tmp_path, kaniko(LAYERS, "app:1"))) as source:
        digest, body, layers = await read_all(source, "app:1")
        manifest = (await source.manifest(parse_digest(digest))).parse()
    assert isinstance(manifest, Manifest)
    assert (body, unpacked(*layers)) == (config(LAYERS), LAYERS)
    assert {each.media_type for each in manifest.layers} == {
        "application/vnd.docker.image.rootfs.diff.tar.gzip"
    }


async def test_a_layout_is_preferred(tmp_path: Path) -> None:
    members = layout(LAYERS, "team/app:1.0")
    async with opened(written(tmp_path, members)) as source:
        assert isinstance(source, OciLayout)
        for reference in ("", "1.0", "team/app:1.0", "docker.io/team/app:1.0"):
            assert (await read_all(source, reference))[1:] == (config(LAYERS), LAYERS)
    del members["oci-layout"]
    async with opened(written(tmp_path, members)) as source:
        assert await read_all(source, "1.0") == (MADE, config(LAYERS), LAYERS)


async def test_an_unpacked_archive(tmp_path: Path) -> None:
    for name, content in docker(LAYERS, "a:1").items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        assert isinstance(content, bytes)
        (tmp_path / name).write_bytes(content)
    assert await read_all(DockerArchive(Folder(tmp_path)), "") == (MADE, config(LAYERS), LAYERS)


async def test_a_layer_that_comes_twice_and_none_at_all(tmp_path: Path) -> None:
    twice = [LAYERS[0], LAYERS[1], LAYERS[0]]
    async with opened(written(tmp_path, docker(twice))) as source:
        assert (await read_all(source, ""))[2] == twice
    async with opened(written(tmp_path, docker([]))) as source:
        assert (await read_all(source, ""))[2] == []


def several() -> dict[str, bytes | Link]:
    one, other = config(LAYERS), config(LAYERS[:1])
    names = [f"{hex_of(each)}.tar" for each in LAYERS]
    index = saved.listed(
        ("one.json", names, ["team/app:1", "app:latest"]),
        ("other.json", names[:1], ["team/app:2"]),
        ("nameless.json", names[:1], None),
    )
    layers = dict(zip(names, LAYERS, strict=True))
    bodies = {"one.json": one, "other.json": other, "nameless.json": config(LAYERS[:1], author="x")}
    return {**layers, **bodies, "manifest.json": index}


async def test_several_images(tmp_path: Path) -> None:
    async with opened(written(tmp_path, several())) as source:
        for reference, body in (
            ("1", config(LAYERS)),
            ("app", config(LAYERS)),
            ("latest", config(LAYERS)),
            ("team/app:2", config(LAYERS[:1])),
            (digest_of(config(LAYERS[:1], author="x")), config(LAYERS[:1], author="x")),
        ):
            assert (await read_all(source, reference))[1] == body
        held = "team/app:1, app:latest, team/app:2, nameless.json"
        with pytest.raises(InvalidReferenceError, match=f"expected a tag or digest of one of: {held}"):
            await source.describe("")
        with pytest.raises(NotFoundError, match=f"no image '3'; it holds {held}"):
            await source.describe("3")
        with pytest.raises(NotFoundError, match="no image sha256:0000"):
            await source.describe("sha256:" + "0" * 64)
        with pytest.raises(NotFoundError, match=f"no image 'team:3'; it holds {held}"):
            await source.describe("team:3")
        with pytest.raises(InvalidReferenceError, match="@sha256:12: expected 64 lower-case hex digits"):
            await source.describe("sha256:12")


GOOD = docker(LAYERS, "a:1")
NAME = next(name for name in GOOD if name.endswith(".json"))
FIRST, SECOND = (name for name in GOOD if name.endswith("layer.tar"))
WRONG: Mapping[str, tuple[Mapping[str, bytes | Link | None], type[RegistryError], str]] = {
    "no manifest.json": ({"manifest.json": None}, ManifestError, "holds no image: expected oci-layout and"),
    "no JSON": ({"manifest.json": b"<html>"}, ManifestError, "manifest.json: expected JSON"),
    "no list": ({"manifest.json": b"{}"}, ManifestError, "manifest.json: "),
    "no image": ({"manifest.json": b"[]"}, NotFoundError, "no image ''; it holds none"),
    "a Config that is a number": (
        {"manifest.json": b'[{"Config": 1, "Layers": []}]'},
        ManifestError,
        r"\[0\]\.Config: expected text, got a whole number",
    ),
    "no Config": ({"manifest.json": b'[{"Layers": []}]'}, ManifestError, "Config"),
    "no configuration": ({NAME: None}, NotFoundError, f"{NAME}: not found"),
    "configuration of another kind": ({NAME: b"[]"}, ManifestError, "config: expected"),
    "no layer": ({SECOND: None}, NotFoundError, f"{SECOND}: not found"),
    "layer leads out": ({SECOND: Link("/etc/passwd")}, NotFoundError, "leads out of the archive"),
    "layer in a circle": ({SECOND: Link("layer.tar")}, NotFoundError, "links in a row"),
    "fewer layers than named": (
        {"manifest.json": saved.listed((NAME, [FIRST], None))},
        ManifestError,
        "layers: 1, expected as many as the diff_ids",
    ),
    "layers that lead out": (
        {"manifest.json": saved.listed((NAME, [FIRST, "../../etc/passwd"], None))},
        NotFoundError,
        "not found",
    ),
    "configuration that leads out": (
        {"manifest.json": saved.listed(("/etc/passwd", [FIRST, SECOND], None))},
        NotFoundError,
        "/etc/passwd: not found",
    ),
    "another layer": (
        {SECOND: LAYERS[0]},
        DigestMismatchError,
        f"expected {digest_of(LAYERS[1])}, the bytes",
    ),
    "configuration too large": ({NAME: b" " * (9 << 20)}, TooLargeError, "more than the limit of 8388608"),
}


@pytest.mark.parametrize(("changes", "error", "reason"), WRONG.values(), ids=WRONG)
async def test_what_is_wrong_is_said(
    changes: Mapping[str, bytes | Link | None], error: type[RegistryError], reason: str, tmp_path: Path
) -> None:
    changed: dict[str, bytes | Link | None] = {**GOOD, **changes}
    path = written(tmp_path, {name: content for name, content in changed.items() if content is not None})
    with pytest.raises(error, match=rf"^{path}.*{reason}|^{reason}"):
        async with opened(path) as source:
            await read_all(source, "")


async def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(written(tmp_path, several())) as source:
        with pytest.raises(TooLargeError, match="more than 10 bytes"):
            await source.blob(parse_digest(ID), 10)
        with pytest.raises(NotFoundError, match="no image sha256:"):
            await source.blob(parse_digest(digest_of(LAYERS[0])), 10)
        with pytest.raises(NotFoundError, match="no layer sha256:"):
            await source.pull(Descriptor(media_type="", digest=parse_digest(ID), size=1), MemorySink())
        monkeypatch.setattr(docker_archive, "IMAGES", 2)
        with pytest.raises(ManifestError, match="3 images, expected at most 2"):
            await source.describe("1")


async def test_a_damaged_image_hides_no_other(tmp_path: Path) -> None:
    members = {name: content for name, content in several().items() if name != "other.json"}
    async with opened(written(tmp_path, members)) as source:
        assert (await read_all(source, "1"))[1] == config(LAYERS)
        assert json.loads((await source.manifest((await source.describe("app")).digest)).body)["layers"]
