import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509 import load_pem_x509_certificate

from crawler.advisories.errors import FeedError
from crawler.advisories.http import open_http
from crawler.advisories.source import Traffic
from crawler.registry.client import RegistryClient
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import (
    CredentialsError,
    HandshakeError,
    InsecureError,
    RegistryError,
    UnauthorizedError,
    UnreachableError,
)
from crawler.registry.tls import tls_context
from crawler.registry.tls_faults import Peer, certificate_fault, handshake_fault
from crawler.registry.transport import Timing
from tests.fakes.registry import Canned, FakeRegistry

NOT_KNOWN = "nor by one that this system knows"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def stranger() -> trustme.CA:
    return trustme.CA()


@dataclass(frozen=True, slots=True)
class Own:
    authority: trustme.CA
    ca_file: str


@pytest.fixture
def own(authority: trustme.CA, tmp_path: Path) -> Own:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return Own(authority, str(tmp_path / "ca.pem"))


def serving_with(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


async def failure(endpoint: Endpoint, timing: Timing) -> tuple[RegistryError, int]:
    """Return why a ping fails and how often it was tried again."""
    async with RegistryClient(endpoint, timing=timing) as client:
        with pytest.raises(RegistryError) as caught:
            await client.ping()
    return caught.value, client.counts.retries


@pytest.mark.parametrize(
    ("name", "days", "fault"),
    [
        ("other.example.com", (-1, 1), "is for another name, expected one for '127.0.0.1'"),
        ("127.0.0.1", (-2, -1), "has expired, or that of an authority that signed it"),
        (
            "127.0.0.1",
            (1, 2),
            "is not valid yet by this machine's clock, or that of an authority that signed it",
        ),
    ],
    ids=["other name", "expired", "not yet"],
)
async def test_what_is_wrong_with_a_certificate(
    own: Own, timing: Timing, name: str, days: tuple[int, int], fault: str
) -> None:
    begin, end = (datetime.now(UTC) + timedelta(days=number) for number in days)
    tls = serving_with(own.authority.issue_cert(name, not_before=begin, not_after=end))
    async with FakeRegistry(tls=tls) as registry:
        error, retries = await failure(Endpoint(url=registry.url, ca_file=own.ca_file), timing)
    assert (type(error), retries) == (InsecureError, 0)
    assert str(error) == f"{registry.url.removeprefix('https://')}: ping: its certificate {fault}"


async def test_a_host_name_that_the_certificate_lacks(own: Own, timing: Timing) -> None:
    async with FakeRegistry(tls=serving_with(own.authority.issue_cert("127.0.0.1"))) as registry:
        url = registry.url.replace("127.0.0.1", "LocalHost")
        error, _ = await failure(Endpoint(url=url, ca_file=own.ca_file), timing)
    assert str(error).endswith(": its certificate is for another name, expected one for 'localhost'")


async def test_the_ca_file_in_use_is_named(own: Own, stranger: trustme.CA, timing: Timing) -> None:
    async with FakeRegistry(tls=serving_with(stranger.issue_cert("127.0.0.1"))) as registry:
        with_file, _ = await failure(Endpoint(url=registry.url, ca_file=own.ca_file), timing)
        without, _ = await failure(Endpoint(url=registry.url), timing)
    fault = "its certificate is not trusted"
    assert str(with_file).endswith(f"{fault}: not signed by an authority in {own.ca_file!r}, {NOT_KNOWN}")
    assert str(without).endswith(f"{fault}; ca_file can name the authority that signed it")


async def test_a_certificate_elsewhere_is_told_from_the_registrys_own(
    own: Own, stranger: trustme.CA, timing: Timing
) -> None:
    async with (
        FakeRegistry(tls=serving_with(own.authority.issue_cert("127.0.0.1"))) as registry,
        FakeRegistry(tls=serving_with(stranger.issue_cert("127.0.0.1"))) as elsewhere,
    ):
        registry.faults.always["/v2/"] = Canned(307, headers={"Location": f"{elsewhere.url}/v2/"})
        error, _ = await failure(Endpoint(url=registry.url, ca_file=own.ca_file), timing)
    place = elsewhere.url.removeprefix("https://")
    assert f": ping: the certificate of {place} is not trusted: not signed by " in str(error)


@pytest.mark.parametrize(
    ("code", "fault"),
    [(18, ": not signed by an authority that this system knows"), (66, " (EE certificate key too weak)")],
)
def test_a_certificate_without_settings_of_a_registry(code: int, fault: str) -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = code, "EE certificate key too weak"
    assert certificate_fault(error, Peer(host="h", port=443)) == f"its certificate is not trusted{fault}"


async def test_plain_http_on_the_port(timing: Timing) -> None:
    async with FakeRegistry() as registry:
        place = registry.url.removeprefix("http://")
        error, retries = await failure(Endpoint(url=f"https://{place}"), timing)
    assert (type(error), retries) == (HandshakeError, 0)
    assert str(error) == (
        f"{place}: ping: it does not speak TLS; perhaps it speaks plain http: http://{place}"
    )


async def test_plain_http_where_a_registry_redirects_to(own: Own, timing: Timing) -> None:
    async with (
        FakeRegistry(tls=serving_with(own.authority.issue_cert("127.0.0.1"))) as registry,
        FakeRegistry() as elsewhere,
    ):
        place = elsewhere.url.removeprefix("http://")
        registry.faults.always["/v2/"] = Canned(307, headers={"Location": f"https://{place}/v2/"})
        error, _ = await failure(Endpoint(url=registry.url, ca_file=own.ca_file), timing)
    assert type(error) is HandshakeError
    assert str(error).endswith(f": ping: {place} does not speak TLS; perhaps it speaks plain http")


async def test_plain_http_where_feeds_are(timing: Timing) -> None:
    traffic = Traffic()
    async with FakeRegistry() as server:
        place = server.url.removeprefix("http://")
        async with open_http(f"https://{place}", sleep=timing.sleep) as source:
            with pytest.raises(FeedError) as caught:
                await source.read("Go", "all.zip", limit=1, traffic=traffic)
    assert traffic.requests == 1
    assert str(caught.value) == (f"https://{place}: {place} does not speak TLS; perhaps it speaks plain http")


@pytest.mark.parametrize(
    "name", ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"]
)
@pytest.mark.parametrize(
    ("insecure", "advice"),
    [(False, ", permitted by insecure = true in the settings or by --insecure"), (True, "")],
)
def test_plain_http_on_another_machine(name: str, insecure: bool, advice: str) -> None:  # noqa: FBT001 - a row
    error = ssl.SSLError()
    error.reason = name
    peer = Peer(host="fe80::1", port=5000, registry=Endpoint(url="https://[fe80::1]:5000", insecure=insecure))
    _, sentence = handshake_fault(error, peer) or (None, "")
    assert sentence.endswith(f"perhaps it speaks plain http: http://[fe80::1]:5000{advice}")


@contextlib.contextmanager
def alerting(tls: ssl.SSLContext) -> Iterator[str]:
    """Give the address of a server that says why it refuses, which asyncio's own do not."""

    def serve() -> None:
        with contextlib.suppress(OSError):  # the listener is closed, which ends the thread
            while True:
                accepted, _ = listener.accept()
                with tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False) as safe:
                    refuse(safe)

    def refuse(safe: ssl.SSLSocket) -> None:
        with pytest.raises(ssl.SSLError):
            safe.do_handshake()
        # A connection closed before all is read is reset, which may overtake the alert.
        with contextlib.suppress(ConnectionError):
            while socket.socket.recv(safe, 4096):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def wants_certificates(tls: ssl.SSLContext, authority: trustme.CA) -> None:
    tls.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(tls)


