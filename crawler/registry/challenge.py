"""What a 401 answer asks for.

Grammar: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 (a list of challenges whose parameters are
separated by commas too) and https://distribution.github.io/distribution/spec/auth/token/
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110's word, no secret
# Possessive groups where a failing match would otherwise try every split of a long quoted string.
_PARAMETER = re.compile(
    rf"""(?P<name>{_TOKEN})[ \t]*=[ \t]*(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<plain>[^\s,"]+))"""
)
_SCHEME = re.compile(rf"(?P<scheme>{_TOKEN})(?:[ \t]+|(?=,|$))")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))")
_SEPARATORS = re.compile(r"[ \t,]*")
_ESCAPED = re.compile(r"\\(.)")


class Challenge(msgspec.Struct, frozen=True):
    """One way to log in; scheme and parameter names are in lower case."""

    scheme: str
    parameters: dict[str, str] = {}

    @property
    def realm(self) -> str:
        """For "bearer" the URL of the token server."""
        return self.parameters.get("realm", "")

    @property
    def service(self) -> str:
        """The registry's name at the token server."""
        return self.parameters.get("service", "")

    @property
    def scope(self) -> str:
        """What the token must permit, such as "repository:library/debian:pull"."""
        return self.parameters.get("scope", "")

    @property
    def error(self) -> str:
        """Why the token sent was not enough: "invalid_token", "insufficient_scope" or nothing."""
        return self.parameters.get("error", "")


def parse_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Return the challenges of an answer's WWW-Authenticate headers, in their order.

    What does not follow the grammar ends its header: challenges before it count. The first of two
    parameters of the same name counts.
    """
    return tuple(challenge for header in headers for challenge in _challenges(header))


def choose(challenges: Iterable[Challenge]) -> Challenge | None:
    """Return the challenge to answer: the first "bearer" with a realm, else the first "basic"."""
    best: Challenge | None = None
    for challenge in challenges:
        if challenge.scheme == "bearer" and challenge.realm:
            return challenge
        if challenge.scheme == "basic" and best is None:
            best = challenge
    return best


def _challenges(text: str) -> Iterator[Challenge]:
    position = _skip(text, 0)
    while match := _SCHEME.match(text, position):
        parameters, position = _parameters(text, match.end())
        yield Challenge(match["scheme"].lower(), parameters)


def _parameters(text: str, position: int) -> tuple[dict[str, str], int]:
    """Read parameters up to the next scheme; a parameter is told from a scheme by its "="."""
    if token68 := _TOKEN68.match(text, position):
        return {}, _skip(text, token68.end())
    parameters: dict[str, str] = {}
    while match := _PARAMETER.match(text, position):
        parameters.setdefault(match["name"].lower(), _value(match))
        position = _skip(text, match.end())
    return parameters, _skip(text, position)


def _value(match: re.Match[str]) -> str:
    plain: str | None = match["plain"]
    return plain if plain is not None else _ESCAPED.sub(r"\1", match["quoted"])


def _skip(text: str, position: int) -> int:
    match = _SEPARATORS.match(text, position)
    return match.end() if match else position
