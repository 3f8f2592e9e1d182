import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from crawler.registry.errors import (
    CredentialsError,
    DeniedError,
    ManifestError,
    NotFoundError,
    RegistryError,
    UnreachableError,
)
from crawler.registry.manifest import Index
from crawler.registry.reference import parse_digest
from crawler.sources import Found, Wanted
from crawler.sources.chain import open_first, parse_name
from crawler.sources.docker import find_docker, open_docker
from crawler.sources.engine_api import DaemonImage
from crawler.sources.podman import find_podman, open_podman
from tests.crawler.sources import daemons, saved
from tests.crawler.sources.daemons import FakeEngine
from tests.crawler.sources.saved import config, docker, layout, tar
from tests.crawler.sources.test_docker_archive import ID, LAYERS, MADE
from tests.fakes.nobody import closed

NAME = "team/app:1.0"


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
async def url(engine: FakeEngine, tmp_path: Path) -> AsyncIterator[str]:
    async with engine.serving(tmp_path / "docker.sock") as served:
        yield served


def wants(folder: Path, name: str = NAME, platform: str = "") -> Wanted:
    return Wanted(name=name, reference=parse_name(name), platform=platform, folder=folder)


async def check(found: Found) -> None:
    """Read the image as the crawler does: by its id, and the manifest that stands for."""
    assert isinstance(found.source, DaemonImage)
    described = await found.source.describe(found.reference)
    assert (described.digest, found.reference) == (ID, ID)
    index = (await found.source.manifest(described.digest)).parse()
    assert isinstance(index, Index)
    assert [entry.digest for entry in index.manifests] == [MADE]


@pytest.mark.parametrize("write", [docker, saved.podman, layout])
async def test_an_image_is_looked_up_and_exported_once(
    engine: FakeEngine, url: str, tmp_path: Path, write: Callable[..., saved.Members]
) -> None:
    engine.hold(tar(write(LAYERS, NAME)), ID, NAME)
    async with open_docker(wants(tmp_path), environ={}, host=url) as found:
        await found.source.describe(found.reference)
        assert engine.requests == [f"json {NAME}"]
        await check(found)
        manifest = await found.source.manifest(parse_digest(MADE))
        assert await found.source.blob(parse_digest(ID), 1000) == config(LAYERS)
        assert manifest.digest == MADE
        assert engine.requests == [f"json {NAME}", f"get {ID}"]
    assert os.listdir(tmp_path) == ["docker.sock"]  # noqa: PTH208 - nothing else has happened


async def test_an_id_may_be_a_manifests(engine: FakeEngine, url: str, tmp_path: Path) -> None:
    members = layout(LAYERS, NAME)
    held = list(members)[len(LAYERS) + 1]  # after the layers and the configuration
    digest = "sha256:" + held.rpartition("/")[2]
    engine.hold(tar(members), digest, NAME)
    async with open_docker(wants(tmp_path), environ={}, host=url) as found:
        assert (await found.source.describe(found.reference)).digest == digest
        raw = await found.source.manifest(parse_digest(digest))
        assert (raw.digest, raw.body) == (digest, members[held])


@pytest.mark.parametrize(
    ("platform", "served"),
    [("linux/arm64", True), ("linux/arm64/v8", True), ("", True), ("linux/amd64", False)],
)
async def test_platforms(
    engine: FakeEngine, url: str, tmp_path: Path, platform: str, *, served: bool
) -> None:
    engine.hold(tar(docker(LAYERS)), ID, NAME, platform="linux/arm64")
    opening = open_docker(wants(tmp_path, platform=platform), environ={}, host=url)
    if served:
        async with opening as found:
            assert found.reference == ID
    else:
        with pytest.raises(NotFoundError, match="has it for linux/arm64 only"):
            await opening.__aenter__()


async def test_exports_that_are_worth_nothing(engine: FakeEngine, url: str, tmp_path: Path) -> None:
    engine.hold(b"no archive", ID, "app")
    async with open_docker(wants(tmp_path, "app"), environ={}, host=url) as found:
        with pytest.raises(ManifestError, match=f"export of {ID}: not a tar archive"):
            await found.source.manifest(parse_digest(ID))
        engine.breaks_off = True
        with pytest.raises(UnreachableError, match="the answer broke off"):
            await found.source.manifest(parse_digest(ID))
        engine.breaks_off = False
        engine.hold(tar(docker(LAYERS)), ID, "app")
        await check(found)


async def test_who_is_asked_and_why_not(engine: FakeEngine, url: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    hosts = {
        "none": f"unix://{tmp_path}/none",
        "file": f"unix://{tmp_path}/file",
        "here": url,
        "odd": "ssh://x",
    }

    async def asked(name: str) -> tuple[str, dict[str, str]]:
        openers = {
            key: lambda wanted, host=host: open_podman(wanted, environ={}, host=host)
            for key, host in hosts.items()
        }
        async with open_first(openers, wants(tmp_path, name)) as (source, _, missed):
            return source, {key: str(error) for key, error in missed.items()}

    engine.hold(b"", ID, NAME)
    assert await asked(NAME) == (
        "here",
        {
            "none": f"unix://{tmp_path}/none: there is no such socket",
            "file": f"unix://{tmp_path}/file: not a socket",
        },
    )
    with pytest.raises(
        NotFoundError, match=r"^x: found nowhere: none: .*; file: .*; here: .*no such image; odd: .*'ssh"
    ):
        await asked("x")


async def _hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def _speak_http_2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\0\0\0\4\0\0\0\0\0")  # its first frame
    await reader.read()
    writer.close()


async def test_a_socket_without_a_daemon_and_other_servers(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "dead"))
        with pytest.raises(UnreachableError, match="connection refused"):
            await open_docker(wants(tmp_path), environ={}, host=f"unix://{tmp_path}/dead").__aenter__()
    async with await asyncio.start_unix_server(_speak_http_2, tmp_path / "other protocol"):
        with pytest.raises(RegistryError, match="does not answer as a container engine does"):
            await open_docker(
                wants(tmp_path), environ={}, host=f"unix://{tmp_path}/other protocol"
            ).__aenter__()
    app = web.Application()
    app.router.add_get("/version", _hello)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "other")).start()
    with pytest.raises(RegistryError, match="does not answer as a container engine does"):
        await open_docker(wants(tmp_path), environ={}, host=f"unix://{tmp_path}/other").__aenter__()
    await runner.cleanup()


