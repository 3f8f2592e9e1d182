# ruff: noqa: E501 - a sample is a line
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.checks.cloud.model import UNKNOWN
from analyzers.errors import ParseError
from analyzers.inventory import File, Found, Outcome
from analyzers.misconfig import terraform
from analyzers.misconfig._arm_expressions import Template
from analyzers.misconfig.azure_arm import ANALYZER

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def template(*resources: object, **more: object) -> bytes:
    return json.dumps({"$schema": SCHEMA, "resources": resources, **more}, indent=1).encode()


def read(data: bytes) -> dict[tuple[str, str], Outcome]:
    found = [each for each in ANALYZER.parse(File("main.json", data)) if isinstance(each, Outcome)]
    return {(each.check, each.resource): each for each in found}


def resource(kind: str, properties: object, name: str = "x", **more: object) -> dict[str, object]:
    return {"type": kind, "name": name, "properties": properties, **more}


def test_lines_and_file_type() -> None:
    data = template(
        resource("Microsoft.Storage/storageAccounts", {"networkAcls": {"defaultAction": "Allow"}})
    )
    found = read(data)["AZU-0012", "x"]
    lines = data.decode().splitlines()
    assert '"networkAcls"' in lines[found.start_line - 1]
    assert found.file_type == "azure-arm"
    assert found.code[0].content == lines[found.start_line - 1]


def test_parameters_have_defaults_or_are_unknown() -> None:
    data = template(
        resource("Microsoft.Storage/storageAccounts", {"minimumTlsVersion": "[parameters('old')]"}, "a"),
        resource("Microsoft.Storage/storageAccounts", {"minimumTlsVersion": "[parameters('later')]"}, "b"),
        parameters={"old": {"type": "string", "defaultValue": "TLS1_0"}, "later": {"type": "string"}},
    )
    found = read(data)
    assert not found["AZU-0011", "a"].passed
    assert ("AZU-0011", "b") not in found


def test_children_and_nested_deployments() -> None:
    child = resource("blobServices/containers", {"publicAccess": "Blob"}, "default/c")
    inner = {"resources": [resource("Microsoft.Storage/storageAccounts", {}, "a", resources=[child])]}
    data = template(resource("Microsoft.Resources/deployments", {"template": inner}))
    assert not read(data)["AZU-0007", "a/default/c"].passed


def test_auditing_settings_belong_to_their_server() -> None:
    server = resource("Microsoft.Sql/servers", {}, "a")
    settings = resource("Microsoft.Sql/servers/auditingSettings", {"retentionDays": 6}, "a/default")
    assert read(template(server, settings))["AZU-0027", "a"].passed
    assert not read(template(server, settings))["AZU-0025", "a/default"].passed
    assert not read(template(server))["AZU-0027", "a"].passed


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("plain", "plain"),
        ("[[plain]", "[plain]"),
        ("[parameters('a')]", 7),
        ("[concat('x', variables('b'), 1)]", "xy1"),
        ("[true()]", True),
        ("[toLower('AB''C')]", "ab'c"),
        ("[variables('loop')]", UNKNOWN),
        ("[parameters('none')]", UNKNOWN),
        ("[resourceId('x', 'y')]", UNKNOWN),
        ("[concat('x'", "[concat('x'"),
        ("[concat('x']", UNKNOWN),
        ("[concat('x') 'y']", UNKNOWN),
        ("[]", UNKNOWN),
    ],
)
def test_expressions(expression: str, value: object) -> None:
    functions = Template(
        parameters={"a": {"defaultValue": 7}, "none": {}},
        variables={"b": "y", "loop": "[variables('loop')]"},
    )
    assert functions.text(expression) == value


