import json
from collections.abc import Generator
from urllib.parse import parse_qs, urlsplit

import pytest

from crawler.registry.auth import (
    Credentials,
    Token,
    TokenCache,
    TokenKey,
    TokenRequest,
    TokenResponse,
    bearer_flow,
    parse_token,
)
from crawler.registry.challenge import Challenge
from crawler.registry.errors import (
    DeniedError,
    ProtocolError,
    RegistryError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
)

REALM = "https://auth.example.com/token?a=b"
CHALLENGE = Challenge("bearer", {"realm": REALM, "service": "s"})
SECRET = "hunter2"


def finish(
    flow: Generator[TokenRequest, TokenResponse, Token], answer: TokenResponse
) -> Token | TokenRequest:
    try:
        return flow.send(answer)
    except StopIteration as done:
        token: Token = done.value
        return token


def answered(**fields: object) -> TokenResponse:
    return TokenResponse(status=200, body=json.dumps(fields).encode(), date="Mon, 23 Nov 2026 05:00:00 GMT")


@pytest.mark.parametrize("credentials", [None, Credentials("u", SECRET)])
def test_token_by_get(credentials: Credentials | None) -> None:
    flow = bearer_flow(CHALLENGE, "repository:a:pull repository:b:pull", credentials)
    request = next(flow)
    query = parse_qs(urlsplit(request.url).query)
    assert query["a"] == ["b"]
    assert query["service"] == ["s"]
    assert query["scope"] == ["repository:a:pull", "repository:b:pull"]
    assert request.headers.get("Authorization") == (credentials.basic if credentials else None)
    assert SECRET not in request.url
    assert SECRET not in repr((request, credentials))
    assert finish(flow, answered(token="t")) == Token("t", 60.0)


@pytest.mark.parametrize("status", [404, 405])
def test_identity_token_by_post_then_get(status: int) -> None:
    flow = bearer_flow(CHALLENGE, "x", Credentials(identity_token=SECRET))
    request = next(flow)
    form = parse_qs(request.body.decode())
    assert (request.method, form["grant_type"], form["refresh_token"]) == (
        "POST",
        ["refresh_token"],
        [SECRET],
    )
    second = finish(flow, TokenResponse(status=status))
    assert isinstance(second, TokenRequest)
    assert second.method == "GET"


def test_identity_token_by_post() -> None:
    flow = bearer_flow(CHALLENGE, "x", Credentials(identity_token=SECRET))
    next(flow)
    assert finish(flow, answered(access_token="t", expires_in=300)) == Token("t", 300.0)


@pytest.mark.parametrize(
    ("fields", "lifetime_s"),
    [
        ({}, 60.0),
        ({"expires_in": 0}, 60.0),
        ({"expires_in": 300, "issued_at": "2026-11-23T04:59:00Z"}, 240.0),
        ({"expires_in": 300, "issued_at": "2026-11-23T05:10:00+00:00"}, 300.0),
        ({"expires_in": 30, "issued_at": "2026-11-23T04:00:00"}, 0.0),
        ({"expires_in": 300, "issued_at": "yesterday"}, 300.0),
        ({"expires_in": 300, "issued_at": "2026-11-23T04:59:30.500000000Z"}, 270.5),
        ({"expires_in": "300"}, 300.0),
        ({"expires_in": -1}, 60.0),
        ({"expires_in": None, "issued_at": None}, 60.0),
        ({"expires_in": 1e9}, 3600.0),
    ],
)
def test_lifetime(fields: dict[str, object], lifetime_s: float) -> None:
    assert parse_token(answered(token="t", **fields), REALM).lifetime_s == lifetime_s


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (TokenResponse(status=401), UnauthorizedError),
        (TokenResponse(status=403), DeniedError),
        (TokenResponse(status=429), TooManyRequestsError),
        (TokenResponse(status=503), ServerError),
        (TokenResponse(status=302), ProtocolError),
        (TokenResponse(status=200, body=b"<html>"), ProtocolError),
        (answered(), ProtocolError),
        (answered(token="a\nb"), ProtocolError),
        (answered(token=1), ProtocolError),
        (answered(token="t", expires_in="soon"), ProtocolError),
    ],
)
def test_refusals(answer: TokenResponse, error: type[RegistryError]) -> None:
    with pytest.raises(error, match=r"token server auth\.example\.com"):
        parse_token(answer, REALM)


def test_cache_renews_early_and_stays_small() -> None:
    cache, key = TokenCache(), TokenKey("r", "s", "x")
    cache.put(key, Token("t", 60.0), 100.0)
    assert cache.get(key, 153.0) == Token("t", 60.0)
    assert cache.get(key, 154.0) is None
    for number in range(1000):
        cache.put(TokenKey("r", "s", str(number)), Token("t", 60.0), 0.0)
    assert cache.get(TokenKey("r", "s", "0"), 0.0) is None
    assert cache.get(TokenKey("r", "s", "999"), 0.0) is not None
