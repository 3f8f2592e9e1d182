"""aiohttp, imported without waiting for certificates.

aiohttp makes its two default TLS contexts while it is imported and has both read the system's certificates:
30 ms each, a sixth of what the scan of a known image takes, and for nothing where the registry is on plain
http or has a context of its own. Contexts made during the import read them at their first handshake instead.
"""

import functools
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["aiohttp", "system_tls"]


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

    ssl.SSLContext.set_default_verify_paths = later  # type: ignore[method-assign]
    try:
        yield
    finally:
        del ssl.SSLContext.set_default_verify_paths  # it is inherited


with _certificates_later():
    import aiohttp


@functools.cache
def system_tls() -> ssl.SSLContext:
    """Return the one context that trusts what the system trusts and shows no certificate; never change it."""
    return ssl.create_default_context()