@pytest.mark.skipif(os.geteuid() != 0, reason="container engines want to be root")
@pytest.mark.parametrize(
    "start",
    [
        pytest.param(daemons.dockerd, marks=pytest.mark.program("dockerd", "containerd")),
        pytest.param(daemons.podman, marks=pytest.mark.program("podman")),
    ],
)
async def test_real_engines(start: Callable[[Path], AbstractContextManager[Path]], tmp_path: Path) -> None:
    running = start(tmp_path)
    path = await asyncio.to_thread(running.__enter__)
    try:
        async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session:
            body = tar(docker(LAYERS, NAME))
            async with session.post("http://x/v1.41/images/load", data=body) as answer:
                assert answer.status == 200, await answer.text()
                await answer.read()
        here = f"unix://{path}"
        for name in (NAME, ID, ID.removeprefix("sha256:"), ID[7:19]):
            async with open_docker(wants(tmp_path, name), environ={}, host=here) as found:
                await check(found)
                assert await found.source.blob(parse_digest(ID), 1000) == config(LAYERS)
        for name in ("team/none:1", "sha256:" + "0" * 64):
            with pytest.raises(NotFoundError, match="no such image"):
                await open_docker(wants(tmp_path, name), environ={}, host=here).__aenter__()
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


def test_where_docker_is(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "sock"))
        here = f"unix://{tmp_path}/sock"
        config_file, meta = tmp_path / ".docker/config.json", tmp_path / ".docker/contexts/meta"
        place = meta / "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        place.mkdir(parents=True)
        (place / "meta.json").write_text(json.dumps({"Endpoints": {"docker": {"Host": here}}}))
        config_file.write_text('{"currentContext": "x"}')
        home = {"HOME": str(tmp_path)}
        assert find_docker(home).url == here
        assert find_docker({**home, "DOCKER_CONTEXT": "x"}).url == here
        assert find_docker({"DOCKER_CONFIG": str(tmp_path / ".docker")}).url == here
        tcp = "tcp://127.0.0.1"
        assert find_docker({**home, "DOCKER_HOST": tcp}).http_url == "http://127.0.0.1:2375"
        assert find_docker({**home, "DOCKER_HOST": tcp}, here).url == here
        with pytest.raises(CredentialsError, match=r"context 'y': .*No such file"):
            find_docker({**home, "DOCKER_CONTEXT": "y"})
        secure = {**home, "DOCKER_HOST": tcp, "DOCKER_TLS_VERIFY": "1"}
        assert find_docker(secure).http_url == "https://127.0.0.1:2376"
        with pytest.raises(CredentialsError, match=r"expected a folder with ca\.pem"):
            find_docker({**secure, "DOCKER_CERT_PATH": str(tmp_path / "none")})
        (tmp_path / "ca.pem").write_text("nothing")
        with pytest.raises(CredentialsError, match=r"no usable ca\.pem"):
            find_docker({**secure, "DOCKER_CERT_PATH": str(tmp_path)})
        config_file.write_text("{")
        with pytest.raises(CredentialsError, match=r"config\.json: "):
            find_docker(home)


def test_where_podman_is(tmp_path: Path) -> None:
    (tmp_path / "podman").mkdir()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "podman/podman.sock"))
        here = f"unix://{tmp_path}/podman/podman.sock"
        assert find_podman({"XDG_RUNTIME_DIR": str(tmp_path)}).url == here
        assert find_podman({"CONTAINER_HOST": here}).url == here
        with pytest.raises(UnreachableError, match="there is no such socket"):
            find_podman({"CONTAINER_HOST": here}, "unix:///nothing/here")


def test_a_socket_in_a_folder_of_root_is_a_reason_to_go_on(tmp_path: Path) -> None:
    with closed(tmp_path), pytest.raises(DeniedError, match=r"podman/podman\.sock: no permission"):
        find_podman({"XDG_RUNTIME_DIR": str(tmp_path)})
    with closed(tmp_path), pytest.raises(RegistryError):
        find_docker({"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path / "none")})


@pytest.mark.parametrize(
    ("find", "variable"), [(find_docker, "DOCKER_HOST"), (find_podman, "CONTAINER_HOST")]
)
def test_a_variable_that_is_no_address_is_named(
    find: Callable[[Mapping[str, str]], object], variable: str
) -> None:
    with pytest.raises(RegistryError, match=rf"^{variable}: 'ssh://me@host': expected unix://PATH or tcp://"):
        find({variable: "ssh://me@host"})
