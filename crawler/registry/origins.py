"""Which hosts may be spoken to, and how."""

from urllib.parse import SplitResult, quote, urljoin, urlsplit

import msgspec

from config.addresses import is_loopback
from crawler.registry.errors import InsecureError, ProtocolError

_PORTS = {"http": 80, "https": 443}
_KEPT = "%/:?#[]@!$&'()*+,;=~"


class Origin(msgspec.Struct, frozen=True):
    """What the web calls an origin: two URLs of the same one are the same server to us."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine by its very name, without asking anybody."""
        return is_loopback(self.host)


def origin_of(url: str) -> Origin:
    """Return the origin of an absolute http or https URL.

    Raises:
        ProtocolError: it is no such URL, or holds a username: those come from the settings only.
    """
    try:
        parts: SplitResult = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ProtocolError(f"expected an http or https URL, got {url!r:.200}") from error
    if parts.scheme not in _PORTS or not host:
        raise ProtocolError(f"expected an http or https URL, got {without_query(url)!r:.200}")
    if "@" in parts.netloc:
        raise ProtocolError(f"expected a URL without username and password, got {without_query(url)!r:.200}")
    return Origin(parts.scheme, host.lower(), _PORTS[parts.scheme] if port is None else port)


def absolute(url: str, base: str) -> str:
    """Return `url`, which may be relative, as seen from `base`; without a fragment.

    What is encoded stays as it is, since signatures cover the spelling; blanks and the like are encoded.

    Raises:
        ProtocolError: the two do not make an http or https URL.
    """
    try:
        joined = urljoin(base, url.strip()).partition("#")[0]
    except ValueError as error:
        raise ProtocolError(f"expected a URL, got {url!r:.200}") from error
    origin_of(joined)
    return quote(joined, safe=_KEPT)


def without_query(url: str) -> str:
    """Return `url` without what may hold a signature or a password, for messages."""
    bare = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = bare.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}" if separator else bare


def check_plain_http(target: Origin, registry: Origin, *, insecure: bool, purpose: str) -> None:
    """Make sure that going to `target` on behalf of `registry` does not lose TLS unasked.

    Plain http is permitted with `insecure`, and between names of this machine: a remote registry that
    points at a loopback address would reach a server of ours that never asked for it.

    Raises:
        InsecureError: it does.
    """
    if target.scheme == "https" or insecure or (target.is_loopback and registry.is_loopback):
        return
    raise InsecureError(
        f"{registry}: {purpose} leads to plain http at {target}, expected https"
        " (insecure = true for this registry permits it)"
    )
