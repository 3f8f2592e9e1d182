"""Checks of Google Compute Engine: machines, disks and networks.

Guidance: https://cloud.google.com/compute/docs/instances/access-overview
"""

from collections.abc import Callable, Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.addresses import is_everybody
from analyzers.checks.cloud.model import Block, Subject, Unknown, may_be_anything, texts, truth
from analyzers.checks.cloud.rules import (
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    Judge,
    Service,
    absent,
    cause,
    has,
    not_among,
    off,
    on,
    present,
    when,
)

_COMPUTE = Service("google", "compute")
_INSTANCE, _TEMPLATE, _DISK = (
    "google_compute_instance",
    "google_compute_instance_template",
    "google_compute_disk",
)
_ITEM = "google_compute_project_metadata_item"
_SHIELD = "Programs that start before the system, and hide from it, are not noticed."
_PURPOSES = ("REGIONAL_MANAGED_PROXY", "INTERNAL_HTTPS_LOAD_BALANCER", "GLOBAL_MANAGED_PROXY")


def _metadata(name: str, says: str, *, wanted: bool, default: bool) -> Judge:
    """Return a judge of a switch in the metadata, whose keys have hyphens."""

    def judge(subject: Subject) -> Iterator[Cause]:
        for place in subject.resource.places("metadata"):
            value = place.value.get(name) if isinstance(place.value, Block) else place.value
            if isinstance(value, Unknown):
                subject.doubt(f"metadata.{name}")
            elif (default if value is None else truth(value)) is not wanted:
                yield cause(says, place.lines)

    return judge


def _opened(direction: str, ranges: str, says: str) -> Judge:
    def judge(subject: Subject) -> Iterator[Cause]:
        resource = subject.resource
        if not when("direction", direction, default="ingress")(subject) or not resource.get("allow"):
            return
        if truth(resource.get("disabled")) is True:
            return
        for place in resource.places(ranges):
            if any(map(is_everybody, texts(place.value))) and subject.knows("disabled"):
                yield cause(says, place.lines)
            elif may_be_anything(place.value):
                subject.doubt(ranges)

    return judge


def _default_account(subject: Subject) -> Iterator[Cause]:
    # Without the block a machine has no account at all: only with one is the default one taken.
    for place in subject.resource.places("service_account.email"):
        if may_be_anything(place.value):
            subject.doubt("service_account.email")
        elif place.value is None or str(place.value).endswith("-compute@developer.gserviceaccount.com"):
            yield cause("the default service account is used", place.lines)


def _plain_key(subject: Subject) -> Iterator[Cause]:
    path = "disk_encryption_key.raw_key"
    if subject.resource.kind == _INSTANCE:
        path = "boot_disk.disk_encryption_key_raw"
    for place in subject.resource.places(path):
        if isinstance(place.value, Unknown):
            subject.doubt(path)
        elif isinstance(place.value, str) and place.value:
            yield cause("the key stands in the file", place.lines)


def _boot_key(subject: Subject) -> Iterator[Cause]:
    # A disk that is there already is judged itself.
    if not any(map(subject.resource.get, ("boot_disk.disk_encryption_key_raw", "boot_disk.source"))):
        yield from present("boot_disk.kms_key_self_link", "the boot disk names no key")(subject)


def _no_login(subject: Subject) -> Iterator[Cause]:
    says = "OS Login is off"
    if subject.resource.kind == _ITEM:
        yield from on("value", says)(subject)
    else:
        yield from _metadata("enable-oslogin", says, wanted=True, default=False)(subject)


def _has_logs(subject: Subject) -> bool:
    return subject.knows("purpose") and str(subject.resource.get("purpose")).upper() not in _PURPOSES


def _is_shielded(part: str, says: str, *, default: bool) -> Callable[[Subject], Iterator[Cause]]:
    def judge(subject: Subject) -> Iterator[Cause]:
        yield from on(f"shielded_instance_config.{part}", says, default=default)(subject)

    return judge


