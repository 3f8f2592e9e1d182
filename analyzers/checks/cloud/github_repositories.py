"""Checks of repositories, their branches and secrets, as GitHub's provider declares them.

Guidance: https://docs.github.com/en/code-security/getting-started/securing-your-repository
"""

from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.model import Subject, Unknown, truth
from analyzers.checks.cloud.rules import CRITICAL, HIGH, Service, cause, is_empty, on

_REPOSITORIES, _SECRETS, _BRANCHES = (
    Service("github", "repositories"),
    Service("github", "environmentsecrets"),
    Service("github", "branchprotections"),
)
_REPOSITORY = "github_repository"


def _is_public(subject: Subject) -> Iterator[Cause]:
    place = next(subject.resource.places("visibility|private"))
    match place.value:
        case Unknown():
            subject.doubt("visibility")
        case None:
            yield cause("the repository is public, which is the default", place.lines)
        case str(word) if word.lower() == "public" or truth(word) is False:
            yield cause("the repository is public", place.lines)
        case False:
            yield cause("the repository is public", place.lines)
        case _:
            return


def _is_in_use(subject: Subject) -> bool:
    return truth(subject.resource.get("archived")) is not True


def _plain_secret(subject: Subject) -> Iterator[Cause]:
    # One that comes from elsewhere does not stand in the file.
    place = next(subject.resource.places("plaintext_value"))
    if not isinstance(place.value, Unknown) and not is_empty(place.value):
        yield cause("the secret stands there as it is", place.lines)


CHECKS = (
    _REPOSITORIES.check(
        "GIT-0001",
        CRITICAL,
        _REPOSITORY,
        title="Repository is public",
        why="Everybody reads the code and its history, with all that was ever put into them.",
        mend="Set visibility to 'private' or 'internal', unless the code is meant for everybody.",
        judge=_is_public,
    ),
    _SECRETS.check(
        "GIT-0002",
        HIGH,
        "github_actions_environment_secret",
        "github_actions_organization_secret",
        "github_actions_secret",
        "github_codespaces_organization_secret",
        "github_codespaces_secret",
        "github_codespaces_user_secret",
        "github_dependabot_organization_secret",
        "github_dependabot_secret",
        title="Secret of workflows stands in the configuration",
        why="Whoever reads the configuration, or its history, has the secret.",
        mend="Set encrypted_value, or take the value from a variable or a store of secrets.",
        judge=_plain_secret,
    ),
    _REPOSITORIES.check(
        "GIT-0003",
        HIGH,
        _REPOSITORY,
        title="Repository has no alerts of vulnerable dependencies",
        why="Nobody is told when a dependency turns out to be vulnerable.",
        mend="Set vulnerability_alerts.",
        judge=on("vulnerability_alerts", "alerts of vulnerable dependencies are off"),
        only=_is_in_use,
    ),
    _BRANCHES.check(
        "GIT-0004",
        HIGH,
        "github_branch_protection",
        "github_branch_protection_v3",
        title="Branch takes commits that are not signed",
        why="Anybody who may push can write commits in the name of another.",
        mend="Set require_signed_commits.",
        judge=on("require_signed_commits", "commits need no signature"),
    ),
)
