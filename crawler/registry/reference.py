"""Names of images and digests of their parts.

Grammar: https://github.com/distribution/reference/blob/main/reference.go
Digests: https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
"""

import re
from typing import NewType

import msgspec

from crawler.registry.errors import InvalidReferenceError

Digest = NewType("Digest", str)
"""An algorithm and a hash in lower-case hex: "sha256:…" or "sha512:…"; made by `parse_digest` only."""

HEX_LENGTHS = {"sha256": 64, "sha512": 128}
REPOSITORY_CHARACTERS = 255
DOCKER_HUB = "docker.io"
DOCKER_HUB_HOST = "registry-1.docker.io"
DOCKER_HUB_ALIASES = frozenset({DOCKER_HUB, "index.docker.io", DOCKER_HUB_HOST})

_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_REGISTRY = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]{{1,5}})?")
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}")
_HEX = re.compile(r"[0-9a-f]*")


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """An image's full name; `str` gives the canonical spelling, which parses to the same value."""

    registry: str
    """Host and port as users write them; Docker Hub is "docker.io"."""
    repository: str
    tag: str = ""
    digest: Digest | None = None
    """Wins over the tag when both are given."""

    @property
    def host(self) -> str:
        """The host and port that serve the registry's API."""
        return DOCKER_HUB_HOST if self.registry == DOCKER_HUB else self.registry

    @property
    def target(self) -> str:
        """What to ask the repository for: the digest, else the tag."""
        return self.digest or self.tag

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


def parse_digest(text: str) -> Digest:
    """Return `text` as a digest.

    Raises:
        InvalidReferenceError: the algorithm is unknown or the hash is not lower-case hex of its length.
    """
    algorithm, colon, encoded = text.partition(":")
    if not colon:
        raise InvalidReferenceError(f"expected algorithm:hex, got {_short(text)}")
    length = HEX_LENGTHS.get(algorithm)
    if length is None:
        raise InvalidReferenceError(f"unknown algorithm {_short(algorithm)}")
    if len(encoded) != length or not _HEX.fullmatch(encoded):
        raise InvalidReferenceError(f"expected {length} lower-case hex digits, got {_short(encoded)}")
    return Digest(text)


def algorithm_of(digest: Digest) -> str:
    """Return the name under which hashlib knows the digest's algorithm."""
    return digest.partition(":")[0]


def parse_reference(text: str) -> Reference:
    """Return the image that `text` names, with Docker's defaults for what it leaves out.

    reference = [ registry "/" ] repository [ ":" tag ] [ "@" digest ]. The first component is a
    registry when it has a "." or ":", is "localhost", or has upper-case letters; else the registry is
    Docker Hub, whose one-component repositories lie under "library/". Without tag and digest the tag is
    "latest".

    Raises:
        InvalidReferenceError: a part is outside the grammar.
    """
    named, at, digest_text = text.partition("@")
    try:
        digest = parse_digest(digest_text) if at else None
    except InvalidReferenceError as error:
        raise InvalidReferenceError(f"reference {_short(text)}: digest: {error}") from error
    registry, rest = _split_registry(named)
    repository, colon, tag = rest.partition(":")
    _check(_REGISTRY.fullmatch(registry) is not None, text, f"{_short(registry)} is not a host[:port]")
    if colon:
        _check(is_tag(tag), text, f"{_short(tag)} is not a tag")
    _check_repository(repository, text)
    if registry in DOCKER_HUB_ALIASES:
        registry = DOCKER_HUB
        repository = repository if "/" in repository else f"library/{repository}"
    return Reference(
        registry=registry,
        repository=repository,
        tag=tag or ("" if digest else "latest"),
        digest=digest,
    )


def is_repository(name: str) -> bool:
    """Return whether the specification allows `name` as a repository's name."""
    return len(name) <= REPOSITORY_CHARACTERS and _REPOSITORY.fullmatch(name) is not None


def is_tag(name: str) -> bool:
    """Return whether the specification allows `name` as a tag."""
    return _TAG.fullmatch(name) is not None


def _split_registry(named: str) -> tuple[str, str]:
    first, slash, rest = named.partition("/")
    is_host = "." in first or ":" in first or first == "localhost" or first != first.lower()
    return (first, rest) if slash and is_host else (DOCKER_HUB, named)


def _check_repository(repository: str, text: str) -> None:
    _check(repository == repository.lower(), text, f"repository {_short(repository)} has upper-case letters")
    _check(is_repository(repository), text, f"{_short(repository)} is not a repository name")


def _check(condition: bool, text: str, problem: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not condition:
        raise InvalidReferenceError(f"reference {_short(text)}: {problem}")


def _short(text: str, limit: int = 160) -> str:
    return repr(text if len(text) <= limit else text[:limit] + "…")
