import json
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.registry.errors import (
    DeniedError,
    DigestMismatchError,
    InvalidReferenceError,
    ManifestError,
    NotFoundError,
    ProtocolError,
    RegistryError,
    ServerError,
    SizeMismatchError,
    TooLargeError,
    UnreachableError,
)
from crawler.registry.manifest import Descriptor, Manifest
from crawler.registry.reference import parse_digest, parse_reference
from crawler.registry.sinks import MemorySink
from crawler.sources import Wanted
from crawler.sources.containerd import candidates, open_containerd
from tests.fakes import images
from tests.fakes.containerd import (
    INTERNAL,
    Answer,
    FakeContainerd,
    RealContainerd,
    cutting_proxy,
    info,
    integer,
    part,
    real_containerd,
    target,
)
from tests.fakes.layouts import write_layout
from tests.fakes.registry import OCI_INDEX, OCI_LAYER, OCI_MANIFEST, FakeRegistry, Pushed, digest_of

LAYERS = images.layer(images.debian(), images.dpkg(openssl="3.0.11")), images.layer({"srv/a": b"a"})
BIG = random.Random(1).randbytes(5_000_000)
IMAGE_ID = "b" * 64


def wanted(name: str, platform: str = "") -> Wanted:
    is_id = name.removeprefix("sha256:") == IMAGE_ID
    return Wanted(
        name=name, reference=None if is_id else parse_reference(name), platform=platform, folder=Path()
    )


def described(body: bytes) -> Descriptor:
    return Descriptor(media_type=OCI_LAYER, digest=parse_digest(digest_of(body)), size=len(body))


async def read_all(
    socket: Path, name: str, platform: str = "", patience_s: float = 20.0
) -> tuple[str, list[bytes]]:
    async with open_containerd(
        wanted(name, platform), environ={}, host=str(socket), patience_s=patience_s
    ) as found:
        about = await found.source.describe(found.reference)
        raw = await found.source.manifest(about.digest)
        manifest = raw.parse()
        assert isinstance(manifest, Manifest)
        assert (about.size, about.media_type) == (len(raw.body), manifest.media_type)
        assert json.loads(await found.source.blob(manifest.config.digest, 10_000))["os"] == "linux"
        layers = []
        for layer in manifest.layers:
            sink = MemorySink()
            await found.source.pull(layer, sink)
            layers.append(sink.value())
    return about.digest, layers


@pytest.fixture
def registry() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture
def image(registry: FakeRegistry) -> Pushed:
    return images.push(registry, "a", "1", *LAYERS)


@pytest.fixture
async def fake(tmp_path: Path, registry: FakeRegistry, image: Pushed) -> AsyncIterator[FakeContainerd]:
    async with FakeContainerd(tmp_path) as fake:
        fake.add_image("default", "docker.io/library/app:latest", image, registry.blobs)
        yield fake


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nginx", ("nginx", "docker.io/library/nginx:latest")),
        ("docker.io/library/nginx:1", ("docker.io/library/nginx:1",)),
        ("index.docker.io/a/b", ("index.docker.io/a/b", "docker.io/a/b:latest")),
        ("localhost:5000/a", ("localhost:5000/a", "localhost:5000/a:latest")),
        (f"a@sha256:{IMAGE_ID}", ()),
        (IMAGE_ID, (f"sha256:{IMAGE_ID}",)),
        (f"sha256:{IMAGE_ID}", (f"sha256:{IMAGE_ID}",)),
    ],
)
def test_names(name: str, expected: tuple[str, ...]) -> None:
    assert candidates(wanted(name)) == expected


@pytest.mark.parametrize("platform", ["", "linux/amd64"])
async def test_an_image(fake: FakeContainerd, image: Pushed, platform: str) -> None:
    assert await read_all(fake.socket, "app", platform) == (image.digest, [*LAYERS])
    by_digest = f"other@{image.digest}"
    assert await read_all(fake.socket, by_digest, platform) == (image.digest, [*LAYERS])


