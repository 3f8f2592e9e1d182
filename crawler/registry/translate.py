"""Turns the HTTP library's exceptions into ours, at the one place where they arise."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from crawler.http import aiohttp
from crawler.registry.errors import InsecureError, ProtocolError, RegistryError, UnreachableError

# The first row that fits counts, so narrow classes stand above wide ones.
TRANSLATIONS: tuple[tuple[type[Exception], type[RegistryError], str], ...] = (
    (aiohttp.ClientConnectorDNSError, UnreachableError, "the host's name does not resolve"),
    (
        aiohttp.ClientConnectorCertificateError,
        InsecureError,
        "its certificate is not trusted; ca_file can name the authority that signed it",
    ),
    (aiohttp.ClientSSLError, UnreachableError, "the TLS handshake failed"),
    (aiohttp.ClientProxyConnectionError, UnreachableError, "the proxy cannot be reached"),
    (aiohttp.ClientHttpProxyError, UnreachableError, "the proxy refuses the connection"),
    (aiohttp.ServerTimeoutError, UnreachableError, "no answer in time"),
    (aiohttp.ServerDisconnectedError, UnreachableError, "closed the connection without an answer"),
    (aiohttp.ClientConnectorError, UnreachableError, "cannot connect"),
    (aiohttp.ClientPayloadError, UnreachableError, "the body broke off"),
    (aiohttp.ClientConnectionError, UnreachableError, "the connection broke off"),
    (aiohttp.InvalidURL, ProtocolError, "leads to something that is no URL"),
    (aiohttp.ClientResponseError, ProtocolError, "the answer is not HTTP"),
    (aiohttp.ClientError, UnreachableError, "no usable answer"),
    (aiohttp.http_exceptions.HttpProcessingError, ProtocolError, "the answer is not HTTP"),
    (ConnectionError, UnreachableError, "the connection broke off"),
    (ssl.SSLError, UnreachableError, "the TLS connection broke off"),
)


@contextmanager
def translated(thing: str) -> Iterator[None]:
    """Let a RegistryError leave the block in place of an exception of the HTTP library.

    `thing` is host and what was asked for. The library's own words stay in the cause: they may hold URLs
    with signatures in them.
    """
    try:
        yield
    except tuple(row[0] for row in TRANSLATIONS) as error:
        kind, sentence = next(row[1:] for row in TRANSLATIONS if isinstance(error, row[0]))
        reason = _system_reason(error) if kind is UnreachableError else ""
        raise kind(f"{thing}: {sentence}" + (f" ({reason})" if reason else "")) from error


def _system_reason(error: BaseException) -> str:
    """Return the operating system's own words; asyncio's strerror holds addresses as Python writes them."""
    if isinstance(error, ssl.SSLError | aiohttp.ClientSSLError):
        return ""  # its numbers are OpenSSL's
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number).lower() if number and number > 0 else ""
