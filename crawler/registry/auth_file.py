"""Docker's config.json and Podman's auth.json.

Formats: https://docs.docker.com/reference/cli/docker/login/#credential-stores and
https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from analyzers.documents.wording import decoding_problem
from crawler.registry.auth import IDENTITY_TOKEN_USER, Credentials
from crawler.registry.errors import CredentialsError, ManifestError
from crawler.registry.manifest import decode_json
from crawler.registry.reference import DOCKER_HUB, DOCKER_HUB_ALIASES

FILE_BYTES = 1024 * 1024
"""Length of a credential file, and of a helper's answer."""
DOCKER_HUB_KEY = "https://index.docker.io/v1/"
"""The name that Docker Hub has in these files and for helper programs."""

_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Entry(msgspec.Struct, frozen=True):
    """One login as `docker login` writes it."""

    auth: str = ""
    identitytoken: str = ""
    username: str = ""
    password: str = ""


class AuthFile(msgspec.Struct, frozen=True, rename="camel"):
    """The part of the file that is about logins."""

    auths: dict[str, Entry] = {}
    cred_helpers: dict[str, str] = {}
    creds_store: str = ""


class HelperAnswer(msgspec.Struct, frozen=True, rename="pascal"):
    """What a credential helper prints."""

    username: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Helper:
    """A program to ask: `docker-credential-<name> get`, with `server` on its standard input."""

    name: str
    server: str


def parse_auth_file(body: bytes, place: str) -> AuthFile:
    """Return what the file at `place` says.

    Raises:
        CredentialsError: it is no such file.
    """
    try:
        return msgspec.convert(decode_json(body, place), AuthFile)
    except (ManifestError, msgspec.ValidationError, RecursionError) as error:
        # msgspec quotes places, not values, so that no secret is in its message.
        raise CredentialsError(
            f"{place}: expected Docker's config.json: {decoding_problem(error)}"
        ) from error


def find_helper(file: AuthFile, registry: str) -> Helper | None:
    """Return the program that keeps the logins for `registry`: its own one, else the store for all.

    Raises:
        CredentialsError: the program's name is no plain file name.
    """
    own = (name for key, name in file.cred_helpers.items() if _normal(key) == registry)
    name = next(own, file.creds_store)
    if not name:
        return None
    if not _HELPER.fullmatch(name):
        raise CredentialsError(f"credential helper: expected a plain name, got {name!r:.100}")
    return Helper(name, DOCKER_HUB_KEY if registry == DOCKER_HUB else registry)


def find_entry(file: AuthFile, registry: str, repository: str) -> Credentials | None:
    """Return the login for the longest key that `registry`/`repository` lies under.

    Raises:
        CredentialsError: the entry cannot be read.
    """
    logins = {_normal(key): (key, entry) for key, entry in file.auths.items()}
    for name in _enclosing(f"{registry}/{repository}" if repository else registry):
        key, entry = logins.get(name, ("", None))
        credentials = _credentials(key, entry) if entry is not None else None
        if credentials is not None:
            return credentials
    return None


def parse_helper(body: bytes, name: str) -> Credentials:
    """Return the login that a helper program printed.

    Raises:
        CredentialsError: it printed something else.
    """
    try:
        answer = msgspec.convert(decode_json(body, name), HelperAnswer)
    except (ManifestError, msgspec.ValidationError) as error:
        raise CredentialsError(f"{name}: expected a JSON object with Username and Secret") from error
    if answer.username == IDENTITY_TOKEN_USER:
        return Credentials(identity_token=answer.secret)
    return Credentials(answer.username, answer.secret)


def normal_registry(registry: str) -> str:
    """Return the one name of a registry: Docker Hub has several."""
    return DOCKER_HUB if registry in DOCKER_HUB_ALIASES else registry


def _normal(key: str) -> str:
    """Old versions of Docker wrote keys as URLs with "/v1/" at their end."""
    host, slash, path = key.removeprefix("https://").removeprefix("http://").rstrip("/").partition("/")
    return normal_registry(host) + (f"{slash}{path}" if path not in ("v1", "v2") else "")


def _enclosing(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition("/")[0]


def _credentials(key: str, entry: Entry) -> Credentials | None:
    if entry.identitytoken:
        return Credentials(identity_token=entry.identitytoken)
    if not entry.auth:
        return Credentials(entry.username, entry.password) if entry.username else None
    try:
        pair = base64.b64decode(entry.auth, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        # The cause is left out: it would hold the secret.
        raise CredentialsError(f"login for {key!r}: auth is not base64 of username:password") from None
    username, colon, password = pair.partition(":")
    if not colon:
        raise CredentialsError(f"login for {key!r}: auth is not base64 of username:password")
    return Credentials(username, password.rstrip("\0"))
