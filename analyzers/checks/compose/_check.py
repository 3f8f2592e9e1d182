"""What the checks of Compose files have in common."""

from collections.abc import Callable, Iterable, Iterator

from analyzers.checks.check import Cause, Check
from analyzers.checks.compose.model import Compose, Service
from analyzers.documents import Lines
from analyzers.severity import Severity

SERVICES = "https://docs.docker.com/reference/compose-file/services/"
OWASP = "https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html"

Fault = tuple[str, Lines]
"""What is wrong with a service, and where."""


def check(  # noqa: PLR0913 - the fields of a Check
    check_id: str,
    title: str,
    severity: Severity,
    *,
    why: str,
    mend: str,
    link: str,
    faults: Callable[[Service], Iterable[Fault]],
) -> Check[Compose]:
    """Return a check of the services of a Compose file, each on its own."""

    def judge(compose: Compose) -> Iterator[Cause]:
        for service in compose.services:
            for message, (first, last) in faults(service):
                yield Cause(message, first, last, resource=service.name)

    return Check(
        id=check_id,
        title=title,
        severity=severity,
        description=why,
        resolution=mend,
        link=link,
        judge=judge,
        applies=lambda compose: bool(compose.services),
        provider="docker",
        service="compose",
    )


def is_host(key: str) -> Callable[[Service], Iterator[Fault]]:
    """Return what finds a key that says "host"."""

    def faults(service: Service) -> Iterator[Fault]:
        if service.text(key) == "host":
            yield f"{key} is 'host', expected one of the container's own", service.place(key)

    return faults


def is_missing(keys: tuple[str, ...], message: str) -> Callable[[Service], Iterator[Fault]]:
    """Return what finds services that have none of some keys."""

    def faults(service: Service) -> Iterator[Fault]:
        if service.is_whole() and not any(key in service.entries for key in keys):
            yield message, service.place("")

    return faults
