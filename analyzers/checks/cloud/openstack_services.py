"""Checks of OpenStack's machines, firewalls and security groups.

Guidance: https://registry.terraform.io/providers/terraform-provider-openstack/openstack/latest/docs
"""

import ipaddress
from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.addresses import is_everybody, is_public
from analyzers.checks.cloud.model import Subject, Unknown, truth
from analyzers.checks.cloud.rules import MEDIUM, Judge, Service, cause, is_empty, present, when

_COMPUTE, _NETWORKING = Service("openstack", "compute"), Service("openstack", "networking")
_SECURITY_RULE = "openstack_networking_secgroup_rule_v2"
_PREFIX = "remote_ip_prefix"


def _password(subject: Subject) -> Iterator[Cause]:
    # One that comes from elsewhere does not stand in the file.
    place = next(subject.resource.places("admin_pass"))
    if not isinstance(place.value, Unknown) and not is_empty(place.value):
        yield cause("the administrator's password stands there as it is", place.lines)


def _is_many(text: str) -> bool:
    """Tell whether a range is of several addresses of the internet."""
    if not is_public(text):
        return False
    try:
        return ipaddress.ip_network(text, strict=False).num_addresses > 1
    except ValueError:
        return is_everybody(text)


def _open_rule(subject: Subject) -> Iterator[Cause]:
    if truth(subject.resource.get("enabled")) is False or not _allows(subject):
        return
    for name in ("source_ip_address", "destination_ip_address"):
        place = next(subject.resource.places(name))
        if isinstance(place.value, Unknown):
            if not place.value.refers:
                subject.doubt(name)
        elif is_empty(place.value) or _is_many(str(place.value)):
            yield cause(f"{name} is not restricted", place.lines)


def _allows(subject: Subject) -> bool:
    return subject.knows("action") and str(subject.resource.get("action")).lower() == "allow"


def _open_group(says: str) -> Judge:
    def judge(subject: Subject) -> Iterator[Cause]:
        if not is_empty(subject.resource.get("remote_group_id")):
            return
        place = next(subject.resource.places(_PREFIX))
        if isinstance(place.value, Unknown):
            if not place.value.refers:
                subject.doubt(_PREFIX)
        elif is_empty(place.value) or _is_many(str(place.value)):
            yield cause(says, place.lines)

    return judge


CHECKS = (
    _COMPUTE.check(
        "OPNSTK-0001",
        MEDIUM,
        "openstack_compute_instance_v2",
        title="Administrator's password stands in the configuration",
        why="Whoever reads the configuration, or its history, can log in.",
        mend="Remove admin_pass, and log in by a key pair.",
        judge=_password,
    ),
    _COMPUTE.check(
        "OPNSTK-0002",
        MEDIUM,
        "openstack_fw_rule_v1",
        "openstack_fw_rule_v2",
        title="Firewall rule is for everybody",
        why="Every address of the internet reaches, or is reached by, what is behind.",
        mend="Set source_ip_address and destination_ip_address to ranges that are needed.",
        judge=_open_rule,
    ),
    _NETWORKING.check(
        "OPNSTK-0003",
        MEDIUM,
        _SECURITY_RULE,
        title="Security group lets the internet in",
        why="Whatever listens there can be tried by everybody.",
        mend="Set remote_ip_prefix to the addresses that may connect, or name a remote_group_id.",
        judge=_open_group("addresses of the internet are let in"),
        only=when("direction", "ingress"),
    ),
    _NETWORKING.check(
        "OPNSTK-0004",
        MEDIUM,
        _SECURITY_RULE,
        title="Security group lets traffic out to the internet",
        why="Whoever gets into a machine can send what is on it anywhere.",
        mend="Set remote_ip_prefix to the addresses that are needed, or name a remote_group_id.",
        judge=_open_group("traffic to addresses of the internet is let out"),
        only=when("direction", "egress"),
    ),
    _NETWORKING.check(
        "OPNSTK-0005",
        MEDIUM,
        "openstack_networking_secgroup_v2",
        title="Security group has no description",
        why="Nobody knows later what it is for, and whether it can go.",
        mend="Set description.",
        judge=present("description", "the group has no description"),
    ),
)
