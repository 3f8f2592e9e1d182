from base64 import b64encode
from random import Random

import pytest

from analyzers.secrets._engine import SecretScanner
from analyzers.secrets._keywords import by_keywords
from analyzers.secrets._samples import ALNUM, HEX, uuid, word
from analyzers.secrets._trivy_config import load_trivy_secret_yaml
from analyzers.secrets.rules import RULES

SCANNERS = (SecretScanner(), SecretScanner(first=by_keywords(RULES)))
SEEDS = range(3)
NAMES = (
    *("password", "dbPassword", "DB_PASSWD", "adminPass", "smtp_pwd", "clientSecret", "client_secret"),
    *("apiKey", "API_KEY", "auth_token", "access-key", "token", "TOKEN", "botToken", "credentials", "key"),
    *("encryptionKey", "SECRET_KEY_BASE", "passphrase"),
)
QUOTED = (
    *('NAME: "VALUE"', "NAME: 'VALUE'  # note", '{"NAME": "VALUE"}', 'NAME = "VALUE" ; note'),
    *('export NAME="VALUE" # note', "const NAME = 'VALUE'", "const NAME = `VALUE`;", 'NAME: str = "VALUE"'),
    *('private readonly NAME: string = "VALUE";', 'const NAME string = "VALUE"', 'NAME := "VALUE"'),
    *('call(NAME="VALUE", retries=1)', "settings['NAME'] = 'VALUE'", "'NAME' => 'VALUE',"),
    *("define('NAME', 'VALUE');", '$env:NAME = "VALUE"', '<add key="NAME" value="VALUE"/>'),
    *('<server NAME="VALUE" />', '<property name="NAME" value="VALUE"/>', 'NAME: ["VALUE"]'),
    *('ENV A=b NAME="VALUE" C=d', 'body = "{\\"NAME\\": \\"VALUE\\"}"', 'p.setProperty("NAME", "VALUE");'),
)
PLAIN = (
    *("NAME: VALUE", "NAME: VALUE  # note", "  - NAME: VALUE", "      - NAME=VALUE", '      - "NAME=VALUE"'),
    *("NAME = VALUE", "NAME = VALUE ; note", "NAME=VALUE # note", "export NAME=VALUE", "NAME=VALUE ./run"),
    *("ENV A=b NAME=VALUE", "ARG NAME=VALUE", "set NAME=VALUE", "run --NAME=VALUE x"),
    "curl https://api.internal/jobs?NAME=VALUE",
)
NOT_IN_CODE = ("adminPass",)
"""With a value in quotes only: in code without quotes, the value is an expression."""


def rules(text: str, path: str = "srv/app/settings.yml") -> list[str]:
    found = [[secret.rule for secret in scanner.scan(path, text.encode())] for scanner in SCANNERS]
    assert found[0] == found[1]
    return found[0]


def values(length: int) -> list[str]:
    return [word(length, ALNUM)(Random(seed)) for seed in SEEDS]


@pytest.mark.parametrize("length", [20, 32, 40])
@pytest.mark.parametrize("line", [*QUOTED, *PLAIN])
@pytest.mark.parametrize("name", NAMES)
def test_a_random_value_is_a_secret_however_it_is_given(name: str, line: str, length: int) -> None:
    if name in NOT_IN_CODE and line in PLAIN:
        return
    for value in values(length):
        assert len(rules(f"a: 1\n{line.replace('NAME', name).replace('VALUE', value)}\nb: 2\n")) == 1


@pytest.mark.parametrize("name", ["token", "botToken", "api_key", "client_secret"])
def test_hexadecimal_values_are_secrets_but_for_plain_keys(name: str) -> None:
    for seed in SEEDS:
        value = word(32, HEX)(Random(seed))
        assert rules(f"{name}: {value}\n") == ["generic-api-key"]
        assert rules(f"key: {value}\n") == []


