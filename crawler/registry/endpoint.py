"""One registry's address and how to reach it."""

from dataclasses import dataclass, field

from crawler.registry.auth import Credentials
from crawler.registry.errors import InsecureError
from crawler.registry.origins import Origin, origin_of
from crawler.registry.reference import DOCKER_HUB_ALIASES, DOCKER_HUB_HOST


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The settings of one registry host, checked when they are made.

    Raises:
        InsecureError: plain http to another machine without `insecure`.
        ProtocolError: `url` is no http or https URL, or holds a password.
    """

    url: str
    """Such as "https://registry.example.com"; without a scheme https is meant, http for this machine."""
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    """PEM file with certificates that are trusted besides the system's."""
    client_cert: str = ""
    """PEM file shown to this registry only, not where it redirects to."""
    client_key: str = ""
    insecure: bool = False
    """Permits plain http, for the registry and for whatever it leads to."""
    concurrency: int = 8
    """Requests at the same time."""
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    """The longest silence within an answer."""

    def __post_init__(self) -> None:
        origin = self.origin
        if origin.scheme == "http" and not (self.insecure or origin.is_loopback):
            raise InsecureError(
                f"{origin}: expected an https URL, got {self.url!r};"
                " use https, or permit plain http with insecure = true"
            )

    @property
    def origin(self) -> Origin:
        """Scheme, host and port of the API."""
        return origin_of(self.base_url)

    @property
    def base_url(self) -> str:
        """The API's address without a slash at its end; Docker Hub's names are put right."""
        scheme, separator, rest = self.url.rpartition("://")
        rest = rest.rstrip("/")
        host = DOCKER_HUB_HOST if rest in DOCKER_HUB_ALIASES else rest
        if separator:
            return f"{scheme.lower()}://{host}"
        return f"http://{host}" if origin_of(f"http://{host}").is_loopback else f"https://{host}"

    @property
    def credentials(self) -> Credentials | None:
        """Username and password, when the settings have them."""
        return Credentials(self.username, self.password) if self.username else None
