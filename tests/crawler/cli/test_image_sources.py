import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crawler.cli.stores import Ran, cleanbill
from tests.crawler.sources.daemons import FakeEngine
from tests.crawler.sources.saved import docker, tar, unpacked
from tests.crawler.sources.test_docker_archive import ID, LAYERS
from tests.fakes import images as made
from tests.fakes.images import debian, layer, push
from tests.fakes.layouts import write_layout
from tests.fakes.registry import FakeRegistry

ARM = unpacked(layer(debian("13")))


@contextmanager
def running(engine: FakeEngine, socket: Path) -> Iterator[str]:
    """Serve an engine from a thread of its own."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with engine.serving(socket):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        yield f"unix://{socket}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    registry = FakeRegistry()
    with registry.running():
        yield registry


def scan(folder: Path, *args: str) -> Ran:
    nowhere = f"{folder}/none"
    sockets = {"CONTAINERD_ADDRESS": nowhere, "CONTAINER_HOST": f"unix://{nowhere}"}
    options = ("-f", "json", "--offline-scan", "--scanners", "none")
    return cleanbill(
        folder / "cache", "image", *options, *args, env={"DOCKER_HOST": f"unix://{nowhere}"} | sockets
    )


def image_id(ran: Ran) -> object:
    return json.loads(ran.out)["Metadata"]["ImageID"]


def test_a_known_image_of_a_daemon_is_not_exported_again(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.hold(tar(docker(LAYERS, "app:1")), ID, "app:1", ID[7:19])
    with running(engine, tmp_path / "docker.sock") as url:
        for name, option in (("app:1", "--docker-host"), (ID, "--docker-host"), (ID[7:19], "--podman-host")):
            ran = scan(tmp_path, option, url, name)
            assert (ran.code, ran.err, image_id(ran)) == (0, "", ID)
        assert engine.requests == ["json app:1", f"get {ID}", f"json {ID}", f"json {ID[7:19]}"]


def test_the_first_source_that_has_it(tmp_path: Path, registry: FakeRegistry) -> None:
    pushed = push(registry, "app", "1", layer(debian("13")))
    name, engine = f"{registry.host}/app:1", FakeEngine()
    engine.hold(tar(docker(LAYERS)), ID, name)
    with running(engine, tmp_path / "docker.sock") as url:
        assert image_id(scan(tmp_path, "--docker-host", url, name)) == ID
        ran = scan(tmp_path, "--docker-host", url, "--image-src", "remote,docker", name)
        assert (image_id(ran), ran.err) == (pushed.config_digest, "")
        ran = scan(tmp_path, "--docker-host", url, "--image-src", "podman,docker", name)
        assert image_id(ran) == ID
        assert ran.err == f"cleanbill: podman: unix://{tmp_path}/none: there is no such socket\n"


def test_an_image_that_is_nowhere(tmp_path: Path, registry: FakeRegistry) -> None:
    name, engine = f"{registry.host}/none:1", FakeEngine()
    start = f"cleanbill: {name}: found nowhere: remote: {registry.host}: none:1: not found"
    code = "(status 404, MANIFEST_UNKNOWN)"
    ran = scan(tmp_path, name)
    assert (ran.code, ran.out) == (4, "")
    assert ran.err == f"{start} {code}; docker, containerd, podman: cannot be reached\n"
    with running(engine, tmp_path / "docker.sock") as url:
        ran = scan(tmp_path, "--docker-host", url, name)
    assert ran.err == f"{start} {code}; docker: {url}: no such image; containerd, podman: cannot be reached\n"


def test_where_the_registry_has_nothing_to_say_the_daemons_have(tmp_path: Path) -> None:
    absent = f"unix://{tmp_path}/none: there is no such socket"
    ran = scan(tmp_path, "--image-src", "docker,podman", "app:1")
    assert (ran.code, ran.err) == (
        4,
        f"cleanbill: app:1: found nowhere: docker: {absent}; podman: {absent}\n",
    )
    ran = scan(tmp_path, "--image-src", "docker,remote", ID)
    assert (ran.code, ran.err) == (
        4,
        f"cleanbill: {ID}: found nowhere: docker: {absent}; remote: an image id, which no registry knows\n",
    )


def test_the_platform_that_is_insisted_on(tmp_path: Path, registry: FakeRegistry) -> None:
    arm = push(registry, "app", "1", layer(debian("13")), architecture="arm64", variant="v8")
    name, engine = f"{registry.host}/app:1", FakeEngine()
    engine.hold(tar(docker(LAYERS)), ID, name)
    with running(engine, tmp_path / "docker.sock") as url:
        for platform, expected in (("linux/arm64", arm.config_digest), ("linux/amd64", ID), ("all", ID)):
            ran = scan(tmp_path, "--docker-host", url, "--platform", platform, name)
            assert (ran.code, image_id(ran)) == (0, expected)
    ran = scan(tmp_path, "--platform", "linux/s390x", name)
    assert (ran.code, ran.out) == (4, "")
    assert ran.err == f"cleanbill: {name}: the image is for linux/arm64/v8; there is none for linux/s390x\n"


@pytest.mark.parametrize("packed", [False, True])
def test_all_platforms(tmp_path: Path, registry: FakeRegistry, *, packed: bool) -> None:
    images = {
        platform: push(registry, "multi", "", layer(debian(platform[-2:])), architecture=platform[6:])
        for platform in ("linux/amd64", "linux/arm64")
    }
    registry.push_index("multi", "1", [made.entry(image, each) for each, image in images.items()])
    write_layout(tmp_path / "layout", registry, {"a": images["linux/amd64"], "b": images["linux/arm64"]})
    place = ["--input", f"{tmp_path}/layout:a"] if packed else [f"{registry.host}/multi:1"]
    ran = scan(tmp_path, "--platform", "all", *place)
    decoder, found, rest = json.JSONDecoder(), set(), ran.out
    while rest := rest.lstrip():
        report, end = decoder.raw_decode(rest)
        found.add(report["Metadata"]["ImageID"])
        rest = rest[end:]
    expected = {image.config_digest for image in images.values()}
    assert (ran.code, ran.err) == (0, "")
    assert found == ({images["linux/amd64"].config_digest} if packed else expected)


def test_what_all_cannot_read_is_told(tmp_path: Path, registry: FakeRegistry) -> None:
    good = push(registry, "multi", "", layer(debian()))
    torn = registry.push_image("multi", "", [b"no layer"], made.config([b"no layer"], architecture="arm64"))
    registry.push_index("multi", "1", [made.entry(good, "linux/amd64"), made.entry(torn, "linux/arm64")])
    ran = scan(tmp_path, "--platform", "all", f"{registry.host}/multi:1")
    assert (ran.code, image_id(ran)) == (3, good.config_digest)
    assert ran.err.startswith(f"cleanbill: {registry.host}/multi:1: layer sha256:")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["a", "--image-src", "docker,rkt"], "'rkt': expected some of docker,containerd,podman,remote"),
        (["a", "--image-src", ","], "expected some of docker,containerd,podman,remote"),
        (["a", "--docker-host", "/run/docker.sock"], "expected unix://PATH or tcp://HOST:PORT"),
        (["a", "--podman-host", "ssh://me@host"], "expected unix://PATH or tcp://HOST:PORT"),
        (["a", "--platform", "all", "-o", "x"], "expected one platform to --output"),
        (
            ["a", "--platform", "linux"],
            "'linux' is not a choice of platforms: expected one such as linux/amd64",
        ),
        (
            ["a", "--platform", "linux/amd46"],
            "'linux/amd46' is not a platform of images: expected 'linux/amd64', perhaps",
        ),
        (["a/../b"], "is not a repository name"),
        (["https://host/a:1"], "'https://host/a:1': expected a name without 'https://', such as 'host/a:1'"),
    ],
)
def test_wrong_usage(tmp_path: Path, args: list[str], sentence: str) -> None:
    ran = scan(tmp_path, *args)
    assert (ran.code, ran.out, sentence in " ".join(ran.err.split())) == (2, "", True)


@pytest.mark.parametrize("name", ["{}/a.tar", "{}/a.tar:app:1", "./a.tar", "a.tar", "./layout"])
def test_a_path_instead_of_a_name_is_told_its_option(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.tar").touch()
    write_layout(tmp_path / "layout", FakeRegistry(), {})
    (tmp_path / "app").mkdir()
    path = name.format(tmp_path)
    ran = scan(tmp_path, "--image-src", "docker", path)
    assert ran.err.endswith(f"; `cleanbill image --input {path}` scans the file or folder of this name\n")
    assert "--input" not in scan(tmp_path, "--image-src", "docker", "app").err


def test_archives(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tar(docker(LAYERS, "app:1")))
    for place in (
        f"{tmp_path}/a.tar",
        f"{tmp_path}/a.tar:1",
        f"{tmp_path}/a.tar:app:1",
        f"{tmp_path}/a.tar@{ID}",
    ):
        ran = scan(tmp_path, "--input", place)
        assert (ran.code, ran.err, image_id(ran)) == (0, "", ID)
    members = docker(LAYERS)
    lying = next(name for name in reversed(members) if name.endswith("layer.tar"))
    (tmp_path / "lie.tar").write_bytes(tar({**members, lying: ARM[0].ljust(len(LAYERS[1]), b"\0")}))
    ran = scan(tmp_path / "other", "--input", f"{tmp_path}/lie.tar")
    assert (ran.code, ran.out, ran.err.count("\n"), "expected sha256:" in ran.err) == (4, "", 1, True)
