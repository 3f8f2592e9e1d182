import json

import pytest
from aiohttp import web

from crawler.registry.client import RegistryClient
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import GivenUpError, ServerError, UnreachableError
from crawler.registry.retry import Silence
from crawler.registry.transport import Timing
from tests.crawler.registry.conftest import Clock
from tests.fakes.registry import Canned, FakeRegistry


class TokenServer(FakeRegistry):
    """Gives tokens for another registry until it fails."""

    def __init__(self, registry: FakeRegistry) -> None:
        super().__init__()
        self.fault = ""
        self.faults.token_lifetime_s = 3600
        self._tokens = registry._tokens  # noqa: SLF001 - both know them

    async def fail(self, fault: str) -> None:
        self.fault = fault
        if fault == "is down":
            await self.__aexit__(None, None, None)
        elif fault == "is broken":
            self.faults.token_status = 503

    async def _token(self, request: web.Request) -> web.Response:
        if self.fault == "hangs":
            await self._stopping.wait()
        if self.fault == "drops" and request.transport is not None:
            request.transport.close()
        return await super()._token(request)


def let_anybody_read(registry: FakeRegistry, repository: str) -> None:
    registry._tokens[""] = f"repository:{repository}:pull"  # noqa: SLF001 - as a request without a token has


SENTENCES = {
    "hangs": "no answer in time",
    "drops": "closed the connection without an answer",
    "is down": r"cannot connect \(connection refused\)",
}


@pytest.mark.parametrize("fault", SENTENCES)
async def test_a_silent_token_server_takes_nothing_else_with_it(
    timing: Timing, clock: Clock, fault: str
) -> None:
    async with FakeRegistry(auth="bearer") as registry, TokenServer(registry) as tokens:
        registry.realm = f"{tokens.url}/token"
        for name in ("held", "private", "other", "third", "public"):
            registry.push_image(name, "1", [])
        endpoint = Endpoint(url=registry.url, read_timeout_s=0.1)
        async with RegistryClient(endpoint, timing=timing) as client:
            await client.head_manifest("held", "1")
            await tokens.fail(fault)
            let_anybody_read(registry, "public")
            for name in ("private", "other"):
                with pytest.raises(
                    UnreachableError, match=f"^token server {tokens.host}: {SENTENCES[fault]}"
                ):
                    await client.head_manifest(name, "1")
                await client.head_manifest("held", "1")
            clock.now_s += Silence.LONGEST_S
            asked, retries = client.counts.tokens, client.counts.retries
            with pytest.raises(GivenUpError, match=f"^token server {tokens.host}: answers no more"):
                await client.head_manifest("private", "1")
            for name in ("held", "public"):
                await client.head_manifest(name, "1")
            assert (client.counts.tokens, client.counts.retries) == (asked, retries)
            registry.realm = f"{registry.url}/token"
            await client.head_manifest("third", "1")
            assert not client.is_silent


async def test_what_anybody_may_read_needs_no_token_of_a_broken_server(timing: Timing) -> None:
    async with FakeRegistry(auth="bearer") as registry, TokenServer(registry) as tokens:
        registry.realm = f"{tokens.url}/token"
        for name in ("held", "private", "public"):
            registry.push_image(name, "1", [])
        async with RegistryClient(Endpoint(url=registry.url), timing=timing) as client:
            await client.head_manifest("held", "1")
            await tokens.fail("is broken")
            let_anybody_read(registry, "public")
            await client.head_manifest("public", "1")
            with pytest.raises(ServerError, match=f"^token server {tokens.host}: answered with status 503"):
                await client.head_manifest("private", "1")


async def test_a_token_server_that_answers_again_is_asked_again(timing: Timing, clock: Clock) -> None:
    async with FakeRegistry(auth="bearer") as registry, TokenServer(registry) as tokens:
        registry.realm = f"{tokens.url}/token"
        registry.push_image("app", "1", [])
        async with RegistryClient(Endpoint(url=registry.url), timing=timing) as client:
            tokens.fault = "drops"
            with pytest.raises(UnreachableError):
                await client.head_manifest("app", "1")
            clock.now_s += Silence.LONGEST_S
            tokens.fault = ""
            await client.head_manifest("app", "1")


@pytest.mark.parametrize(
    ("answer", "tokens"),
    [
        ({"token": "t"}, 1),
        ({"access_token": "t"}, 1),
        ({"token": "", "access_token": "t", "expires_in": "300"}, 1),
        ({"token": "t", "expires_in": 300, "issued_at": "2001-01-01T00:00:00Z"}, 3),
    ],
)
async def test_answers_of_every_form(timing: Timing, answer: dict[str, object], tokens: int) -> None:
    async with FakeRegistry(auth="bearer") as registry, FakeRegistry() as server:
        registry.realm = f"{server.url}/tokens"
        registry.push_image("app", "1", [])
        registry._tokens["t"] = "repository:app:pull"  # noqa: SLF001 - as if it had given it
        server.faults.always["/tokens"] = Canned(body=json.dumps(answer).encode())
        async with RegistryClient(Endpoint(url=registry.url), timing=timing) as client:
            for _ in range(3):
                await client.head_manifest("app", "1")
    assert client.counts.tokens == tokens
    assert [request.status for request in registry.requests] == [401, 200, 200, 200]
