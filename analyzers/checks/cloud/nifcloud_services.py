"""Checks of NIFCLOUD's machines, networks, databases and storage.

Guidance: https://registry.terraform.io/providers/nifcloud/nifcloud/latest/docs
"""

from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.addresses import is_everybody
from analyzers.checks.cloud.model import Block, Subject, Unknown, Value, items, may_be_anything, texts, truth
from analyzers.checks.cloud.rules import (
    CRITICAL,
    LOW,
    MEDIUM,
    Judge,
    Service,
    at_least,
    cause,
    is_empty,
    not_among,
    off,
    present,
    when,
)

_COMPUTING, _DNS, _RDB, _NAS, _NETWORK = (
    Service("nifcloud", "computing"),
    Service("nifcloud", "dns"),
    Service("nifcloud", "rdb"),
    Service("nifcloud", "nas"),
    Service("nifcloud", "network"),
)
_COMMON = "net-COMMON_PRIVATE"
_GLOBAL = "net-COMMON_GLOBAL"
_BALANCER = "nifcloud_load_balancer"
_OUTDATED = {
    "ssl_policy_id": {"1", "2", "3", "5", "8"},
    "ssl_policy_name": {
        "standard ciphers a ver1",
        "standard ciphers b ver1",
        "standard ciphers c ver1",
        "ats ciphers a ver1",
        "ats ciphers d ver1",
    },
}
"""Policies that take versions of TLS before 1.2."""
_EVERYBODY = "Every address of the internet reaches what is behind; that should be meant."
_DESCRIBED = "Nobody knows later what it is for, and whether it can go."
_SHARED = "Machines of other customers are on the same network."


def _open(path: str) -> Judge:
    def judge(subject: Subject) -> Iterator[Cause]:
        for place in subject.resource.places(path):
            if any(map(is_everybody, texts(place.value))):
                yield cause("every address is let in", place.lines)
            elif may_be_anything(place.value):
                subject.doubt(path)

    return judge


def _described(subject: Subject) -> Iterator[Cause]:
    place = next(subject.resource.places("description"))
    if isinstance(place.value, Unknown):
        subject.doubt("description")
    elif is_empty(place.value) or place.value == "Managed by Terraform":
        yield cause("there is no description", place.lines)


_names_group = present("security_group", "no security group is named")
_common_network = not_among(
    "network_id", [_COMMON], "it is on the network that all customers share", default=_COMMON
)


def _is_public_elb(subject: Subject) -> bool:
    if not subject.knows("network_interface.network_id"):
        return False
    return any(
        each.get("network_id") == _GLOBAL and truth(each.get("is_vip_network")) is not False
        for each in subject.resource.attributes.blocks("network_interface")
    )


def _plain_http(subject: Subject) -> Iterator[Cause]:
    if subject.resource.kind == _BALANCER:
        place = next(subject.resource.places("load_balancer_port"))
        if isinstance(place.value, Unknown):
            subject.doubt("load_balancer_port")
        elif str(place.value) == "80":
            yield cause("clients connect by plain HTTP", place.lines)
    elif _is_public_elb(subject):
        yield from not_among("protocol", ["http"], "clients connect by plain HTTP")(subject)


def _old_tls(subject: Subject) -> Iterator[Cause]:
    attributes = subject.resource.attributes
    given = {name: attributes.get(name) for name in _OUTDATED}
    for name, value in given.items():
        if isinstance(value, Unknown):
            subject.doubt(name)
        elif not is_empty(value) and _word(value) in _OUTDATED[name]:
            yield cause("the policy takes outdated versions of TLS", attributes.lines_of(name))
    if all(is_empty(value) for value in given.values()):
        yield cause("no policy is named, and the default takes outdated versions of TLS", attributes.lines)


def _word(value: Value | None) -> str:
    return str(value).lower()


def _is_https(subject: Subject) -> bool:
    return subject.knows("load_balancer_port") and str(subject.resource.get("load_balancer_port")) == "443"


def _verification(subject: Subject) -> Iterator[Cause]:
    place = next(subject.resource.places("record"))
    if isinstance(place.value, Unknown):
        subject.doubt("record")
    elif any(each.startswith("nifty-dns-verify=") for each in texts(place.value)):
        yield cause("the record that proves who owns the zone is still there", place.lines)


def _is_inbound(subject: Subject) -> bool:
    return subject.knows("type") and _word(subject.resource.get("type") or "IN") == "in"


def _private_networks(subject: Subject) -> Iterator[Cause]:
    blocks = (each for each in items(subject.resource.get("network_interface")) if isinstance(each, Block))
    for each in blocks:
        value = each.get("network_id")
        if isinstance(value, Unknown) and not value.refers:
            subject.doubt("network_interface.network_id")
        elif value == _COMMON:
            lines = each.lines_of("network_id")
            yield cause("it is on the network that all customers share", lines)


