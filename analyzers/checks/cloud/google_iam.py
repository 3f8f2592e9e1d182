"""Checks of Google Cloud's rights and projects.

Guidance: https://cloud.google.com/iam/docs/using-iam-securely
"""

import re
from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.model import Subject, Unknown, Value, items
from analyzers.checks.cloud.rules import HIGH, MEDIUM, Judge, Service, cause, off, present, when

_IAM = Service("google", "iam")
_DEFAULT = ("-compute@developer.gserviceaccount.com", "@appspot.gserviceaccount.com")
_ACCOUNT = "serviceAccount:"
_LOOKED_UP = re.compile(r"(?:.*\.)?data\.google_(?:compute|app_engine)_default_service_account\.")
_MADE = re.compile(r"(?:.*\.)?google_service_account\.")
_IMPERSONATION = ("roles/iam.serviceAccountUser", "roles/iam.serviceAccountTokenCreator")
_MIGHTY = ("roles/owner", "roles/editor")


def _grants(scope: str) -> tuple[str, ...]:
    return f"google_{scope}_iam_member", f"google_{scope}_iam_binding"


_ALL = (*_grants("project"), *_grants("folder"), *_grants("organization"))


def _is_of(member: Value, start: str, ends: tuple[str, ...]) -> bool | None:
    """Tell whether a member is of a form, None when that is not known."""
    if not isinstance(member, Unknown):
        return str(member).startswith(start) and (not ends or str(member).endswith(ends))
    if any(map(_LOOKED_UP.match, member.refers)):
        return start in {"", _ACCOUNT}
    if any(map(_MADE.match, member.refers)):
        return start == _ACCOUNT
    if ends and member.written.endswith(ends):
        return member.written.startswith(start)
    first = member.written.partition("${")[0]
    if not first or (ends and first.startswith(_ACCOUNT)):
        return None
    return first.startswith(start) and not ends


def _granted(says: str, *, roles: tuple[str, ...] = (), ends: tuple[str, ...] = (), start: str = "") -> Judge:
    """Return a judge of grants: of some roles, to members of some form."""

    def judge(subject: Subject) -> Iterator[Cause]:
        members = items(subject.resource.get("member|members"))
        answers = {_is_of(each, start, ends) for each in members} if ends or start else {True}
        if answers <= {False} or (roles and not when("role", *roles)(subject)):
            return
        if True in answers:
            yield cause(says, subject.resource.attributes.lines_of("role"))
        else:
            subject.doubt("members")

    return judge


_OF_DEFAULT = "the default service account gets a role"
_IMPERSONATES = "a user may act as every service account"
_DEFAULT_WHY = "Every machine that was made without a thought has the role."
_IMPERSONATION_WHY = "Whoever may act as every service account has all their rights."

CHECKS = (
    _IAM.check(
        "GCP-0003",
        MEDIUM,
        *_ALL,
        *_grants("storage_bucket"),
        title="Role is given to a user",
        why="Rights of single users are forgotten when their tasks change.",
        mend="Give roles to groups.",
        judge=_granted("a user gets a role", start="user:"),
    ),
    _IAM.check(
        "GCP-0004",
        MEDIUM,
        *_grants("folder"),
        title="Default service account has a role in a folder",
        why=_DEFAULT_WHY,
        mend="Make a service account for each task.",
        judge=_granted(_OF_DEFAULT, ends=_DEFAULT),
    ),
    _IAM.check(
        "GCP-0005",
        MEDIUM,
        *_grants("folder"),
        title="Users may act as every service account of a folder",
        why=_IMPERSONATION_WHY,
        mend="Give the role for single service accounts.",
        judge=_granted(_IMPERSONATES, roles=_IMPERSONATION),
    ),
    _IAM.check(
        "GCP-0006",
        MEDIUM,
        *_grants("project"),
        title="Default service account has a role in a project",
        why=_DEFAULT_WHY,
        mend="Make a service account for each task.",
        judge=_granted(_OF_DEFAULT, ends=_DEFAULT),
    ),
    _IAM.check(
        "GCP-0007",
        HIGH,
        *_ALL,
        title="Service account may do nearly everything",
        why="A leaked key of the account opens the whole project.",
        mend="Give the roles that are needed only.",
        judge=_granted("a service account gets a mighty role", roles=_MIGHTY, start=_ACCOUNT),
    ),
    _IAM.check(
        "GCP-0008",
        MEDIUM,
        *_grants("organization"),
        title="Default service account has a role in an organisation",
        why=_DEFAULT_WHY,
        mend="Make a service account for each task.",
        judge=_granted(_OF_DEFAULT, ends=_DEFAULT),
    ),
    _IAM.check(
        "GCP-0009",
        MEDIUM,
        *_grants("organization"),
        title="Users may act as every service account of an organisation",
        why=_IMPERSONATION_WHY,
        mend="Give the role for single service accounts.",
        judge=_granted(_IMPERSONATES, roles=_IMPERSONATION),
    ),
    _IAM.check(
        "GCP-0010",
        HIGH,
        "google_project",
        title="Project gets the default network",
        why="The default network lets everybody at SSH and RDP.",
        mend="Set auto_create_network to false.",
        judge=off("auto_create_network", "the default network is made", default=True),
    ),
    _IAM.check(
        "GCP-0011",
        MEDIUM,
        *_grants("project"),
        title="Users may act as every service account of a project",
        why=_IMPERSONATION_WHY,
        mend="Give the role for single service accounts.",
        judge=_granted(_IMPERSONATES, roles=_IMPERSONATION),
    ),
    _IAM.check(
        "GCP-0068",
        HIGH,
        "google_iam_workload_identity_pool_provider",
        title="Provider of identities has no condition",
        why="Everybody who has an account at the provider gets in.",
        mend="Set attribute_condition to your organisation.",
        judge=present("attribute_condition", "there is no condition"),
    ),
)
