"""What has no time of its own is forgotten long after pruning first met it unneeded."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crawler import clock
from store import images
from store.database import Store, open_store
from store.pruning import Pruned, prune
from store.queries import query
from tests.fakes.engine import DATABASE, change, rows
from tests.fakes.registry import OCI_INDEX, OCI_MANIFEST
from tests.fakes.stored import REGISTRY, VERSIONS, digest, inventory, package, remember, tag

DAY_S = 86_400.0
NOW = clock.now()
OPENSSL = package("openssl")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / DATABASE) as opened:
        yield opened


async def forget(store: Store, day: int) -> Pruned:
    """Forget, so many days from now, what has not been needed for 30 days."""
    now = clock.later(NOW, day * DAY_S)
    return await prune(store, clock.later(now, -30 * DAY_S), now=now, watched=[REGISTRY])


async def put_layer(store: Store, name: str) -> None:
    async with store.transaction() as tx:
        await images.put_layer(tx, digest(name), 1, inventory(name, [OPENSSL]), VERSIONS)


async def put_manifest(store: Store, name: str, state: str, reason: str = "") -> str:
    async with store.transaction() as tx:
        await images.add_manifest(tx, digest(name), OCI_MANIFEST, 1)
        await images.set_manifest_state(tx, digest(name), state, reason=reason)
    return digest(name)


async def put_index(store: Store, name: str, *children: str) -> str:
    async with store.transaction() as tx:
        for each in (name, *children):
            await images.add_manifest(tx, digest(each), OCI_INDEX, 1, images.NOT_ASKED_FOR)
        await images.put_index(tx, digest(name), dict.fromkeys(map(digest, children), "linux/amd64"))
    return digest(name)


def digests(folder: Path, table: str = "manifests") -> set[object]:
    return {row[0] for row in rows(folder, f"SELECT digest FROM {table}")}  # noqa: S608 - our own names


async def test_a_layer_whose_image_never_came(store: Store, tmp_path: Path) -> None:
    await put_layer(store, "good")
    async with store.transaction() as tx:
        await images.put_layer_failure(tx, digest("bad"), 1, reason="broken", limit="", retry_at=None)
    await put_manifest(store, "app", "failed", "layer: broken")
    await tag(store, "team/app", latest=digest("app"))
    assert await forget(store, 0) == Pruned()
    assert await forget(store, 29) == Pruned()
    assert digests(tmp_path, "layers") == {digest("good"), digest("bad")}
    assert await forget(store, 31) == Pruned(layers=2)
    assert rows(tmp_path, "SELECT * FROM inventories") == []
    assert digests(tmp_path) == {digest("app")}


async def test_a_layer_that_an_image_has_after_all(store: Store, tmp_path: Path) -> None:
    await put_layer(store, "app 0")
    await forget(store, 0)
    await tag(store, "app", latest=await remember(store, "app", [OPENSSL]))
    assert await forget(store, 31) == Pruned()
    assert rows(tmp_path, "SELECT unneeded_since FROM layers") == [(None,)]
    assert await forget(store, 62) == Pruned()


async def test_manifests_that_never_had_a_tag(store: Store, tmp_path: Path) -> None:
    await put_manifest(store, "broken", "failed", "layer: broken")
    await put_manifest(store, "chart", "not_an_image", "helm chart")
    await put_index(store, "index", "mine", "other")
    await put_manifest(store, "mine", "too_large", "layer: too large")
    assert await forget(store, 0) == Pruned()
    assert len(digests(tmp_path)) == 5
    assert await forget(store, 31) == Pruned(manifests=5)
    assert rows(tmp_path, "SELECT * FROM index_children") == []


async def test_an_index_with_a_tag_keeps_its_images_but_not_what_is_told_about_them(
    store: Store, tmp_path: Path
) -> None:
    await put_index(store, "index", "mine", "other")
    await remember(store, "mine", [OPENSSL])
    await put_manifest(store, "signed", "not_an_image", "attestation")
    await tag(store, "app", latest=digest("index"))
    await forget(store, 0)
    assert await forget(store, 31) == Pruned(manifests=1)
    assert digests(tmp_path) == {digest(each) for each in ("index", "mine", "other")}
    assert set(await images.index_children(store.read, digest("index"))) == {digest("mine"), digest("other")}


async def test_images_of_an_index_that_were_never_asked_for_go_with_its_tag(
    store: Store, tmp_path: Path
) -> None:
    await put_index(store, "index", "mine", "other")
    await tag(store, "app", latest=digest("index"))
    await tag(store, "app")
    change(tmp_path, "UPDATE tags SET told_since = 1, told_until = 1")
    assert await forget(store, 0) == Pruned()
    assert await forget(store, 31) == Pruned(tags=1, manifests=3)
    assert digests(tmp_path) == set()


async def test_a_manifest_that_gets_a_tag_or_is_read_after_all(store: Store, tmp_path: Path) -> None:
    for name in ("tagged", "read"):
        await put_manifest(store, name, "failed", "not found")
    await forget(store, 0)
    await tag(store, "app", latest=digest("tagged"))
    await remember(store, "read", [OPENSSL])
    change(tmp_path, "UPDATE manifests SET analysed_at = ? WHERE analysed_at > ''", clock.later(NOW, DAY_S))
    assert await forget(store, 31) == Pruned()
    assert rows(tmp_path, "SELECT unneeded_since FROM manifests") == [(None,)] * 2
    assert await forget(store, 32) == Pruned(manifests=1, layers=1)
    assert digests(tmp_path) == {digest("tagged")}


async def test_packages_that_nothing_leads_to_go_at_once(store: Store, tmp_path: Path) -> None:
    await tag(store, "app", latest=await remember(store, "app", [OPENSSL]))
    tables = (
        "component_sets",
        "set_components",
        "components",
        "package_versions",
        "verdicts",
        "findings",
    )
    needed = [rows(tmp_path, f"SELECT * FROM {table}") for table in tables[:4]]  # noqa: S608 - our own names
    await remember(store, "other", [package("bash")])
    change(tmp_path, "DELETE FROM manifest_layers WHERE manifest_id NOT IN (SELECT manifest_id FROM tags)")
    change(tmp_path, "INSERT INTO verdicts SELECT id, 1, '{}' FROM package_versions WHERE name = 'bash'")
    change(tmp_path, "INSERT INTO findings SELECT package_version_id, 'CVE-1', 'HIGH', '{}' FROM verdicts")
    change(
        tmp_path,
        "INSERT INTO components SELECT id + 1, kind, name, version, purl, package, 1 FROM components LIMIT 1",
    )
    change(
        tmp_path, "INSERT INTO package_versions VALUES (1, 'Debian', 'Debian:12', 'a', '1', 'pending', '')"
    )
    change(
        tmp_path, "INSERT INTO package_versions VALUES (2, 'Debian', 'Debian:12', 'b', '1', 'pending', '')"
    )
    assert await forget(store, 0) == Pruned()
    assert [rows(tmp_path, f"SELECT * FROM {table}") for table in tables] == [*needed, [], []]  # noqa: S608 - our own names


async def test_a_repository_goes_with_the_last_of_its_tags(store: Store, tmp_path: Path) -> None:
    await remember(store, "app", [OPENSSL])
    for name in ("gone", "there"):
        await tag(store, name, latest=digest("app"))
    await tag(store, "gone")
    change(tmp_path, "UPDATE tags SET told_since = 1, told_until = 1")
    await forget(store, 29)
    assert len(rows(tmp_path, "SELECT * FROM repositories")) == 2
    await forget(store, 31)
    assert rows(tmp_path, "SELECT name FROM repositories") == [("there",)]


@pytest.mark.usefixtures("store")
async def test_old_events_are_looked_for_by_their_time(tmp_path: Path) -> None:
    sql = query("old_events").replace(":before", "?1").replace(":limit", "1")
    plan = [row[3] for row in rows(tmp_path, f"EXPLAIN QUERY PLAN {sql}", NOW)]
    assert "SEARCH events USING INDEX events_by_time (time<?)" in plan
