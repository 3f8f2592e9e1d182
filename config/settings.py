"""The settings: one frozen value, built once, passed down.

Plain dataclasses: importing them costs nothing, so commands that need no settings file stay quick.
`config.load` fills them; every default here stands in docs/settings.md, and a test compares the two.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from config.addresses import (
    parse_feed_url,
    parse_http_url,
    parse_listen,
    parse_registry_url,
    parse_store_url,
    split_listen,
    sqlite_path,
    without_credentials,
)
from config.cron import parse_cron
from config.platforms import parse_platforms
from config.units import parse_duration, parse_size

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

_SHORTEST_KEEP_S, _LONGEST_KEEP_S = 30 * 86_400.0, 36_500 * 86_400.0

Severity = Literal["UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL"]
Event = Literal[
    "finding.opened",
    "finding.changed",
    "finding.closed",
    "image.added",
    "image.changed",
    "secret.found",
    "misconfig.found",
    "license.found",
    "tag.removed",
    "policy.expired",
]
Scanner = Literal["vuln", "misconfig", "secret", "license"]
ConfigScanner = Literal["misconfig", "secret"]
Kind = Literal["vulnerability", "misconfiguration", "secret", "license"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """Marks an annotation whose values `parse` makes from what was written in the settings."""

    parse: Callable[[Any], object]

    def __get_pydantic_core_schema__(self, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":  # noqa: ANN401 -- pydantic's protocol
        """Return the annotated type's schema with `parse` before it."""
        from pydantic_core import core_schema  # noqa: PLC0415 -- only loading settings needs pydantic

        return core_schema.no_info_before_validator_function(self.parse, handler(source))


def _parse_cron_or_empty(value: object) -> str:
    return "" if value == "" else parse_cron(value)


def _parse_count(value: object) -> int:
    return _at_least(0, value)


def _parse_concurrency(value: object) -> int:
    return _at_least(1, value)


def _parse_keep(value: object) -> float:
    """Return the seconds of a duration that outlasts every attempt to deliver a message; 0 for "forever"."""
    if value == "forever":
        return 0.0
    seconds = parse_duration(value)
    if not _SHORTEST_KEEP_S <= seconds <= _LONGEST_KEEP_S:
        raise ValueError(f"{value!r}: expected '30d' to '36500d', or 'forever'")
    return seconds


def _parse_day(value: object) -> str:
    """Return a day as it is written, empty for none; TOML's own dates come as such texts too."""
    if value == "":
        return ""
    try:
        if isinstance(value, str) and date.fromisoformat(value).isoformat() == value:
            return value
    except ValueError:
        pass
    raise ValueError(f"{value!r} is no day: expected one such as 2026-12-31")


def _at_least(low: int, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise ValueError(f"{value!r} is out of range: expected a whole number from {low}")
    return value


Seconds = Annotated[float, Parsed(parse_duration)]
Bytes = Annotated[int, Parsed(parse_size)]
Platforms = Annotated[tuple[str, ...], Parsed(parse_platforms)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """One registry to crawl."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    url: Annotated[str, Parsed(parse_registry_url)]
    repositories: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    tags: tuple[str, ...] = ("*",)
    exclude_tags: tuple[str, ...] = ()
    kind: Literal["auto", "distribution", "harbor", "list"] = "auto"
    username: str = ""
    password: str = field(default="", repr=False)
    password_file: str = ""
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""
    insecure: bool = False
    concurrency: Annotated[int, Parsed(_parse_concurrency)] = 16
    cron: Annotated[str, Parsed(_parse_cron_or_empty)] = ""
    platforms: Platforms = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawl:
    """When and how wide registries are crawled."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    cron: Annotated[str, Parsed(parse_cron)] = "0 2 * * *"
    at_start: bool = True
    tell_first: bool = False
    platforms: Platforms = ("linux/amd64",)
    workers: Annotated[int, Parsed(_parse_count)] = 0
    spool_bytes: Bytes = 4 * 1024**3
    scanners: tuple[Scanner, ...] = ("vuln", "secret")
    image_config_scanners: tuple[ConfigScanner, ...] = ()
    secret_config: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Osv:
    """Where OSV records come from."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    url: Annotated[str, Parsed(parse_feed_url)] = "https://storage.googleapis.com/osv-vulnerabilities"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisories:
    """How advisories are followed. Durations are seconds."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    every: Seconds = 3600.0
    osv: Osv = Osv()
    stale_after: Seconds = 7 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where everything is remembered."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    url: Annotated[str, Parsed(parse_store_url)] = ""
    keep: Annotated[float, Parsed(_parse_keep)] = 365 * 86_400.0
    """Seconds that what is gone is remembered; 0 for ever."""

    @property
    def path(self) -> Path | None:
        """The SQLite file; None for `cleanbill.db` in the cache directory."""
        path = sqlite_path(self.url) if self.url else None
        return None if path is None else Path(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the daemon answers."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    listen: Annotated[str, Parsed(parse_listen)] = "127.0.0.1:8080"

    @property
    def host(self) -> str:
        """The host of `listen`, without brackets."""
        return self._address()[0]

    @property
    def port(self) -> int:
        """The port of `listen`."""
        return self._address()[1]

    def _address(self) -> tuple[str, int]:
        address = split_listen(self.listen)
        if address is None:
            raise ValueError(f"{self.listen!r} is not an address to listen on: expected 'host:port'")
        return address


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One endpoint that is told of events. `name` falls back to the URL without its credentials."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    url: Annotated[str, Parsed(parse_http_url)]
    secret: str = field(default="", repr=False)
    secret_file: str = ""
    name: str = ""
    min_severity: Severity = "UNKNOWN"
    events: tuple[Event, ...] = ()
    repositories: tuple[str, ...] = ("*",)
    only_fixable: bool = False

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", without_credentials(self.url))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Findings that somebody has decided to leave out, for a reason and for a time."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    ids: tuple[str, ...]
    kinds: tuple[Kind, ...] = ()
    paths: tuple[str, ...] = ()
    purls: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    repositories: tuple[str, ...] = ("*",)
    owner: str = ""
    reason: str = ""
    expires: Annotated[str, Parsed(_parse_day)] = ""
    """The first day, in UTC, on which it leaves nothing out any more: "2026-12-31"; empty for never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Licenses:
    """Licences that are in another class than usual, by their SPDX identifiers."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    forbidden: tuple[str, ...] = ()
    restricted: tuple[str, ...] = ()
    reciprocal: tuple[str, ...] = ()
    notice: tuple[str, ...] = ()
    permissive: tuple[str, ...] = ()
    unencumbered: tuple[str, ...] = ()

    @property
    def classes(self) -> dict[str, tuple[str, ...]]:
        """The licences that are named, by their class."""
        return {name: named for name, named in asdict(self).items() if named}


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What is logged, and how it looks."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the operator decides."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    registries: tuple[Registry, ...] = ()
    crawl: Crawl = Crawl()
    advisories: Advisories = Advisories()
    store: Store = Store()
    server: Server = Server()
    webhooks: tuple[Webhook, ...] = ()
    policies: tuple[Policy, ...] = ()
    licenses: Licenses = Licenses()
    log: Log = Log()
