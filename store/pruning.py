"""Forgets what is long gone: ended tags, images that no tag points to, and what was only kept for them."""

from collections.abc import Collection

import msgspec

from store.content_sets import drop_content_sets
from store.database import Store, Writer

BATCH = 200
"""Tags or images that one transaction forgets: nobody waits long for its end."""
EVENTS_BATCH = 10_000


class Pruned(msgspec.Struct):
    """What was forgotten."""

    tags: int = 0
    """Stretches of tags' histories."""
    images: int = 0
    """Manifests, indexes among them."""
    layers: int = 0
    events: int = 0


async def prune(store: Store, before: str) -> Pruned:
    """Forget what ended before a time, an RFC 3339 text as the store writes it.

    These go: tags that were removed or moved before it, once that is told; images without a tag, analysed
    before it; layers, packages and verdicts that no other image needs; events; and deliveries, whatever
    became of them unless they are due. It may be killed at any moment. Nobody may crawl meanwhile: an image
    that is about to get a tag has none yet.
    """
    pruned = Pruned()
    while await _tags(store, before, pruned):
        pass
    while await _images(store, before, pruned):
        pass
    async with store.transaction() as tx:
        await tx.run("drop_deliveries", before=before)
    while await _events(store, before, pruned):
        pass
    return pruned


async def _tags(store: Store, before: str, pruned: Pruned) -> bool:
    async with store.transaction() as tx:
        ended = await tx.all("ended_tags", before=before, limit=BATCH)
        await tx.many("drop_tag", [row[:3] for row in ended])
        manifests = {row[3] for row in ended}
        children = await tx.all("children_of", ids=_json(manifests))
        await _drop_manifests(tx, manifests | _firsts(children), before, pruned)
    pruned.tags += len(ended)
    return bool(ended)


async def _images(store: Store, before: str, pruned: Pruned) -> bool:
    async with store.transaction() as tx:
        untagged = await tx.all("untagged_images", before=before, limit=BATCH)
        await _drop_manifests(tx, _firsts(untagged), before, pruned)
    return bool(untagged)


async def _events(store: Store, before: str, pruned: Pruned) -> bool:
    async with store.transaction() as tx:
        seqs = _json(_firsts(await tx.all("old_events", before=before, limit=EVENTS_BATCH)))
        sets = _firsts(await tx.all("old_event_sets", seqs=seqs))
        await tx.run("drop_event_sets", seqs=seqs)
        dropped = await tx.run("drop_events", seqs=seqs)
        await drop_sets(tx, sets)
    pruned.events += dropped
    return dropped > 0


async def _drop_manifests(tx: Writer, manifests: Collection[int], before: str, pruned: Pruned) -> None:
    """Forget those of the manifests that no tag needs."""
    unused = _firsts(await tx.all("unused_manifests", ids=_json(manifests), before=before))
    # An index must not seem to have fewer images than it has; no tag leads to it, or one would to its images.
    ids = _json(unused | _firsts(await tx.all("indexes_of", ids=_json(unused))))
    parts = await tx.all("parts_of_manifests", ids=ids)
    contents = _firsts(await tx.all("content_sets_of_manifests", ids=ids))
    await tx.run("drop_contents_of", ids=ids)
    await tx.run("drop_layers_of", ids=ids)
    await tx.run("drop_indexes", ids=ids)
    pruned.images += await tx.run("drop_manifests", ids=ids)
    layers = _json(_firsts(await tx.all("unused_layers", ids=_json({layer for layer, _ in parts}))))
    await tx.run("drop_inventories_of", ids=layers)
    pruned.layers += await tx.run("drop_layers", ids=layers)
    await drop_sets(tx, {set_id for _, set_id in parts})
    await drop_content_sets(tx, contents)


async def drop_sets(tx: Writer, sets: Collection[int]) -> None:
    """Forget those of the component sets that no image and no event needs, and what was only in them."""
    unused = _json(_firsts(await tx.all("unused_sets", ids=_json(sets))))
    held = _firsts(await tx.all("components_of", ids=unused))
    await tx.run("drop_set_components", ids=unused)
    await tx.run("drop_sets", ids=unused)
    components = await tx.all("unused_components", ids=_json(held))
    await tx.run("drop_components", ids=_json(_firsts(components)))
    versions = await tx.all("unused_package_versions", ids=_json({version for _, version in components}))
    gone = _json(_firsts(versions))
    await tx.run("drop_findings_of", ids=gone)
    await tx.run("drop_verdicts_of", ids=gone)
    await tx.run("drop_package_versions", ids=gone)


def _firsts(rows: Collection[tuple[int, ...]]) -> set[int]:
    return {row[0] for row in rows}


def _json(ids: Collection[int]) -> str:
    return msgspec.json.encode(sorted(ids)).decode()
