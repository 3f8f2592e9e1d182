"""Forgets what is long gone: ended tags, images that no tag points to, and what was only kept for them."""

from collections.abc import Awaitable, Callable, Collection

import msgspec

from store.content_sets import drop_content_sets
from store.database import Row, Store, Writer

BATCH = 200
"""Tags, manifests or layers that one transaction forgets: nobody waits long for its end."""
ROWS_BATCH = 10_000
"""Rows with nothing behind them, such as events, that one transaction changes."""


class Pruned(msgspec.Struct):
    """What was forgotten."""

    registries: int = 0
    tags: int = 0
    """Stretches of tags' histories."""
    manifests: int = 0
    """Of images, indexes and whatever else."""
    layers: int = 0
    events: int = 0


async def set_crawled(store: Store, registry: str, now: str) -> None:
    """Afterwards the registry, when it is known, counts as listed at this time."""
    async with store.transaction() as tx:
        await tx.run("set_crawled", url=registry, now=now)


async def prune(store: Store, before: str, *, now: str, watched: Collection[str]) -> Pruned:
    """Forget what ended before a time; all times are RFC 3339 texts as the store writes them.

    These go: registries that nobody watches, last listed before it, with their tags, and nobody is told;
    tags that were removed or moved before it, once that is told; images without a tag, analysed before it;
    other manifests without a tag, and layers without an image, that pruning met before it; packages and
    verdicts that were only kept for them; events; and deliveries, whatever became of them unless they are
    due. It may be killed at any moment. Nobody may crawl meanwhile: an image that is about to get a tag has
    none yet.

    Args:
        store: where.
        before: the time.
        now: the time it is; from it on counts what has no time of its own.
        watched: addresses of registries that stay, however long ago they could be listed.
    """
    pruned = Pruned()
    while await _ended_tags(store, before, pruned):
        pass
    await _registries(store, before, now, watched, pruned)
    await _untagged(store, before, now, pruned)
    await _loose_layers(store, before, now, pruned)
    async with store.transaction() as tx:
        await tx.run("drop_deliveries", before=before)
    while await _events(store, before, pruned):
        pass
    await _strays(store)
    return pruned


async def _registries(store: Store, before: str, now: str, watched: Collection[str], pruned: Pruned) -> None:
    async with store.transaction() as tx:
        await tx.run("count_from_now", now=now)
        gone = _firsts(await tx.all("unwatched_registries", before=before, watched=_json(watched)))
        # Whatever of their tags is left when this is killed: a crawl of them tells nothing at first.
        await tx.run("drop_baselines", ids=_json(gone))
    while gone and await _tags_of(store, gone, before, pruned):
        pass
    async with store.transaction() as tx:
        await tx.run("drop_empty_repositories")
        pruned.registries += await tx.run("drop_registries", ids=_json(gone))


async def _tags_of(store: Store, registries: Collection[int], before: str, pruned: Pruned) -> bool:
    async with store.transaction() as tx:
        held = await tx.all("tags_of_registries", ids=_json(registries), limit=BATCH)
        await _drop_tags(tx, held, before, pruned)
    return bool(held)


async def _ended_tags(store: Store, before: str, pruned: Pruned) -> bool:
    async with store.transaction() as tx:
        ended = await tx.all("ended_tags", before=before, limit=BATCH)
        await _drop_tags(tx, ended, before, pruned)
    return bool(ended)


async def _drop_tags(tx: Writer, stretches: Collection[Row], before: str, pruned: Pruned) -> None:
    await tx.many("drop_tag", [row[:3] for row in stretches])
    manifests = {row[3] for row in stretches}
    children = await tx.all("children_of", ids=_json(manifests))
    await _drop_manifests(tx, manifests | _firsts(children), before, pruned)
    pruned.tags += len(stretches)


