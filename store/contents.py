"""What a stored target holds besides packages."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import msgspec

from analyzers.catalogue import PACKAGES, catalogue
from analyzers.contents import Combine, Contents, contents
from analyzers.inventory import Scanner
from store import images
from store.database import Reader
from store.tags import registry_id

SECRETS = "secrets/content"
"""The analyzer that finds secrets in files."""


class SecretTotals(msgspec.Struct, frozen=True, kw_only=True):
    """The secrets of tagged images, those of a layer that images share counted once."""

    severities: dict[str, int]
    images: int
    """How many images have one."""


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


async def secret_totals(reader: Reader, registries: Sequence[str]) -> SecretTotals:
    """Return how many secrets the images have that tags of these registries point to now."""
    asked = msgspec.json.encode([registry_id(url) for url in registries]).decode()
    severities: Counter[str] = Counter()
    layers: list[int] = []
    for layer, body in await reader.all("layers_with_secrets", analyzer=SECRETS, registries=asked):
        # A file that could not be searched has a problem there, and no secret.
        if found := [secret.severity for each in images.unpack_found(body) for secret in each.secrets]:
            severities.update(found)
            layers.append(layer)
    holding = await reader.value(
        "images_with_layers", layers=msgspec.json.encode(layers).decode(), registries=asked
    )
    return SecretTotals(severities=dict(severities), images=int(holding))