CHECKS = (
    _COMPUTING.check(
        "NIF-0001",
        CRITICAL,
        "nifcloud_security_group_rule",
        title="Security group lets everybody in",
        why=_EVERYBODY,
        mend="Name the addresses that may connect in cidr_ip.",
        judge=_open("cidr_ip"),
        only=_is_inbound,
    ),
    _COMPUTING.check(
        "NIF-0002",
        LOW,
        "nifcloud_security_group",
        title="Security group has no description",
        why=_DESCRIBED,
        mend="Set description.",
        judge=_described,
    ),
    _COMPUTING.check(
        "NIF-0003",
        LOW,
        "nifcloud_security_group_rule",
        title="Rule of a security group has no description",
        why=_DESCRIBED,
        mend="Set description.",
        judge=_described,
    ),
    _COMPUTING.check(
        "NIF-0004",
        CRITICAL,
        "nifcloud_instance",
        title="Machine is in no security group",
        why="Nothing restricts who connects to it.",
        mend="Set security_group.",
        judge=_names_group,
    ),
    _COMPUTING.check(
        "NIF-0005",
        LOW,
        "nifcloud_instance",
        title="Machine is on the common private network",
        why=_SHARED,
        mend="Put it on a private LAN of its own.",
        judge=_private_networks,
    ),
    _DNS.check(
        "NIF-0007",
        CRITICAL,
        "nifcloud_dns_record",
        title="Record that proves who owns a zone is left there",
        why="When the zone is given up, others can claim it with that record.",
        mend="Delete the record once the zone is verified.",
        judge=_verification,
        only=when("type", "TXT"),
    ),
    _RDB.check(
        "NIF-0008",
        CRITICAL,
        "nifcloud_db_instance",
        title="Database is public",
        why="Everybody on the internet can try to log in.",
        mend="Set publicly_accessible to false.",
        judge=off("publicly_accessible", "the database has a public address", default=True),
    ),
    _RDB.check(
        "NIF-0009",
        MEDIUM,
        "nifcloud_db_instance",
        title="Database keeps backups for too short",
        why="Damage that is seen after the weekend cannot be undone.",
        mend="Set backup_retention_period to two days or more.",
        judge=at_least("backup_retention_period", 2, "backups are kept for less than two days"),
    ),
    _RDB.check(
        "NIF-0010",
        LOW,
        "nifcloud_db_instance",
        title="Database is on the common private network",
        why=_SHARED,
        mend="Set network_id to a private LAN of its own.",
        judge=_common_network,
    ),
    _RDB.check(
        "NIF-0011",
        CRITICAL,
        "nifcloud_db_security_group",
        title="Group of a database lets everybody in",
        why=_EVERYBODY,
        mend="Name the addresses that may connect in rule.cidr_ip.",
        judge=_open("rule.cidr_ip"),
    ),
    _RDB.check(
        "NIF-0012",
        LOW,
        "nifcloud_db_security_group",
        title="Group of a database has no description",
        why=_DESCRIBED,
        mend="Set description.",
        judge=_described,
    ),
    _NAS.check(
        "NIF-0013",
        LOW,
        "nifcloud_nas_instance",
        title="Storage is on the common private network",
        why=_SHARED,
        mend="Set network_id to a private LAN of its own.",
        judge=_common_network,
    ),
    _NAS.check(
        "NIF-0014",
        CRITICAL,
        "nifcloud_nas_security_group",
        title="Group of a storage lets everybody in",
        why=_EVERYBODY,
        mend="Name the addresses that may connect in rule.cidr_ip.",
        judge=_open("rule.cidr_ip"),
    ),
    _NAS.check(
        "NIF-0015",
        LOW,
        "nifcloud_nas_security_group",
        title="Group of a storage has no description",
        why=_DESCRIBED,
        mend="Set description.",
        judge=_described,
    ),
    _NETWORK.check(
        "NIF-0016",
        CRITICAL,
        "nifcloud_router",
        title="Router is in no security group",
        why="Nothing restricts who connects to it, and through it.",
        mend="Set security_group.",
        judge=_names_group,
    ),
    _NETWORK.check(
        "NIF-0017",
        LOW,
        "nifcloud_router",
        title="Router is on the common private network",
        why=_SHARED,
        mend="Put it on a private LAN of its own.",
        judge=_private_networks,
    ),
    _NETWORK.check(
        "NIF-0018",
        CRITICAL,
        "nifcloud_vpn_gateway",
        title="VPN gateway is in no security group",
        why="Nothing restricts who connects to it, and through it.",
        mend="Set security_group.",
        judge=_names_group,
    ),
    _NETWORK.check(
        "NIF-0019",
        LOW,
        "nifcloud_elb",
        title="Load balancer is on the common private network",
        why=_SHARED,
        mend="Put it on a private LAN of its own.",
        judge=_private_networks,
    ),
    _NETWORK.check(
        "NIF-0020",
        CRITICAL,
        _BALANCER,
        title="Load balancer takes outdated versions of TLS",
        why="Old versions have weaknesses that let connections be read.",
        mend="Set ssl_policy_id or ssl_policy_name to one of TLS 1.2 or later.",
        judge=_old_tls,
        only=_is_https,
    ),
    _NETWORK.check(
        "NIF-0021",
        CRITICAL,
        _BALANCER,
        "nifcloud_elb",
        title="Load balancer takes plain HTTP from the internet",
        why="What is sent can be read and changed on its way.",
        mend="Listen on port 443, by HTTPS.",
        judge=_plain_http,
    ),
)
