"""Registries as the command line names them."""

import click

from config.settings import Registry, Settings
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import ProtocolError
from crawler.registry.reference import DOCKER_HUB_ALIASES, DOCKER_HUB_HOST


def registry_for(settings: Settings, name: str, *, insecure: bool) -> Registry:
    """Return the settings of the registry with this host[:port] or URL, or plain ones for it.

    Raises:
        click.UsageError: the name is no address.
        InsecureError: it is plain http, which is not permitted.
    """
    if not name:
        raise click.UsageError("registry '': expected HOST[:PORT] or a URL")
    host = _host(name)
    for registry in settings.registries:
        if _host(registry.url) == host:
            return registry
    url = f"http://{name}" if insecure and "://" not in name else name
    try:
        return Registry(url=Endpoint(url=url, insecure=insecure).base_url, insecure=insecure)
    except ProtocolError as error:
        raise click.UsageError(str(error)) from error


def _host(url: str) -> str:
    """Return what an image's name begins with when it is in this registry."""
    host = url.rpartition("://")[2].rstrip("/").lower()
    return DOCKER_HUB_HOST if host in DOCKER_HUB_ALIASES else host
