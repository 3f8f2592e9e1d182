# ruff: noqa: E501 - a sample is a line
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.inventory import File, Found, Note, Outcome
from analyzers.misconfig import _terraform_evaluation as evaluation
from analyzers.misconfig.terraform import ANALYZER, combine

BUCKET = 'resource "aws_s3_bucket" "logs" {\n  bucket = "logs-1"\n}\n'


def judged(files: dict[str, str]) -> dict[str, Found]:
    found = list(combine([Found(path, note=text.encode()) for path, text in sorted(files.items())]))
    assert [each.path for each in found] == sorted(files)
    return {each.path: each for each in found}


def failing(found: Found) -> dict[tuple[str, str], tuple[int, int]]:
    return {
        (each.check, each.resource): (each.start_line, each.end_line)
        for each in found.outcomes
        if not each.passed
    }


def test_a_file_is_kept_until_all_are_there() -> None:
    assert list(ANALYZER.parse(File("main.tf", b"locals {}"))) == [Note(b"locals {}")]


def test_links_across_files_and_names() -> None:
    access = 'resource "aws_s3_bucket_public_access_block" "a" {\n  bucket = aws_s3_bucket.logs.id\n  block_public_acls = true\n  ignore_public_acls = false\n}\n'
    found = judged({"access.tf": access, "main.tf": BUCKET})
    fails = failing(found["main.tf"])
    assert ("AWS-0086", "aws_s3_bucket.logs") not in fails
    assert fails["AWS-0091", "aws_s3_bucket.logs"] == (1, 3)
    assert found["access.tf"].outcomes == ()


def test_variables_from_files_reach_modules() -> None:
    files = {
        "live/main.tf": 'variable "open" {}\nmodule "m" {\n  source = "../modules/db"\n  open = var.open\n}\n',
        "live/terraform.tfvars": "open = true\n",
        "modules/db/main.tf": 'variable "open" {}\nresource "aws_db_instance" "x" {\n  publicly_accessible = var.open\n}\n',
    }
    found = judged(files)
    assert failing(found["modules/db/main.tf"])["AWS-0180", "module.m.aws_db_instance.x"] == (3, 3)
    assert found["live/main.tf"].problems == ()


@pytest.mark.parametrize(
    ("value", "is_failing"),
    [
        ("var.unset", False),
        ("var.null", True),
        ("null", True),
        ("data.aws_kms_key.k.arn", False),
        ("aws_kms_key.k.arn", False),
        ('"alias/x"', False),
        ('""', True),
        ('file("../../../../../../../etc/hostname")', False),
    ],
)
def test_unknown_is_not_absent(value: str, is_failing: bool) -> None:  # noqa: FBT001 - a table's column
    text = (
        'variable "unset" {}\nvariable "null" {\n  default = null\n}\ndata "aws_kms_key" "k" {}\nresource "aws_kms_key" "k" {}\n'
        f'resource "aws_sns_topic" "t" {{\n  kms_master_key_id = {value}\n}}\n'
    )
    fails = failing(judged({"main.tf": text})["main.tf"])
    assert (("AWS-0095", "aws_sns_topic.t") in fails) is is_failing


def test_dynamic_blocks_of_unknown_values_are_unknown() -> None:
    text = 'variable "a" {}\nresource "aws_eks_cluster" "x" {\n  dynamic "encryption_config" {\n    for_each = var.a\n    content {\n      resources = []\n    }\n  }\n}\n'
    fails = failing(judged({"main.tf": text})["main.tf"])
    assert ("AWS-0039", "aws_eks_cluster.x") not in fails
    assert ("AWS-0038", "aws_eks_cluster.x") in fails


def test_each_instance_has_a_name() -> None:
    text = 'resource "aws_ebs_volume" "v" {\n  for_each = toset(["a", "b"])\n}\n'
    fails = failing(judged({"main.tf": text})["main.tf"])
    assert {name for check, name in fails if check == "AWS-0026"} == {
        'aws_ebs_volume.v["a"]',
        'aws_ebs_volume.v["b"]',
    }


def test_policy_documents() -> None:
    text = 'data "aws_iam_policy_document" "d" {\n  statement {\n    actions = ["*"]\n    resources = ["*"]\n  }\n}\nresource "aws_iam_policy" "p" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
    assert failing(judged({"main.tf": text})["main.tf"]) == {("AWS-0057", "aws_iam_policy.p"): (8, 8)}


