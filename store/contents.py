"""What a stored target holds besides packages."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from analyzers.catalogue import PACKAGES, catalogue
from analyzers.contents import Combine, Contents, contents
from analyzers.ignore.candidate import FindingKind
from analyzers.inventory import Scanner
from store import images
from store.content_sets import TaggedContent
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


async def contents_of_images(reader: Reader, stored: Sequence[int], kind: FindingKind) -> list[TaggedContent]:
    """Return the sets of one kind that these images have; those of an image are together."""
    asked = msgspec.json.encode(stored).decode()
    rows = await reader.all("contents_of_images", images=asked, kind=str(kind))
    return [TaggedContent(image, kind, layer, set_id) for image, layer, set_id in rows]
