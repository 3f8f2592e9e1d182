"""Azure's resource types by the names of Terraform.

Format: https://learn.microsoft.com/azure/templates/
"""

from datetime import UTC, datetime

from analyzers.checks.cloud.model import Block, Value
from analyzers.misconfig._cloud_blocks import Shape, with_value

_FIRST_SECURE = "2019-04-01"
"""Version of the API since which storage accounts take HTTPS only, where nothing else is said."""


def _with_default(block: Block, name: str, value: Value) -> Block:
    """Return a block with what holds where an attribute is not set: not always Terraform's default."""
    return block if block.get(name) is not None else with_value(block, name, value, block.lines)


def _account(block: Block) -> Block:
    """Return an account with its defaults.

    https://learn.microsoft.com/azure/templates/microsoft.storage/storageaccounts
    """
    version = block.get("api_version")
    if isinstance(version, str) and version < _FIRST_SECURE:
        block = _with_default(block, "https_traffic_only_enabled", value=False)
    block = _with_default(block, "min_tls_version", "TLS1_0")
    for rules in block.blocks("network_rules"):
        bypass = rules.get("bypass")
        if isinstance(bypass, str):
            words = tuple(each.strip() for each in bypass.split(","))
            return with_value(block, "network_rules.bypass", words, rules.lines_of("bypass"))
    return block


def _expiring(block: Block) -> Block:
    for attributes in block.blocks("attributes"):
        seconds = attributes.get("exp")
        if isinstance(seconds, int) and 0 < seconds < 10**11:
            date: Value = datetime.fromtimestamp(seconds, UTC).isoformat()
        elif seconds is None:
            continue
        else:
            date = seconds
        return with_value(block, "expiration_date", date, attributes.lines_of("exp"))
    return block


def _networked(block: Block) -> Block:
    """Return a workspace whose network's name is a switch."""
    value = block.get("managed_virtual_network")
    if not isinstance(value, str):
        return block
    lines = block.lines_of("managed_virtual_network")
    return with_value(block, "managed_virtual_network_enabled", value == "default", lines)


def _public(block: Block) -> Block:
    """Return a block whose word for public access is a switch."""
    value = block.get("public_network_access")
    if not isinstance(value, str):
        return block
    is_on = value.lower() != "disabled"
    lines = block.lines_of("public_network_access")
    block = with_value(block, "public_network_enabled", is_on, lines)
    return with_value(block, "public_network_access_enabled", is_on, lines)


def _open_source(block: Block) -> Block:
    """Return a server with its defaults.

    https://learn.microsoft.com/azure/postgresql/single-server/concepts-ssl-connection-security
    """
    return _with_default(_public(block), "minimum_tls_version", "TLSEnforcementDisabled")


_SERVER = (
    ("minimal_tls_version", "minimum_tls_version"),
    ("ssl_enforcement", "ssl_enforcement_enabled"),
)
SHAPES: dict[str, Shape] = {
    "microsoft.storage/storageaccounts": Shape(
        kind="azurerm_storage_account",
        moves=(
            ("supports_https_traffic_only", "https_traffic_only_enabled"),
            ("minimum_tls_version", "min_tls_version"),
            ("network_acls", "network_rules"),
            ("allow_blob_public_access", "allow_nested_items_to_be_public"),
        ),
        mend=_account,
    ),
    "microsoft.storage/storageaccounts/blobservices/containers": Shape(
        kind="azurerm_storage_container", moves=(("public_access", "container_access_type"),)
    ),
    "microsoft.compute/disks": Shape(
        kind="azurerm_managed_disk", moves=(("encryption_settings_collection", "encryption_settings"),)
    ),
    "microsoft.compute/virtualmachines": Shape(
        kind="azurerm_virtual_machine",
        moves=(
            ("os_profile.linux_configuration", "os_profile_linux_config"),
            ("os_profile.custom_data", "custom_data"),
        ),
    ),
    "microsoft.datalakestore/accounts": Shape(kind="azurerm_data_lake_store"),
    "microsoft.keyvault/vaults": Shape(
        kind="azurerm_key_vault", moves=(("enable_purge_protection", "purge_protection_enabled"),)
    ),
    "microsoft.keyvault/vaults/keys": Shape(kind="azurerm_key_vault_key", mend=_expiring),
    "microsoft.keyvault/vaults/secrets": Shape(kind="azurerm_key_vault_secret", mend=_expiring),
    "microsoft.network/networksecuritygroups": Shape(
        kind="azurerm_network_security_group", moves=(("security_rules", "security_rule"),)
    ),
    "microsoft.network/networksecuritygroups/securityrules": Shape(kind="azurerm_network_security_rule"),
    "microsoft.network/networkwatchers/flowlogs": Shape(kind="azurerm_network_watcher_flow_log"),
    "microsoft.containerservice/managedclusters": Shape(
        kind="azurerm_kubernetes_cluster",
        moves=(
            ("enable_rbac", "role_based_access_control_enabled"),
            ("api_server_access_profile.enable_private_cluster", "private_cluster_enabled"),
            ("addon_profiles.omsagent", "oms_agent"),
        ),
    ),
    "microsoft.sql/servers": Shape(kind="azurerm_mssql_server", moves=_SERVER, mend=_public),
    "microsoft.sql/servers/auditingsettings": Shape(
        kind="azurerm_mssql_server_extended_auditing_policy", moves=(("retention_days", "retention_in_days"),)
    ),
    "microsoft.sql/servers/firewallrules": Shape(kind="azurerm_mssql_firewall_rule"),
    "microsoft.dbforpostgresql/servers": Shape(
        kind="azurerm_postgresql_server", moves=_SERVER, mend=_open_source
    ),
    "microsoft.dbforpostgresql/servers/firewallrules": Shape(kind="azurerm_postgresql_firewall_rule"),
    "microsoft.dbforpostgresql/servers/configurations": Shape(kind="azurerm_postgresql_configuration"),
    "microsoft.dbformysql/servers": Shape(kind="azurerm_mysql_server", moves=_SERVER, mend=_open_source),
    "microsoft.dbformysql/servers/firewallrules": Shape(kind="azurerm_mysql_firewall_rule"),
    "microsoft.dbformariadb/servers": Shape(kind="azurerm_mariadb_server", moves=_SERVER, mend=_open_source),
    "microsoft.dbformariadb/servers/firewallrules": Shape(kind="azurerm_mariadb_firewall_rule"),
    "microsoft.web/sites": Shape(
        kind="azurerm_app_service",
        moves=(
            ("client_cert_enabled", "client_certificate_enabled"),
            ("site_config.http20_enabled", "site_config.http2_enabled"),
            ("site_config.min_tls_version", "site_config.minimum_tls_version"),
        ),
    ),
    "microsoft.datafactory/factories": Shape(kind="azurerm_data_factory", mend=_public),
    "microsoft.synapse/workspaces": Shape(kind="azurerm_synapse_workspace", mend=_networked),
    "microsoft.authorization/roledefinitions": Shape(kind="azurerm_role_definition"),
}
"""By type in lower case; of others no check knows anything."""