CHECKS = (
    _COMPUTE.check(
        "GCP-0027",
        CRITICAL,
        "google_compute_firewall",
        title="Firewall rule lets everybody in",
        why="Every address of the internet reaches what is behind; that should be meant.",
        mend="Name the addresses that may connect in source_ranges.",
        judge=_opened("ingress", "source_ranges", "every address is let in"),
    ),
    _COMPUTE.check(
        "GCP-0029",
        LOW,
        "google_compute_subnetwork",
        title="Subnetwork has no flow log",
        why="Without flow logs nobody can tell which machine talked to which.",
        mend="Have a log_config.",
        judge=present("log_config", "no flow log is kept"),
        only=_has_logs,
    ),
    _COMPUTE.check(
        "GCP-0030",
        MEDIUM,
        _INSTANCE,
        title="Machine takes all keys of the project",
        why="One leaked key opens all machines.",
        mend="Set block-project-ssh-keys in metadata.",
        judge=_metadata(
            "block-project-ssh-keys", "the project's SSH keys are accepted", wanted=True, default=False
        ),
    ),
    _COMPUTE.check(
        "GCP-0031",
        HIGH,
        _INSTANCE,
        title="Machine has a public address",
        why="A public address makes every open port reachable for the whole internet.",
        mend="Leave access_config out; publish services through a load balancer.",
        judge=absent("network_interface.access_config", "the machine gets a public address"),
    ),
    _COMPUTE.check(
        "GCP-0032",
        MEDIUM,
        _INSTANCE,
        title="Serial port of a machine is open",
        why="The serial port has no firewall: any address may try to log in.",
        mend="Set serial-port-enable in metadata to false.",
        judge=_metadata("serial-port-enable", "the serial port is open", wanted=False, default=False),
    ),
    _COMPUTE.check(
        "GCP-0033",
        LOW,
        _INSTANCE,
        title="Boot disk is not encrypted with a customer managed key",
        why="Use of the provider's key can neither be restricted nor withdrawn.",
        mend="Set boot_disk.kms_key_self_link.",
        judge=_boot_key,
    ),
    _COMPUTE.check(
        "GCP-0034",
        LOW,
        _DISK,
        title="Disk is not encrypted with a customer managed key",
        why="Use of the provider's key can neither be restricted nor withdrawn.",
        mend="Set disk_encryption_key.kms_key_self_link.",
        judge=present("disk_encryption_key.kms_key_self_link", "the disk names no key"),
    ),
    _COMPUTE.check(
        "GCP-0035",
        CRITICAL,
        "google_compute_firewall",
        title="Firewall rule allows traffic to anywhere",
        why="What breaks in can send data to, and fetch programs from, any address.",
        mend="Name the addresses that are needed in destination_ranges.",
        judge=_opened("egress", "destination_ranges", "traffic to every address is allowed"),
    ),
    _COMPUTE.check(
        "GCP-0036",
        MEDIUM,
        _INSTANCE,
        title="Machine overrides OS Login",
        why="Keys in metadata go on working when an account is closed.",
        mend="Leave enable-oslogin out of metadata, or set it to true.",
        judge=_metadata("enable-oslogin", "OS Login is turned off", wanted=True, default=True),
    ),
    _COMPUTE.check(
        "GCP-0037",
        CRITICAL,
        _DISK,
        _INSTANCE,
        title="Key of a disk stands in the file",
        why="Everybody who reads the file or its history can read the disk.",
        mend="Name a key of Cloud KMS instead.",
        judge=_plain_key,
    ),
    _COMPUTE.check(
        "GCP-0039",
        CRITICAL,
        "google_compute_ssl_policy",
        title="TLS policy accepts old versions",
        why="Old versions of TLS have known flaws.",
        mend='Set min_tls_version to "TLS_1_2".',
        judge=not_among(
            "min_tls_version", ("tls_1_0", "tls_1_1"), "TLS before 1.2 is accepted", default="TLS_1_0"
        ),
    ),
    _COMPUTE.check(
        "GCP-0041",
        MEDIUM,
        _INSTANCE,
        title="Machine has no virtual trusted module",
        why=_SHIELD,
        mend="Set shielded_instance_config.enable_vtpm.",
        judge=_is_shielded("enable_vtpm", "the virtual trusted platform module is off", default=True),
    ),
    _COMPUTE.check(
        "GCP-0042",
        MEDIUM,
        "google_compute_project_metadata",
        _ITEM,
        title="Project does not use OS Login",
        why="Keys in metadata go on working when an account is closed.",
        mend='Set enable-oslogin in metadata to "TRUE".',
        judge=_no_login,
        only=lambda subject: subject.resource.kind != _ITEM or when("key", "enable-oslogin")(subject),
    ),
    _COMPUTE.check(
        "GCP-0043",
        HIGH,
        _INSTANCE,
        title="Machine forwards packets",
        why="It can send packets in others' names and receive what is meant for them.",
        mend="Set can_ip_forward to false.",
        judge=off("can_ip_forward", "packets are forwarded"),
    ),
    _COMPUTE.check(
        "GCP-0044",
        CRITICAL,
        _INSTANCE,
        _TEMPLATE,
        title="Machine uses the default service account",
        why="The default account may edit all of the project.",
        mend="Name a service account that may do what is needed only.",
        judge=_default_account,
        only=has("service_account"),
    ),
    _COMPUTE.check(
        "GCP-0045",
        MEDIUM,
        _INSTANCE,
        title="Integrity of a machine is not watched",
        why=_SHIELD,
        mend="Set shielded_instance_config.enable_integrity_monitoring.",
        judge=_is_shielded("enable_integrity_monitoring", "integrity is not monitored", default=True),
    ),
    _COMPUTE.check(
        "GCP-0067",
        MEDIUM,
        _INSTANCE,
        title="Machine starts without secure boot",
        why=_SHIELD,
        mend="Set shielded_instance_config.enable_secure_boot.",
        judge=_is_shielded("enable_secure_boot", "secure boot is off", default=False),
    ),
)
