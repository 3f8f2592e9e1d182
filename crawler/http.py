"""aiohttp, imported without waiting for certificates.

aiohttp makes its two default TLS contexts while it is imported and has both read the system's certificates:
30 ms each, a sixth of what the scan of a known image takes, and for nothing where the registry is on plain
http or has a context of its own. Contexts made during the import read them at their first handshake instead.
"""

import ssl
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from config.addresses import is_loopback
from crawler.registry.errors import UnreachableError

__all__ = ["aiohttp", "environment_proxy"]


class _ReadsLater(ssl.SSLContext):
    """A context that reads the system's certificates when it is first used; from then on an ordinary one."""

    def wrap_bio(self, *values: Any, **named: Any) -> ssl.SSLObject:  # noqa: ANN401 - handed on as they come
        self.__class__ = ssl.SSLContext  # type: ignore[assignment] # the same object, grown up
        self.set_default_verify_paths()
        return self.wrap_bio(*values, **named)


@contextmanager
def _certificates_later() -> Iterator[None]:
    def later(self: ssl.SSLContext) -> None:
        self.__class__ = _ReadsLater

    ssl.SSLContext.set_default_verify_paths = later  # type: ignore[method-assign]  # undone below
    try:
        yield
    finally:
        del ssl.SSLContext.set_default_verify_paths  # it is inherited


with _certificates_later():
    import aiohttp


def environment_proxy(url: str) -> str | None:
    """Return the proxy that HTTPS_PROXY or HTTP_PROXY names; None for this machine and what NO_PROXY names.

    aiohttp's own `trust_env` would also send logins from ~/.netrc.

    Raises:
        UnreachableError: the proxy is of another kind, such as SOCKS.
    """
    parts = urlsplit(url)
    if is_loopback(parts.hostname or "") or urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy is not None and not proxy.startswith(("http://", "https://")):
        place = parts.netloc.rpartition("@")[2]
        raise UnreachableError(f"{place}: the proxy for {parts.scheme} has to be an http:// or https:// URL")
    return proxy
