"""What was found besides packages, as reports have it."""

from analyzers.contents import Contents
from reports.document import SecretFinding


def secret_findings(found: Contents) -> tuple[SecretFinding, ...]:
    """Return the secrets, in their order."""
    return tuple(
        SecretFinding(secret=each.content, path=each.path, layer=each.layer, is_deleted=each.is_deleted)
        for each in found.secrets
    )
