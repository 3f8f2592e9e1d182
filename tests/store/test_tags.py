from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crawler import clock
from store import images, tags
from store.database import Store, open_store
from tests.fakes.engine import DATABASE, change, rows
from tests.fakes.registry import OCI_MANIFEST
from tests.fakes.stored import REGISTRY, baseline, digest, package, remember, tag

A, B = digest("a"), digest("b")
HISTORY = "SELECT name, since, until FROM tags ORDER BY since, name"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / DATABASE) as opened:
        async with opened.transaction() as tx:
            for each in (A, B):
                await images.add_manifest(tx, each, OCI_MANIFEST, 1)
        yield opened


async def put(store: Store, now: str, *unread: str, **found: str) -> int:
    async with store.transaction() as tx:
        return await tags.put_tags(tx, REGISTRY, "app", found=found, unread=unread, now=now)


def time(second: int) -> str:
    return f"2026-01-01T00:00:{second:02}.000000Z"


async def test_tags_begin_move_stay_and_go(store: Store, tmp_path: Path) -> None:
    assert await put(store, time(1), v1=A, latest=A) == 2
    assert await put(store, time(2), v1=A, latest=A) == 0
    assert await put(store, time(3), v1=A, latest=B) == 1
    assert await put(store, time(4), "v1", latest=B) == 0
    assert await put(store, time(5), latest=B) == 1
    assert await put(store, time(6), "unheard-of", v1=B, latest=B) == 1
    assert rows(tmp_path, HISTORY) == [
        ("latest", time(1), time(3)),
        ("v1", time(1), time(5)),
        ("latest", time(3), None),
        ("v1", time(6), None),
    ]


async def test_what_a_tag_pointed_to_at_a_time(store: Store) -> None:
    await put(store, time(1), latest=A)
    await put(store, time(3), latest=B)
    await put(store, time(5))
    found = [await tags.tag_at(store.read, REGISTRY, "app", "latest", time(second)) for second in range(7)]
    assert found == [None, A, A, B, B, None, None]
    assert await tags.tag_at(store.read, REGISTRY, "other", "latest", time(2)) is None


async def test_repositories_that_have_tags(store: Store) -> None:
    assert await tags.repositories_with_tags(store.read, REGISTRY) == []
    await put(store, time(1), latest=A)
    assert await tags.repositories_with_tags(store.read, REGISTRY) == ["app"]
    assert await tags.repositories_with_tags(store.read, "https://other.test") == []
    await put(store, time(2))
    assert await tags.repositories_with_tags(store.read, REGISTRY) == []


async def test_the_baseline_silences_what_was_read(store: Store, tmp_path: Path) -> None:
    image = await remember(store, "app", [package("bash")])
    await put(store, time(1), v1=image, bad=A)
    assert not await tags.has_baseline(store.read, REGISTRY)
    await baseline(store)
    assert await tags.has_baseline(store.read, REGISTRY)
    assert not await tags.has_baseline(store.read, "https://other.test")
    assert [row.tag for row in await tags.untold_tags(store.read, REGISTRY)] == ["bad"]
    first = rows(tmp_path, "SELECT baseline_at FROM registries")
    await baseline(store)
    assert rows(tmp_path, "SELECT baseline_at FROM registries") == first


async def test_what_is_told_is_not_told_again(store: Store) -> None:
    await put(store, time(1), latest=A)
    (row,) = await tags.untold_tags(store.read, REGISTRY)
    assert (row.repository, row.tag, row.since, row.until, row.digest) == ("app", "latest", time(1), None, A)
    assert await tags.digest_before(store.read, row) is None
    await put(store, time(2), latest=B)
    async with store.transaction() as tx:
        await tags.set_told(tx, row)  # as it was read, before it ended
    ended, begun = await tags.untold_tags(store.read, REGISTRY)
    assert (ended.told_since, ended.told_until, ended.until) == (1, 0, time(2))
    assert await tags.digest_before(store.read, begun) == A
    assert await tags.digest_after(store.read, ended) == B
    async with store.transaction() as tx:
        for each in (ended, begun):
            await tags.set_told(tx, each)
    assert await tags.untold_tags(store.read, REGISTRY) == []
    await put(store, time(3))
    (ended,) = await tags.untold_tags(store.read, REGISTRY)
    assert (ended.digest, await tags.digest_after(store.read, ended)) == (B, None)


async def test_the_next_retry_is_the_first_of_what_tags_point_to(store: Store, tmp_path: Path) -> None:
    assert await tags.next_retry(store.read, REGISTRY, time(1)) == (None, 0)
    await put(store, time(1), one=A, two=B)
    later = {each: clock.later(time(1), seconds) for seconds, each in ((20, A), (10, B))}
    async with store.transaction() as tx:
        for each, retry_at in later.items():
            await images.set_manifest_state(tx, each, "failed", reason="r", retry_at=retry_at)
    assert await tags.next_retry(store.read, REGISTRY, time(1)) == (later[B], 0)
    # What should have been tried hides nothing that is still to come.
    assert await tags.next_retry(store.read, REGISTRY, clock.later(time(1), 15)) == (later[A], 1)
    assert await tags.next_retry(store.read, REGISTRY, clock.later(time(1), 25)) == (None, 2)
    await put(store, time(2), one=A)
    assert await tags.next_retry(store.read, REGISTRY, time(1)) == (later[A], 0)
    assert await tags.next_retry(store.read, "https://other.test", time(1)) == (None, 0)
    change(tmp_path, "UPDATE manifests SET state = 'analysed'")
    assert await tags.next_retry(store.read, REGISTRY, time(1)) == (None, 0)


async def test_tags_of_two_repositories_are_apart(store: Store) -> None:
    await tag(store, "one", latest=A)
    await tag(store, "two", latest=B)
    await tag(store, "one")
    assert await tags.repositories_with_tags(store.read, REGISTRY) == ["two"]
