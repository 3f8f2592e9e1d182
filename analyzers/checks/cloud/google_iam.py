"""Checks of Google Cloud's rights and projects.

Guidance: https://cloud.google.com/iam/docs/using-iam-securely
"""

from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.model import Subject, may_be_anything, texts
from analyzers.checks.cloud.rules import HIGH, MEDIUM, Judge, Service, cause, off, present, when

_IAM = Service("google", "iam")
_DEFAULT = ("-compute@developer.gserviceaccount.com", "@appspot.gserviceaccount.com")
_IMPERSONATION = ("roles/iam.serviceAccountUser", "roles/iam.serviceAccountTokenCreator")
_MIGHTY = ("roles/owner", "roles/editor")


def _grants(scope: str) -> tuple[str, ...]:
    return f"google_{scope}_iam_member", f"google_{scope}_iam_binding"


_ALL = (*_grants("project"), *_grants("folder"), *_grants("organization"))


def _granted(says: str, *, roles: tuple[str, ...] = (), ends: tuple[str, ...] = (), start: str = "") -> Judge:
    """Return a judge of grants: of some roles, to members of some form."""

    def judge(subject: Subject) -> Iterator[Cause]:
        members = subject.resource.get("member|members")
        is_meant = not (ends or start) or any(
            each.startswith(start) and each.endswith(ends or "") for each in texts(members)
        )
        if not is_meant and not may_be_anything(members):
            return
        if roles and not when("role", *roles)(subject):
            return
        if is_meant:
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
        judge=_granted("a service account gets a mighty role", roles=_MIGHTY, start="serviceAccount:"),
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
