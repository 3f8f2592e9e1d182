"""The logins that a cluster keeps for its registries.

Reference: https://kubernetes.io/docs/concepts/containers/images/#specifying-imagepullsecrets-on-a-pod
"""

import base64
import binascii
import re
from fnmatch import translate

import msgspec

from crawler.registry.auth import Credentials
from crawler.registry.auth_file import FILE_BYTES, AuthFile, find_entry, normal_registry, parse_auth_file
from crawler.registry.errors import CredentialsError
from crawler.targets.kubernetes.objects import Secret

NEW, OLD = "kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"
_KEYS = {NEW: ".dockerconfigjson", OLD: ".dockercfg"}


def parse_secret(secret: Secret, place: str) -> AuthFile:
    """Return the logins in a secret.

    Helper programs that it names are left out: a cluster must not start programs here.

    Raises:
        CredentialsError: it is no secret for registries, or cannot be read; no message holds a value.
    """
    key = _KEYS.get(secret.type)
    if key is None:
        raise CredentialsError(f"{place}: expected type {NEW} or {OLD}, got {secret.type!r:.100}")
    encoded = (secret.data or {}).get(key)
    if encoded is None:
        raise CredentialsError(f"{place}: has no {key}")
    try:
        body = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        # The cause is left out: it would hold the secret.
        raise CredentialsError(f"{place}: {key} is not base64") from None
    if len(body) > FILE_BYTES:
        raise CredentialsError(f"{place}: more than the limit of {FILE_BYTES} bytes")
    if secret.type == OLD:
        body = b'{"auths":' + body + b"}"
    return AuthFile(auths=parse_auth_file(body, place).auths)


def login_of(file: AuthFile, registry: str, repository: str) -> Credentials | None:
    """Return the login for a repository, None when the file has none for it.

    Keys are hosts, with globs in their parts if need be ("*.example.com"), ports and path prefixes.

    Raises:
        CredentialsError: the entry for this registry cannot be read.
    """
    host = normal_registry(registry)
    return find_entry(_spelled_out(file, host), host, repository)


def _spelled_out(file: AuthFile, host: str) -> AuthFile:
    """Return the file with its globs that fit the host replaced by the host."""
    auths = dict(file.auths)
    for key, entry in file.auths.items():
        pattern, slash, path = re.sub(r"^https?://", "", key).partition("/")
        if "*" in pattern and _fits(pattern, host):
            auths.setdefault(f"{host}{slash}{path}", entry)
    return msgspec.structs.replace(file, auths=auths)


def _fits(pattern: str, host: str) -> bool:
    """Tell whether a glob fits a host: a "*" stands for no dot, and for no other port."""
    wanted, given = re.split(r"[.:]", pattern), re.split(r"[.:]", host)
    if len(wanted) != len(given) or pattern.count(":") != host.count(":"):
        return False
    return all(re.fullmatch(translate(part), own) for part, own in zip(wanted, given, strict=True))
