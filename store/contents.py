"""What a stored target holds besides packages."""

from collections.abc import Collection

from analyzers.catalogue import PACKAGES, catalogue
from analyzers.contents import Contents, contents
from analyzers.inventory import Scanner
from store import images
from store.database import Reader


async def stored_contents(reader: Reader, digest: str, scanners: Collection[Scanner]) -> Contents:
    """Return what was found of these sorts in a stored target, packages left out."""
    wanted = [each.id for each in catalogue() if each.scanner in scanners and each.scanner not in PACKAGES]
    if not wanted:
        return Contents()
    return contents(await images.inventories(reader, digest, wanted))
