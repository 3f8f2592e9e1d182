import base64
import contextlib
import hashlib
import json
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from crawler.registry.client import RegistryClient
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import InsecureError, UnauthorizedError
from crawler.registry.manifest import Manifest
from crawler.registry.sinks import MemorySink
from tests.fakes.registry import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, PASSWORD, USERNAME, digest_of, layer_of

LAYER = layer_of({"etc/os-release": b"ID=alpine\n"})
CONFIG = b'{"architecture": "amd64", "os": "linux"}'

pytestmark = [pytest.mark.program("docker-registry"), pytest.mark.program("htpasswd")]


@dataclass(frozen=True)
class Running:
    url: str
    ca_file: Path

    def put(self, method: str, path: str, body: bytes = b"", content_type: str = "") -> str:
        """Send one request of a push and return the answer's Location."""
        pair = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        url = path if path.startswith("https") else self.url + path
        headers = {"Authorization": f"Basic {pair}", "Content-Type": content_type}
        request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - loopback
        context = ssl.create_default_context(cafile=str(self.ca_file))
        with urllib.request.urlopen(request, context=context) as answer:  # noqa: S310 - loopback
            return str(answer.headers.get("Location", ""))

    def push_blob(self, repository: str, data: bytes) -> dict[str, object]:
        upload = self.put("POST", f"/v2/{repository}/blobs/uploads/")
        separator = "&" if "?" in upload else "?"
        self.put("PUT", f"{upload}{separator}digest={digest_of(data)}", data, "application/octet-stream")
        return {"digest": digest_of(data), "size": len(data)}

    def push_image(self, repository: str, tag: str) -> str:
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": self.push_blob(repository, CONFIG) | {"mediaType": OCI_CONFIG},
            "layers": [self.push_blob(repository, LAYER) | {"mediaType": OCI_LAYER}],
        }
        body = json.dumps(manifest).encode()
        self.put("PUT", f"/v2/{repository}/manifests/{tag}", body, OCI_MANIFEST)
        return f"sha256:{hashlib.sha256(body).hexdigest()}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.1):
            return
    raise AssertionError("docker-registry does not listen")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder, port = tmp_path_factory.mktemp("registry"), free_port()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    server = authority.issue_cert("127.0.0.1")
    server.private_key_pem.write_to_path(folder / "key.pem")
    server.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    users = subprocess.run(["htpasswd", "-Bbn", USERNAME, PASSWORD], check=True, capture_output=True).stdout
    (folder / "users").write_bytes(users)
    config = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "auth": {"htpasswd": {"realm": "test", "path": str(folder / "users")}},
        "http": {
            "addr": f"127.0.0.1:{port}",
            "tls": {"certificate": str(folder / "cert.pem"), "key": str(folder / "key.pem")},
        },
    }
    (folder / "config.yml").write_text(json.dumps(config))  # JSON is YAML
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(folder / "config.yml")], stdout=log, stderr=log
        )
    try:
        wait_for(port, process)
        yield Running(f"https://127.0.0.1:{port}", folder / "ca.pem")
    finally:
        process.terminate()
        process.wait(timeout=10)


async def test_reads_what_was_pushed(running: Running) -> None:
    digest = running.push_image("team/app", "1.0")
    endpoint = Endpoint(url=running.url, username=USERNAME, password=PASSWORD, ca_file=str(running.ca_file))
    async with RegistryClient(endpoint) as client:
        await client.ping()
        assert [name async for name in client.catalog()] == ["team/app"]
        assert [tag async for tag in client.tags("team/app")] == ["1.0"]
        head = await client.head_manifest("team/app", "1.0")
        assert (head.digest, head.media_type) == (digest, OCI_MANIFEST)
        manifest = (await client.get_manifest("team/app", digest)).parse()
        assert isinstance(manifest, Manifest)
        assert await client.get_blob("team/app", manifest.config.digest, 1000) == CONFIG
        sink = MemorySink()
        await client.pull_blob("team/app", manifest.layers[0], sink)
        assert sink.value() == LAYER


async def test_refusals(running: Running) -> None:
    async with RegistryClient(Endpoint(url=running.url)) as client:
        with pytest.raises(InsecureError, match="certificate is not trusted"):
            await client.ping()
    async with RegistryClient(Endpoint(url=running.url, ca_file=str(running.ca_file))) as client:
        with pytest.raises(UnauthorizedError, match="no login is known for it: `docker login`"):
            await client.ping()