def knows_no_name(tls: ssl.SSLContext, _authority: trustme.CA) -> None:
    tls.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME


def is_broken(tls: ssl.SSLContext, _authority: trustme.CA) -> None:
    tls.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_INTERNAL_ERROR


@pytest.mark.parametrize(
    ("settle", "outcome", "fault"),
    [
        (
            wants_certificates,
            (UnauthorizedError, 0),
            "it wants a client certificate; client_cert can name one",
        ),
        (knows_no_name, (HandshakeError, 0), "the TLS handshake failed (tlsv1 unrecognized name)"),
        (is_broken, (UnreachableError, 4), "the TLS handshake failed (tlsv1 alert internal error)"),
    ],
)
async def test_what_a_server_says_when_it_refuses(
    own: Own,
    timing: Timing,
    settle: Callable[[ssl.SSLContext, trustme.CA], None],
    outcome: tuple[type[RegistryError], int],
    fault: str,
) -> None:
    tls = serving_with(own.authority.issue_cert("localhost"))
    settle(tls, own.authority)
    with alerting(tls) as url:
        endpoint = Endpoint(url=url.replace("127.0.0.1", "localhost"), ca_file=own.ca_file)
        error, retries = await failure(endpoint, timing)
    assert (type(error), retries) == outcome
    assert str(error) == f"{endpoint.origin}: ping: {fault}"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_client_certificate_that_the_registry_does_not_know(
    own: Own,
    stranger: trustme.CA,
    timing: Timing,
    tmp_path: Path,
    version: ssl.TLSVersion,
) -> None:
    mine = tmp_path / "mine.pem"
    stranger.issue_cert("crawler@example.com").private_key_and_cert_chain_pem.write_to_path(mine)
    tls = serving_with(own.authority.issue_cert("127.0.0.1"))
    wants_certificates(tls, own.authority)
    tls.maximum_version = version
    with alerting(tls) as url:
        error, retries = await failure(Endpoint(url=url, ca_file=own.ca_file, client_cert=str(mine)), timing)
    assert (type(error), retries) == (UnauthorizedError, 0)
    fault = f"it refuses the client certificate in {str(mine)!r} (tlsv1 alert unknown ca)"
    assert str(error).endswith(f": ping: {fault}")


