"""Checks of Amazon's virtual networks.

Guidance: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-best-practices.html
"""

from collections.abc import Callable, Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.addresses import is_everybody
from analyzers.checks.cloud.model import (
    UNKNOWN,
    Block,
    Place,
    Subject,
    Unknown,
    Value,
    items,
    may_be_anything,
    number,
    texts,
    truth,
)
from analyzers.checks.cloud.rules import (
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    Judge,
    Service,
    cause,
    off,
    present,
    when,
    whole,
)

_VPC = Service("aws", "ec2")
_GROUP, _RULE = "aws_security_group", "aws_security_group_rule"
_INGRESS, _EGRESS = "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"
_ACL_RULE = "aws_network_acl_rule"
_SSH, _RDP = 22, 3389
_ADDRESSES = ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6", "cidr_block", "ipv6_cidr_block")


def _rules(subject: Subject, direction: str) -> Iterator[Block]:
    """Yield the rules of a security group, or the one that a resource is."""
    resource = subject.resource
    match resource.kind:
        case "aws_security_group" | "aws_default_security_group":
            subject.knows(direction)
            yield from resource.attributes.blocks(direction)
        case "aws_security_group_rule":
            if resource.get("type") == direction:
                yield resource.attributes
        case _:
            yield resource.attributes


def _open(rule: Block) -> Iterator[Place]:
    """Yield where a rule names everybody, or may do."""
    for name in _ADDRESSES:
        value = rule.get(name)
        if any(map(is_everybody, texts(value))):
            yield Place(value, rule.lines_of(name))
        elif may_be_anything(value):
            yield Place(UNKNOWN, rule.lines_of(name))


def _opened(direction: str, says: str, reaches: Callable[[Block], bool | None]) -> Judge:
    def judge(subject: Subject) -> Iterator[Cause]:
        for rule in _rules(subject, direction):
            reached = reaches(rule)
            for place in _open(rule) if reached is not False else ():
                if reached is None or place.value == UNKNOWN:
                    subject.doubt(f"rules of {direction}")
                else:
                    lines = place.lines if place.lines[0] else subject.resource.attributes.lines
                    yield cause(says, lines)

    return judge


def _protocol(rule: Block) -> str | None:
    """Return a rule's protocol, "-1" for any, None when it is not known."""
    value = rule.get("protocol") or rule.get("ip_protocol") or "-1"
    return None if isinstance(value, Unknown) else str(value).lower().replace("all", "-1")


def _is_administration(rule: Block) -> bool | None:
    """Tell whether a rule is for SSH or RDP, None when that is not known."""
    protocol = _protocol(rule)
    if protocol is None:
        return None
    if protocol == "-1":
        return True
    covered = [_covers(rule, port) for port in (_SSH, _RDP)]
    if protocol not in {"tcp", "6"}:
        return False
    return True if True in covered else None if None in covered else False


def _covers(rule: Block, port: int) -> bool | None:
    first, last = rule.get("from_port"), rule.get("to_port")
    if isinstance(first, Unknown) or isinstance(last, Unknown):
        return None
    lowest, highest = _port(first, port), _port(last, port)
    return lowest is not None and highest is not None and lowest <= port <= highest


def _port(value: Value | None, default: int) -> float | None:
    return default if value is None else number(value)


def _acl_is_open(rule: Block) -> bool | None:
    is_egress, allows = truth(rule.get("egress") or False), _allows(rule)
    if is_egress is True or allows is False:
        return False
    return _is_administration(rule) if is_egress is False and allows else None


def _allows(rule: Block) -> bool | None:
    """Tell whether a rule of an access list allows, None when that is not known."""
    action = rule.get("rule_action") or rule.get("action")
    return None if isinstance(action, Unknown) else str(action).lower() == "allow"


def _all_ports(subject: Subject) -> Iterator[Cause]:
    rule = subject.resource.attributes
    protocol = _protocol(rule) if rule.get("protocol") is not None else ""
    if _allows(rule) is False or protocol not in {None, "-1"}:
        return
    if _allows(rule) is None or protocol is None:
        subject.doubt("protocol")
    else:
        yield cause("the rule allows every protocol and port", rule.lines_of("protocol"))


