import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from crawler.registry import client as client_module
from crawler.registry.auth import Credentials
from crawler.registry.client import RegistryClient
from crawler.registry.credentials import CredentialStore
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import (
    CredentialsError,
    ManifestError,
    ProtocolError,
    TooLargeError,
    UnauthorizedError,
)
from crawler.registry.manifest import parse_config, parse_manifest
from crawler.registry.transport import Timing
from tests.fakes.registry import Canned, FakeRegistry

DIGEST = "sha256:" + "ab" * 32
ENTRY = {"mediaType": "x", "digest": DIGEST, "size": 7}
MIB = 1024 * 1024
TAGS = "/v2/app/tags/list"


def index(n_entries: int) -> None:
    parse_manifest(json.dumps({"manifests": [ENTRY] * n_entries}).encode())


def layers(n_entries: int) -> None:
    parse_manifest(json.dumps({"config": ENTRY, "layers": [ENTRY] * n_entries}).encode())


def history(n_entries: int) -> None:
    parse_config(json.dumps({"history": [{}] * n_entries}).encode())


def diff_ids(n_entries: int) -> None:
    parse_config(json.dumps({"rootfs": {"diff_ids": [DIGEST] * n_entries}}).encode())


@pytest.mark.parametrize(
    ("parse", "limit", "place"),
    [
        (index, 4096, "manifest.manifests"),
        (layers, 1024, "manifest.layers"),
        (history, 4096, "config.history"),
        (diff_ids, 1024, "config.rootfs.diff_ids"),
    ],
)
def test_entries(parse: Any, limit: int, place: str) -> None:  # noqa: ANN401 - one of those above
    parse(limit)
    with pytest.raises(ManifestError) as caught:
        parse(limit + 1)
    assert str(caught.value) == f"{place}: {limit + 1} entries, more than the limit of {limit}"


@pytest.fixture
async def client(registry: FakeRegistry, timing: Timing) -> AsyncIterator[RegistryClient]:
    registry.push_image("app", "1", [])
    async with RegistryClient(Endpoint(url=registry.url), timing=timing) as opened:
        yield opened


async def tags(client: RegistryClient) -> list[str]:
    return [tag async for tag in client.tags("app")]


async def test_bytes_of_a_page(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.faults.next_answers = [Canned(body=b'{"tags": ["a"]}'.ljust(16 * MIB + more)) for more in (0, 1)]
    assert await tags(client) == ["a"]
    with pytest.raises(
        TooLargeError, match=f"tags of app: more than the limit of {16 * MIB} bytes"
    ) as caught:
        await tags(client)
    assert caught.value.limit == "page_bytes"


async def test_pages(registry: FakeRegistry, client: RegistryClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client_module.PAGES == 10_000  # too many to be asked for here
    monkeypatch.setattr(client_module, "PAGES", 3)
    registry.page_size = 1
    registry.push_image("app", "2", [])
    registry.push_image("app", "3", [])
    assert await tags(client) == ["1", "2", "3"]
    registry.push_image("app", "4", [])
    with pytest.raises(ProtocolError, match="tags of app: the list does not end after 3 pages"):
        await tags(client)


async def test_pages_in_a_circle(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.faults.next_answers = [
        Canned(body=b'{"tags": ["a"]}', headers={"Link": f"<{TAGS}?last={last}>; rel=next"}) for last in "aba"
    ]
    with pytest.raises(ProtocolError, match="tags of app: the list does not end after 3 pages"):
        await tags(client)


async def test_bytes_of_a_token_servers_answer(timing: Timing) -> None:
    async with FakeRegistry() as server, FakeRegistry(auth="bearer") as registry:
        registry.realm = f"{server.url}/tokens"
        for more, error in ((0, UnauthorizedError), (1, TooLargeError)):
            server.faults.always["/tokens"] = Canned(body=b'{"token": "t"}'.ljust(MIB + more))
            async with RegistryClient(Endpoint(url=registry.url), timing=timing) as client:
                with pytest.raises(error) as caught:
                    await client.ping()
    assert [request.authorization for request in registry.requests] == ["", "Bearer t", ""]
    assert str(caught.value) == f"token server {server.host}: more than the limit of {MIB} bytes"


async def test_bytes_of_a_credential_file(tmp_path: Path) -> None:
    path = tmp_path / ".docker" / "config.json"
    path.parent.mkdir()
    login = {"auths": {"a": {"auth": base64.b64encode(b"u:p").decode()}}}
    path.write_bytes(json.dumps(login).encode().ljust(MIB))
    assert await CredentialStore("a", environment={}, home=tmp_path)("") == Credentials("u", "p")
    path.write_bytes(json.dumps(login).encode().ljust(MIB + 1))
    with pytest.raises(CredentialsError, match=f"config.json: more than the limit of {MIB} bytes"):
        await CredentialStore("a", environment={}, home=tmp_path)("")


async def test_bytes_of_a_header(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.faults.headers = {"Content-Security-Policy": "x" * (16 * 1024 - 100)}
    await client.ping()
    registry.faults.headers = {"Content-Security-Policy": "x" * (16 * 1024 + 1)}
    with pytest.raises(ProtocolError) as caught:
        await client.ping()
    fault = "a header of the answer is longer than the limit of 16384 bytes"
    assert str(caught.value) == f"{registry.host}: ping: {fault}"
    assert client.counts.retries == 0
