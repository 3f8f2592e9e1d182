"""Images of a Docker Engine, found as the docker command finds it.

Variables: https://docs.docker.com/reference/cli/docker/#environment-variables,
contexts: https://docs.docker.com/engine/manage-resources/contexts/
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import msgspec

from analyzers.documents.wording import decoding_problem
from config.presence import is_absent
from crawler.registry.errors import CredentialsError
from crawler.sources import Found, Wanted
from crawler.sources.daemon_endpoint import Endpoint, endpoint_at, host_of, tls_of

SOCKET = "/var/run/docker.sock"
_DEFAULT_CONTEXT = "default"


class _Config(msgspec.Struct, frozen=True, rename="camel"):
    current_context: str = ""


class _DockerEndpoint(msgspec.Struct, frozen=True):
    host: str = msgspec.field(name="Host")
    skip_tls_verify: bool = msgspec.field(name="SkipTLSVerify", default=False)


class _Endpoints(msgspec.Struct, frozen=True):
    docker: _DockerEndpoint


class _Context(msgspec.Struct, frozen=True, rename="pascal"):
    endpoints: _Endpoints


@contextlib.asynccontextmanager
async def open_docker(wanted: Wanted, *, environ: Mapping[str, str], host: str = "") -> AsyncIterator[Found]:
    """Give an image that Docker has; see `crawler.sources`.

    Args:
        wanted: the image.
        environ: the environment.
        host: as `find_docker` takes it.
    """
    endpoint = await asyncio.to_thread(find_docker, environ, host)
    from crawler.sources.engine_api import open_daemon  # noqa: PLC0415 - only for a daemon that is there

    async with open_daemon(wanted, endpoint) as found:
        yield found


def find_docker(environ: Mapping[str, str], host: str = "") -> Endpoint:
    """Return where Docker listens; blocks.

    The first of: `host`, DOCKER_HOST, the context of DOCKER_CONTEXT, the current one of the configuration,
    Docker's socket, those of a rootless and of a desktop's Docker.

    Raises:
        RegistryError: it is not there, or what says where it is cannot be read.
    """
    home = Path(environ.get("HOME") or "/")
    folder = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    if url := host_of(host, environ, "DOCKER_HOST"):
        verify = bool(environ.get("DOCKER_TLS_VERIFY"))
        if not verify and not environ.get("DOCKER_TLS"):
            return endpoint_at(url)
        return endpoint_at(url, tls_of(Path(environ.get("DOCKER_CERT_PATH") or folder), verify=verify))
    context = environ.get("DOCKER_CONTEXT") or _current_context(folder)
    if context not in {"", _DEFAULT_CONTEXT}:
        return _endpoint_of(folder / "contexts", context)
    return endpoint_at(f"unix://{_socket(environ, home)}")


def _current_context(folder: Path) -> str:
    file = folder / "config.json"
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Config).current_context
    except FileNotFoundError:
        return ""
    except (OSError, msgspec.MsgspecError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else decoding_problem(error)
        raise CredentialsError(f"{file}: {reason}") from error


def _endpoint_of(contexts: Path, name: str) -> Endpoint:
    place = hashlib.sha256(name.encode()).hexdigest()
    file, certificates = contexts / "meta" / place / "meta.json", contexts / "tls" / place / "docker"
    try:
        docker = msgspec.json.decode(file.read_bytes(), type=_Context).endpoints.docker
    except (OSError, msgspec.MsgspecError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else decoding_problem(error)
        raise CredentialsError(f"context {name!r:.100}: {file}: {reason}") from error
    if not docker.host.startswith("unix://") and certificates.is_dir():
        return endpoint_at(docker.host, tls_of(certificates, verify=not docker.skip_tls_verify))
    return endpoint_at(docker.host)


def _socket(environ: Mapping[str, str], home: Path) -> str:
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    others = (*([f"{runtime}/docker.sock"] if runtime else []), str(home / ".docker/run/docker.sock"))
    return next((each for each in (SOCKET, *others) if not is_absent(each)), SOCKET)
