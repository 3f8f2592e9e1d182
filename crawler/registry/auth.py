"""Logging in to a registry: pure decisions, the requests are sent by somebody else.

Specs: https://distribution.github.io/distribution/spec/auth/token/ and .../spec/auth/oauth/
"""

import base64
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from crawler.registry.challenge import Challenge
from crawler.registry.errors import (
    DeniedError,
    ManifestError,
    ProtocolError,
    RegistryError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
)
from crawler.registry.manifest import decode_json
from crawler.registry.origins import origin_of

TOKEN_BYTES = 1024 * 1024
"""Length of a token server's answer; tokens with many permissions have some ten KiB."""
LIFETIME_S = 60.0
"""How long a token lives whose server does not say."""
LONGEST_LIFETIME_S = 3600.0
"""After this a token is asked for anew, whatever its server said."""
CLIENT_ID = "cleanbill"
IDENTITY_TOKEN_USER = "<token>"  # noqa: S105 - the name by which helpers mark an identity token
_NO_POST = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody logs in with; never shown."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    """Exchanged for tokens instead of username and password (OAuth 2 refresh token)."""

    @property
    def basic(self) -> str:
        """The Authorization header for HTTP Basic (RFC 7617), in UTF-8."""
        pair = f"{self.username}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """One request to a token server."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenResponse:
    """A token server's answer, read to its end."""

    status: int
    body: bytes = field(default=b"", repr=False)
    date: str = ""
    """The answer's Date header."""
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and how long it may be used, counted from the answer's arrival."""

    text: str = field(repr=False)
    lifetime_s: float

    @property
    def header(self) -> str:
        """The Authorization header."""
        return f"Bearer {self.text}"


class TokenAnswer(msgspec.Struct, frozen=True):
    """The fields of a token server's answer that we read."""

    token: str = ""
    access_token: str = ""
    expires_in: float = 0.0
    issued_at: str = ""


class TokenKey(msgspec.Struct, frozen=True):
    """What a token is good for."""

    realm: str
    service: str
    scope: str


class TokenCache:
    """Tokens that may still be used. The clock is the caller's: seconds that only grow."""

    ENTRIES = 256
    """Tokens held at once, the oldest go first: a registry may have 100,000 repositories."""

    def __init__(self) -> None:
        self._tokens: dict[TokenKey, tuple[Token, float]] = {}

    def get(self, key: TokenKey, now_s: float) -> Token | None:
        """Return the token for `key` unless it is about to expire."""
        held = self._tokens.get(key)
        if held is None:
            return None
        token, until_s = held
        if now_s < until_s:
            return token
        del self._tokens[key]
        return None

    def put(self, key: TokenKey, token: Token, now_s: float) -> None:
        """Keep `token`, received at `now_s`, for nine tenths of its life: a request takes time too."""
        self._tokens.pop(key, None)
        self._tokens[key] = (token, now_s + 0.9 * token.lifetime_s)
        if len(self._tokens) > self.ENTRIES:
            del self._tokens[next(iter(self._tokens))]

    def drop(self, key: TokenKey) -> None:
        """Forget the token that the registry refused."""
        self._tokens.pop(key, None)


def bearer_flow(
    challenge: Challenge, scope: str, credentials: Credentials | None
) -> Generator[TokenRequest, TokenResponse, Token]:
    """Yield the requests that get a token; the caller sends back each answer.

    An identity token goes by POST; a server that knows no POST gets what it does know. Without
    credentials the request is anonymous, which public repositories accept.

    Raises:
        UnauthorizedError: the token server refuses the credentials.
        DeniedError: it knows them and refuses.
        ServerError: it is broken, or asks to wait (TooManyRequestsError).
        ProtocolError: its answer has no token.
    """
    if credentials is not None and credentials.identity_token:
        answer = yield _grant_request(challenge, scope, credentials.identity_token)
        if answer.status not in _NO_POST:
            return parse_token(answer, challenge.realm)
    answer = yield _plain_request(challenge, scope, credentials)
    return parse_token(answer, challenge.realm)


def parse_token(answer: TokenResponse, realm: str) -> Token:
    """Return the token in a token server's answer. Errors are those of `bearer_flow`."""
    server = origin_of(realm)
    if answer.status != HTTPStatus.OK:
        raise _refusal(answer, f"token server {server}")
    try:
        # Not strict: some servers write the lifetime as text.
        fields = msgspec.convert(decode_json(answer.body, "token"), TokenAnswer, strict=False)
    except (ManifestError, msgspec.ValidationError) as error:
        raise ProtocolError(f"token server {server}: expected a JSON object with a token") from error
    text = fields.token or fields.access_token
    if not text or not text.isascii() or not text.isprintable():
        raise ProtocolError(f"token server {server}: expected a token of printable characters")
    return Token(text, _lifetime_s(fields, answer.date))


def _plain_request(challenge: Challenge, scope: str, credentials: Credentials | None) -> TokenRequest:
    asks = [("service", challenge.service)] if challenge.service else []
    # Several scopes come separated by blanks and go as one parameter each.
    asks += [("scope", one) for one in scope.split()]
    headers = {}
    if credentials is not None and credentials.username and credentials.username != IDENTITY_TOKEN_USER:
        asks += [("account", credentials.username)]
        headers["Authorization"] = credentials.basic
    return TokenRequest(method="GET", url=_with_query(challenge.realm, asks), headers=headers)


def _grant_request(challenge: Challenge, scope: str, identity_token: str) -> TokenRequest:
    asks = {
        "grant_type": "refresh_token",
        "service": challenge.service,
        "client_id": CLIENT_ID,
        "scope": scope,
        "refresh_token": identity_token,
    }
    return TokenRequest(
        method="POST",
        url=challenge.realm,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(asks).encode(),
    )


def _with_query(realm: str, asks: list[tuple[str, str]]) -> str:
    parts = urlsplit(realm)
    query = urlencode(parse_qsl(parts.query, keep_blank_values=True) + asks)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def _refusal(answer: TokenResponse, server: str) -> RegistryError:
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.BAD_REQUEST):
        return UnauthorizedError(f"{server}: refuses to give a token (status {answer.status})")
    if answer.status == HTTPStatus.FORBIDDEN:
        return DeniedError(f"{server}: refuses to give a token (status 403)")
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return TooManyRequestsError(f"{server}: too many requests", retry_after_s=answer.retry_after_s)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerError(
            f"{server}: answered with status {answer.status}", retry_after_s=answer.retry_after_s
        )
    return ProtocolError(f"{server}: expected status 200, got {answer.status}")


def _lifetime_s(fields: TokenAnswer, date: str) -> float:
    """Take the token's age, by its server's own clock, off its life: some servers hand out used ones."""
    stated = fields.expires_in if fields.expires_in > 0 else LIFETIME_S
    lived = max(0.0, _age_s(fields.issued_at, date))
    return min(max(0.0, stated - lived), LONGEST_LIFETIME_S)


def _age_s(issued_at: str, date: str) -> float:
    try:
        issued = datetime.fromisoformat(issued_at)
        sent = parsedate_to_datetime(date)
    except ValueError:
        return 0.0  # one of the two is missing or unreadable: count from the arrival, as the spec says
    if issued.tzinfo is None:
        issued = issued.replace(tzinfo=UTC)
    if sent.tzinfo is None:
        sent = sent.replace(tzinfo=UTC)
    return (sent - issued).total_seconds()
