"""Where a container engine listens: a unix socket, or TCP with or without TLS."""

import os
import re
import ssl
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

from crawler.registry.errors import CredentialsError, DeniedError, RegistryError, UnreachableError

_TCP = re.compile(r"(?:tcp|https?)://(?P<host>\[[0-9a-fA-F:]+\]|[^/:@\s]+)(?::(?P<port>[0-9]{1,5}))?/?")
_PLAIN_PORT, _TLS_PORT = 2375, 2376
_EXPECTED = "expected unix://PATH or tcp://HOST:PORT"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a daemon listens."""

    url: str
    """As the user knows it: unix:///run/docker.sock, tcp://127.0.0.1:2375."""
    tls: ssl.SSLContext | None = None

    @property
    def socket(self) -> str:
        """The path of a unix socket; else empty."""
        return self.url.removeprefix("unix://") if self.url.startswith("unix://") else ""

    @property
    def http_url(self) -> str:
        """What to call over TCP."""
        match = _TCP.fullmatch(self.url)
        assert match is not None  # noqa: S101 - `endpoint_at` saw to it
        scheme, port = ("https", _TLS_PORT) if self.tls else ("http", _PLAIN_PORT)
        return f"{scheme}://{match['host']}:{match['port'] or port}"


def is_host(text: str) -> bool:
    """Tell whether a text is unix://PATH or tcp://HOST[:PORT]."""
    return text.startswith("unix:///") or _TCP.fullmatch(text) is not None


def host_of(option: str, environ: Mapping[str, str], variable: str) -> str:
    """Return what an option gives, else a variable; "" for neither.

    Raises:
        RegistryError: the variable has no address that is understood; it is named.
    """
    url = option or environ.get(variable, "")
    if url and not option and not is_host(url):
        raise RegistryError(f"{variable}: {url!r:.200}: {_EXPECTED}")
    return url


def endpoint_at(url: str, tls: ssl.SSLContext | None = None) -> Endpoint:
    """Return the endpoint of this URL; blocks.

    Raises:
        UnreachableError: there is no socket.
        DeniedError: the socket cannot be reached by us.
        RegistryError: the URL is none that is understood.
    """
    if not is_host(url):
        raise RegistryError(f"{url!r:.200}: {_EXPECTED}")
    if url.startswith("https://") and tls is None:
        tls = ssl.create_default_context()
    endpoint = Endpoint(url=url, tls=tls)
    if endpoint.socket:
        _check_socket(endpoint.socket)
    return endpoint


def tls_of(folder: Path, *, verify: bool) -> ssl.SSLContext:
    """Return TLS with ca.pem, cert.pem and key.pem of a folder, as far as they are there; blocks.

    Raises:
        CredentialsError: one of them cannot be used.
    """
    ca, certificate, key = (folder / name for name in ("ca.pem", "cert.pem", "key.pem"))
    try:
        if not folder.is_dir():
            raise CredentialsError(f"{folder}: expected a folder with ca.pem, cert.pem and key.pem")
        context = ssl.create_default_context(cafile=ca if ca.exists() else None)
        if certificate.exists():
            context.load_cert_chain(certificate, key)
    except OSError as error:  # also what ssl raises
        raise CredentialsError(f"{folder}: no usable ca.pem, cert.pem and key.pem: {error}") from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _check_socket(path: str) -> None:
    try:
        mode = Path(path).stat().st_mode
    except PermissionError as error:
        raise DeniedError(f"unix://{path}: no permission") from error
    except FileNotFoundError as error:
        raise UnreachableError(f"unix://{path}: there is no such socket") from error
    except OSError as error:
        raise UnreachableError(f"unix://{path}: {os.strerror(error.errno or 0).lower()}") from error
    if not stat.S_ISSOCK(mode):
        raise UnreachableError(f"unix://{path}: not a socket")
