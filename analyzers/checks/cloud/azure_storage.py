"""Checks of Azure's storage accounts, data lakes and disks.

Guidance: https://learn.microsoft.com/azure/storage/blobs/security-recommendations
"""

from collections.abc import Iterator
from dataclasses import replace

from analyzers.checks.check import Cause
from analyzers.checks.cloud.model import Resource, Subject, has_unknown, texts
from analyzers.checks.cloud.rules import (
    CRITICAL,
    HIGH,
    MEDIUM,
    Service,
    among,
    cause,
    has,
    not_among,
    off,
    on,
    present,
)

_STORAGE, _LAKE, _COMPUTE = (
    Service("azure", "storage"),
    Service("azure", "datalake"),
    Service("azure", "compute"),
)
_ACCOUNT, _RULES = "azurerm_storage_account", "azurerm_storage_account_network_rules"


def _rules_path(subject: Subject) -> str:
    return "" if subject.resource.kind == _RULES else "network_rules."


def _allows_by_default(subject: Subject) -> Iterator[Cause]:
    yield from not_among(
        f"{_rules_path(subject)}default_action", ("allow",), "networks are let in by default", default=""
    )(subject)


def _shuts_services_out(subject: Subject) -> Iterator[Cause]:
    for place in subject.resource.places(f"{_rules_path(subject)}bypass"):
        known = [name for text in texts(place.value) for name in text.split(",")]
        if place.value is None:
            continue
        if has_unknown(place.value):
            subject.doubt("bypass")
        elif "azureservices" not in {each.strip().lower() for each in known}:
            yield cause("trusted services of Azure are shut out", place.lines)


_OWN_PROPERTIES = "azurerm_storage_account_queue_properties"


def _queues(subject: Subject, kind: str) -> Iterator[Resource]:
    """Yield the resources of a kind that name the account, by its name or its id."""
    for attribute in ("storage_account_name", "storage_account_id"):
        yield from subject.cloud.linked(subject.resource, kind, attribute).resources


def _has_queues(subject: Subject) -> bool:
    kinds = ("azurerm_storage_queue", _OWN_PROPERTIES)
    return has("queue_properties")(subject) or any(any(_queues(subject, each)) for each in kinds)


def _unlogged_queues(subject: Subject) -> Iterator[Cause]:
    if not any(has("logging")(replace(subject, resource=each)) for each in _queues(subject, _OWN_PROPERTIES)):
        yield from present("queue_properties.logging", "requests to queues are not logged")(subject)


def _has_rules(subject: Subject) -> bool:
    return subject.resource.kind == _RULES or subject.resource.get("network_rules") is not None


CHECKS = (
    _STORAGE.check(
        "AZU-0007",
        HIGH,
        "azurerm_storage_container",
        title="Storage container is public",
        why="Everybody can read the blobs without logging in.",
        mend='Set container_access_type to "private".',
        judge=not_among("container_access_type", ("blob", "container"), "everybody can read the container"),
    ),
    _STORAGE.check(
        "AZU-0008",
        HIGH,
        _ACCOUNT,
        title="Storage account speaks plain HTTP",
        why="Who is on the way can read and change what is sent.",
        mend="Set https_traffic_only_enabled.",
        judge=on(
            "https_traffic_only_enabled|enable_https_traffic_only", "plain HTTP is allowed", default=True
        ),
    ),
    _STORAGE.check(
        "AZU-0009",
        MEDIUM,
        _ACCOUNT,
        title="Queues of a storage account are not logged",
        why="Without logs nobody can tell later who read or deleted messages.",
        mend="Set read, write and delete in queue_properties.logging.",
        judge=_unlogged_queues,
        only=_has_queues,
    ),
    _STORAGE.check(
        "AZU-0010",
        HIGH,
        _ACCOUNT,
        _RULES,
        title="Storage account shuts trusted services out",
        why="Backups and monitoring of Azure itself fail silently.",
        mend='Have "AzureServices" in bypass.',
        judge=_shuts_services_out,
        only=_has_rules,
    ),
    _STORAGE.check(
        "AZU-0011",
        CRITICAL,
        _ACCOUNT,
        title="Storage account accepts old versions of TLS",
        why="Old versions of TLS have known flaws.",
        mend='Set min_tls_version to "TLS1_2".',
        judge=among("min_tls_version", ("TLS1_2", "TLS1_3"), "TLS before 1.2 is accepted", default="TLS1_2"),
    ),
    _STORAGE.check(
        "AZU-0012",
        CRITICAL,
        _ACCOUNT,
        _RULES,
        title="Storage account lets all networks in by default",
        why="A leaked key can be used from the whole internet.",
        mend='Set default_action to "Deny" and name the networks that may connect.',
        judge=_allows_by_default,
        only=_has_rules,
    ),
    _STORAGE.check(
        "CB-A101",
        HIGH,
        _ACCOUNT,
        title="Containers of a storage account may be made public",
        why="One careless setting of a container opens all its blobs to everybody.",
        mend="Set allow_nested_items_to_be_public to false.",
        judge=off(
            "allow_nested_items_to_be_public|allow_blob_public_access", "containers may be made public"
        ),
        link="https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-prevent",
    ),
    _LAKE.check(
        "AZU-0036",
        HIGH,
        "azurerm_data_lake_store",
        title="Data lake is not encrypted",
        why="Disks can be read by whoever gets hold of them.",
        mend='Set encryption_state to "Enabled".',
        judge=on("encryption_state", "the store is not encrypted", default=True),
    ),
    _COMPUTE.check(
        "AZU-0038",
        HIGH,
        "azurerm_managed_disk",
        title="Encryption of a managed disk is turned off",
        why="Disks can be read by whoever gets hold of them.",
        mend="Do not set encryption_settings.enabled to false.",
        judge=on("encryption_settings.enabled", "encryption is turned off", default=True),
    ),
)
