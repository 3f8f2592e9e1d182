"""What rules and VEX statements leave out of one side of a difference and not of the other.

As JSON each is {Type, ID, Target, Severity, Status, Statement, Source}: Type and Status are words of Trivy's
ExperimentalModifiedFindings, Target is the package or the file, empty for the configuration of the image.
"""

from collections.abc import Hashable

import msgspec

from reports.content_difference import check_identity, license_identity, secret_identity
from reports.document import (
    ComponentFinding,
    Document,
    LicenseFinding,
    MisconfigurationFinding,
    SecretFinding,
    Suppressed,
)


class SuppressedFinding(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A finding that is left out, and who says so."""

    type: str
    id: str = msgspec.field(name="ID")
    target: str
    severity: str
    status: str
    statement: str
    source: str


class SuppressedChanges(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What is suppressed on the later side only, and on the earlier one only."""

    added: tuple[SuppressedFinding, ...] = ()
    removed: tuple[SuppressedFinding, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.added or self.removed)


def suppressed_changes(a: Document, b: Document) -> SuppressedChanges:
    """Return what is suppressed in `b` and not in `a`, and the other way round, each once."""
    before, after = _by_identity(a), _by_identity(b)
    return SuppressedChanges(
        added=tuple(told for key, told in after.items() if key not in before),
        removed=tuple(told for key, told in before.items() if key not in after),
    )


def _by_identity(document: Document) -> dict[Hashable, SuppressedFinding]:
    found: dict[Hashable, SuppressedFinding] = {}
    for each in document.suppressed:
        identity, id_, target, severity = _named(document, each)
        told = SuppressedFinding(
            type=each.kind,
            id=id_,
            target=target,
            severity=severity,
            status=each.decision.status.value,
            statement=each.decision.statement,
            source=each.decision.origin,
        )
        found.setdefault((each.kind, identity), told)
    return found


def _named(document: Document, suppressed: Suppressed) -> tuple[Hashable, str, str, str]:
    """Return a finding's identity, id, target and severity."""
    match suppressed.finding:
        case ComponentFinding() as found:
            package, finding = document.components[found.component].package, found.finding
            identity = (package.kind, package.name, finding.id)
            return identity, finding.id, package.name, finding.rating.severity.name
        case SecretFinding() as found:
            return secret_identity(found), found.secret.rule, found.path, found.severity.name
        case LicenseFinding() as found:
            return license_identity(found), found.name, found.package or found.path, found.severity.name
        case MisconfigurationFinding() as found:
            return check_identity(found), found.outcome.check, found.path, found.severity.name