def test_code_and_ignore() -> None:
    text = 'resource "aws_ebs_volume" "v" {\n  encrypted = false #trivy:ignore:AVD-AWS-0026\n}\n'
    (found,) = [each for each in judged({"main.tf": text})["main.tf"].outcomes if each.check == "AWS-0026"]
    assert found.ignored == "#trivy:ignore:AVD-AWS-0026"
    assert [line.number for line in found.code] == [2]
    assert found.file_type == "terraform"


def test_broken_file_is_a_problem_and_others_are_judged() -> None:
    found = judged({"a/main.tf": 'resource "x" {', "b/main.tf": 'resource "aws_ebs_volume" "v" {}\n'})
    assert found["a/main.tf"].problems[0].path == "a/main.tf"
    assert ("AWS-0026", "aws_ebs_volume.v") in failing(found["b/main.tf"])


def test_modules_from_elsewhere_are_problems() -> None:
    text = 'module "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n}\nmodule "out" {\n  source = "../../x"\n}\n'
    reasons = [each.reason for each in judged({"main.tf": text})["main.tf"].problems]
    assert {reason.split(":")[0] for reason in reasons} == {"module.vpc", "module.out"}


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "find_spec", lambda _: None)
    (problem,) = judged({"main.tf": BUCKET})["main.tf"].problems
    assert problem.reason == evaluation.MISSING


@pytest.mark.parametrize("path", ["/".join(["d"] * 80) + "/a.tf", "x" * 300 + ".tf", "a\0.tf"])
def test_odd_paths_are_problems(path: str) -> None:
    (found,) = combine([Found(path, note=b"locals {}")])
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    ("path", "data", "tamed"),
    [
        ("a.tf", b'x = file("/etc/passwd")', b'x = unread("/etc/passwd")'),
        ("a.tf", b'x = templatefile /* */ ("a", {})', b'x = unread /* */ ("a", {})'),
        ("a.tf", b'source = "../m"', b'source = "unread"'),
        ("a/a.tf", b'source = "../m"', b'source = "../m"'),
        ("a/a.tf", b"source = var.x", b'source = "unread"'),
        ("a.tf", b'source = "hashicorp/aws"', b'source = "hashicorp/aws"'),
        ("a.tf.json", b'{"x":"${f\\u0069le(1)}"}', b'{\n  "x": "${unread(1)}"\n}'),
    ],
)
def test_nothing_outside_is_read(path: str, data: bytes, tamed: bytes) -> None:
    assert evaluation.tamed(path, data) == tamed


@pytest.mark.parametrize(
    ("files", "roots"),
    [
        ({"main.tf": b"", "x.txt": b""}, [""]),
        ({"a/main.tf": b'source = "../b"', "b/main.tf": b""}, ["a"]),
        ({"a/main.tf": b'source = "../b"', "b/main.tf": b'source = "../a"'}, ["a"]),
        ({"main.tf": b'source = "./m"', "m/x.tf": b"", "n/x.tf": b""}, ["", "n"]),
        ({"terraform.tfvars": b""}, []),
    ],
)
def test_root_modules(files: dict[str, bytes], roots: list[str]) -> None:
    assert [each.root for each in evaluation.evaluate(files)] == roots


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=100))
def test_any_bytes_end_in_outcomes_or_problems(data: bytes) -> None:
    found = list(combine([Found("a.tf", note=data), Found("b.tf.json", note=data)]))
    assert [each.path for each in found] == ["a.tf", "b.tf.json"]
    assert all(isinstance(each, Outcome) for one in found for each in one.outcomes)


def test_settings_of_a_bucket_are_found_behind_a_condition() -> None:
    (found,) = combine(
        [
            Found(
                "main.tf",
                note=b'variable "later" {}\nresource "aws_s3_bucket" "b" {\n}\n'
                b'resource "aws_s3_bucket_versioning" "b" {\n'
                b"  bucket = var.later ? aws_s3_bucket_policy.p[0].id : aws_s3_bucket.b.id\n"
                b'  versioning_configuration {\n    status = "Enabled"\n  }\n}\n',
            )
        ]
    )
    passed = {each.check: each.passed for each in found.outcomes if each.resource == "aws_s3_bucket.b"}
    assert passed["AWS-0090"]