async def test_where_is_looked(fake: FakeContainerd, registry: FakeRegistry) -> None:
    other = images.push(registry, "b", "1", LAYERS[0])
    fake.add_image("k8s.io", "docker.io/library/app:latest", other, registry.blobs)
    fake.add_image("k8s.io", "app", other, registry.blobs)
    fake.add_image("k8s.io", f"sha256:{IMAGE_ID}", other, registry.blobs)
    assert (await read_all(fake.socket, "app"))[0] == other.digest
    assert (await read_all(fake.socket, "app:latest"))[0] != other.digest
    assert (await read_all(fake.socket, IMAGE_ID))[0] == other.digest
    environ = {"CONTAINERD_NAMESPACE": "k8s.io", "CONTAINERD_ADDRESS": f"unix://{fake.socket}"}
    fake.asked.clear()
    async with open_containerd(wanted("app:latest"), environ=environ) as found:
        assert found.reference == other.digest
    assert {asked.namespace for asked in fake.asked} == {"k8s.io"}
    with pytest.raises(RegistryError, match=r"CONTAINERD_NAMESPACE: 'a\\nb'"):
        async with open_containerd(wanted("app"), environ=environ | {"CONTAINERD_NAMESPACE": "a\nb"}):
            pass


async def test_what_is_not_there(fake: FakeContainerd, image: Pushed) -> None:
    for name in ("app:2", IMAGE_ID, f"app@sha256:{IMAGE_ID}", f"app@{image.config_digest}"):
        with pytest.raises(
            NotFoundError, match=r"^unix:.*: no such image in namespace 'default' or 'k8s.io'$"
        ):
            await read_all(fake.socket, name)
    with pytest.raises(NotFoundError, match="not for linux/arm64 but for linux/amd64"):
        await read_all(fake.socket, "app", "linux/arm64")


async def test_layers_that_were_discarded(
    fake: FakeContainerd, registry: FakeRegistry, image: Pushed
) -> None:
    async with open_containerd(wanted("app"), environ={}, host=str(fake.socket)) as found:
        layer = fake.content["default"].pop(digest_of(LAYERS[0]))
        with pytest.raises(
            NotFoundError, match=r"sha256:\w+ is not there, as when .*discard_unpacked_layers"
        ):
            await found.source.pull(described(layer), MemorySink())
    with pytest.raises(NotFoundError, match=r"1 of 3 blobs are not there, as when .*discard_unpacked_layers"):
        await read_all(fake.socket, "app")
    fake.add_image("k8s.io", "docker.io/library/app:latest", image, registry.blobs)
    assert (await read_all(fake.socket, "app"))[1] == [*LAYERS]


async def test_an_index(fake: FakeContainerd, registry: FakeRegistry) -> None:
    by_platform = {
        platform: images.push(registry, platform, "1", LAYERS[0], architecture=platform)
        for platform in ("amd64", "arm64", "s390x")
    }
    entries = [images.entry(pushed, f"linux/{name}") for name, pushed in by_platform.items()]
    index = fake.add_index("default", "docker.io/library/multi:latest", *entries)
    with pytest.raises(NotFoundError, match="not pulled for any platform, but for none"):
        await read_all(fake.socket, "multi")
    fake.add_image("default", "only", by_platform["arm64"], registry.blobs)
    assert (await read_all(fake.socket, "multi"))[0] == by_platform["arm64"].digest
    with pytest.raises(NotFoundError, match="not pulled for linux/amd64, but for linux/arm64"):
        await read_all(fake.socket, "multi", "linux/amd64")
    fake.add_image("default", "second", by_platform["amd64"], registry.blobs)
    assert (await read_all(fake.socket, "multi", "linux/amd64"))[0] == by_platform["amd64"].digest
    async with open_containerd(wanted("multi"), environ={}, host=str(fake.socket)) as found:
        assert found.reference == index
        with pytest.raises(NotFoundError, match="is not there, as when its platform was not pulled"):
            await found.source.manifest(parse_digest(by_platform["s390x"].digest))


async def test_an_index_that_says_little(fake: FakeContainerd, image: Pushed) -> None:
    entry = {"mediaType": OCI_MANIFEST, "digest": image.digest, "size": len(image.body)}
    fake.add_index("default", "x", entry)
    assert (await read_all(fake.socket, "x", "linux/amd64"))[0] == image.digest
    with pytest.raises(NotFoundError, match="not for linux/arm64"):
        await read_all(fake.socket, "x", "linux/arm64")


async def test_what_the_store_is_to_judge(
    fake: FakeContainerd, registry: FakeRegistry, image: Pushed
) -> None:
    inner = fake.add_index("default", "inner", images.entry(image, "linux/amd64"))
    described = {"mediaType": OCI_INDEX, "digest": inner, "size": 1}
    fake.add_index("default", "outer", described)
    chart = images.push_chart(registry, "chart", "1")
    fake.add_target("default", "chart", OCI_MANIFEST, registry.manifests["chart"][chart][1])
    fake.put("default", *registry.blobs.values())
    for name, digest in (("outer", inner), ("chart", chart)):
        async with open_containerd(wanted(name, "linux/amd64"), environ={}, host=str(fake.socket)) as found:
            assert found.reference == digest


