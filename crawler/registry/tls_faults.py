"""Says what is wrong when TLS with a server fails.

Specs: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/ (verify codes) and
https://www.rfc-editor.org/rfc/rfc8446#section-6.2 (alerts)
"""

import ssl
from dataclasses import dataclass

from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import HandshakeError, RegistryError, UnauthorizedError

_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21, 27})
"""Verify codes: no issuer, signed by itself, or one that is not trusted."""

_NO_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
)
"""What OpenSSL, by version, calls an answer that is no record of TLS."""
_REFUSES_CERTIFICATE = frozenset(
    {
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
        "TLSV1_ALERT_ACCESS_DENIED",
        "TLSV1_ALERT_UNKNOWN_CA",
    }
)
_NOTHING_IN_COMMON = frozenset(
    {
        "NO_PROTOCOLS_AVAILABLE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "TLSV1_UNRECOGNIZED_NAME",
        "UNSUPPORTED_PROTOCOL",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Who was spoken to."""

    host: str = ""
    """In lower case; empty when the error does not say: after the handshake."""
    port: int = 0
    registry: Endpoint | None = None
    """On whose behalf; None for what has no such settings."""

    @property
    def is_registry(self) -> bool:
        """Whether it is the registry itself, not a proxy or where it redirects to."""
        if self.registry is None:
            return False
        origin = self.registry.origin
        return not self.host or (self.host, self.port) == (origin.host, origin.port)

    @property
    def certificate(self) -> str:
        """How a message calls the certificate that it shows."""
        is_elsewhere = self.registry is not None and not self.is_registry
        return f"the certificate of {self}" if is_elsewhere else "its certificate"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def certificate_fault(error: ssl.SSLCertVerificationError, peer: Peer) -> str:
    """Return what is wrong with the certificate that the peer shows."""
    match error.verify_code:
        case 62 | 64:  # host name, address
            fault = f"is for another name, expected one for {peer.host!r}"
        case 10:
            fault = "has expired, or that of an authority that signed it"
        case 9:
            fault = "is not valid yet by this machine's clock, or that of an authority that signed it"
        case code if code in _UNKNOWN_AUTHORITY:
            fault = f"is not trusted{_trusted(peer.registry)}"
        case _:
            fault = f"is not trusted ({error.verify_message})"
    return f"{peer.certificate} {fault}"


def handshake_fault(error: ssl.SSLError, peer: Peer) -> tuple[type[RegistryError], str] | None:
    """Return the kind and the sentence of what trying again does not change; None when it may."""
    name = _name(error)
    if name in _NO_TLS and peer.host:
        return HandshakeError, _no_tls(peer)
    if name == "TLSV13_ALERT_CERTIFICATE_REQUIRED":
        hint = "; client_cert can name one" if peer.registry is not None else ""
        return UnauthorizedError, f"it wants a client certificate{hint}"
    if name in _REFUSES_CERTIFICATE:
        return UnauthorizedError, f"it refuses {_client_certificate(peer)} ({reason_of(error)})"
    if name in _NOTHING_IN_COMMON:
        return HandshakeError, f"the TLS handshake failed ({reason_of(error)})"
    return None


def reason_of(error: ssl.SSLError | None) -> str:
    """Return OpenSSL's name for the error in words, such as "tlsv1 alert internal error"; may be empty."""
    return _name(error).lower().replace("_", " ")


def _name(error: ssl.SSLError | None) -> str:
    # Only those that OpenSSL raised have the attribute, and not all of them a name.
    return getattr(error, "reason", None) or ""


def _no_tls(peer: Peer) -> str:
    if not peer.is_registry or peer.registry is None:
        return f"{peer} does not speak TLS; perhaps it speaks plain http"
    hint = f"it does not speak TLS; perhaps it speaks plain http: http://{peer}"
    if peer.registry.insecure or peer.registry.origin.is_loopback:
        return hint
    return f"{hint}, permitted by insecure = true in the settings or by --insecure"


def _trusted(registry: Endpoint | None) -> str:
    if registry is None:
        return ": not signed by an authority that this system knows"
    if not registry.ca_file:
        return "; ca_file can name the authority that signed it"
    return f": not signed by an authority in {registry.ca_file!r}, nor by one that this system knows"


def _client_certificate(peer: Peer) -> str:
    cert = peer.registry.client_cert if peer.registry is not None and peer.is_registry else ""
    return f"the client certificate in {cert!r}" if cert else "a client without a certificate that it knows"