def test_each_broken_file_is_named_and_the_others_are_judged() -> None:
    files = {
        "a.tf": 'resource "aws_s3_bucket" "a" {\n  acl = var.acl\n}\n',
        "b.tf": "locals {\n  x = \n}\n",
        "c.tf": 'variable "acl" {\n  default = "\n}\n',
        "d.tf": 'resource "aws_ebs_volume" "v" {\n  for_each = toset([\n}\nmodule "m" {\n  source = "./m"\n}\n',
        "e.tf": 'module "m" {\n  source = "./m"\n}\n',
        "m/bad.tf": "resource {",
        "m/main.tf": 'resource "aws_ebs_volume" "v" {}\n',
        "terraform.tfvars": "x = [",
    }
    found = judged(files)
    assert ("AWS-0086", "aws_s3_bucket.a") in failing(found["a.tf"])
    assert ("AWS-0026", "module.m.aws_ebs_volume.v") in failing(found["m/main.tf"])
    told = {path: [each.reason.split(":")[0] for each in one.problems] for path, one in found.items()}
    assert told == {
        "a.tf": ["aws_s3_bucket.a, line 1"],
        "b.tf": ["line 2"],
        "c.tf": ["line 2"],
        "d.tf": ["line 3"],
        "e.tf": [],
        "m/bad.tf": ["line 1"],
        "m/main.tf": [],
        "terraform.tfvars": ["line 1"],
    }


def test_only_broken_files() -> None:
    found = judged({"a.tf": "resource {", "b.tf": "x = "})
    assert [len(each.problems) for each in found.values()] == [1, 1]


MODULE = 'variable "acl" {}\nresource "aws_s3_bucket" "b" {\n  acl = var.acl\n}\n'
LIST = '{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"m","Source":"registry.terraform.io/a/m/aws","Version":"1.0.0","Dir":"%s"}]}'


@pytest.mark.parametrize("root", ["", "live/"])
def test_modules_that_were_fetched_are_judged_as_they_are_called(root: str) -> None:
    folder = f"{root}.terraform/modules"
    files = {
        f"{root}main.tf": 'module "m" {\n  source = "a/m/aws"\n  version = "1.0.0"\n  acl = "public-read"\n}\n',
        f"{folder}/modules.json": LIST % ".terraform/modules/m",
        f"{folder}/m/main.tf": MODULE,
        f"{folder}/m/examples/all/main.tf": MODULE,
    }
    found = judged(files)
    assert failing(found[f"{folder}/m/main.tf"])["AWS-0092", "module.m.aws_s3_bucket.b"] == (3, 3)
    assert {each.resource for each in found[f"{folder}/m/main.tf"].outcomes} == {"module.m.aws_s3_bucket.b"}
    assert found[f"{folder}/m/examples/all/main.tf"].outcomes == ()
    assert [one.reason for each in found.values() for one in each.problems] == []


@pytest.mark.parametrize("directory", ["../../elsewhere", "/elsewhere", "../..", "a/../../../b"])
def test_modules_outside_of_the_tree_are_not_read(directory: str) -> None:
    written = evaluation.tamed("x/.terraform/modules/modules.json", (LIST % directory).encode())
    assert b'"m"' not in written


@given(st.binary(max_size=200))
@settings(max_examples=50)
def test_any_list_of_modules_ends(data: bytes) -> None:
    try:
        evaluation.tamed(".terraform/modules/modules.json", data)
    except ParseError:
        return


def test_a_broken_list_of_modules_is_a_problem() -> None:
    found = judged({".terraform/modules/modules.json": "{", "main.tf": BUCKET})
    assert len(found[".terraform/modules/modules.json"].problems) == 1
    assert failing(found["main.tf"])


def test_resources_of_providers_that_no_check_judges_are_told_once() -> None:
    text = (
        'resource "acme_host" "a" {}\nresource "acme_host" "b" {}\nresource "other_wall" "c" {}\ndata "acme_x" "d" {}\n'
        'resource "random_password" "p" {}\nresource "aws_route53_record" "r" {}\n'
    )
    found = judged({"main.tf": text})
    assert [each.reason for each in found["main.tf"].problems] == [
        "3 resources of providers that no check judges: acme_host (2), other_wall (1)"
    ]


def test_kinds_without_checks_are_no_problem() -> None:
    (found,) = judged({"main.tf": 'resource "aws_route53_record" "r" {}\n'}).values()
    assert found.problems == ()


UUID = "1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize("value", [f'"{UUID}"', "random_uuid.u.result"])
def test_values_that_the_library_makes_up_are_those_of_a_resource(value: str) -> None:
    text = (
        'resource "random_uuid" "u" {}\nresource "github_actions_secret" "s" {\n  plaintext_value = %s\n}\n'
        'resource "aws_s3_bucket" "b" {\n  bucket = %s\n}\n'
    )
    (found,) = judged({"main.tf": text % (value, value)}).values()
    assert found.problems == ()
    assert (("GIT-0002", "github_actions_secret.s") in failing(found)) is value.startswith('"')