async def test_a_manifest_without_a_type_of_its_own(fake: FakeContainerd, image: Pushed) -> None:
    manifest: dict[str, Any] = json.loads(image.body)
    del manifest["mediaType"]
    fake.add_target("default", "y", OCI_MANIFEST, json.dumps(manifest).encode())
    async with open_containerd(wanted("y"), environ={}, host=str(fake.socket)) as found:
        assert (await found.source.describe(found.reference)).media_type == OCI_MANIFEST


async def test_many_layers(fake: FakeContainerd, registry: FakeRegistry) -> None:
    layers = [images.layer({"n": str(number).encode()}) for number in range(250)]
    fake.add_image("default", "many", images.push(registry, "many", "1", *layers), registry.blobs)
    async with open_containerd(wanted("many"), environ={}, host=str(fake.socket)):
        assert sum(asked.method == "List" for asked in fake.asked) == 3


@pytest.mark.parametrize(
    ("fault", "resumed_at"),
    [({"cut": 1_500_000}, 1_000_000), ({"goaway": True}, 2_000_000), ({"reset": True}, 2_000_000)],
)
async def test_a_read_that_broke_off_goes_on(
    fake: FakeContainerd, fault: dict[str, Any], resumed_at: int
) -> None:
    fake.put("default", BIG)
    sent = [part(0, BIG[:1_000_000]), part(1_000_000, BIG[1_000_000:2_000_000])]
    sink = MemorySink()
    async with open_containerd(wanted("app"), environ={}, host=str(fake.socket)) as found:
        fake.asked.clear()
        fake.faults.once["Read"] = [Answer(messages=sent, **fault)]
        await found.source.pull(described(BIG), sink)
    assert sink.value() == BIG
    assert [asked.offset for asked in fake.asked] == [0, resumed_at]


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (Answer(messages=[part(0, BIG), part(len(BIG), b"x")]), SizeMismatchError, "more than the announced"),
        (Answer(messages=[part(0, BIG[:-1])]), SizeMismatchError, "4999999 bytes, expected 5000000"),
        (Answer(messages=[part(0, BIG[::-1])]), DigestMismatchError, "the bytes have"),
        (Answer(messages=[part(0, BIG[:9])] * 2), SizeMismatchError, "18 bytes, expected 5000000"),
        (Answer(messages=[b"\x0b"]), ProtocolError, "the answer is no message"),
        (
            Answer(messages=[part(0, b"x" * 65536)], endless=True),
            SizeMismatchError,
            "more than the announced",
        ),
        (Answer(status=INTERNAL, words="disk%20on fire"), ServerError, "answers 'disk on fire', status 13"),
        (Answer(messages=[part(0, BIG)], status=INTERNAL), ServerError, "status 13"),
        (Answer(status="ok"), ProtocolError, "grpc-status 'ok', expected a number"),
        (Answer(status=7, words="no"), DeniedError, "answers 'no'"),
        (Answer(status=99, words="?"), RegistryError, "answers .* status 99"),
        (Answer(messages=[part(0, BIG[:9])], packed=True), ProtocolError, "sends packed messages"),
        (Answer(messages=[b"x" * 17_000_000]), TooLargeError, "a message of 17000000 bytes"),
        (Answer(http_status="404"), ProtocolError, "does not speak gRPC: status '404'"),
        (Answer(content_type="text/html"), ProtocolError, "does not speak gRPC: .* type 'text/html'"),
        (Answer(reset=True), UnreachableError, r"gave up the call \(HTTP/2 error 2\)"),
        (Answer(goaway=True), UnreachableError, "ended the connection before the answer"),
        (
            Answer(messages=[BIG], cut=9),
            UnreachableError,
            "closed the connection|connection lost|reset by peer",
        ),
    ],
)
async def test_lies_about_a_layer(
    fake: FakeContainerd, answer: Answer, error: type[RegistryError], reason: str
) -> None:
    async with open_containerd(wanted("app"), environ={}, host=str(fake.socket)) as found:
        fake.faults.always["Read"] = answer
        with pytest.raises(error, match=reason):
            await found.source.pull(described(BIG), MemorySink())


