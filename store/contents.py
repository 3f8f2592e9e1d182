"""What a stored target holds besides packages."""

from collections.abc import Collection, Mapping

from analyzers.catalogue import PACKAGES, catalogue
from analyzers.contents import Combine, Contents, contents
from analyzers.inventory import Scanner
from store import images
from store.database import Reader


async def stored_contents(
    reader: Reader,
    digest: str,
    scanners: Collection[Scanner],
    combining: Mapping[str, Combine] | None = None,
) -> Contents:
    """Return what was found of these sorts in a stored target, packages left out; see `contents`."""
    wanted = [each.id for each in catalogue() if each.scanner in scanners and each.scanner not in PACKAGES]
    if not wanted:
        return Contents()
    return contents(await images.inventories(reader, digest, wanted), combining)
