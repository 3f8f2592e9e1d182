"""Logins that Docker, Podman and their helper programs keep on this machine."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

from crawler.registry.auth import Credentials
from crawler.registry.auth_file import (
    FILE_BYTES,
    AuthFile,
    Helper,
    find_entry,
    find_helper,
    normal_registry,
    parse_auth_file,
)
from crawler.registry.errors import CredentialsError
from crawler.registry.helper_program import ask_helper

CredentialSource = Callable[[str], Awaitable[Credentials | None]]
"""Gives the login for a repository of one registry; "" stands for the registry itself."""


def auth_file_paths(environment: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Yield where credential files may be; the first with a login for a registry wins."""
    if named := environment.get("REGISTRY_AUTH_FILE"):
        yield Path(named)
    yield Path(environment.get("DOCKER_CONFIG") or home / ".docker") / "config.json"
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        yield Path(runtime) / "containers" / "auth.json"
    yield Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "containers" / "auth.json"


class CredentialStore:
    """The logins for one registry on this machine; called with a repository, gives its login.

    Files and helper programs are asked once. Raises CredentialsError when one cannot be used: going on
    without a login would make private images look absent.
    """

    def __init__(
        self, registry: str, *, environment: Mapping[str, str] | None = None, home: Path | None = None
    ) -> None:
        self._registry = normal_registry(registry)
        self._environment = dict(os.environ if environment is None else environment)
        self._home = home or Path(self._environment.get("HOME") or "/")
        self._files: tuple[AuthFile, ...] | None = None
        self._asked: dict[Helper, Credentials | CredentialsError | None] = {}
        self._lock = asyncio.Lock()

    async def __call__(self, repository: str) -> Credentials | None:
        """Return the login for `repository`; "" stands for the registry itself."""
        async with self._lock:
            if self._files is None:
                self._files = await asyncio.to_thread(self._read_files)
            for file in self._files:
                credentials = await self._from_file(file, repository)
                if credentials is not None:
                    return credentials
        return None

    async def _from_file(self, file: AuthFile, repository: str) -> Credentials | None:
        helper = find_helper(file, self._registry)
        if helper is not None:
            credentials = await self._from_helper(helper)
            if credentials is not None:
                return credentials
        return find_entry(file, self._registry, repository)

    async def _from_helper(self, helper: Helper) -> Credentials | None:
        if helper not in self._asked:
            try:
                self._asked[helper] = await ask_helper(helper, self._environment)
            except CredentialsError as error:
                # Each of a thousand repositories would wait for it again.
                self._asked[helper] = error
        answer = self._asked[helper]
        if isinstance(answer, CredentialsError):
            raise CredentialsError(str(answer)) from answer
        return answer

    def _read_files(self) -> tuple[AuthFile, ...]:
        bodies = ((path, _read(path)) for path in auth_file_paths(self._environment, self._home))
        return tuple(parse_auth_file(body, str(path)) for path, body in bodies if body is not None)


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            body = file.read(FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CredentialsError(f"{path}: cannot be read: {error.strerror}") from error
    if len(body) > FILE_BYTES:
        raise CredentialsError(f"{path}: more than the limit of {FILE_BYTES} bytes")
    return body
