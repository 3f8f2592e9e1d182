from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from analyzers.squash import Squashed
from crawler import clock
from store import events, images, tags
from store.database import Store, open_store
from store.errors import StoreError
from store.events import EndpointRule, NewEvent, PolicyData
from store.pruning import Pruned, prune
from tests.fakes.engine import DATABASE, change, rows
from tests.fakes.fleet import finding
from tests.fakes.registry import OCI_INDEX
from tests.fakes.stored import (
    IMAGE_TABLES,
    REGISTRY,
    VERSIONS,
    digest,
    holding,
    inventory,
    package,
    remember,
    secret,
    tag,
)

LONG_AGO, NOW = "2025-01-01T00:00:00.000000Z", clock.now()
YEAR_S = 365 * 86_400.0
SHARED, OLD, NEW = package("bash"), package("openssl", "1.0"), package("openssl", "3.0")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / DATABASE) as opened:
        yield opened


def age(folder: Path) -> None:
    """Let everything that is there, and every tag that has ended, be of long ago, and told."""
    change(folder, "UPDATE manifests SET analysed_at = ? WHERE analysed_at IS NOT NULL", LONG_AGO)
    change(folder, "UPDATE tags SET until = ? WHERE until IS NOT NULL", LONG_AGO)
    change(folder, "UPDATE tags SET told_since = 1, told_until = until IS NOT NULL")
    change(folder, "UPDATE events SET time = ?", LONG_AGO)
    change(folder, "UPDATE deliveries SET created_at = ?", LONG_AGO)


async def forget(store: Store, now: str = NOW) -> Pruned:
    """Forget what was over a year before."""
    return await prune(store, clock.later(now, -YEAR_S), now=now, watched=[REGISTRY])


