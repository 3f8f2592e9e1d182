# ruff: noqa: E501 - a sample is a line
import pytest

from analyzers.inventory import Found
from analyzers.misconfig import terraform

GRANT = 'policy = jsonencode({Statement = [{Effect = "Allow", Action = %s, Resource = %s}]})'
BUCKET = 'resource "aws_s3_bucket" "b" {}\n'


def said(check: str, text: str, resource: str = "aws_iam_policy.p") -> str:
    (found,) = terraform.combine([Found("main.tf", note=text.encode())])
    outcomes = [each for each in found.outcomes if (each.check, each.resource) == (check, resource)]
    undecided = [each.reason for each in found.problems if each.reason.startswith(f"{resource}, ")]
    if outcomes:
        assert not any(check in each for each in undecided)
        return "passed" if all(each.passed for each in outcomes) else "failed"
    return "undecided" if any(check in each for each in undecided) else "nothing"


def policy(body: str, more: str = "") -> str:
    return f'variable "v" {{}}\n{BUCKET}resource "aws_iam_policy" "p" {{\n  {body}\n}}\n{more}'


def document(statement: str, more: str = "") -> str:
    text = f'data "aws_iam_policy_document" "d" {{\n{more}\n  statement {{\n{statement}\n  }}\n}}\n'
    return policy("policy = data.aws_iam_policy_document.d.json", text)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
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
    ],
)  # fmt: skip
def test_wildcards(text: str, outcome: str) -> None:
    assert said("AWS-0057", text) == outcome


@pytest.mark.parametrize(
    ("action", "resource", "outcome"),
    [
        ("iam:PassRole", "*", "failed"),
        ("iam:passrole", "arn:aws:iam::1:role/*", "failed"),
        ("iam:Pass*", "arn:aws:iam::*:role/*", "failed"),
        ("iam:PassRole", "arn:aws:iam::1:role/backup", "passed"),
        ("iam:GetRole", "*", "passed"),
    ],
)
def test_roles_that_are_passed(action: str, resource: str, outcome: str) -> None:
    assert said("AWS-0342", policy(GRANT % (f'"{action}"', f'"{resource}"'))) == outcome


@pytest.mark.parametrize(
    ("principals", "outcome"),
    [
        ('type = "*"\nidentifiers = ["*"]', "failed"),
        ('type = "AWS"\nidentifiers = ["arn:aws:iam::1:root"]', "passed"),
        ('type = "AWS"\nidentifiers = var.v', "undecided"),
    ],
)
def test_everybody_as_a_principal(principals: str, outcome: str) -> None:
    text = (
        f'variable "v" {{}}\ndata "aws_iam_policy_document" "d" {{\nstatement {{\nactions = ["ecr:Get"]\n'
        f"principals {{\n{principals}\n}}\n}}\n}}\n"
        'resource "aws_ecr_repository_policy" "p" {\npolicy = data.aws_iam_policy_document.d.json\n}\n'
    )
    assert said("AWS-0032", text, "aws_ecr_repository_policy.p") == outcome
