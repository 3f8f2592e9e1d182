"""Container engines: one in this process that can be told to misbehave, and the real ones."""

import os
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.fakes.waiting import blocking_until

NONE = {"message": "No such image: x"}


@dataclass(slots=True)
class FakeEngine:
    """Answers what is asked of a Docker Engine's images."""

    images: dict[str, tuple[dict[str, Any], bytes]] = field(default_factory=dict)
    """Name → what inspecting it says, and its export."""
    requests: list[str] = field(default_factory=list)
    breaks_off: bool = False
    """Exports end in the middle."""

    def hold(self, export: bytes, image_id: str, *names: str, platform: str = "linux/amd64") -> None:
        os, architecture = platform.split("/")
        told = {"Id": image_id, "Os": os, "Architecture": architecture}
        self.images |= dict.fromkeys((image_id, *names), (told, export))

    @asynccontextmanager
    async def serving(self, socket: Path) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_get("/version", self._version)
        app.router.add_get("/v1.41/images/{name:.+}/{what:json|get}", self._image)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.UnixSite(runner, str(socket)).start()
        try:
            yield f"unix://{socket}"
        finally:
            await runner.cleanup()

    async def _version(self, _request: web.Request) -> web.Response:
        return web.json_response({"ApiVersion": "1.41"})

    async def _image(self, request: web.Request) -> web.StreamResponse:
        name, what = request.match_info["name"], request.match_info["what"]
        self.requests.append(f"{what} {name}")
        told, export = self.images.get(name, (NONE, b""))
        if told is NONE or what == "json":
            return web.json_response(told, status=404 if told is NONE else 200)
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(export[: len(export) // 2])
        if self.breaks_off:
            assert request.transport is not None
            request.transport.close()
        else:
            await response.write(export[len(export) // 2 :])
        return response


@contextmanager
def dockerd(folder: Path) -> Iterator[Path]:
    """Give the socket of a Docker Engine with its own images."""
    place = folder / "docker.sock"
    off = ["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs"]
    with tempfile.TemporaryDirectory() as short:  # sockets below have at most 107 characters
        places = [f"--data-root={folder}/data", f"--exec-root={short}", f"--pidfile={folder}/pid"]
        try:
            with _running(["dockerd", *off, *places, "-H", f"unix://{place}"], place):
                yield place
        finally:  # it leaves a mount on its own data, which nobody can remove then
            subprocess.run(("umount", "--quiet", folder / "data"), check=False)


@contextmanager
def podman(folder: Path) -> Iterator[Path]:
    """Give the socket of a Podman with its own images."""
    place = folder / "podman.sock"
    with tempfile.TemporaryDirectory() as short:  # Podman wants at most 50 characters
        places = ["--root", f"{folder}/root", "--runroot", short, "--storage-driver", "vfs"]
        with _running(["podman", *places, "system", "service", "--time=0", f"unix://{place}"], place):
            yield place


@contextmanager
def _running(command: list[str], place: Path) -> Iterator[None]:
    # With it, podman is a client of that one, and no daemon.
    environ = {name: value for name, value in os.environ.items() if name != "CONTAINER_HOST"}
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        blocking_until(lambda: _answers(place) or process.poll() is not None)
        if process.poll() is not None:
            pytest.skip(f"{command[0]} does not run here: it ended with {process.returncode}")
        yield
    finally:
        process.terminate()
        process.wait(30)


def _answers(place: Path) -> bool:
    """Return whether an engine answers at its socket, which is there a while before."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.settimeout(5)
            client.connect(str(place))
            client.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return client.recv(12).endswith(b" 200")
        except OSError:
            return False
