"""Checks of whom role bindings give rights to.

Guidance: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
"""

from collections.abc import Iterator

from analyzers.checks.check import Cause, Check
from analyzers.checks.kubernetes.objects import Manifest
from analyzers.checks.kubernetes.writing import RBAC, Words, cause, of_kinds, of_objects
from analyzers.severity import Severity

_BINDINGS = of_kinds("RoleBinding", "ClusterRoleBinding")
_ADMINISTRATORS = frozenset({"cluster-admin", "admin", "edit"})
_ANONYMOUS = frozenset({"system:anonymous", "system:unauthenticated"})
_EVERYBODY = frozenset({"system:authenticated", "system:serviceaccounts"})


def _administrators(manifest: Manifest) -> Iterator[Cause]:
    role = manifest.node.at("roleRef")
    name = role.at("name")
    if name.text in _ADMINISTRATORS and role.at("kind").text != "Role":
        yield cause(role, f"{manifest.label} should not bind to role {name.text!r}")


def _anonymous(manifest: Manifest) -> Iterator[Cause]:
    return _subjects(manifest, _ANONYMOUS)


def _everybody(manifest: Manifest) -> Iterator[Cause]:
    return _subjects(manifest, _EVERYBODY)


def _masters(manifest: Manifest) -> Iterator[Cause]:
    return _subjects(manifest, frozenset({"system:masters"}))


def _subjects(manifest: Manifest, names: frozenset[str]) -> Iterator[Cause]:
    for subject in manifest.node.at("subjects"):
        name = subject.at("name").text
        if name in names and subject.at("kind").text != "ServiceAccount":
            yield cause(subject, f"{manifest.label} should not give rights to {name!r}")


def _default_account(manifest: Manifest) -> Iterator[Cause]:
    for subject in manifest.node.at("subjects"):
        if subject.at("kind").text == "ServiceAccount" and subject.at("name").text == "default":
            yield cause(subject, f"{manifest.label} should not give rights to the service account 'default'")


CHECKS: tuple[Check[Manifest], ...] = (
    of_objects(
        "KSV-0111",
        Severity.MEDIUM,
        Words(
            "Administrator's role is bound",
            "'cluster-admin', 'admin' and 'edit' cover nearly everything, secrets and other accounts' pods "
            "included.",
            "Bind a role with the rights that are used.",
            RBAC,
        ),
        _administrators,
        applies=_BINDINGS,
    ),
    of_objects(
        "KSV-0122",
        Severity.CRITICAL,
        Words(
            "Rights for users that are not signed in",
            "Whoever reaches the API server has these rights.",
            "Remove 'system:anonymous' and 'system:unauthenticated' from subjects.",
            RBAC,
        ),
        _anonymous,
        applies=_BINDINGS,
    ),
    of_objects(
        "KSV-0123",
        Severity.CRITICAL,
        Words(
            "Rights for everybody who is signed in",
            "Groups of all users or all service accounts include each pod, and with some providers everyone"
            " who has an account there.",
            "Name the users, groups or service accounts that need the role.",
            RBAC,
        ),
        _everybody,
        applies=_BINDINGS,
    ),
    of_objects(
        "CB-K8S-0011",
        Severity.HIGH,
        Words(
            "Rights for system:masters",
            "Members of that group pass all authorisation, and no change of roles takes it from them.",
            "Use a group of your own.",
            RBAC,
        ),
        _masters,
        applies=_BINDINGS,
    ),
    of_objects(
        "CB-K8S-0012",
        Severity.MEDIUM,
        Words(
            "Rights for the default service account",
            "Every pod of the namespace that names no account has these rights.",
            "Make a service account for the workload, and bind the role to that.",
            RBAC,
        ),
        _default_account,
        applies=_BINDINGS,
    ),
)
