"""Checks of Azure's machines, clusters, web apps and other services.

Guidance: https://learn.microsoft.com/security/benchmark/azure/baselines/azure-kubernetes-service-aks-security-baseline
"""

from collections.abc import Iterable, Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.credentials import no_credentials
from analyzers.checks.cloud.model import Subject, texts, truth
from analyzers.checks.cloud.rules import (
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    Service,
    among,
    at_least,
    cause,
    is_empty,
    off,
    on,
    present,
)

_COMPUTE, _CLUSTERS, _WEB = (
    Service("azure", "compute"),
    Service("azure", "container"),
    Service("azure", "appservice"),
)
_FACTORY, _SYNAPSE, _MONITOR = (
    Service("azure", "datafactory"),
    Service("azure", "synapse"),
    Service("azure", "monitor"),
)
_ROLES = Service("azure", "authorization")
_CLUSTER = "azurerm_kubernetes_cluster"
_MACHINES = ("azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine", "azurerm_virtual_machine")
_APPS = ("azurerm_app_service", "azurerm_linux_web_app", "azurerm_windows_web_app")
_FUNCTIONS = ("azurerm_function_app", "azurerm_linux_function_app", "azurerm_windows_function_app")


def _takes_passwords(subject: Subject) -> Iterable[Cause]:
    is_old = subject.resource.kind == "azurerm_virtual_machine"
    path = f"{'os_profile_linux_config.' if is_old else ''}disable_password_authentication"
    return on(path, "logins by password are allowed", default=not is_old)(subject)


def _any_address(subject: Subject) -> Iterator[Cause]:
    resource = subject.resource
    if truth(resource.get("private_cluster_enabled")) is True:
        return
    path = "api_server_access_profile.authorized_ip_ranges"
    if not is_empty(resource.get("api_server_authorized_ip_ranges")):
        path = "api_server_authorized_ip_ranges"
    found = [*present(path, "the API server answers every address")(subject)]
    if found and subject.knows("private_cluster_enabled"):
        yield from found


def _is_unlogged(subject: Subject) -> Iterator[Cause]:
    says = "nothing is sent to Azure Monitor"
    if subject.resource.get("addon_profile") is not None:
        yield from on("addon_profile.oms_agent.enabled", says)(subject)
    else:
        yield from present("oms_agent", says)(subject)


def _short_log(subject: Subject) -> Iterator[Cause]:
    policy = "retention_policy"
    yield from on(f"{policy}.enabled", "the activity log is not kept")(subject)
    if truth(subject.resource.get(f"{policy}.enabled")):
        says = "the activity log is kept for less than 365 days"
        yield from at_least(f"{policy}.days", 365, says, besides=0)(subject)


def _missing_categories(subject: Subject) -> Iterator[Cause]:
    place = next(subject.resource.places("categories"))
    given = {each.lower() for each in texts(place.value)}
    missing = [each for each in ("Action", "Delete", "Write") if each.lower() not in given]
    if missing and subject.knows("categories"):
        yield cause(f"no log of {', '.join(missing)}", place.lines)


def _every_action(subject: Subject) -> Iterator[Cause]:
    is_everywhere = "/" in texts(subject.resource.get("assignable_scopes"))
    subject.knows("permissions.actions")
    for place in subject.resource.places("permissions.actions"):
        if any(each == "*" or ("*" in each and is_everywhere) for each in texts(place.value)):
            yield cause("the role allows every action", place.lines)


