import pytest

from analyzers.checks.cloud.model import Block, Resource
from analyzers.checks.cloud.secrets_shown import without_secrets
from analyzers.inventory import File, Found, Outcome
from analyzers.misconfig import cloudformation, terraform

SECRET = "hunter" + "22hunter"


def shown(text: str) -> str:
    (found,) = terraform.combine([Found("main.tf", note=text.encode())])
    return "\n".join(line.content for each in found.outcomes for line in each.code)


@pytest.mark.parametrize(
    "body",
    [
        f'password = "{SECRET}"',
        f'environment_variable {{\n    name = "API_TOKEN"\n    value = "{SECRET}"\n  }}',
        f'user_data = "export DB_PASSWORD={SECRET}"',
        f"user_data = <<-EOT\n    #!/bin/sh\n    export DB_PASSWORD='{SECRET}'\n  EOT",
        f'master_auth {{\n    client_secret = "{SECRET}"\n  }}',
        f'master_auth {{\n    client_secret = "{SECRET}\\"x"\n  }}',
    ],
)
def test_secrets_are_not_shown(body: str) -> None:
    text = shown(f'resource "aws_instance" "x" {{\n  {body}\n}}\n')
    assert SECRET not in text
    assert "*" * len(SECRET) in text


@pytest.mark.parametrize(
    "body", ["password = var.secret", 'name = "hunter"', 'kms_key_id = "alias/shop"', 'api_token = "true"']
)
def test_other_lines_are_shown_as_they_are(body: str) -> None:
    text = f'variable "secret" {{\n  default = "{SECRET}"\n}}\nresource "aws_instance" "x" {{\n  {body}\n}}\n'
    assert f"  {body}\n" in shown(text)


def test_environments_of_containers_are_shown_without_secrets() -> None:
    text = shown(
        'resource "aws_ecs_task_definition" "x" {\n  container_definitions = jsonencode([{\n'
        "    environment = [\n"
        f'      {{ name = "DB_PASSWORD", value = "{SECRET}" }}\n    ]\n  }}])\n}}\n'
        f'resource "aws_db_instance" "y" {{\n  password = "{SECRET}"\n}}\n'
    )
    assert SECRET not in text


def test_templates_are_shown_without_secrets() -> None:
    data = (
        "Resources:\n  x:\n    Type: AWS::RDS::DBCluster\n"
        f"    Properties:\n      MasterUserPassword: {SECRET}\n      StorageEncrypted: false\n"
    )
    outcomes = [
        each for each in cloudformation.parse(File("a.yaml", data.encode())) if isinstance(each, Outcome)
    ]
    text = "\n".join(line.content for each in outcomes for line in each.code)
    assert f"MasterUserPassword: {'*' * len(SECRET)}" in text


def test_a_text_in_base64_is_not_shown() -> None:
    encoded = "ZXhwb3J0IERCX1BBU1NXT1JEPWh1bnRlcjIyaHVudGVy"
    block = Block(values={"user_data": encoded}, lines=(1, 1))
    resource = Resource(kind="aws_instance", name="x", file="main.tf", attributes=block)
    lines = {"main.tf": [f'user_data = "{encoded}"'], "other.tf": ["x"]}
    assert without_secrets(lines, [resource]) == {
        "main.tf": [f'user_data = "{"*" * len(encoded)}"'],
        "other.tf": ["x"],
    }
