import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from analyzers.catalogue import Dispatch, catalogue
from analyzers.inventory import View
from analyzers.squash import squash
from benchmarks import fleet_advisories, fleet_prepare, fleet_store
from benchmarks.fleet import Image, images
from benchmarks.fleet_update import measure
from reports.assemble import assemble
from reports.subject import Subject
from store import events
from store.database import Store, open_store
from store.images import ImageRecord, add_manifest, put_image, put_layer
from store.tags import put_tags, set_baseline

IMAGES = 100
"""Base images, and applications whose dependencies change."""
NOW = fleet_prepare.NOW


@pytest.fixture(scope="module")
def fleet() -> Sequence[Image]:
    return list(images(IMAGES))


async def store_image(store: Store, image: Image) -> None:
    inventories = [layer.inventory() for layer in image.layers]
    record = ImageRecord(
        digest=image.digest,
        platform=fleet_store.PLATFORM,
        config_digest=image.config_digest,
        config=image.config(),
        layers=tuple((layer.digest, layer.created_by) for layer in image.layers),
        squashed=squash(inventories),
        problems=(),
        analysed_with=fleet_store.ANALYSED_WITH,
    )
    async with store.transaction() as tx:
        await add_manifest(tx, image.digest, fleet_store.MEDIA_TYPE, fleet_store.SIZE_BYTES)
        for layer, inventory in zip(image.layers, inventories, strict=True):
            versions = Dispatch(catalogue()).of_view(View.INSTALLED).versions()
            await put_layer(tx, layer.digest, fleet_store.SIZE_BYTES, inventory, versions)
        await put_image(tx, record, NOW)


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = [name for (name,) in names]
        selected = {name: connection.execute(f"SELECT * FROM {name}") for name in tables}  # noqa: S608 - ours
        return {name: sorted(found, key=repr) for name, found in selected.items()}


async def test_bulk_rows_are_those_of_the_store(fleet: Sequence[Image], tmp_path: Path) -> None:
    await fleet_store.write(tmp_path / "bulk.db", fleet, NOW)
    async with open_store(tmp_path / "single.db") as store:
        for image in fleet:
            await store_image(store, image)
        repositories: dict[str, dict[str, str]] = {}
        for image in fleet:
            repositories.setdefault(image.repository, {})[image.tag] = image.digest
        for repository, found in repositories.items():
            async with store.transaction() as tx:
                await put_tags(tx, fleet_store.REGISTRY, repository, found=found, unread=(), now=NOW)
        async with store.transaction() as tx:
            await set_baseline(tx, fleet_store.REGISTRY, NOW)
    bulk, single = rows(tmp_path / "bulk.db"), rows(tmp_path / "single.db")
    assert bulk.keys() == single.keys()
    for table, expected in single.items():
        assert bulk[table] == expected, table


async def test_an_update_finds_the_packages_and_tells(tmp_path: Path, fleet: Sequence[Image]) -> None:
    path = tmp_path / "fleet.db"
    await fleet_store.write(path, fleet, NOW)
    assert await fleet_prepare.judge(path) > 0
    updates = await measure(path)
    async with open_store(path) as store:
        told = await events.since(store.read, 0, 10_000)
        document = await assemble(store.read, Subject(name="x", digest=fleet[-1].digest, now=NOW))
    assert len(told) == updates.first.events + updates.second.events
    assert {event.type for event in told} == {"finding.opened", "finding.changed", "finding.closed"}
    assert {component.unchecked for component in document.components} == {""}
    assert len(document.components) > 200
    assert document.findings


def test_the_same_seed_gives_the_same_fleet(fleet: Sequence[Image]) -> None:
    assert list(images(IMAGES)) == fleet
    assert list(images(IMAGES, seed=2)) != fleet


def test_an_update_is_a_hundred_advisories() -> None:
    ids = [advisory.id for found in fleet_advisories.changes(1).values() for advisory in found]
    assert len(ids) == 100
