"""Turns the HTTP library's exceptions into ours, at the one place where they arise."""

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from crawler.http import aiohttp
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import (
    InsecureError,
    NoSuchHostError,
    ProtocolError,
    RegistryError,
    UnreachableError,
)
from crawler.registry.tls_faults import Peer, certificate_fault, handshake_fault, reason_of

_NO_ADDRESS = "the host's name does not resolve"

# The first row that fits counts, so narrow classes stand above wide ones.
TRANSLATIONS: tuple[tuple[type[Exception], type[RegistryError], str], ...] = (
    (aiohttp.ClientConnectorDNSError, UnreachableError, _NO_ADDRESS),
    (aiohttp.ClientConnectorCertificateError, InsecureError, "its certificate is not trusted"),
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
EXCEPTIONS = tuple(row[0] for row in TRANSLATIONS)


@contextmanager
def translated(thing: str, registry: Endpoint | None = None) -> Iterator[None]:
    """Let a RegistryError leave the block in place of an exception of the HTTP library.

    `thing` is host and what was asked for. The library's own words stay in the cause: they may hold URLs
    with signatures in them. With `registry` the message says which of its settings would help.
    """
    try:
        yield
    except EXCEPTIONS as error:
        kind, sentence = translation(error, registry)
        raise kind(f"{thing}: {sentence}") from error


def translation(error: Exception, registry: Endpoint | None = None) -> tuple[type[RegistryError], str]:
    """Return what one of EXCEPTIONS is, and what is wrong, without an address that may be secret."""
    kind, sentence = (
        _tls_fault(error, registry)
        or _name_fault(error)
        or _length_fault(error)
        or next(row[1:] for row in TRANSLATIONS if isinstance(error, row[0]))
    )
    reason = _reason(error) if kind is UnreachableError else ""
    return kind, f"{sentence} ({reason})" if reason else sentence


def _tls_fault(error: Exception, registry: Endpoint | None) -> tuple[type[RegistryError], str] | None:
    """Return what is known of an error that TLS is the cause of; None when a row says all there is."""
    cause = _tls_cause(error)
    if cause is None:
        return None
    peer = _peer(error, registry)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return InsecureError, certificate_fault(cause, peer)
    return handshake_fault(cause, peer)


def _name_fault(error: Exception) -> tuple[type[RegistryError], str] | None:
    if isinstance(error, aiohttp.ClientConnectorDNSError) and error.os_error.errno == socket.EAI_NONAME:
        return NoSuchHostError, _NO_ADDRESS
    return None


def _length_fault(error: Exception) -> tuple[type[RegistryError], str] | None:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, aiohttp.http_exceptions.LineTooLong):
        cause = cause.__cause__
    if cause is None:
        return None
    return ProtocolError, f"a header of the answer is longer than the limit of {cause.args[1]} bytes"


def _tls_cause(error: BaseException) -> ssl.SSLError | None:
    """Return what Python's TLS said. The library's classes are SSLErrors too, but empty ones."""
    cause: BaseException | None = error
    while cause is not None and (
        isinstance(cause, aiohttp.ClientError) or not isinstance(cause, ssl.SSLError)
    ):
        cause = cause.__cause__
    return cause


def _peer(error: Exception, registry: Endpoint | None) -> Peer:
    if isinstance(error, aiohttp.ClientConnectorError):
        return Peer(host=error.host.lower(), port=error.port or 0, registry=registry)
    return Peer(registry=registry)


def _reason(error: BaseException) -> str:
    """Return OpenSSL's name for it, or the system's words; asyncio's strerror has addresses as Python's."""
    cause = _tls_cause(error)
    if cause is not None or isinstance(error, ssl.SSLError | aiohttp.ClientSSLError):
        return reason_of(cause)  # its numbers are OpenSSL's
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number).lower() if number and number > 0 else ""
