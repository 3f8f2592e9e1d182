"""Images of Podman, by its socket.

Socket: https://docs.podman.io/en/latest/markdown/podman-system-service.1.html
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from config.presence import is_absent
from crawler.registry.errors import UnreachableError
from crawler.sources import Found, Wanted
from crawler.sources.daemon_endpoint import Endpoint, endpoint_at, host_of

ROOTFUL = "/run/podman/podman.sock"


@contextlib.asynccontextmanager
async def open_podman(wanted: Wanted, *, environ: Mapping[str, str], host: str = "") -> AsyncIterator[Found]:
    """Give an image that Podman has; see `crawler.sources`.

    Args:
        wanted: the image.
        environ: the environment.
        host: as `find_podman` takes it.
    """
    endpoint = await asyncio.to_thread(find_podman, environ, host)
    from crawler.sources.engine_api import open_daemon  # noqa: PLC0415 - only for a daemon that is there

    async with open_daemon(wanted, endpoint) as found:
        yield found


def find_podman(environ: Mapping[str, str], host: str = "") -> Endpoint:
    """Return where Podman listens: at `host`, CONTAINER_HOST, the user's own socket, or root's; blocks.

    Raises:
        RegistryError: it is not there.
    """
    if url := host_of(host, environ, "CONTAINER_HOST"):
        return endpoint_at(url)
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    sockets = [*([f"{runtime}/podman/podman.sock"] if runtime else []), ROOTFUL]
    for socket in sockets:
        if not is_absent(socket):  # that of root lies in a folder of root's
            return endpoint_at(f"unix://{socket}")
    raise UnreachableError(f"no socket at {' or '.join(sockets)}")
