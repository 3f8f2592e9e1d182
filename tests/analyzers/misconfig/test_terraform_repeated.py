# ruff: noqa: E501 - a sample is a line
import pytest

from analyzers.inventory import Found
from analyzers.misconfig import terraform
from analyzers.misconfig._terraform_repeated import unmade

HEAD = (
    'variable "later" {}\nvariable "none" {\n  default = {}\n}\nvariable "two" {\n  default = ["a", "b"]\n}\n'
)
MODULE = 'resource "aws_ebs_volume" "inner" {\n  encrypted = false\n}\n'
REASON = "line 8: its for_each is known at deployment only, so it is not judged"


def judged(**files: str) -> tuple[set[str], list[str]]:
    given = [Found(f"{name.replace('__', '/')}.tf", note=text.encode()) for name, text in files.items()]
    found = list(terraform.combine(given))
    resources = {outcome.resource for each in found for outcome in each.outcomes}
    return resources, [problem.reason for each in found for problem in each.problems]


@pytest.mark.parametrize(
    ("each", "made"),
    [
        ("toset(var.two)", 2),
        ("var.none", 0),
        ("{ for name in var.two : name => name }", 2),
        ("{\n    a = 1 # }\n    b = 2\n  }", 2),
        ("var.later", None),
        ("toset(var.later)", None),
        ("{ for name in var.later : name => name }", None),
        ("{\n    for name in var.later :\n    name => name\n  }", None),
        ('length(var.later) > 0 ? toset(["}"]) : toset([])', None),
        ("toset(data.aws_regions.all.names)", None),
    ],
)
def test_blocks_of_which_there_may_be_some_are_problems(each: str, made: int | None) -> None:
    resources, problems = judged(
        main=f'{HEAD}resource "aws_ebs_volume" "x" {{\n  for_each = {each}\n  size = 1\n}}\ndata "aws_regions" "all" {{}}\n'
    )
    assert len(resources) == (made or 0)
    assert problems == ([f"aws_ebs_volume.x, {REASON}"] if made is None else [])


def test_modules_of_which_there_may_be_some_are_problems() -> None:
    call = f'{HEAD}module "m" {{\n  for_each = var.later\n  source   = "./inner"\n}}\n'
    assert judged(main=call, inner__main=MODULE) == (set(), [f"module.m, {REASON}"])


def test_modules_with_a_count_are_known() -> None:
    call = 'variable "later" {}\nmodule "m" {\n  count  = var.later\n  source = "./inner"\n}\n'
    assert judged(main=call, inner__main=MODULE) == ({"module.m[0].aws_ebs_volume.inner"}, [])


def test_loops_of_blocks_inside_are_not_the_resources() -> None:
    text = (
        f'{HEAD}resource "aws_db_instance" "x" {{\n  count = 0\n  dynamic "timeouts" {{\n'
        "    for_each = var.later\n    content {}\n  }\n}\n"
    )
    assert judged(main=text) == (set(), [])


def test_what_cannot_be_cut_out_is_a_problem() -> None:
    text = f'{HEAD}resource "aws_ebs_volume" "x" {{\n  for_each = var.none == "${{"\n}}\n'
    _, problems = judged(main=text)
    assert problems


@pytest.mark.parametrize(
    "text", ["", 'resource "a" "b" {', 'resource "a" "b" {\n}', 'resource "a" "b" {\n\n  for_each =']
)
def test_other_texts_have_none(text: str) -> None:
    assert unmade({}, "", {"main.tf": text.splitlines()}) == ()


@pytest.mark.parametrize(
    ("each", "state"),
    [
        ("var.none", [False]),
        ("[]", [False]),
        ("var.two", [True]),
        ("var.later", []),
        ("each.value.logs", []),
    ],
)
def test_parts_of_which_there_are_none_are_absent(each: str, state: list[bool]) -> None:
    text = (
        f'{HEAD}resource "aws_s3_bucket" "x" {{\n  dynamic "logging" {{\n    for_each = {each}\n'
        '    content {\n      target_bucket = "logs"\n    }\n  }\n}\n'
    )
    (found,) = terraform.combine([Found("main.tf", note=text.encode())])
    assert [outcome.passed for outcome in found.outcomes if outcome.check == "AWS-0089"] == state
    undecided = "known at deployment only, so these are not judged: AWS-0089 (logging)"
    assert [undecided in problem.reason for problem in found.problems] == [True] * (not state)


def test_parts_are_those_of_each_call_of_a_module() -> None:
    inner = (
        'variable "logs" {}\nresource "aws_s3_bucket" "x" {\n  dynamic "logging" {\n    for_each = var.logs\n'
        '    content {\n      target_bucket = "logs"\n    }\n  }\n}\n'
    )
    calls = "".join(
        f'module "{name}" {{\n  source = "./inner"\n  logs   = {value}\n}}\n'
        for name, value in (("with", '["a"]'), ("without", "[]"), ("later", "var.later"))
    )
    given = [Found("main.tf", note=f"{HEAD}{calls}".encode()), Found("inner/main.tf", note=inner.encode())]
    _, found = terraform.combine(given)
    assert {each.resource: each.passed for each in found.outcomes if each.check == "AWS-0089"} == {
        "module.with.aws_s3_bucket.x": True,
        "module.without.aws_s3_bucket.x": False,
    }
    assert [each.reason.partition(",")[0] for each in found.problems] == ["module.later.aws_s3_bucket.x"]


def test_blocks_in_json() -> None:
    text = """{
  "variable": {"v": {}, "none": {"default": []}},
  "resource": {"aws_ebs_volume": {
    "a": {"for_each": "${var.v}"},
    "b": {"for_each": "${toset(var.none)}"},
    "c": [{"for_each": "${toset([\\"x\\"])}"}],
    "d": {"for_each": {}}
  }},
  "module": {
    "m": {"source": "./m", "for_each": "${var.v}"}
  }
}
"""
    inner = 'resource "aws_ebs_volume" "z" {}\n'
    given = [Found("main.tf.json", note=text.encode()), Found("m/main.tf", note=inner.encode())]
    found = list(terraform.combine(given))
    assert [problem.reason for each in found for problem in each.problems] == [
        "aws_ebs_volume.a, line 4: its for_each is known at deployment only, so it is not judged",
        "module.m, line 10: its for_each is known at deployment only, so it is not judged",
    ]
    assert {outcome.resource for each in found for outcome in each.outcomes} == {'aws_ebs_volume.c["x"]'}


@pytest.mark.parametrize(
    "text", ['{"for_each": 1', '["for_each"]', '{"resource": {"a": {"b": [{"for_each": []}, 1]}}}']
)
def test_odd_json_is_no_error(text: str) -> None:
    assert len(unmade({}, "", {"a.tf.json": text.splitlines()})) <= 1
