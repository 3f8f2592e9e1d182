"""Checks of AWS IAM.

Guidance: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
"""

import re
from collections.abc import Iterable, Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.model import Block, Subject, Unknown, Value
from analyzers.checks.cloud.policies import statements
from analyzers.checks.cloud.rules import HIGH, LOW, MEDIUM, Service, at_least, at_most, cause, on, whole

_IAM = Service("aws", "iam")
_PASSWORDS = "aws_iam_account_password_policy"
_POLICIES = ("aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy")
_EVERYTHING, _WILDCARD = re.compile(r"\*"), re.compile(r".*\*.*")
_EVERY_ACTION = re.compile(r"\*|\*:\*")
_PASS_ROLE = re.compile(r"iam:pass(?:role|\w*\*)", re.IGNORECASE)
_MFA = "aws:multifactorauthpresent"
_DEEPEST = 10
_ANY_ROLE = re.compile(r"\*|arn:[\w*-]+:iam::[\d*]*:(?:role/)?\*", re.IGNORECASE)


def _granted(subject: Subject, actions: re.Pattern[str], resources: re.Pattern[str] | None) -> Iterator[str]:
    """Yield each action of a form that is allowed on resources of a form; a doubt where one may be.

    Args:
        subject: has a policy.
        actions: the form of actions.
        resources: the form of resources, None for any.
    """
    for each in statements(subject, "policy"):
        if not each.is_allowed:
            continue
        found = [one for one in each.actions if actions.fullmatch(one)]
        named = resources is None or any(map(resources.fullmatch, each.resources))
        if found and named and "effect" not in each.unknown:
            yield from found
        elif (found or "action" in each.unknown) and (named or "resource" in each.unknown):
            subject.doubt("policy")


def _wildcards(subject: Subject) -> Iterator[Cause]:
    lines = subject.resource.attributes.lines_of("policy")
    found = [*_granted(subject, _EVERY_ACTION, None), *_granted(subject, _WILDCARD, _EVERYTHING)]
    for action in dict.fromkeys(found):
        yield cause(f"the policy allows {action!r:.60} on resources that it does not name", lines)


def _pass_role(subject: Subject) -> Iterator[Cause]:
    if any(_granted(subject, _PASS_ROLE, _ANY_ROLE)):
        lines = subject.resource.attributes.lines_of("policy")
        yield cause("the policy allows to pass any role on", lines)


def _is_a_users(subject: Subject) -> Iterator[Cause]:
    yield whole(subject, "the policy is attached to a user")


def _names_users(subject: Subject) -> bool:
    return subject.resource.kind != "aws_iam_policy_attachment" or subject.resource.get("users") is not None


_GUESSED = "Short and simple passwords are guessed, and those of other sites tried."


def _asks_no_second_factor(subject: Subject) -> Iterator[Cause]:
    policies = [each.get("policy") for each in subject.linked("aws_iam_group_policy", "group")]
    for each in subject.linked("aws_iam_group_policy_attachment", "group"):
        arn = each.get("policy_arn")
        policy = subject.cloud.referred(arn)
        policies.append(policy.get("policy") if policy else arn)
    asked = [_asks(subject, each, 0) for each in policies]
    if None in asked:
        subject.doubt("policy")
    elif True not in asked and not subject.doubts:
        yield whole(subject, "no policy of the group asks for a second factor")


def _asks(subject: Subject, value: Value | None, depth: int) -> bool | None:
    """Tell whether a policy has a condition on second factors, None when that is not known."""
    match value:
        case Block() if depth < _DEEPEST:
            names = {each.lower() for each in value.values}
            inner = (_asks(subject, each, depth + 1) for each in value.values.values())
            return _MFA in names or _any(inner)
        case tuple():
            return _any(_asks(subject, each, depth + 1) for each in value)
        case Unknown() if depth < _DEEPEST and (found := subject.cloud.referred(value)):
            return _asks(subject, found.attributes, depth + 1)
        case Unknown():
            return None
        case _:
            return _MFA in str(value).lower()


def _any(answers: Iterable[bool | None]) -> bool | None:
    given = set(answers)
    return True if True in given else None if None in given else False


CHECKS = (
    _IAM.check(
        "AWS-0056",
        MEDIUM,
        _PASSWORDS,
        title="Passwords may be used again",
        why="A password that leaked once opens the account again.",
        mend="Set password_reuse_prevention to 5 at least.",
        judge=at_least("password_reuse_prevention", 5, "fewer than 5 older passwords are remembered"),
    ),
    _IAM.check(
        "AWS-0057",
        HIGH,
        *_POLICIES,
        title="Policy allows by wildcards",
        why="Whoever gets the role or key can do more than its task needs, up to everything.",
        mend="Name the actions and resources that are needed.",
        judge=_wildcards,
    ),
    _IAM.check(
        "AWS-0058",
        MEDIUM,
        _PASSWORDS,
        title="Passwords need no lower case letter",
        why=_GUESSED,
        mend="Set require_lowercase_characters.",
        judge=on("require_lowercase_characters", "no lower case letter is required"),
    ),
    _IAM.check(
        "AWS-0059",
        MEDIUM,
        _PASSWORDS,
        title="Passwords need no digit",
        why=_GUESSED,
        mend="Set require_numbers.",
        judge=on("require_numbers", "no digit is required"),
    ),
    _IAM.check(
        "AWS-0060",
        MEDIUM,
        _PASSWORDS,
        title="Passwords need no symbol",
        why=_GUESSED,
        mend="Set require_symbols.",
        judge=on("require_symbols", "no symbol is required"),
    ),
    _IAM.check(
        "AWS-0061",
        MEDIUM,
        _PASSWORDS,
        title="Passwords need no capital letter",
        why=_GUESSED,
        mend="Set require_uppercase_characters.",
        judge=on("require_uppercase_characters", "no capital letter is required"),
    ),
    _IAM.check(
        "AWS-0062",
        MEDIUM,
        _PASSWORDS,
        title="Passwords are valid for long",
        why="A password that leaked goes on opening the account.",
        mend="Set max_password_age to 90 days at most.",
        judge=at_most("max_password_age", 90, "passwords are valid for more than 90 days", default=1_000_000),
    ),
    _IAM.check(
        "AWS-0063",
        MEDIUM,
        _PASSWORDS,
        title="Passwords may be short",
        why=_GUESSED,
        mend="Set minimum_password_length to 14 at least.",
        judge=at_least(
            "minimum_password_length", 14, "passwords of fewer than 14 characters are allowed", default=6
        ),
    ),
    _IAM.check(
        "AWS-0123",
        MEDIUM,
        "aws_iam_group",
        title="Group does not ask for a second factor",
        why="A password that leaked is enough to act with the group's rights.",
        mend="Give the group a policy with a condition on aws:MultiFactorAuthPresent.",
        judge=_asks_no_second_factor,
    ),
    _IAM.check(
        "AWS-0143",
        LOW,
        "aws_iam_user_policy",
        "aws_iam_user_policy_attachment",
        "aws_iam_policy_attachment",
        title="Policy is attached to a user",
        why="Rights of single users are forgotten when their tasks change.",
        mend="Attach policies to groups or roles.",
        judge=_is_a_users,
        only=_names_users,
    ),
    _IAM.check(
        "AWS-0342",
        MEDIUM,
        *_POLICIES,
        title="Policy allows to pass any role",
        why="Whoever may pass any role to a service can act with the rights of the mightiest.",
        mend="Name the roles that may be passed.",
        judge=_pass_role,
    ),
)
