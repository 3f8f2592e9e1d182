"""Targets that no registry knows: what they hold is stored under a digest of it, as an image of one layer."""

import asyncio
import hashlib
from collections.abc import Mapping

from analyzers.inventory import LayerInventory, Problem
from analyzers.squash import squash
from crawler import clock
from crawler.targets.image import fingerprint
from store import images
from store.database import Store
from store.images import ImageRecord

FILES = "application/vnd.cleanbill.files"
"""Media type of a tree of files: a directory, a repository, a disk."""
SBOM = "application/vnd.cleanbill.sbom"
"""Media type of the packages that an SBOM lists."""


async def remember(
    store: Store, media_type: str, inventory: LayerInventory, versions: Mapping[str, int]
) -> str:
    """Make the store know what an inventory holds; return the digest that it is known by.

    Args:
        store: where.
        media_type: what sort of target it is of.
        inventory: everything found in it; its diff id is that of its content.
        versions: of the analyzers that made it.
    """
    analysed_with = fingerprint(versions)
    name = f"{media_type} {analysed_with} {inventory.diff_id}"
    digest = f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
    states = await images.manifest_states(store.read, [digest])
    if digest in states and states[digest].state == "analysed":
        return digest
    squashed = await asyncio.to_thread(squash, [inventory])
    record = ImageRecord(
        digest=digest,
        platform="",
        config_digest="",
        config=b"{}",
        layers=((inventory.diff_id, ""),),
        squashed=squashed,
        problems=tuple(Problem(each.path, each.reason) for each in squashed.problems),
        analysed_with=analysed_with,
    )
    async with store.transaction() as tx:
        await images.add_manifest(tx, digest, media_type, inventory.size_bytes)
        await images.put_layer(tx, inventory.diff_id, inventory.size_bytes, inventory, versions)
        await images.put_image(tx, record, clock.now())
    return digest