@pytest.mark.parametrize(
    ("kind", "properties", "terraform_kind", "body"),
    [
        (
            "Microsoft.KeyVault/vaults",
            {"networkAcls": {"defaultAction": "Deny"}, "enablePurgeProtection": True},
            "azurerm_key_vault",
            'purge_protection_enabled = true\nnetwork_acls {\ndefault_action = "Deny"\n}',
        ),
        (
            "Microsoft.Network/networkSecurityGroups",
            {
                "securityRules": [
                    {
                        "name": "a",
                        "properties": {
                            "access": "Allow",
                            "direction": "Inbound",
                            "protocol": "*",
                            "sourceAddressPrefix": "*",
                            "destinationPortRange": "22",
                        },
                    }
                ]
            },
            "azurerm_network_security_group",
            'security_rule {\naccess = "Allow"\ndirection = "Inbound"\nprotocol = "*"\nsource_address_prefix = "*"\ndestination_port_range = "22"\n}',
        ),
        (
            "Microsoft.ContainerService/managedClusters",
            {"enableRBAC": False, "networkProfile": {"networkPolicy": "calico"}},
            "azurerm_kubernetes_cluster",
            'role_based_access_control_enabled = false\nnetwork_profile {\nnetwork_policy = "calico"\n}',
        ),
        (
            "Microsoft.DBforPostgreSQL/servers",
            {"sslEnforcement": "Enabled", "publicNetworkAccess": "Disabled", "minimalTlsVersion": "TLS1_0"},
            "azurerm_postgresql_server",
            'ssl_enforcement_enabled = true\npublic_network_access_enabled = false\nssl_minimal_tls_version_enforced = "TLS1_0"',
        ),
        (
            "Microsoft.Web/sites",
            {"httpsOnly": True, "siteConfig": {"minTlsVersion": "1.0", "http20Enabled": True}},
            "azurerm_app_service",
            'https_only = true\nsite_config {\nminimum_tls_version = "1.0"\nhttp2_enabled = true\n}',
        ),
        (
            "Microsoft.DataFactory/factories",
            {"publicNetworkAccess": "Disabled"},
            "azurerm_data_factory",
            "public_network_enabled = false",
        ),
        (
            "Microsoft.Synapse/workspaces",
            {"managedVirtualNetwork": "default"},
            "azurerm_synapse_workspace",
            "managed_virtual_network_enabled = true",
        ),
    ],
)
def test_says_what_terraform_says(kind: str, properties: object, terraform_kind: str, body: str) -> None:
    source = f'resource "{terraform_kind}" "x" {{\nname = "x"\n{body}\n}}\n'
    (found,) = terraform.combine([Found("main.tf", note=source.encode())])
    ours = read(template(resource(kind, properties)))
    assert {(check, each.message) for (check, _), each in ours.items()} == {
        (each.check, each.message) for each in found.outcomes
    }
    assert ours


@pytest.mark.parametrize("data", [b"{}", b'{"$schema": "x"}', b"[", b'["$schema deploymentTemplate.json"]'])
def test_other_files_give_nothing(data: bytes) -> None:
    assert read(data) == {}


def test_comments_are_allowed() -> None:
    data = template(resource("Microsoft.KeyVault/vaults", {})).replace(b"{", b"{ // a vault\n", 1)
    assert not read(data)["AZU-0016", "x"].passed


def test_broken_template() -> None:
    with pytest.raises(ParseError, match=r"main\.json"):
        read(b'{"$schema": "deploymentTemplate.json#", ')


@given(st.binary(max_size=100))
def test_any_bytes_end_in_values_or_an_error(data: bytes) -> None:
    try:
        read(b'{"$schema": "deploymentTemplate.json#", "resources": ' + data)
    except ParseError as error:
        assert "main.json" in str(error)  # noqa: PT017 - the other outcome is a value


@given(st.text(alphabet="[]()',abconcatvariables 1", max_size=40))
def test_any_expression_has_a_value(text: str) -> None:
    Template(parameters={}, variables={"a": "[variables('b')]", "b": "[variables('a')]"}).text(f"[{text}]")
