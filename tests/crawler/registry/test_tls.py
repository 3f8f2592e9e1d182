import ssl
from pathlib import Path

import pytest
import trustme

from crawler.registry.client import RegistryClient
from crawler.registry.endpoint import Endpoint
from crawler.registry.transport import Timing
from tests.fakes.registry import Canned, FakeRegistry


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def files(authority: trustme.CA, tmp_path: Path) -> dict[str, str]:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    mine = authority.issue_cert("crawler@example.com")
    mine.private_key_and_cert_chain_pem.write_to_path(tmp_path / "mine.pem")
    return {"ca_file": str(tmp_path / "ca.pem"), "client_cert": str(tmp_path / "mine.pem")}


def asks_for_certificates(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


@pytest.mark.parametrize(
    "answer",
    [(307, "Location", "{}/v2/"), (401, "WWW-Authenticate", 'Bearer realm="{}/token"')],
    ids=["redirect", "token server"],
)
async def test_the_client_certificate_is_shown_to_the_registry_only(
    authority: trustme.CA, files: dict[str, str], timing: Timing, answer: tuple[int, str, str]
) -> None:
    status, header, value = answer
    async with (
        FakeRegistry(tls=asks_for_certificates(authority)) as registry,
        FakeRegistry(tls=asks_for_certificates(authority)) as elsewhere,
        RegistryClient(Endpoint(url=registry.url, **files), timing=timing) as client,  # type: ignore[arg-type]  # a column
    ):
        registry.faults.next_answers = [Canned(status, headers={header: value.format(elsewhere.url)})]
        await client.ping()
        await client.ping()
    assert {request.certified for request in registry.requests} == {True}
    assert [request.certified for request in elsewhere.requests] == [False]