async def _untagged(store: Store, before: str, now: str, pruned: Pruned) -> None:
    async def drop(tx: Writer, manifests: Collection[int]) -> None:
        await _drop_manifests(tx, manifests, before, pruned)

    async def drop_marked(tx: Writer, manifests: Collection[int]) -> None:
        await drop(tx, manifests)
        # What is left of them got a tag or was analysed since then.
        await tx.run("mark_manifests", ids=_json(manifests), since=None)

    async def mark(tx: Writer, manifests: Collection[int]) -> None:
        await tx.run("mark_manifests", ids=_json(manifests), since=now)

    await _each(store, "untagged_images", drop, before=before)
    await _each(store, "manifests_newly_unneeded", mark, ROWS_BATCH)
    await _each(store, "manifests_long_unneeded", drop_marked, before=before)


async def _loose_layers(store: Store, before: str, now: str, pruned: Pruned) -> None:
    async def drop_marked(tx: Writer, layers: Collection[int]) -> None:
        await _drop_layers(tx, layers, pruned)
        await tx.run("mark_layers", ids=_json(layers), since=None)

    async def mark(tx: Writer, layers: Collection[int]) -> None:
        await tx.run("mark_layers", ids=_json(layers), since=now)

    await _each(store, "layers_newly_unneeded", mark, ROWS_BATCH)
    await _each(store, "layers_long_unneeded", drop_marked, before=before)


async def _events(store: Store, before: str, pruned: Pruned) -> bool:
    async with store.transaction() as tx:
        seqs = _json(_firsts(await tx.all("old_events", before=before, limit=ROWS_BATCH)))
        sets = _firsts(await tx.all("old_event_sets", seqs=seqs))
        await tx.run("drop_event_sets", seqs=seqs)
        dropped = await tx.run("drop_events", seqs=seqs)
        await drop_sets(tx, sets)
    pruned.events += dropped
    return dropped > 0


async def _strays(store: Store) -> None:
    """Forget packages that no image has: who writes them gives them an image in the same transaction."""
    await _each(store, "stray_sets", drop_sets)
    await _each(store, "stray_components", _drop_components)
    await _each(store, "stray_package_versions", _drop_package_versions)


async def _each(
    store: Store,
    name: str,
    work: Callable[[Writer, Collection[int]], Awaitable[None]],
    size: int = BATCH,
    **values: object,
) -> None:
    """Do something with the ids that a query returns, so many in a transaction, which has to look again."""
    ids = sorted(_firsts(await store.read.all(name, **values)))
    for start in range(0, len(ids), size):
        async with store.transaction() as tx:
            await work(tx, ids[start : start + size])


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
    pruned.manifests += await tx.run("drop_manifests", ids=ids)
    await _drop_layers(tx, {layer for layer, _ in parts}, pruned)
    await drop_sets(tx, {set_id for _, set_id in parts})
    await drop_content_sets(tx, contents)


async def _drop_layers(tx: Writer, layers: Collection[int], pruned: Pruned) -> None:
    """Forget those of the layers that no image has."""
    unused = _json(_firsts(await tx.all("unused_layers", ids=_json(layers))))
    await tx.run("drop_inventories_of", ids=unused)
    pruned.layers += await tx.run("drop_layers", ids=unused)


async def drop_sets(tx: Writer, sets: Collection[int]) -> None:
    """Forget those of the component sets that no image and no event needs, and what was only in them."""
    unused = _json(_firsts(await tx.all("unused_sets", ids=_json(sets))))
    held = _firsts(await tx.all("components_of", ids=unused))
    await tx.run("drop_set_components", ids=unused)
    await tx.run("drop_sets", ids=unused)
    await _drop_components(tx, held)


async def _drop_components(tx: Writer, held: Collection[int]) -> None:
    components = await tx.all("unused_components", ids=_json(held))
    await tx.run("drop_components", ids=_json(_firsts(components)))
    await _drop_package_versions(tx, {version for _, version in components})


async def _drop_package_versions(tx: Writer, held: Collection[int]) -> None:
    gone = _json(_firsts(await tx.all("unused_package_versions", ids=_json(held))))
    await tx.run("drop_findings_of", ids=gone)
    await tx.run("drop_verdicts_of", ids=gone)
    await tx.run("drop_package_versions", ids=gone)


def _firsts(rows: Collection[Row]) -> set[int]:
    return {row[0] for row in rows}


def _json(values: Collection[int] | Collection[str]) -> str:
    return msgspec.json.encode(sorted(values)).decode()
