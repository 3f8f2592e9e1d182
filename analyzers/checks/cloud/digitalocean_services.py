"""Checks of DigitalOcean's machines, networks, clusters and buckets.

Guidance: https://docs.digitalocean.com/reference/terraform/reference/
"""

from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.addresses import is_everybody
from analyzers.checks.cloud.model import Subject, may_be_anything, texts, truth
from analyzers.checks.cloud.rules import (
    CRITICAL,
    HIGH,
    MEDIUM,
    Judge,
    Service,
    cause,
    not_among,
    off,
    on,
    present,
)

_COMPUTE, _SPACES = Service("digitalocean", "compute"), Service("digitalocean", "spaces")
_FIREWALL, _CLUSTER, _BUCKET = (
    "digitalocean_firewall",
    "digitalocean_kubernetes_cluster",
    "digitalocean_spaces_bucket",
)


def _open(path: str, says: str) -> Judge:
    def judge(subject: Subject) -> Iterator[Cause]:
        for place in subject.resource.places(path):
            if any(map(is_everybody, texts(place.value))):
                yield cause(says, place.lines)
            elif may_be_anything(place.value):
                subject.doubt(path)

    return judge


def _plain_http(subject: Subject) -> Iterator[Cause]:
    path = "forwarding_rule.entry_protocol"
    failures = list(not_among(path, ["http"], "clients connect by plain HTTP")(subject))
    if failures and subject.knows("redirect_http_to_https"):
        yield from failures * (truth(subject.resource.get("redirect_http_to_https")) is not True)


CHECKS = (
    _COMPUTE.check(
        "DIG-0001",
        CRITICAL,
        _FIREWALL,
        title="Firewall lets everybody in",
        why="Every address of the internet reaches what is behind; that should be meant.",
        mend="Name the addresses that may connect in inbound_rule.source_addresses.",
        judge=_open("inbound_rule.source_addresses", "every address is let in"),
    ),
    _COMPUTE.check(
        "DIG-0002",
        CRITICAL,
        "digitalocean_loadbalancer",
        title="Load balancer takes plain HTTP",
        why="What is sent can be read and changed on its way.",
        mend="Set entry_protocol to 'https', or redirect_http_to_https.",
        judge=_plain_http,
    ),
    _COMPUTE.check(
        "DIG-0003",
        CRITICAL,
        _FIREWALL,
        title="Firewall lets traffic out to everybody",
        why="Whoever gets into a machine can send what is on it anywhere.",
        mend="Name the addresses that are needed in outbound_rule.destination_addresses.",
        judge=_open("outbound_rule.destination_addresses", "traffic to every address is let out"),
    ),
    _COMPUTE.check(
        "DIG-0004",
        HIGH,
        "digitalocean_droplet",
        title="Machine has no SSH key",
        why="Without a key its administrator logs in by a password, which can be guessed.",
        mend="Name keys in ssh_keys.",
        judge=present("ssh_keys", "no SSH key is named"),
    ),
    _COMPUTE.check(
        "DIG-0005",
        MEDIUM,
        _CLUSTER,
        title="Cluster has no machines to spare when it is upgraded",
        why="Upgrades take nodes away before there are others, so they are put off.",
        mend="Set surge_upgrade.",
        judge=on("surge_upgrade", "surge upgrades are off", default=True),
    ),
    _SPACES.check(
        "DIG-0006",
        CRITICAL,
        _BUCKET,
        "digitalocean_spaces_bucket_object",
        title="Bucket or object is public",
        why="Everybody on the internet can read what is in it.",
        mend="Set acl to 'private'.",
        judge=not_among("acl", ["public-read", "public-read-write"], "everybody can read it"),
    ),
    _SPACES.check(
        "DIG-0007",
        MEDIUM,
        _BUCKET,
        title="Bucket keeps no older versions",
        why="What is overwritten or deleted, by accident or in an attack, is gone.",
        mend="Set versioning.enabled.",
        judge=on("versioning.enabled", "older versions are not kept"),
    ),
    _COMPUTE.check(
        "DIG-0008",
        CRITICAL,
        _CLUSTER,
        title="Cluster is not upgraded by itself",
        why="Mended versions of Kubernetes reach it only when somebody thinks of it.",
        mend="Set auto_upgrade.",
        judge=on("auto_upgrade", "automatic upgrades are off"),
    ),
    _SPACES.check(
        "DIG-0009",
        MEDIUM,
        _BUCKET,
        title="Bucket is deleted with what is in it",
        why="One mistake in the configuration deletes all objects.",
        mend="Remove force_destroy.",
        judge=off("force_destroy", "the bucket is deleted even when it is not empty"),
    ),
)
