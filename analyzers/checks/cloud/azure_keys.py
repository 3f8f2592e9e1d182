"""Checks of Azure's Key Vault.

Guidance: https://learn.microsoft.com/azure/key-vault/general/secure-key-vault
"""

from analyzers.checks.cloud.rules import CRITICAL, LOW, MEDIUM, Service, among, on, present

_VAULTS = Service("azure", "keyvault")
_VAULT = "azurerm_key_vault"

CHECKS = (
    _VAULTS.check(
        "AZU-0013",
        CRITICAL,
        _VAULT,
        title="Key vault is open to all networks",
        why="A leaked credential can fetch all keys from the whole internet.",
        mend='Have network_acls with the default_action "Deny".',
        judge=among("network_acls.default_action", ("deny",), "all networks may connect", default="Allow"),
    ),
    _VAULTS.check(
        "AZU-0014",
        MEDIUM,
        "azurerm_key_vault_key",
        title="Key does not expire",
        why="A key that is never replaced goes on opening what it once did.",
        mend="Set expiration_date.",
        judge=present("expiration_date", "the key has no end"),
    ),
    _VAULTS.check(
        "AZU-0015",
        LOW,
        "azurerm_key_vault_secret",
        title="Secret has no content type",
        why="Nobody can tell what a secret is for, and whether it may be replaced.",
        mend="Say in content_type what the secret is.",
        judge=present("content_type", "the secret has no content type"),
    ),
    _VAULTS.check(
        "AZU-0016",
        MEDIUM,
        _VAULT,
        title="Key vault may be purged",
        why="Keys that are deleted can be destroyed at once, and all that they encrypt with them.",
        mend="Set purge_protection_enabled.",
        judge=on("purge_protection_enabled", "the vault is not protected from purging"),
    ),
    _VAULTS.check(
        "AZU-0017",
        LOW,
        "azurerm_key_vault_secret",
        title="Secret does not expire",
        why="A secret that is never replaced goes on opening what it once did.",
        mend="Set expiration_date.",
        judge=present("expiration_date", "the secret has no end"),
    ),
)