@pytest.mark.parametrize(
    ("method", "answer", "error", "reason"),
    [
        ("Get", Answer(), ProtocolError, "sends no message, expected 1"),
        ("Get", Answer(messages=[b"", b""]), ProtocolError, "sends more than one message"),
        ("Get", Answer(messages=[b""], endless=True), ProtocolError, "sends more than one message"),
        ("Get", Answer(messages=[b""]), ProtocolError, r"target.digest: expected algorithm:hex, got ''"),
        (
            "Get",
            Answer(messages=[target("x", "sha256:../a", 1)]),
            ProtocolError,
            r"target.digest: expected 64",
        ),
        (
            "Get",
            Answer(messages=[target("x", digest_of(b""), -1)]),
            ProtocolError,
            r"target.size: expected 0",
        ),
        ("Get", Answer(messages=[target("x", digest_of(b""), 1)]), NotFoundError, "is not there"),
        ("Get", Answer(status=12, words="unknown service"), ProtocolError, "answers 'unknown service'"),
        ("Info", Answer(messages=[info("x", -1)]), ProtocolError, "has -1 bytes"),
        ("Info", Answer(messages=[info("x", 2**40)]), TooLargeError, "1099511627776 bytes, more than"),
        ("Info", Answer(messages=[info("x", 3)]), SizeMismatchError, "more than the announced 3 bytes"),
        ("Info", Answer(messages=[integer(0, 1)]), ProtocolError, "field number 0"),
        ("List", Answer(), NotFoundError, "3 of 3 blobs are not there"),
        ("List", Answer(messages=[b"\x0a\x03\x0a\x01\xff"]), ProtocolError, "expected UTF-8"),
        ("Read", Answer(messages=[part(0, b"{}")]), SizeMismatchError, "2 bytes, expected"),
    ],
)
async def test_lies_about_the_image(
    fake: FakeContainerd, method: str, answer: Answer, error: type[RegistryError], reason: str
) -> None:
    fake.faults.always[method] = answer
    with pytest.raises(error, match=reason):
        await read_all(fake.socket, "app")


async def test_what_is_no_image(fake: FakeContainerd) -> None:
    fake.add_target("default", "z", OCI_MANIFEST, b"{}")
    with pytest.raises(ManifestError):
        await read_all(fake.socket, "z")
    async with open_containerd(wanted("app"), environ={}, host=str(fake.socket)) as found:
        with pytest.raises(InvalidReferenceError):
            await found.source.describe("latest")
        with pytest.raises(TooLargeError):
            await found.source.blob(parse_digest(digest_of(LAYERS[0])), len(LAYERS[0]) - 1)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (
            {"raw": b"HTTP/1.1 400 Bad Request\r\n\r\n400 Bad Request"},
            "does not speak gRPC: it begins with 'HTTP",
        ),
        ({"raw": b"\0" * 100}, r"does not speak gRPC: it begins with bytes 00 00"),
        ({"raw": b""}, "closed the connection before the answer's end"),
        ({"silent": True}, "does not answer, or too slowly"),
        ({"pings": True}, "does not answer, or too slowly"),
    ],
)
async def test_other_daemons(fake: FakeContainerd, fault: dict[str, Any], reason: str) -> None:
    for name, value in fault.items():
        setattr(fake.faults, name, value)
    with pytest.raises(RegistryError, match=rf"^unix://.*containerd.sock.* {reason}"):
        await read_all(fake.socket, "app", patience_s=0.2)


async def test_a_layer_that_stops(fake: FakeContainerd) -> None:
    async with open_containerd(wanted("app"), environ={}, host=str(fake.socket), patience_s=0.2) as found:
        fake.faults.always["Read"] = Answer(stalled=True)
        with pytest.raises(UnreachableError, match="does not answer, or too slowly"):
            await found.source.pull(described(BIG), MemorySink())


async def test_a_sink_that_is_full(fake: FakeContainerd) -> None:
    class Full(MemorySink):
        def __init__(self) -> None:
            super().__init__()
            self.write = self._full

        def _full(self, data: bytes) -> None:
            raise OSError(28, "No space left on device", len(data))

    async with open_containerd(wanted("app"), environ={}, host=str(fake.socket)) as found:
        with pytest.raises(OSError, match="No space left"):
            await found.source.pull(described(LAYERS[0]), Full())


async def test_no_daemon(tmp_path: Path) -> None:
    path = tmp_path / "containerd.sock"
    with pytest.raises(UnreachableError, match=r"unix:///.*/containerd.sock: there is no such socket"):
        await read_all(path, "app")
    path.touch()
    with pytest.raises(UnreachableError, match="nobody listens"):
        await read_all(path, "app")
    with pytest.raises(UnreachableError, match=r"unix:///x+: af_unix path too long"):
        await read_all(Path("/" + "x" * 300), "app")


