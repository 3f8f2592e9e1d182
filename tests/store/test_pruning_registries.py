"""Registries that nobody watches any more are forgotten long after the last crawl of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crawler import clock
from store import images, tags
from store.database import Store, open_store
from store.pruning import Pruned, prune, set_crawled
from tests.fakes.engine import DATABASE, change, rows
from tests.fakes.registry import OCI_MANIFEST
from tests.fakes.stored import REGISTRY, baseline, digest, package, remember, tag

DAY_S = 86_400.0
NOW = clock.now()
OTHER = "https://other.test"
OPENSSL = package("openssl")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Give a store that knows two registries, both crawled now, with an image each and one of both."""
    async with open_store(tmp_path / DATABASE) as opened:
        for name in ("mine", "both", "theirs"):
            await remember(opened, name, [package(name)])
        await tag(opened, "app", latest=digest("mine"), shared=digest("both"))
        await baseline(opened)
        async with opened.transaction() as tx:
            await images.add_manifest(tx, digest("pending"), OCI_MANIFEST, 1)
            found = {"latest": digest("theirs"), "new": digest("pending"), "shared": digest("both")}
            await tags.put_tags(tx, OTHER, "app", found=found, unread=(), now=NOW)
            await tags.set_baseline(tx, OTHER, NOW)
        for registry in (REGISTRY, OTHER):
            await set_crawled(opened, registry, NOW)
        yield opened


async def forget(store: Store, day: int, *watched: str) -> Pruned:
    """Forget, so many days from now, what has been nobody's for 30 days."""
    now = clock.later(NOW, day * DAY_S)
    return await prune(store, clock.later(now, -30 * DAY_S), now=now, watched=watched)


def known(folder: Path) -> set[object]:
    return {row[0] for row in rows(folder, "SELECT url FROM registries")}


async def test_it_goes_with_its_tags_and_what_only_it_had(store: Store, tmp_path: Path) -> None:
    assert await forget(store, 29, REGISTRY) == Pruned()
    assert await forget(store, 31, REGISTRY) == Pruned(registries=1, tags=3, manifests=2, layers=1)
    assert known(tmp_path) == {REGISTRY}
    assert rows(tmp_path, "SELECT name FROM components ORDER BY 1") == [("both",), ("mine",)]
    assert rows(tmp_path, "SELECT name, until FROM tags ORDER BY 1") == [("latest", None), ("shared", None)]
    assert rows(tmp_path, "SELECT name FROM repositories") == [("app",)]
    assert rows(tmp_path, "SELECT * FROM events") == []


async def test_it_stays_while_it_is_crawled_although_no_settings_name_it(
    store: Store, tmp_path: Path
) -> None:
    await set_crawled(store, OTHER, clock.later(NOW, 20 * DAY_S))
    assert await forget(store, 49, REGISTRY) == Pruned()
    assert known(tmp_path) == {REGISTRY, OTHER}


async def test_it_stays_while_the_settings_name_it_although_it_is_out_of_reach(
    store: Store, tmp_path: Path
) -> None:
    assert await forget(store, 1000, REGISTRY, OTHER) == Pruned()
    assert known(tmp_path) == {REGISTRY, OTHER}


async def test_in_a_store_of_an_older_version_its_time_begins_now(store: Store, tmp_path: Path) -> None:
    change(tmp_path, "UPDATE registries SET crawled_at = NULL")
    assert await forget(store, 100, REGISTRY) == Pruned()
    assert await forget(store, 129, REGISTRY) == Pruned()
    assert (await forget(store, 131, REGISTRY)).registries == 1


async def test_what_is_half_forgotten_and_comes_back_is_told_as_if_it_was_new(
    store: Store, tmp_path: Path
) -> None:
    change(tmp_path, "CREATE TRIGGER no BEFORE DELETE ON tags BEGIN SELECT RAISE(ABORT, 'killed'); END")
    with pytest.raises(Exception, match="killed"):
        await forget(store, 31, REGISTRY)
    assert not await tags.has_baseline(store.read, OTHER)
    assert await tags.has_baseline(store.read, REGISTRY)
    change(tmp_path, "DROP TRIGGER no")
    assert await forget(store, 31, REGISTRY, OTHER) == Pruned()
    assert len(rows(tmp_path, "SELECT * FROM tags")) == 5
    assert (await forget(store, 31, REGISTRY)).registries == 1


async def test_nothing_is_noted_of_a_registry_that_is_not_known(store: Store, tmp_path: Path) -> None:
    await set_crawled(store, "https://unknown.test", NOW)
    assert known(tmp_path) == {REGISTRY, OTHER}
