"""The TLS context that the settings of a registry ask for.

Spec of the files: https://www.rfc-editor.org/rfc/rfc7468 (PEM)
"""

import ssl
from pathlib import Path

from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import CredentialsError


def tls_context(endpoint: Endpoint, *, shows_certificate: bool) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities and those in the endpoint's `ca_file`.

    With `shows_certificate` it shows the endpoint's client certificate.

    Raises:
        CredentialsError: a file cannot be read, is no PEM, or the key is that of another certificate.
    """
    context = ssl.create_default_context()
    try:
        if endpoint.ca_file:
            _trust(context, endpoint.ca_file)
        if shows_certificate:
            _show(context, endpoint.client_cert, endpoint.client_key)
    except CredentialsError as error:
        raise CredentialsError(f"{endpoint.origin}: cannot use {error}") from error.__cause__
    return context


def _trust(context: ssl.SSLContext, ca_file: str) -> None:
    name = f"ca_file {ca_file!r}"
    _check_readable(name, ca_file)
    try:
        context.load_verify_locations(ca_file)
    except ssl.SSLError as error:
        # OpenSSL has this name for a file without a block of PEM, and none for a block that is broken.
        fault = "no" if error.reason == "NO_CERTIFICATE_OR_CRL_FOUND" else "a broken"
        raise CredentialsError(f"{name}: holds {fault} certificate, expected PEM") from error


def _show(context: ssl.SSLContext, cert: str, key: str) -> None:
    cert_name = f"client_cert {cert!r}"
    key_name = f"client_key {key!r}" if key else cert_name
    # OpenSSL does not say which of the two it means.
    _check_readable(cert_name, cert)
    _check_readable(key_name, key or cert)
    try:
        # Without a password given, OpenSSL asks the terminal for that of an encrypted key.
        context.load_cert_chain(cert, key or None, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise CredentialsError(f"{key_name}: its key does not fit the certificate in {cert!r}") from error
        if not _holds_certificate(cert):
            raise CredentialsError(f"{cert_name}: holds no usable certificate, expected PEM") from error
        raise CredentialsError(f"{key_name}: holds no usable key, expected PEM without a password") from error


def _check_readable(name: str, path: str) -> None:
    try:
        Path(path).open("rb").close()
    except OSError as error:
        raise CredentialsError(f"{name}: {(error.strerror or 'cannot be read').lower()}") from error


def _holds_certificate(path: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return False
    return True