async def test_without_the_extra(fake: FakeContainerd, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*sys.modules]:
        if name.split(".")[0] == "h2" or name == "crawler.sources._grpc":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "h2", None)
    with pytest.raises(RegistryError, match=r"needs the extra 'containerd'.* '\.\[containerd\]'"):
        await read_all(fake.socket, "app")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealContainerd]:
    with real_containerd(tmp_path_factory.mktemp("containerd")) as running:
        yield running


def imported(real: RealContainerd, namespace: str, layout: Path) -> None:
    tar = layout.with_suffix(".tar")
    subprocess.run(["tar", "-C", layout, "-cf", tar, "."], check=True)
    real.ctr(namespace, "images", "import", "--no-unpack", "--all-platforms", str(tar))


@pytest.mark.program("containerd", "ctr")
@pytest.mark.skipif(os.geteuid() != 0, reason="containerd wants to be root")
class TestContainerdItself:
    async def test_an_image(self, real: RealContainerd, registry: FakeRegistry, tmp_path: Path) -> None:
        layers = [*LAYERS, images.layer({"big": BIG})]
        image = images.push(registry, "a", "1", *layers)
        write_layout(tmp_path / "layout", registry, {"docker.io/library/app:1": image})
        imported(real, "k8s.io", tmp_path / "layout")
        assert await read_all(real.socket, "app:1", "linux/amd64") == (image.digest, layers)
        assert await read_all(real.socket, f"app@{image.digest}") == (image.digest, layers)
        with pytest.raises(NotFoundError, match="not for linux/arm64 but for linux/amd64"):
            await read_all(real.socket, "app:1", "linux/arm64")
        with pytest.raises(NotFoundError, match="no such image"):
            await read_all(real.socket, "other")

    async def test_an_index(self, real: RealContainerd, registry: FakeRegistry, tmp_path: Path) -> None:
        layers = {name: images.layer({name: b"x"}) for name in ("amd64", "arm64")}
        pushed = {
            name: images.push(registry, name, "1", layer, architecture=name) for name, layer in layers.items()
        }
        entries = [images.entry(image, f"linux/{name}") for name, image in pushed.items()]
        body = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()
        for blob in (image.body for image in pushed.values()):
            registry.push_blob(blob)
        index = Pushed(digest=digest_of(body), body=body, config_digest="", layers=())
        write_layout(tmp_path / "layout", registry, {"docker.io/library/multi:1": index})
        named = tmp_path / "layout/index.json"
        named.write_text(named.read_text().replace(OCI_MANIFEST, OCI_INDEX))
        imported(real, "default", tmp_path / "layout")
        async with open_containerd(wanted("multi:1"), environ={}, host=str(real.socket)) as found:
            assert found.reference == index.digest
            assert (await found.source.describe(index.digest)).media_type == OCI_INDEX
        arm = await read_all(real.socket, "multi:1", "linux/arm64")
        assert arm == (pushed["arm64"].digest, [layers["arm64"]])
        real.ctr("default", "content", "rm", digest_of(layers["amd64"]))
        with pytest.raises(NotFoundError, match=r"1 of 2 blobs are not there, as when layers are discarded"):
            await read_all(real.socket, "multi:1", "linux/amd64")
        real.ctr("default", "content", "rm", pushed["amd64"].digest)
        with pytest.raises(NotFoundError, match="not pulled for linux/amd64, but for linux/arm64"):
            await read_all(real.socket, "multi:1", "linux/amd64")
        assert await read_all(real.socket, "multi:1") == arm

    async def test_a_connection_that_breaks(
        self, real: RealContainerd, registry: FakeRegistry, tmp_path: Path
    ) -> None:
        layer = images.layer({"big": BIG})
        image = images.push(registry, "a", "1", layer)
        write_layout(tmp_path / "layout", registry, {"docker.io/library/broken:1": image})
        imported(real, "default", tmp_path / "layout")
        cuts, proxy, sink = [2_500_000, 1_500_000], tmp_path / "proxy", MemorySink()
        async with (
            cutting_proxy(proxy, real.socket, cuts),
            open_containerd(wanted("broken:1"), environ={}, host=str(proxy)) as found,
        ):
            await found.source.pull(described(layer), sink)
        assert (sink.value() == layer, cuts) == (True, [])
