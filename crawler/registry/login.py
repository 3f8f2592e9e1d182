"""Gives each request to a registry the Authorization it needs."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from crawler.registry.auth import (
    Credentials,
    Token,
    TokenCache,
    TokenKey,
    TokenRequest,
    TokenResponse,
    bearer_flow,
)
from crawler.registry.challenge import Challenge, choose
from crawler.registry.credentials import CredentialSource
from crawler.registry.errors import (
    DeniedError,
    ProtocolError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
    UnreachableError,
)
from crawler.registry.origins import Origin, check_plain_http, origin_of

_NO_LOGIN = "no login is known for it: `docker login`, or username and password in the settings, give it one"


class Login:
    """What is known about logging in to one registry.

    The first 401 tells how; from then on requests carry their authorization from the start, tokens for
    further repositories included, so that a crawl pays one refused request and not one per repository.
    """

    STRIPES = 16
    """Locks under which tokens are asked for: equal requests at the same time ask once."""

    def __init__(
        self,
        registry: Origin,
        *,
        insecure: bool,
        credentials: CredentialSource,
        send: Callable[[TokenRequest], Awaitable[TokenResponse]],
        clock: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._insecure = insecure
        self._credentials = credentials
        self._send = send
        self._clock = clock
        self._cache = TokenCache()
        self._challenge: Challenge | None = None
        self._locks = tuple(asyncio.Lock() for _ in range(self.STRIPES))

    @property
    def service(self) -> str:
        """The name the registry has at its token server; empty before a 401 told it."""
        return self._challenge.service if self._challenge is not None else ""

    async def header(self, scope: str, repository: str) -> str:
        """Return the Authorization header for a first try; empty when none is known to be needed."""
        if self._challenge is None:
            return ""
        if self._challenge.scheme == "basic":
            return await self.basic(repository)
        try:
            return await self._token_header(self._challenge, scope, repository, refused="")
        except TooManyRequestsError:
            raise
        except (UnreachableError, ServerError):
            # What is public, or has its tokens elsewhere, is not lost with one token server: the registry
            # has to say again what it wants.
            self._challenge = None
            return ""

    async def basic(self, repository: str) -> str:
        """Return the header for HTTP Basic; empty without a username."""
        credentials = await self._credentials(repository)
        return credentials.basic if credentials is not None and credentials.username else ""

    async def answer(
        self, challenges: Iterable[Challenge], scope: str, repository: str, *, refused: str, thing: str
    ) -> str:
        """Return the header to try again with, after a 401.

        Args:
            challenges: what the answer asked for.
            scope: what the request needs; the challenge's own scope is asked for when it has one.
            repository: whose login to take.
            refused: the header that was not enough, or "".
            thing: host and what was asked for, for messages.

        Raises:
            UnauthorizedError: there is nothing else to try.
        """
        challenge = choose(challenges)
        if challenge is None:
            raise UnauthorizedError(f"{thing}: status 401 without a Basic or Bearer challenge")
        if challenge.scheme == "basic":
            header = await self._basic_answer(repository, refused, thing)
        else:
            if challenge.error.lower() == "insufficient_scope" and refused:
                raise DeniedError(str(await self.refused(repository, thing)))
            header = await self._token_header(
                challenge, challenge.scope or scope, repository, refused=refused
            )
        self._challenge = challenge
        return header

    async def refused(self, repository: str, thing: str) -> UnauthorizedError:
        """Return what to say when it was not enough to answer a challenge."""
        if await self._credentials(repository) is None:
            return UnauthorizedError(f"{thing}: may not be read without a login (status 401); {_NO_LOGIN}")
        return UnauthorizedError(f"{thing}: refuses the login (status 401)")

    async def _basic_answer(self, repository: str, refused: str, thing: str) -> str:
        header = await self.basic(repository)
        if not header:
            raise UnauthorizedError(f"{thing}: wants a username and password; {_NO_LOGIN}")
        if header == refused:
            raise UnauthorizedError(f"{thing}: refuses the username or password")
        return header

    async def _token_header(self, challenge: Challenge, scope: str, repository: str, *, refused: str) -> str:
        key = TokenKey(challenge.realm, challenge.service, scope)
        async with self._locks[hash(key) % self.STRIPES]:
            held = self._cache.get(key, self._clock())
            if held is not None and held.header != refused:
                return held.header
            token = await self._new_token(challenge, scope, await self._credentials(repository))
            self._cache.put(key, token, self._clock())
            return token.header

    async def _new_token(self, challenge: Challenge, scope: str, credentials: Credentials | None) -> Token:
        try:
            server = origin_of(challenge.realm)
        except ProtocolError as error:
            raise ProtocolError(f"{self._registry}: the token realm: {error}") from error
        check_plain_http(server, self._registry, insecure=self._insecure, purpose="the token realm")
        flow = bearer_flow(challenge, scope, credentials)
        request = next(flow)
        while True:
            answer = await self._send(request)
            try:
                request = flow.send(answer)
            except StopIteration as done:
                token: Token = done.value
                return token
            except (UnauthorizedError, DeniedError) as error:
                hint = "the login may be wrong" if credentials else _NO_LOGIN
                raise type(error)(f"{error}; {hint}") from error
