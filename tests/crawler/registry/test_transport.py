import asyncio
import socket
import ssl
from pathlib import Path

import pytest
import trustme

from crawler.registry.client import RegistryClient
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import (
    CredentialsError,
    InsecureError,
    NoSuchHostError,
    ProtocolError,
    UnreachableError,
)
from crawler.registry.manifest import Descriptor
from crawler.registry.reference import parse_digest
from crawler.registry.sinks import MemorySink
from crawler.registry.transport import Timing
from tests.fakes.registry import Canned, FakeRegistry, digest_of

DATA = b"layer"
LAYER = Descriptor(media_type="x", digest=parse_digest(digest_of(DATA)), size=len(DATA))


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def server_tls(authority: trustme.CA, *, wants_certificate: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    if wants_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(context)
    return context


async def test_private_authority(authority: trustme.CA, ca_file: str, timing: Timing) -> None:
    async with FakeRegistry(tls=server_tls(authority)) as registry:
        async with RegistryClient(Endpoint(url=registry.url, ca_file=ca_file), timing=timing) as client:
            await client.ping()
        async with RegistryClient(Endpoint(url=registry.url), timing=timing) as client:
            with pytest.raises(InsecureError, match="certificate is not trusted"):
                await client.ping()
        assert client.counts.retries == 0


async def test_client_certificate(
    authority: trustme.CA, ca_file: str, timing: Timing, tmp_path: Path
) -> None:
    mine = authority.issue_cert("crawler@example.com")
    mine.private_key_and_cert_chain_pem.write_to_path(tmp_path / "mine.pem")
    async with FakeRegistry(tls=server_tls(authority, wants_certificate=True)) as registry:
        endpoint = Endpoint(url=registry.url, ca_file=ca_file, client_cert=str(tmp_path / "mine.pem"))
        async with RegistryClient(endpoint, timing=timing) as client:
            await client.ping()
        async with RegistryClient(Endpoint(url=registry.url, ca_file=ca_file), timing=timing) as client:
            with pytest.raises(UnreachableError):
                await client.ping()


async def test_unusable_files_are_named(timing: Timing, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("hello")
    for name in ("ca.pem", "absent.pem"):
        endpoint = Endpoint(url="https://127.0.0.1:1", ca_file=str(tmp_path / name))
        async with RegistryClient(endpoint, timing=timing) as client:
            with pytest.raises(CredentialsError, match=f"cannot use .*{name}"):
                await client.ping()


@pytest.mark.parametrize("location", ["http://storage.example.com/x", "http://10.0.0.1/"])
async def test_redirects_keep_tls(authority: trustme.CA, ca_file: str, timing: Timing, location: str) -> None:
    async with FakeRegistry(tls=server_tls(authority)) as registry:
        registry.faults.always["/v2/"] = Canned(302, headers={"Location": location})
        async with RegistryClient(Endpoint(url=registry.url, ca_file=ca_file), timing=timing) as client:
            with pytest.raises(InsecureError, match="redirect for ping leads to plain http"):
                await client.ping()


async def test_long_chains_of_redirects_end(timing: Timing) -> None:
    async with FakeRegistry() as registry:
        registry.faults.next_answers = [
            Canned(302, headers={"Location": f"/v2/?{number}"}) for number in range(6)
        ]
        async with RegistryClient(Endpoint(url=registry.url), timing=timing) as client:
            with pytest.raises(ProtocolError, match="more than 5 redirects"):
                await client.ping()
            registry.faults.next_answers = [
                Canned(302, headers={"Location": f"/v2/?{number}"}) for number in range(5)
            ]
            await client.ping()


async def test_requests_at_the_same_time_share_one_token(timing: Timing) -> None:
    async with FakeRegistry(auth="bearer") as registry:
        registry.push_image("app", "1", [])
        endpoint = Endpoint(url=registry.url, concurrency=20)
        async with RegistryClient(endpoint, timing=timing) as client, asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(client.head_manifest("app", "1"))
    assert client.counts.tokens == 1


async def test_concurrency_is_bounded(timing: Timing) -> None:
    waiting, three_wait = list[asyncio.StreamWriter](), asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        waiting.append(writer)
        if len(waiting) == 3:
            three_wait.set()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        endpoint = Endpoint(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", concurrency=3)
        async with RegistryClient(endpoint, timing=timing) as client, asyncio.TaskGroup() as group:
            tasks = [group.create_task(client.ping()) for _ in range(20)]
            await three_wait.wait()
            for _ in range(100):
                await asyncio.sleep(0)
            assert len(waiting) == 3
            for task in tasks:
                task.cancel()
        for writer in waiting:
            writer.close()


async def test_answers_that_are_not_http(timing: Timing) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, RegistryClient(Endpoint(url=f"http://127.0.0.1:{port}"), timing=timing) as client:
        with pytest.raises(ProtocolError, match="not HTTP"):
            await client.ping()


@pytest.mark.parametrize(
    ("answer", "kind", "retries"),
    [(socket.EAI_NONAME, NoSuchHostError, 0), (socket.EAI_AGAIN, UnreachableError, 4)],
)
async def test_a_name_that_does_not_exist_is_asked_for_once(
    timing: Timing, monkeypatch: pytest.MonkeyPatch, answer: int, kind: type[Exception], retries: int
) -> None:
    def refuse(*_args: object, **_named: object) -> None:
        raise socket.gaierror(answer, "what the resolver says")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    async with RegistryClient(Endpoint(url="https://registry.invalid"), timing=timing) as client:
        with pytest.raises(UnreachableError, match="the host's name does not resolve") as caught:
            await client.ping()
    assert (type(caught.value), client.counts.retries) == (kind, retries)


async def test_proxies_of_the_environment(
    timing: Timing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine registry.invalid login u password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    async with FakeRegistry() as proxy:
        proxy.push_blob(DATA)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "direct.invalid")
        proxy.faults.always["http://registry.invalid/v2/"] = Canned()
        endpoint = Endpoint(url="http://registry.invalid", insecure=True)
        async with RegistryClient(endpoint, timing=timing) as client:
            await client.ping()
        direct = Endpoint(url="http://direct.invalid", insecure=True)
        async with RegistryClient(direct, timing=timing) as client:
            with pytest.raises(UnreachableError, match="does not resolve"):
                await client.ping()
        async with RegistryClient(Endpoint(url=proxy.url), timing=timing) as client:
            sink = MemorySink()
            await client.pull_blob("app", LAYER, sink)
            assert sink.value() == DATA
    assert proxy.requests[0].headers["Host"] == "registry.invalid"
    assert {request.authorization for request in proxy.requests} == {""}


async def test_a_client_has_to_be_opened() -> None:
    with pytest.raises(RuntimeError, match="async context manager"):
        await RegistryClient(Endpoint(url="localhost")).ping()
