"""Checks of Azure's networks.

Guidance: https://learn.microsoft.com/azure/security/fundamentals/network-best-practices
"""

from collections.abc import Callable, Iterable, Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.addresses import covers, is_everybody
from analyzers.checks.cloud.model import Block, Subject, Unknown, items, truth
from analyzers.checks.cloud.rules import CRITICAL, LOW, Judge, Service, at_least, cause, on

_NETWORK = Service("azure", "network")
_GROUP, _RULE = "azurerm_network_security_group", "azurerm_network_security_rule"
_SSH, _RDP = 22, 3389
_ADMINISTRATION = "Ports of administration are tried by robots all the time."


def _rules(subject: Subject) -> Iterator[Block]:
    if subject.resource.kind == _RULE:
        yield subject.resource.attributes
    else:
        subject.knows("security_rule")
        yield from subject.resource.attributes.blocks("security_rule")


Answer = bool | None
"""None when it is not known."""


def _is(rule: Block, name: str, *words: str) -> Answer:
    value = rule.get(name)
    return None if isinstance(value, Unknown) else str(value).lower() in words


def _names_everybody(rule: Block, end: str) -> Answer:
    names = (*items(rule.get(f"{end}_address_prefix")), *items(rule.get(f"{end}_address_prefixes")))
    # One that is taken from a resource is that resource's own.
    return _any(
        None if isinstance(each, Unknown) and not each.refers else is_everybody(str(each)) for each in names
    )


def _at(port: int, *protocols: str) -> Callable[[Block], Answer]:
    """Return what tells whether a rule is for a port."""

    def reaches(rule: Block) -> Answer:
        ranges = (*items(rule.get("destination_port_range")), *items(rule.get("destination_port_ranges")))
        covered = _any(None if isinstance(each, Unknown) else covers(str(each), port) for each in ranges)
        return _all((covered, _is(rule, "protocol", "*", *protocols)))

    return reaches


def _any(answers: Iterable[Answer]) -> Answer:
    given = set(answers)
    return True if True in given else None if None in given else False


def _all(answers: Iterable[Answer]) -> Answer:
    given = set(answers)
    return False if False in given else None if None in given else True


def _opened(direction: str, end: str, says: str, reaches: Callable[[Block], Answer]) -> Judge:
    def judge(subject: Subject) -> Iterator[Cause]:
        for rule in _rules(subject):
            is_wrong = _all(
                (
                    _is(rule, "access", "allow"),
                    _is(rule, "direction", direction),
                    _names_everybody(rule, end),
                    reaches(rule),
                )
            )
            if is_wrong is None:
                subject.doubt("security rules")
            elif is_wrong:
                lines = rule.lines_of(f"{end}_address_prefix")
                yield cause(says, lines if lines[0] else subject.resource.attributes.lines)

    return judge


def _flow_log_days(subject: Subject) -> Iterator[Cause]:
    policy = "retention_policy"
    yield from on(f"{policy}.enabled", "flow logs are not kept")(subject)
    if truth(subject.resource.get(f"{policy}.enabled")):
        says = "flow logs are kept for less than 90 days"
        yield from at_least(f"{policy}.days", 90, says, besides=0)(subject)


CHECKS = (
    _NETWORK.check(
        "AZU-0047",
        CRITICAL,
        _GROUP,
        _RULE,
        title="Network rule lets everybody in",
        why="Every address of the internet reaches what is behind; that should be meant.",
        mend="Name the addresses that may connect.",
        judge=_opened("inbound", "source", "every address is let in", lambda _: True),
    ),
    _NETWORK.check(
        "AZU-0048",
        CRITICAL,
        _GROUP,
        _RULE,
        title="Network rule lets everybody at RDP",
        why=_ADMINISTRATION,
        mend="Allow the addresses from which machines are administered only, or use Azure Bastion.",
        judge=_opened(
            "inbound",
            "source",
            "RDP is open to every address",
            _at(_RDP, "tcp", "udp"),
        ),
    ),
    _NETWORK.check(
        "AZU-0049",
        LOW,
        "azurerm_network_watcher_flow_log",
        title="Flow logs are kept for less than 90 days",
        why="Attacks are often noticed months later.",
        mend="Enable retention_policy, with 90 days or more.",
        judge=_flow_log_days,
    ),
    _NETWORK.check(
        "AZU-0050",
        CRITICAL,
        _GROUP,
        _RULE,
        title="Network rule lets everybody at SSH",
        why=_ADMINISTRATION,
        mend="Allow the addresses from which machines are administered only, or use Azure Bastion.",
        judge=_opened("inbound", "source", "SSH is open to every address", _at(_SSH, "tcp")),
    ),
    _NETWORK.check(
        "AZU-0051",
        CRITICAL,
        _GROUP,
        _RULE,
        title="Network rule allows traffic to anywhere",
        why="What breaks in can send data to, and fetch programs from, any address.",
        mend="Allow traffic to the addresses that are needed only.",
        judge=_opened("outbound", "destination", "traffic to every address is allowed", lambda _: True),
    ),
)