def _lacks_flow_log(subject: Subject) -> Iterator[Cause]:
    if not subject.linked("aws_flow_log", "vpc_id") and not subject.doubts:
        yield whole(subject, "no flow log is declared for the network")


def _undescribed_rules(subject: Subject) -> Iterator[Cause]:
    for direction in ("ingress", "egress"):
        for rule in _rules(subject, direction):
            description = rule.get("description")
            if isinstance(description, Unknown):
                subject.doubt("description")
            elif description in (None, ""):
                yield cause("the rule has no description", rule.lines)


def _is_used_default(subject: Subject) -> Iterator[Cause]:
    yield whole(subject, "the default network is used")


def _default_group_rules(subject: Subject) -> Iterator[Cause]:
    for direction in ("ingress", "egress"):
        for each in items(subject.resource.get(direction)):
            if isinstance(each, Block):
                yield cause("the default security group lets traffic through", each.lines)
            elif isinstance(each, Unknown):
                subject.doubt(direction)


CHECKS = (
    _VPC.check(
        "AWS-0099",
        LOW,
        _GROUP,
        title="Security group has no description",
        why="Nobody dares to remove a group of which nobody knows what it is for.",
        mend="Say in the description what the group is for.",
        judge=present("description", "the group has no description"),
    ),
    _VPC.check(
        "AWS-0101",
        HIGH,
        "aws_default_vpc",
        title="Default network is used",
        why="The default network gives public addresses to all machines and keeps no flow logs.",
        mend="Make a network of your own for the workload.",
        judge=_is_used_default,
    ),
    _VPC.check(
        "AWS-0102",
        CRITICAL,
        _ACL_RULE,
        title="Network access list allows all ports",
        why="A rule for all ports opens services of which nobody thought.",
        mend="Name the protocol and the ports that are needed.",
        judge=_all_ports,
    ),
    _VPC.check(
        "AWS-0104",
        CRITICAL,
        _GROUP,
        _RULE,
        _EGRESS,
        title="Security group allows traffic to anywhere",
        why="What breaks in can send data to, and fetch programs from, any address.",
        mend="Allow traffic to the addresses that are needed only.",
        judge=_opened("egress", "traffic to every address is allowed", lambda _: True),
        only=when("type", "egress", default="egress"),
    ),
    _VPC.check(
        "AWS-0105",
        MEDIUM,
        _ACL_RULE,
        title="Network access list lets everybody at SSH or RDP",
        why="Ports of administration are tried by robots all the time.",
        mend="Allow the addresses from which machines are administered only.",
        judge=_opened("ingress", "SSH or RDP is open to every address", _acl_is_open),
    ),
    _VPC.check(
        "AWS-0107",
        HIGH,
        _GROUP,
        _RULE,
        _INGRESS,
        title="Security group lets everybody at SSH or RDP",
        why="Ports of administration are tried by robots all the time.",
        mend="Allow the addresses from which machines are administered only.",
        judge=_opened("ingress", "SSH or RDP is open to every address", _is_administration),
        only=when("type", "ingress", default="ingress"),
    ),
    _VPC.check(
        "AWS-0124",
        LOW,
        _GROUP,
        _RULE,
        _INGRESS,
        _EGRESS,
        title="Rule of a security group has no description",
        why="Nobody dares to remove a rule of which nobody knows what it is for.",
        mend="Say in the description what the rule is for.",
        judge=_undescribed_rules,
    ),
    _VPC.check(
        "AWS-0164",
        HIGH,
        "aws_subnet",
        title="Subnet gives public addresses",
        why="Every machine in it can be reached from the internet, wanted or not.",
        mend="Set map_public_ip_on_launch to false.",
        judge=off("map_public_ip_on_launch", "machines get public addresses"),
    ),
    _VPC.check(
        "AWS-0173",
        LOW,
        "aws_default_security_group",
        title="Default security group lets traffic through",
        why="Machines for which no group is named are in the default one.",
        mend="Declare the default group without rules.",
        judge=_default_group_rules,
    ),
    _VPC.check(
        "AWS-0178",
        MEDIUM,
        "aws_vpc",
        "aws_default_vpc",
        title="Network has no flow log",
        why="Without flow logs nobody can tell which machine talked to which.",
        mend="Declare a flow log for the network.",
        judge=_lacks_flow_log,
    ),
)
