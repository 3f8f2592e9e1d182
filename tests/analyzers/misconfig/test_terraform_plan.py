import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.inventory import File, Found, Outcome, Problem
from analyzers.misconfig import terraform
from analyzers.misconfig.terraform_plan import ANALYZER


def resource(kind: str, name: str, values: object, module: str = "") -> dict[str, object]:
    return {
        "address": f"{module}{kind}.{name}",
        "mode": "managed",
        "type": kind,
        "name": name,
        "values": values,
    }


def plan(resources: list[object], **more: object) -> bytes:
    value = {
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": resources}},
        **more,
    }
    return json.dumps(value).encode()


def read(data: bytes) -> dict[tuple[str, str], Outcome]:
    found = [each for each in ANALYZER.parse(File("plan.json", data)) if isinstance(each, Outcome)]
    return {(each.check, each.resource): each for each in found}


def undecided(data: bytes) -> str:
    return " ".join(
        each.reason for each in ANALYZER.parse(File("plan.json", data)) if isinstance(each, Problem)
    )


def test_links_by_references_and_values_known_later() -> None:
    bucket = resource("aws_s3_bucket", "logs", {"bucket": None, "logging": []})
    block = resource(
        "aws_s3_bucket_public_access_block", "a", {"block_public_acls": True, "ignore_public_acls": False}
    )
    data = plan(
        [bucket, block],
        resource_changes=[
            {
                "address": block["address"],
                "change": {"after_unknown": {"bucket": True, "block_public_policy": True}},
            }
        ],
        configuration={
            "root_module": {
                "resources": [
                    {
                        "address": block["address"],
                        "expressions": {
                            "bucket": {"references": ["aws_s3_bucket.logs.id", "aws_s3_bucket.logs"]},
                            "block_public_policy": {"references": ["var.block"]},
                        },
                    }
                ]
            }
        },
    )
    found = read(data)
    passed = {
        check: found[check, "aws_s3_bucket.logs"].passed for check in ("AWS-0086", "AWS-0091", "AWS-0089")
    }
    assert passed == {"AWS-0086": True, "AWS-0091": False, "AWS-0089": False}
    assert ("AWS-0087", "aws_s3_bucket.logs") not in found
    assert "AWS-0087 (block_public_policy)" in undecided(data)
    assert {each.file_type for each in found.values()} == {"terraformplan"}


def planned(values: object, unknown: object, expressions: object) -> bytes:
    volume = resource("aws_instance", "x", values)
    return plan(
        [volume],
        resource_changes=[{"address": "aws_instance.x", "change": {"after_unknown": unknown}}],
        configuration={
            "root_module": {"resources": [{"address": "aws_instance.x", "expressions": expressions}]}
        },
    )


def test_what_is_not_configured_is_as_the_provider_has_it() -> None:
    data = planned({}, {"root_block_device": True}, {})
    assert not read(data)["AWS-0131", "aws_instance.x"].passed
    assert "AWS-0131" not in undecided(data)


def test_what_is_configured_and_known_later_is_not_judged() -> None:
    data = planned({}, {"root_block_device": True}, {"root_block_device": [{}]})
    assert ("AWS-0131", "aws_instance.x") not in read(data)
    assert undecided(data) == (
        "aws_instance.x: known at deployment only, so these are not judged: "
        "AWS-0131 (root_block_device.encrypted)"
    )


def test_modules_are_judged() -> None:
    inner = resource("aws_ebs_volume", "v", {"encrypted": False}, "module.m.")
    data = json.dumps(
        {
            "terraform_version": "1",
            "planned_values": {"root_module": {"child_modules": [{"resources": [inner]}]}},
        }
    )
    assert not read(data.encode())["AWS-0026", "module.m.aws_ebs_volume.v"].passed


@pytest.mark.parametrize(
    ("kind", "values", "body"),
    [
        ("aws_ebs_volume", {"encrypted": True, "kms_key_id": None}, "encrypted = true"),
        (
            "aws_instance",
            {"metadata_options": [{"http_tokens": "required"}]},
            'metadata_options {\nhttp_tokens = "required"\n}',
        ),
        (
            "azurerm_storage_account",
            {"network_rules": [{"default_action": "Allow"}]},
            'network_rules {\ndefault_action = "Allow"\n}',
        ),
        ("google_compute_instance", {"can_ip_forward": True, "boot_disk": []}, "can_ip_forward = true"),
        (
            "aws_security_group",
            {"ingress": [{"cidr_blocks": ["0.0.0.0/0"], "protocol": "-1"}]},
            'ingress {\nprotocol = "-1"\ncidr_blocks = ["0.0.0.0/0"]\n}',
        ),
    ],
)
def test_says_what_its_configuration_says(kind: str, values: object, body: str) -> None:
    (found,) = terraform.combine([Found("main.tf", note=f'resource "{kind}" "x" {{\n{body}\n}}\n'.encode())])
    ours = read(plan([resource(kind, "x", values)]))
    assert {(*key, each.message) for key, each in ours.items()} == {
        (each.check, each.resource, each.message) for each in found.outcomes
    }
    assert ours


@pytest.mark.parametrize(
    "data", [b"{}", b'{"terraform_version": 1}', b"[", b'["terraform_version", "planned_values"]']
)
def test_other_files_give_nothing(data: bytes) -> None:
    assert read(data) == {}


@given(st.binary(max_size=100))
def test_any_bytes_end_in_values_or_an_error(data: bytes) -> None:
    try:
        read(b'{"terraform_version": 1, "planned_values": ' + data)
    except ParseError as error:
        assert "plan.json" in str(error)  # noqa: PT017 - the other outcome is a value


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=3),
        lambda one: (
            st.lists(one, max_size=3)
            | st.dictionaries(st.sampled_from(["acl", "logging", "rule", "bucket"]), one, max_size=3)
        ),
        max_leaves=9,
    )
)
def test_any_values_are_judged(values: object) -> None:
    data = plan(
        [resource("aws_s3_bucket", "x", {"acl": values, "server_side_encryption_configuration": values})],
        resource_changes=[{"address": "aws_s3_bucket.x", "change": {"after_unknown": values}}],
    )
    assert ("AWS-0094", "aws_s3_bucket.x") in read(data)
