"""Checks of Amazon's virtual networks.

Guidance: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-best-practices.html
"""

from collections.abc import Callable, Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.addresses import is_everybody
from analyzers.checks.cloud.model import Block, Place, Subject, Unknown, Value, items, number, texts
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
            yield from resource.attributes.blocks(direction)
        case "aws_security_group_rule":
            if resource.get("type") == direction:
                yield resource.attributes
        case _:
            yield resource.attributes


def _open(rule: Block) -> Iterator[Place]:
    """Yield where a rule names everybody."""
    for name in _ADDRESSES:
        if any(map(is_everybody, texts(rule.get(name)))):
            yield Place(rule.get(name), rule.lines_of(name))


def _opened(direction: str, says: str, reaches: Callable[[Block], bool]) -> Judge:
    def judge(subject: Subject) -> Iterator[Cause]:
        for rule in _rules(subject, direction):
            if reaches(rule):
                for place in _open(rule):
                    lines = place.lines if place.lines[0] else subject.resource.attributes.lines
                    yield cause(says, lines)

    return judge


def _is_any_protocol(rule: Block) -> bool:
    return str(rule.get("protocol") or rule.get("ip_protocol") or "-1").lower() in {"-1", "all"}


def _is_administration(rule: Block) -> bool:
    """Tell whether a rule is for SSH or RDP; also where its ports are not known to be others."""
    return _is_any_protocol(rule) or _covers(rule, _SSH) or _covers(rule, _RDP)


def _covers(rule: Block, port: int) -> bool:
    protocol = str(rule.get("protocol") or rule.get("ip_protocol")).lower()
    first, last = _port(rule.get("from_port"), port), _port(rule.get("to_port"), port)
    return protocol in {"tcp", "6"} and first is not None and last is not None and first <= port <= last


def _port(value: Value | None, default: int) -> float | None:
    return default if value is None else number(value)


def _acl_is_open(rule: Block) -> bool:
    is_ingress = str(rule.get("egress")).lower() != "true"
    return (
        is_ingress
        and _allows(rule)
        and (_is_any_protocol(rule) or _covers(rule, _SSH) or _covers(rule, _RDP))
    )


def _allows(rule: Block) -> bool:
    return str(rule.get("rule_action") or rule.get("action")).lower() == "allow"


def _all_ports(subject: Subject) -> Iterator[Cause]:
    rule = subject.resource.attributes
    if _allows(rule) and rule.get("protocol") is not None and _is_any_protocol(rule):
        yield cause("the rule allows every protocol and port", rule.lines_of("protocol"))


def _lacks_flow_log(subject: Subject) -> Iterator[Cause]:
    linked = subject.cloud.linked(subject.resource, "aws_flow_log", "vpc_id")
    if not linked.resources and linked.is_sure:
        yield whole(subject, "no flow log is declared for the network")


def _undescribed_rules(subject: Subject) -> Iterator[Cause]:
    for direction in ("ingress", "egress"):
        for rule in _rules(subject, direction):
            if rule.get("description") in (None, ""):
                yield cause("the rule has no description", rule.lines)


def _is_used_default(subject: Subject) -> Iterator[Cause]:
    yield whole(subject, "the default network is used")


def _default_group_rules(subject: Subject) -> Iterator[Cause]:
    for direction in ("ingress", "egress"):
        for each in items(subject.resource.get(direction)):
            if isinstance(each, Block):
                yield cause("the default security group lets traffic through", each.lines)
            elif isinstance(each, Unknown):
                return


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
        only=lambda subject: subject.resource.get("type") in (None, "egress"),
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
        only=lambda subject: subject.resource.get("type") in (None, "ingress"),
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
        title="Network has no flow log",
        why="Without flow logs nobody can tell which machine talked to which.",
        mend="Declare a flow log for the network.",
        judge=_lacks_flow_log,
    ),
)
