"""What a stored target holds besides packages, as reports have it."""

from collections.abc import Collection

from analyzers.catalogue import catalogue
from analyzers.contents import Contents, contents
from analyzers.inventory import Scanner
from reports.document import SecretFinding
from store import images
from store.database import Reader


async def stored_contents(reader: Reader, digest: str, scanners: Collection[Scanner]) -> Contents:
    """Return what was found of these sorts in a stored target, packages left out."""
    wanted = [each.id for each in catalogue() if each.scanner in scanners and each.scanner in _OTHERS]
    if not wanted:
        return Contents()
    return contents(await images.inventories(reader, digest, wanted))


_OTHERS = frozenset(Scanner) - {Scanner.PACKAGES}


def secret_findings(found: Contents) -> tuple[SecretFinding, ...]:
    """Return the secrets, in their order."""
    return tuple(
        SecretFinding(secret=each.content, path=each.path, layer=each.layer, is_deleted=each.is_deleted)
        for each in found.secrets
    )