CHECKS = (
    _COMPUTE.check(
        "AZU-0037",
        MEDIUM,
        *_MACHINES,
        title="Custom data of a machine have credentials",
        why="Custom data are shown to every process on the machine.",
        mend="Fetch secrets from a key vault with the machine's identity.",
        judge=no_credentials("the custom data have a credential", "custom_data", "os_profile.custom_data"),
    ),
    _COMPUTE.check(
        "AZU-0039",
        HIGH,
        "azurerm_linux_virtual_machine",
        "azurerm_virtual_machine",
        title="Machine takes passwords",
        why="Passwords are guessed; keys are not.",
        mend="Set disable_password_authentication, and name an SSH key.",
        judge=_takes_passwords,
        only=lambda subject: (
            subject.resource.kind != "azurerm_virtual_machine"
            or subject.resource.get("os_profile_linux_config") is not None
        ),
    ),
    _CLUSTERS.check(
        "AZU-0040",
        MEDIUM,
        _CLUSTER,
        title="AKS cluster sends nothing to Azure Monitor",
        why="Without logs nobody can tell later who did what in the cluster.",
        mend="Have an oms_agent with a workspace.",
        judge=_is_unlogged,
    ),
    _CLUSTERS.check(
        "AZU-0041",
        CRITICAL,
        _CLUSTER,
        title="AKS API server answers every address",
        why="A flaw in the API server or a leaked token can be used from the whole internet.",
        mend="Name the addresses that may connect, or make the cluster private.",
        judge=_any_address,
    ),
    _CLUSTERS.check(
        "AZU-0042",
        HIGH,
        _CLUSTER,
        title="AKS cluster has no roles",
        why="Everybody who may connect may do everything.",
        mend="Set role_based_access_control_enabled.",
        judge=on(
            "role_based_access_control_enabled",
            "access is not controlled by roles",
            default=True,
        ),
    ),
    _CLUSTERS.check(
        "AZU-0043",
        HIGH,
        _CLUSTER,
        title="AKS cluster has no network policy",
        why="A container that was broken into reaches all others.",
        mend="Set network_profile.network_policy.",
        judge=present("network_profile.network_policy", "no network policy is chosen"),
    ),
    _WEB.check(
        "AZU-0001",
        LOW,
        *_APPS,
        title="Web app asks for no client certificate",
        why="Anybody who reaches the app can send requests to it.",
        mend="Set client_certificate_enabled.",
        judge=on("client_certificate_enabled|client_cert_enabled", "no client certificate is asked for"),
    ),
    _WEB.check(
        "AZU-0002",
        LOW,
        *_APPS,
        title="Web app has no identity",
        why="Without an identity the app needs passwords for other services.",
        mend='Set identity.type to "SystemAssigned" or "UserAssigned".',
        judge=present("identity.type", "the app has no identity"),
    ),
    _WEB.check(
        "AZU-0003",
        MEDIUM,
        *_APPS,
        title="Web app does not ask who is there",
        why="Anybody who reaches the app can use it, unless it has logins of its own.",
        mend="Set auth_settings.enabled.",
        judge=on("auth_settings.enabled", "authentication is off"),
        only=lambda subject: subject.resource.get("auth_settings_v2") is None,
    ),
    _WEB.check(
        "AZU-0004",
        CRITICAL,
        *_APPS,
        *_FUNCTIONS,
        title="App speaks plain HTTP",
        why="Who is on the way can read and change what is sent, passwords included.",
        mend="Set https_only.",
        judge=on("https_only", "plain HTTP is allowed"),
    ),
    _WEB.check(
        "AZU-0005",
        LOW,
        *_APPS,
        title="Web app does not speak HTTP/2",
        why="Older versions are slower, and more easily confused by odd requests.",
        mend="Set site_config.http2_enabled.",
        judge=on("site_config.http2_enabled", "HTTP/2 is off"),
    ),
    _WEB.check(
        "AZU-0006",
        HIGH,
        *_APPS,
        title="Web app accepts old versions of TLS",
        why="Old versions of TLS have known flaws.",
        mend='Set site_config.minimum_tls_version to "1.2".',
        judge=among(
            "site_config.minimum_tls_version|min_tls_version",
            ("1.2", "1.3"),
            "TLS before 1.2 is accepted",
            default="1.2",
        ),
    ),
    _FACTORY.check(
        "AZU-0035",
        CRITICAL,
        "azurerm_data_factory",
        title="Data factory is public",
        why="A leaked credential can be used from the whole internet.",
        mend="Set public_network_enabled to false.",
        judge=off("public_network_enabled", "the factory is reachable from all networks", default=True),
    ),
    _SYNAPSE.check(
        "AZU-0034",
        MEDIUM,
        "azurerm_synapse_workspace",
        title="Synapse workspace is in no network of its own",
        why="Its compute shares a network with strangers'.",
        mend="Set managed_virtual_network_enabled.",
        judge=on("managed_virtual_network_enabled", "there is no managed virtual network"),
    ),
    _MONITOR.check(
        "AZU-0031",
        MEDIUM,
        "azurerm_monitor_log_profile",
        title="Activity log is not kept for a year",
        why="Attacks are often noticed months later.",
        mend="Enable retention_policy, with 365 days or more.",
        judge=_short_log,
    ),
    _MONITOR.check(
        "AZU-0033",
        MEDIUM,
        "azurerm_monitor_log_profile",
        title="Activity log leaves activities out",
        why="What is not logged cannot be looked up after an attack.",
        mend='Have "Action", "Delete" and "Write" in categories.',
        judge=_missing_categories,
    ),
    _ROLES.check(
        "AZU-0030",
        MEDIUM,
        "azurerm_role_definition",
        title="Role allows every action",
        why="Whoever gets the role can do more than its task needs, up to everything.",
        mend="Name the actions that are needed.",
        judge=_every_action,
    ),
)
