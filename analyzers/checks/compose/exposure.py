"""Checks of images, ports and secrets of services."""

import re
from collections.abc import Iterator

from analyzers.checks.compose._check import SERVICES, Fault, check
from analyzers.checks.compose.model import Service
from analyzers.checks.secret_names import is_secret_name, is_switch
from analyzers.documents import Lines, Value, table, text
from analyzers.severity import Severity

_DATABASES = {
    1433: "SQL Server",
    1521: "Oracle",
    2379: "etcd",
    3306: "MySQL",
    5432: "PostgreSQL",
    5984: "CouchDB",
    6379: "Redis",
    7474: "Neo4j",
    8086: "InfluxDB",
    9042: "Cassandra",
    9200: "Elasticsearch",
    11211: "Memcached",
    27017: "MongoDB",
}
_SSH = 22
_PORT = re.compile(
    r"(?:(?P<address>\[[^\]]*\]|\d+\.[\d.]+|\$\{[^}]*\}):)?(?:(?P<host>[^:]*):)?(?P<target>\d+)(?:-\d+)?(?:/\w+)?"
)
_ALL = {"", "0.0.0.0", "[::]", "::"}  # noqa: S104 - what is looked for
_HERE = re.compile(r"127\.[\d.]+|\[?::1\]?|localhost")


def _published(service: Service) -> Iterator[tuple[int, str, Lines]]:
    """Yield the port of the container, the address that it is published on, "" for all, and its lines."""
    for item, lines in service.each("ports"):
        if isinstance(item, dict):
            target = text(item.get("target"))
            if target.isdecimal():
                yield int(target[:6]), text(item.get("host_ip")), lines
            continue
        match = _PORT.fullmatch(text(item))
        if match:
            yield int(match["target"][:6]), match["address"] or "", lines


def _databases(service: Service) -> Iterator[Fault]:
    for port, address, lines in _published(service):
        if port in _DATABASES and address in _ALL:
            yield f"port {port} of {_DATABASES[port]} is published on all addresses", lines


def _ssh(service: Service) -> Iterator[Fault]:
    for port, address, lines in _published(service):
        if port == _SSH and not _HERE.fullmatch(address):
            yield "port 22 is published, expected no SSH", lines


def _moving(service: Service) -> Iterator[Fault]:
    image = service.text("image")
    name, _, tag = image.rpartition("/")[2].partition(":")
    if image and "@" not in image and "$" not in name and "build" not in service.entries:
        if not tag:
            yield (
                f"the image {image!r:.100} has no tag, expected one that does not move",
                service.place("image"),
            )
        elif tag == "latest":
            yield (
                f"the image {image!r:.100} is used by 'latest', expected another tag",
                service.place("image"),
            )


def _is_written(value: str) -> bool:
    """Tell whether a value is in the file, rather than taken from the environment or a secret."""
    if not value or is_switch(value) or value.startswith("/run/secrets/"):
        return False
    return "$" not in value.replace("$$", "")


def _defaulted(value: str) -> str:
    """Return the default that `${NAME:-default}` has in the file."""
    match = re.fullmatch(r"\$\{\w+:?-([^}$]+)\}", value)
    return match[1] if match else ""


def _secrets(service: Service) -> Iterator[Fault]:
    for name, value, lines in service.pairs("environment"):
        if is_secret_name(name) and (_is_written(value) or _defaulted(value)):
            yield f"the secret {name:.100} is written into the file", lines


def _build_secrets(service: Service) -> Iterator[Fault]:
    for name, _, lines in service.pairs("build", "args"):
        if is_secret_name(name):
            yield f"the build argument {name:.100} keeps a secret in the image's history", lines


def _no_health(service: Service) -> Iterator[Fault]:
    value: Value = table(service.value("healthcheck")).get("disable")
    if text(value).lower() == "true":
        yield "healthcheck is disabled", service.place("healthcheck", "disable")


def secrets_in(service: Service) -> Iterator[tuple[int, int, str]]:
    """Yield first line, last line and text of what reports must not repeat."""
    for keys in (("environment",), ("build", "args")):
        for name, value, (first, last) in service.pairs(*keys):
            hidden = _defaulted(value) or (value if _is_written(value) else "")
            if is_secret_name(name) and hidden:
                yield first, last, hidden


CHECKS = (
    check(
        "CB-C0008",
        "Image without a fixed tag",
        Severity.MEDIUM,
        why="Without a tag, or by 'latest', the service may be another one each time it is pulled.",
        mend="Name the release, or better a digest.",
        link=f"{SERVICES}#image",
        faults=_moving,
    ),
    check(
        "CB-C0009",
        "Database published on all addresses",
        Severity.HIGH,
        why="Engines publish ports past the host's firewall, so that all networks reach the database.",
        mend="Remove the port, or publish it on 127.0.0.1; services reach each other without.",
        link=f"{SERVICES}#ports",
        faults=_databases,
    ),
    check(
        "CB-C0010",
        "Secrets written into the file",
        Severity.HIGH,
        why="The file is kept with the code, and variables are shown to all who may inspect containers.",
        mend="Use the top-level 'secrets', or take the value from the environment: ${NAME:?}.",
        link="https://docs.docker.com/compose/how-tos/use-secrets/",
        faults=_secrets,
    ),
    check(
        "CB-C0021",
        "Secrets as build arguments",
        Severity.HIGH,
        why="Build arguments are in the image's history, for all who can pull it.",
        mend="Use 'build.secrets'.",
        link="https://docs.docker.com/reference/compose-file/build/#secrets",
        faults=_build_secrets,
    ),
    check(
        "CB-C0022",
        "Health check disabled",
        Severity.LOW,
        why="Without it an engine cannot tell a process that works from one that only has not ended.",
        mend="Remove 'disable', and write a test that fits.",
        link=f"{SERVICES}#healthcheck",
        faults=_no_health,
    ),
    check(
        "CB-C0023",
        "SSH published",
        Severity.MEDIUM,
        why="A container with an SSH server has another way in, with keys and updates of its own.",
        mend="Remove the port, and use the engine to start programs in containers.",
        link=f"{SERVICES}#ports",
        faults=_ssh,
    ),
)
