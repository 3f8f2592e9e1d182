"""Registry clients as the settings want them."""

from config.settings import Registry
from crawler.registry.client import RegistryClient
from crawler.registry.credentials import CredentialStore
from crawler.registry.endpoint import Endpoint


def client_of(registry: Registry) -> RegistryClient:
    """Return a client for a registry's settings, with the logins of this machine for when they have none.

    Raises:
        RegistryError: the address is refused.
    """
    endpoint = Endpoint(
        url=registry.url,
        username=registry.username,
        password=registry.password,
        ca_file=registry.ca_file,
        client_cert=registry.client_cert,
        client_key=registry.client_key,
        insecure=registry.insecure,
        concurrency=registry.concurrency,
    )
    return RegistryClient(endpoint, credentials=CredentialStore(str(endpoint.origin)))