@pytest.fixture(scope="module")
def files(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files that fit as certificate or key, or as nothing."""
    folder = tmp_path_factory.mktemp("files")
    mine, other = authority.issue_cert("a@example.com"), authority.issue_cert("b@example.com")
    cert, key = mine.cert_chain_pems[0].bytes(), mine.private_key_pem.bytes()
    locked = load_pem_private_key(key, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"hunter2")
    )
    contents = {
        "cert": cert,
        "key": key,
        "other": other.private_key_pem.bytes(),
        "locked": locked,
        "both": key + cert,
        "both locked": locked + cert,
        "text": b"hello",
        "empty": b"",
        "der": load_pem_x509_certificate(cert).public_bytes(Encoding.DER),
        "cut": cert[: len(cert) // 2],
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()
    return folder


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("text", "holds no certificate, expected PEM"),
        ("empty", "holds no certificate, expected PEM"),
        ("key", "holds no certificate, expected PEM"),
        ("der", "holds no certificate, expected PEM"),
        ("cut", "holds a broken certificate, expected PEM"),
        ("absent", "no such file or directory"),
        ("folder", "is a directory"),
    ],
)
async def test_authorities_that_cannot_be_used(files: Path, timing: Timing, name: str, fault: str) -> None:
    path = str(files / name)
    error, retries = await failure(Endpoint(url="https://127.0.0.1:1", ca_file=path), timing)
    assert (type(error), retries) == (CredentialsError, 0)
    assert str(error) == f"127.0.0.1:1: cannot use ca_file {path!r}: {fault}"


@pytest.mark.parametrize(
    ("cert", "key", "named", "fault"),
    [
        ("text", "key", "client_cert", "holds no usable certificate, expected PEM"),
        ("key", "key", "client_cert", "holds no usable certificate, expected PEM"),
        ("absent", "key", "client_cert", "no such file or directory"),
        ("cert", "", "client_cert", "holds no usable key, expected PEM without a password"),
        ("both locked", "", "client_cert", "holds no usable key, expected PEM without a password"),
        ("cert", "absent", "client_key", "no such file or directory"),
        ("cert", "folder", "client_key", "is a directory"),
        ("cert", "text", "client_key", "holds no usable key, expected PEM without a password"),
        ("cert", "locked", "client_key", "holds no usable key, expected PEM without a password"),
        ("cert", "other", "client_key", "its key does not fit the certificate in {cert!r}"),
    ],
)
def test_client_certificates_that_cannot_be_used(
    files: Path, cert: str, key: str, named: str, fault: str
) -> None:
    paths = {"client_cert": str(files / cert), "client_key": str(files / key) if key else ""}
    endpoint = Endpoint(url="https://127.0.0.1:1", **paths)  # type: ignore[arg-type]  # of these names
    with pytest.raises(CredentialsError) as caught:
        tls_context(endpoint, shows_certificate=True)
    place = f"127.0.0.1:1: cannot use {named} {paths[named]!r}"
    assert str(caught.value) == f"{place}: {fault.format(cert=paths['client_cert'])}"


@pytest.mark.parametrize(("cert", "key"), [("cert", "key"), ("both", ""), ("both", "key")])
async def test_client_certificates_that_fit(
    own: Own, files: Path, timing: Timing, cert: str, key: str
) -> None:
    tls = serving_with(own.authority.issue_cert("127.0.0.1"))
    wants_certificates(tls, own.authority)
    paths = {"client_cert": str(files / cert), "client_key": str(files / key) if key else ""}
    async with FakeRegistry(tls=tls) as registry:
        endpoint = Endpoint(url=registry.url, ca_file=own.ca_file, **paths)  # type: ignore[arg-type]  # as above
        async with RegistryClient(endpoint, timing=timing) as client:
            await client.ping()
