"""Asks token servers, and leaves those alone that answer no more."""

from collections.abc import Callable

from crawler.registry.auth import TOKEN_BYTES, TokenRequest, TokenResponse
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import GivenUpError
from crawler.registry.origins import Origin, origin_of
from crawler.registry.retry import Silence
from crawler.registry.session import Counts, Session, asked_wait_s
from crawler.registry.translate import translated


class TokenServers:
    """The token servers that one registry sends us to.

    That one of them is silent says nothing about the registry, nor about what needs no token of it.
    """

    def __init__(
        self, endpoint: Endpoint, session: Session, counts: Counts, clock: Callable[[], float]
    ) -> None:
        self._endpoint, self._session = endpoint, session
        self._counts, self._clock = counts, clock
        self._silences: dict[Origin, Silence] = {}

    async def send(self, request: TokenRequest) -> TokenResponse:
        """Return a token server's answer, read to its end.

        Raises:
            GivenUpError: it did not answer for so long that it is not asked any more.
            RegistryError: see `translate`.
        """
        server = origin_of(request.url)
        name = f"token server {server}"
        silence = self._silences.setdefault(server, Silence())
        if silence.lasts(self._clock()):
            raise GivenUpError(f"{name}: answers no more, and is not asked any more")
        self._counts.tokens += 1
        with silence.noting(self._clock), translated(name, self._endpoint):
            response = await self._session.request(
                request.method, request.url, request.headers, thing=name, body=request.body or None
            )
            try:
                body = await self._session.read(response, TOKEN_BYTES, "token_bytes", name)
            finally:
                response.release()
        return TokenResponse(
            status=response.status,
            body=body,
            date=response.headers.get("Date", ""),
            retry_after_s=asked_wait_s(response),
        )