def ids(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return what makes every row what it is: in every store with the same content the same."""
    columns = {"manifests": "id, digest", "events": "seq, type", "deliveries": "endpoint, first_seq"}
    return {
        table: rows(folder, f"SELECT {columns.get(table, '*')} FROM {table} ORDER BY 1, 2")  # noqa: S608 - our own names
        for table in IMAGE_TABLES
    }


def judge(folder: Path) -> None:
    """Let every package version have a verdict and a finding."""
    change(folder, "INSERT INTO verdicts SELECT id, 1, '{}' FROM package_versions")
    change(folder, "INSERT INTO findings SELECT id, 'CVE-1', 'HIGH', '{}' FROM package_versions")


async def test_what_is_left_is_as_if_the_image_had_never_been(store: Store, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    async with open_store(other / DATABASE) as never:
        await remember(never, "new", [SHARED], [NEW])
        await tag(never, "app", latest=digest("new"))
    judge(other)
    await remember(store, "new", [SHARED], [NEW])
    await remember(store, "old", [SHARED], [OLD])
    judge(tmp_path)
    await tag(store, "app", latest=digest("old"))
    await tag(store, "app", latest=digest("new"))
    age(tmp_path)
    assert await forget(store) == Pruned(tags=1, manifests=1, layers=2)
    assert ids(tmp_path) == ids(other)
    assert len(rows(tmp_path, "SELECT * FROM tags")) == 1
    assert await forget(store) == Pruned()


async def test_layers_that_another_image_has_stay(store: Store, tmp_path: Path) -> None:
    await remember(store, "old", [SHARED], [OLD])
    await remember(store, "new", [SHARED], [NEW])
    shared = (
        "UPDATE manifest_layers SET layer_id = (SELECT id FROM layers WHERE digest = ?) WHERE position = 0"
    )
    change(tmp_path, shared, digest("old 0"))
    await tag(store, "app", latest=digest("new"))
    age(tmp_path)
    assert (await forget(store)).layers == 1
    kept = rows(
        tmp_path, "SELECT l.digest FROM manifest_layers JOIN layers l ON l.id = layer_id ORDER BY position"
    )
    assert kept == [(digest("old 0"),), (digest("new 1"),)]


@pytest.mark.parametrize(
    "younger",
    [
        "UPDATE tags SET until = NULL, told_until = 0",
        "UPDATE tags SET until = '9999-01-01T00:00:00.000000Z'",
        "UPDATE tags SET told_since = 0",
        "UPDATE tags SET told_until = 0",
    ],
    ids=["it is there", "it went lately", "its coming is not told", "its going is not told"],
)
async def test_images_stay_with_their_tags(store: Store, tmp_path: Path, younger: str) -> None:
    await remember(store, "old", [SHARED])
    await tag(store, "app", latest=digest("old"))
    await tag(store, "app")
    age(tmp_path)
    change(tmp_path, younger)
    assert await forget(store) == Pruned()


async def test_an_image_that_was_scanned_lately_needs_no_tag(store: Store, tmp_path: Path) -> None:
    await remember(store, "old", [SHARED])
    await tag(store, "app", latest=digest("old"))
    await tag(store, "app")
    age(tmp_path)
    change(tmp_path, "UPDATE manifests SET analysed_at = ?", NOW)
    assert await forget(store) == Pruned(tags=1)
    age(tmp_path)
    assert await forget(store) == Pruned(manifests=1, layers=1)


async def _index(store: Store, name: str, *children: str) -> str:
    async with store.transaction() as tx:
        await images.add_manifest(tx, digest(name), OCI_INDEX, 1)
        await images.put_index(tx, digest(name), dict.fromkeys(map(digest, children), "linux/amd64"))
    return digest(name)


async def test_an_index_takes_its_images_along_but_not_those_of_others(store: Store, tmp_path: Path) -> None:
    for name in ("mine", "ours"):
        await remember(store, name, [SHARED])
    gone, there = await _index(store, "gone", "mine", "ours"), await _index(store, "there", "ours")
    await tag(store, "app", latest=gone)
    await tag(store, "app", latest=there)
    age(tmp_path)
    assert (await forget(store)).manifests == 2
    left = rows(tmp_path, "SELECT digest FROM manifests")
    assert set(left) == {(digest("ours"),), (there,)}
    assert len(rows(tmp_path, "SELECT * FROM index_children")) == 1


async def test_an_index_without_a_tag_goes_with_the_first_of_its_images(store: Store, tmp_path: Path) -> None:
    for name in ("old", "young"):
        await remember(store, name, [SHARED])
    await _index(store, "index", "old", "young")
    change(tmp_path, "UPDATE manifests SET analysed_at = ? WHERE digest = ?", LONG_AGO, digest("old"))
    await forget(store)
    assert rows(tmp_path, "SELECT digest FROM manifests") == [(digest("young"),)]
    assert rows(tmp_path, "SELECT * FROM index_children") == []


async def _append(store: Store, *new: NewEvent) -> None:
    endpoint = EndpointRule(name="ops", url="https://ops.test/hook")
    async with store.transaction() as tx:
        await events.append(tx, new, [endpoint], NOW)


async def test_events_and_deliveries_go_but_what_is_told_once_stays(store: Store, tmp_path: Path) -> None:
    over = NewEvent(
        type="policy.expired",
        cause="policy-1",
        key=(),
        severity="UNKNOWN",
        fixable=False,
        data=PolicyData(ids=("CVE-1",), expires="2024-12-31"),
    )
    await _append(store, finding("openssl", "base"), over)
    age(tmp_path)
    change(tmp_path, "UPDATE deliveries SET state = 'delivered'")
    await _append(store, finding("bash", "base", cause="CVE-2026-2@1"))
    assert await forget(store) == Pruned(events=1)
    assert sorted(rows(tmp_path, "SELECT type, time < '2026' FROM events")) == [
        ("finding.opened", 0),
        ("policy.expired", 1),
    ]
    assert rows(tmp_path, "SELECT COUNT(*) FROM deliveries") == [(1,)]
    assert rows(tmp_path, "SELECT COUNT(*) FROM event_sets") == [(1,)]


async def test_what_an_event_speaks_of_stays_as_long_as_the_event(store: Store, tmp_path: Path) -> None:
    await remember(store, "old", [OLD])
    (set_id,) = rows(tmp_path, "SELECT set_id FROM manifest_layers")[0]
    await _append(store, finding("openssl"))
    change(tmp_path, "INSERT INTO event_sets VALUES (1, ?)", set_id)
    change(tmp_path, "UPDATE manifests SET analysed_at = ?", LONG_AGO)
    assert (await forget(store)).manifests == 1
    assert rows(tmp_path, "SELECT id FROM component_sets") == [(set_id,)]
    assert len(rows(tmp_path, "SELECT * FROM package_versions")) == 1
    age(tmp_path)
    assert (await forget(store)).events == 0, "its message is due"
    change(tmp_path, "UPDATE endpoints SET disabled = 'status 410'")
    assert (await forget(store)).events == 1
    assert rows(tmp_path, "SELECT id FROM component_sets") == []
    assert rows(tmp_path, "SELECT id FROM package_versions") == []


async def test_what_was_there_before_stays_until_its_successor_is_told(store: Store, tmp_path: Path) -> None:
    for name in ("old", "new"):
        await remember(store, name, [SHARED])
        await tag(store, "app", latest=digest(name))
    age(tmp_path)
    ended = "(SELECT until FROM tags WHERE until IS NOT NULL)"
    change(tmp_path, f"UPDATE tags SET since = {ended}, told_since = 0 WHERE until IS NULL")  # noqa: S608 - our own names
    assert await forget(store) == Pruned()
    change(tmp_path, "UPDATE tags SET told_since = 1")
    assert (await forget(store)).manifests == 1


async def test_an_image_read_again_leaves_nothing_of_before(store: Store, tmp_path: Path) -> None:
    await remember(store, "app", [OLD])
    await remember(store, "app", [NEW])
    assert rows(tmp_path, "SELECT version FROM components") == [("3.0",)]
    assert rows(tmp_path, "SELECT version FROM package_versions") == [("3.0",)]
    assert len(rows(tmp_path, "SELECT * FROM component_sets")) == 1


async def test_history_before_is_not_known_any_more(store: Store, tmp_path: Path) -> None:
    await remember(store, "old", [OLD])
    await tag(store, "app", latest=digest("old"))
    await tag(store, "app")
    age(tmp_path)
    change(tmp_path, "UPDATE tags SET since = '2024-01-01T00:00:00.000000Z'")
    when = "2024-06-01T00:00:00.000000Z"
    assert await tags.tag_at(store.read, REGISTRY, "app", "latest", when) == digest("old")
    await forget(store)
    assert await tags.tag_at(store.read, REGISTRY, "app", "latest", when) is None


async def test_an_image_is_not_stored_without_one_of_its_layers(store: Store, tmp_path: Path) -> None:
    await remember(store, "old", [OLD])
    change(tmp_path, "DELETE FROM layers")
    with pytest.raises(StoreError, match="a layer of it was pruned meanwhile; scan it again"):
        await _stored_again(store)
    change(tmp_path, "DELETE FROM manifests")
    with pytest.raises(StoreError, match=f"{digest('old')}: was pruned meanwhile; scan it again"):
        await _stored_again(store)


async def test_a_layer_is_not_stored_without_what_others_found_in_it(store: Store, tmp_path: Path) -> None:
    await remember(store, "old", [OLD])
    found = inventory("old 0", [package("left-pad", "1.3.0", "npm")])
    async with store.transaction() as tx:
        await images.put_layer(tx, digest("old 0"), 1, found, {"languages/npm": 1}, others=VERSIONS)
    change(tmp_path, "DELETE FROM layers")
    with pytest.raises(StoreError, match="was pruned meanwhile; scan it again"):
        async with store.transaction() as tx:
            await images.put_layer(tx, digest("old 0"), 1, found, {"languages/npm": 1}, others=VERSIONS)


async def _stored_again(store: Store) -> None:
    record = images.ImageRecord(
        digest=digest("old"),
        platform="linux/amd64",
        config_digest=digest("config old"),
        config=b"{}",
        layers=((digest("old 0"), ""),),
        squashed=Squashed(release=None, components=(), problems=()),
        problems=(),
        analysed_with="test",
    )
    async with store.transaction() as tx:
        await images.put_image(tx, record, NOW)


async def test_contents_go_with_the_last_image_that_has_them(store: Store, tmp_path: Path) -> None:
    found = {0: holding("srv/.env", secret("a=*"))}
    for name in ("one", "two", "three"):
        await remember(store, name, [SHARED], others=found)
    await tag(store, "app", latest=digest("three"))
    number = "SELECT (SELECT COUNT(*) FROM content_sets), (SELECT COUNT(*) FROM manifest_contents)"
    assert rows(tmp_path, number) == [(1, 3)]
    age(tmp_path)
    await forget(store)
    assert rows(tmp_path, number) == [(1, 1)]
    await tag(store, "app")
    age(tmp_path)
    await forget(store)
    assert rows(tmp_path, number) == [(0, 0)]
