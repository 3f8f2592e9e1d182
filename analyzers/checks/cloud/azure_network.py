"""Checks of Azure's networks.

Guidance: https://learn.microsoft.com/azure/security/fundamentals/network-best-practices
"""

from collections.abc import Callable, Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.addresses import covers, is_everybody
from analyzers.checks.cloud.model import Block, Subject, Unknown, texts, truth
from analyzers.checks.cloud.rules import CRITICAL, LOW, Judge, Service, at_least, cause, on

_NETWORK = Service("azure", "network")
_GROUP, _RULE = "azurerm_network_security_group", "azurerm_network_security_rule"
_SSH, _RDP = 22, 3389
_ADMINISTRATION = "Ports of administration are tried by robots all the time."


def _rules(subject: Subject) -> Iterator[Block]:
    if subject.resource.kind == _RULE:
        yield subject.resource.attributes
    else:
        yield from subject.resource.attributes.blocks("security_rule")


def _allows(rule: Block, direction: str) -> bool:
    return str(rule.get("access")).lower() == "allow" and str(rule.get("direction")).lower() == direction


def _names_everybody(rule: Block, end: str) -> bool:
    names = texts(rule.get(f"{end}_address_prefix")) + texts(rule.get(f"{end}_address_prefixes"))
    return any(map(is_everybody, names))


def _reaches(rule: Block, port: int) -> bool:
    if str(rule.get("protocol")).lower() not in {"tcp", "*"}:
        return False
    value, values = rule.get("destination_port_range"), rule.get("destination_port_ranges")
    ranges = [str(value)] if isinstance(value, str | int) else []
    return any(covers(each, port) for each in [*ranges, *texts(values)])


def _opened(direction: str, end: str, says: str, reaches: Callable[[Block], bool]) -> Judge:
    def judge(subject: Subject) -> Iterator[Cause]:
        for rule in _rules(subject):
            if _allows(rule, direction) and _names_everybody(rule, end) and reaches(rule):
                lines = rule.lines_of(f"{end}_address_prefix")
                yield cause(says, lines if lines[0] else subject.resource.attributes.lines)

    return judge


def _flow_log_days(subject: Subject) -> Iterator[Cause]:
    policy = "retention_policy"
    yield from on(f"{policy}.enabled", "flow logs are not kept")(subject)
    days = subject.resource.get(f"{policy}.days")
    is_on = truth(subject.resource.get(f"{policy}.enabled"))
    if is_on and not isinstance(days, Unknown) and days not in (0, "0"):
        yield from at_least(f"{policy}.days", 90, "flow logs are kept for less than 90 days")(subject)


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
        judge=_opened("inbound", "source", "RDP is open to every address", lambda rule: _reaches(rule, _RDP)),
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
        judge=_opened("inbound", "source", "SSH is open to every address", lambda rule: _reaches(rule, _SSH)),
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
