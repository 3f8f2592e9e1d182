"""Registries as the command line names them."""

from config.settings import Registry, Settings
from crawler.registry.endpoint import Endpoint


def registry_for(settings: Settings, name: str, *, insecure: bool) -> Registry:
    """Return the settings of the registry with this host[:port] or URL, or plain ones for it.

    Raises:
        RegistryError: the name is no address, or plain http that is not permitted.
    """
    url = f"http://{name}" if insecure and "://" not in name else name
    asked = Endpoint(url=url, insecure=insecure)
    for registry in settings.registries:
        if Endpoint(url=registry.url, insecure=registry.insecure).origin == asked.origin:
            return registry
    return Registry(url=asked.base_url, insecure=insecure)
