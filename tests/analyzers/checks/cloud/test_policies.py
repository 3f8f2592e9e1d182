# ruff: noqa: E501 - a sample is a line
from functools import cache

import pytest

from analyzers.inventory import Found
from analyzers.misconfig import terraform

GRANT = 'policy = jsonencode({Statement = [{Effect = "Allow", Action = %s, Resource = %s}]})'
BUCKET = 'resource "aws_s3_bucket" "b" {}\n'


def policy(body: str, more: str = "") -> str:
    return f'variable "v" {{}}\n{BUCKET}resource "aws_iam_policy" "p" {{\n  {body}\n}}\n{more}'


def document(statement: str, more: str = "") -> str:
    text = f'data "aws_iam_policy_document" "d" {{\n{more}\n  statement {{\n{statement}\n  }}\n}}\n'
    return policy("policy = data.aws_iam_policy_document.d.json", text)


WILDCARDS = [
    (policy(GRANT % ('"s3:GetObject"', '"arn:aws:s3:::b/*"')), "passed"),
    (policy(GRANT % ('"s3:*"', '"*"')), "failed"),
    (policy(GRANT % ('["s3:*"]', "[aws_s3_bucket.b.arn]")), "passed"),
    (policy(GRANT % ('["*"]', "[aws_s3_bucket.b.arn]")), "failed"),
    (policy(GRANT % ('["s3:*"]', "[var.v]")), "undecided"),
    (policy("policy = var.v"), "undecided"),
    (policy('policy = file("policy.json")'), "undecided"),
    (policy('policy = "{"'), "undecided"),
    (policy('policy = "[]"'), "undecided"),
    (policy("policy = data.http.x.body", 'data "http" "x" {}'), "undecided"),
    (policy("policy = module.x.json", 'module "x" { source = "elsewhere/x/y" }'), "undecided"),
    (policy('policy = jsonencode({Statement = [{Effect = "Deny", Action = "*", Resource = "*"}]})'), "passed"),
    (policy('policy = jsonencode({Statement = [{Effect = "Allow", NotAction = "iam:*", Resource = "*"}]})'), "failed"),
    (policy('policy = jsonencode({Statement = [{Effect = "Allow", Action = "s3:*", NotResource = "x"}]})'), "failed"),
    (document('actions = ["s3:*"]\nresources = ["*"]'), "failed"),
    (document('actions = ["s3:*"]\nresources = [aws_s3_bucket.b.arn]'), "passed"),
    (document('actions = ["s3:*"]\nresources = var.v'), "undecided"),
    (document('actions = var.v\nresources = ["*"]'), "undecided"),
    (document('actions = var.v\nresources = ["arn:x"]'), "undecided"),
    (document('effect = var.v\nactions = ["*"]\nresources = ["*"]'), "undecided"),
    (document('not_actions = ["iam:*"]\nresources = ["*"]'), "failed"),
    (document('actions = ["s3:GetObject"]\nresources = ["x"]', "source_policy_documents = [var.v]"), "undecided"),
    (document('actions = ["s3:GetObject"]\nresources = ["x"]', 'source_policy_documents = ["{}"]'), "passed"),
]  # fmt: skip
ROLES = [
    ("iam:PassRole", "*", "failed"),
    ("iam:passrole", "arn:aws:iam::1:role/*", "failed"),
    ("iam:Pass*", "arn:aws:iam::*:role/*", "failed"),
    ("iam:PassRole", "arn:aws:iam::1:role/backup", "passed"),
    ("iam:GetRole", "*", "passed"),
]
PRINCIPALS = [
    ('type = "*"\nidentifiers = ["*"]', "failed"),
    ('type = "AWS"\nidentifiers = ["arn:aws:iam::1:root"]', "passed"),
    ('type = "AWS"\nidentifiers = var.v', "undecided"),
]
REPOSITORY = """variable "v" {}
data "aws_iam_policy_document" "d" {
  statement {
    actions = ["ecr:Get"]
    principals {
%s
    }
  }
}
resource "aws_ecr_repository_policy" "p" {
  policy = data.aws_iam_policy_document.d.json
}
"""
CASES = [
    *(("AWS-0057", "aws_iam_policy.p", *each) for each in WILDCARDS),
    *(
        ("AWS-0342", "aws_iam_policy.p", policy(GRANT % (f'"{action}"', f'"{resource}"')), outcome)
        for action, resource, outcome in ROLES
    ),
    *(("AWS-0032", "aws_ecr_repository_policy.p", REPOSITORY % one, outcome) for one, outcome in PRINCIPALS),
]
"""Check, resource, text, and what the check says."""


@cache
def judged() -> dict[str, Found]:
    """Return what is said of each case, all evaluated at once, in directories of their own."""
    given = [Found(f"{number}/main.tf", note=case[2].encode()) for number, case in enumerate(CASES)]
    return {each.path: each for each in terraform.combine(given)}


@pytest.mark.parametrize("number", range(len(CASES)))
def test_what_policies_allow(number: int) -> None:
    check, resource, _, outcome = CASES[number]
    found = judged()[f"{number}/main.tf"]
    outcomes = [each for each in found.outcomes if (each.check, each.resource) == (check, resource)]
    undecided = any(
        check in each.reason for each in found.problems if each.reason.startswith(f"{resource}, ")
    )
    said = "undecided" if undecided else "nothing"
    if outcomes:
        assert not undecided
        said = "passed" if all(each.passed for each in outcomes) else "failed"
    assert said == outcome