def test_a_uuid_is_a_secret_where_the_name_says_for_what() -> None:
    for seed in SEEDS:
        value = uuid(Random(seed))
        found = [
            rules(f"{name}: {value}\n") for name in ("api_token", "accessToken", "client_secret", "token")
        ]
        assert found == [["generic-api-key"]] * 3 + [[]]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("users:\n- name: ci\n  user:\n    token: VALUE\n", "kubeconfig-token"),
        ('{"users": [{"name": "ci", "user": {"token": "VALUE"}}]}', "kubeconfig-token"),
        ('provider "cloud" {\n  region = "a"\n  token = "VALUE"\n}\n', "terraform-provider-credential"),
        ('provider "cloud" {\n  admin_password = "VALUE"\n}\n', "terraform-provider-credential"),
        ("- name: DB_PASSWORD\n  value: VALUE\n", "container-env-secret"),
        ('{"name": "API_TOKEN", "value": "VALUE"}', "container-env-secret"),
        ("docker login -u ci -p VALUE registry.internal", "login-password"),
        ("sshpass -p 'VALUE' ssh ci@host", "login-password"),
        ("mysqldump -u root -pVALUE shop", "login-password"),
        ("RUN echo 'root:VALUE' | chpasswd", "chpasswd-password"),
        ("$p = ConvertTo-SecureString -String 'VALUE' -AsPlainText -Force", "powershell-secure-string"),
        ("$p = ConvertTo-SecureString -AsPlainText -Force 'VALUE'", "powershell-secure-string"),
        ("CREATE USER a IDENTIFIED WITH caching_sha2_password BY 'VALUE';", "sql-password"),
        ("ALTER ROLE app WITH LOGIN PASSWORD 'VALUE';", "sql-password"),
        ("CREATE ROLE app PASSWORD 'VALUE';", "sql-password"),
        ("APP_KEY=base64:VALUE", "generic-api-key"),
        ("deployer --api-token VALUE --now", "option-secret"),
        ("deployer --password 'VALUE'", "option-secret"),
        ("kind: Secret\ndata:\n  a: BASE64 # note\n", "kubernetes-secret-data"),
        ("apiVersion: v1\ndata:\n  a: BASE64\nkind: Secret\n", "kubernetes-secret-data"),
        ("kind: Secret\nstringData:\n  a: VALUE\n", "kubernetes-secret-data"),
        ('curl -H "Authorization: Bearer VALUE" https://api.internal', "http-basic-authorization"),
    ],
)
def test_a_place_says_that_a_value_is_a_secret(text: str, rule: str) -> None:
    for value in values(18):
        based = b64encode(value.encode()).decode()
        assert rules(text.replace("VALUE", value).replace("BASE64", based)) == [rule]


@pytest.mark.parametrize(
    "line",
    [
        *(f"{name}: 'VALUE'" for name in ("nextPageToken", "csrf_token", "lockToken", "tokenizer", "monkey")),
        *(f'{name} = "VALUE"' for name in ("cacheKey", "public_key", "PRIMARY_KEY", "i18n.key", "sort-key")),
        "token: 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "deployer --token 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        '<input type="hidden" name="authenticity_token" value="VALUE">',
        "list --next-page-token VALUE",
        "'AWS::MSK::BatchScramSecret': 'ff2b807a577495b0'",
        "key: LicenseRef-scancode-visual-studio-2017-tools",
        "key: ssh-rsa AAAAB3NzaC1yc2EVALUE",
        "key: MIIBIjANBgkqVALUE",
        "credentials: 'gs_oauth2_refresh_token'",
        "token: oauth2client_4_0.client.OAuth2Credentials",
        "password = secret_of_1.value_of_2",
        "run --sasl-password=projects/12345/secrets/sasl-1/versions/1",
        "ThisPass=didScheduleRenderPhaseUpdate=!0;",
        "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef: {name: db-1, key: db-password-1}",
        "- name: DB_PASSWORD_FILE\n  value: /run/secrets/VALUE",
        "docker login -u ci -p $PASSWORD_2VALUE registry.internal",
        "user:\n  tokenFile: /run/secrets/VALUE",
        "kind: ConfigMap\ndata:\n  a: VALUE",
        "kind: Secret\ndata:\n  a: c2hvcnQ=\n  b: aaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
    ],
)
def test_other_names_and_values_are_none(line: str) -> None:
    for value in values(32):
        assert rules(f"a: 1\n{line.replace('VALUE', value)}\n") == []


PLACEHOLDERS = ("shop_lic_0123456789abcdef", "shop_lic_00000000aaaabbbb", "shop_lic_xxxxxxxxxxxxxxxx")
OWN = b"""
rules: [{id: shop, regex: 'shop_lic_(?P<secret>[0-9a-fx]{16})', secret-group-name: secret}]
"""


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_what_we_take_for_a_placeholder_is_a_secret_where_the_user_says_so(value: str) -> None:
    own = SecretScanner(load_trivy_secret_yaml(OWN, "trivy-secret.yaml"))
    assert [secret.rule for secret in own.scan("a.ini", f"key={value}\n".encode())] == ["shop"]
    assert list(own.scan("tests/a.ini", f"key={value}\n".encode())) == []
    allowed = OWN + b"allow-rules: [{id: old, regex: 'shop_lic_[0x]'}]\n"
    own = SecretScanner(load_trivy_secret_yaml(allowed, "trivy-secret.yaml"))
    assert list(own.scan("a.ini", f"key={value}\n".encode())) == []
