"""What a crawl notes for pruning, and what it lets it forget."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.settings import Crawl, Registry, Settings, Store
from crawler import clock
from crawler.crawl import Pass, crawl_and_tell, forget_old
from crawler.engine import Engine
from store import tags
from store.pruning import Pruned
from tests.fakes.engine import change, rows, scanning
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.registry import FakeRegistry

LONG_AGO = "2020-01-01T00:00:00.000000Z"
OURS, THEIRS = layer(debian(), dpkg(openssl="3.0")), layer(debian(), dpkg(curl="8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A store that crawled two registries with an image each, long ago."""

    folder: Path
    engine: Engine
    ours: FakeRegistry
    theirs: FakeRegistry

    async def crawl(
        self, registry: FakeRegistry, *watched: FakeRegistry, keep_s: float = 86_400.0
    ) -> tuple[Pass, Pruned]:
        settings = Settings(
            registries=tuple(Registry(url=each.url) for each in watched),
            crawl=Crawl(platforms=("linux/amd64",)),
            store=Store(keep=keep_s),
        )
        crawled = Registry(url=registry.url)
        done = await crawl_and_tell(self.engine, settings, crawled, lambda _: None, None)
        return done, await forget_old(self.engine, settings)

    def age(self) -> None:
        change(self.folder, "UPDATE registries SET crawled_at = ?", LONG_AGO)
        change(self.folder, "UPDATE manifests SET analysed_at = ?", LONG_AGO)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with FakeRegistry() as ours, FakeRegistry() as theirs, scanning(tmp_path) as engine:
        push(ours, "app", "1", OURS)
        push(theirs, "app", "1", THEIRS)
        made = World(folder=tmp_path, engine=engine, ours=ours, theirs=theirs)
        for registry in (ours, theirs):
            await made.crawl(registry)
        made.age()
        yield made


async def test_a_registry_that_left_the_settings_is_forgotten_in_silence(world: World) -> None:
    _, pruned = await world.crawl(world.ours, world.ours)
    assert pruned == Pruned(registries=1, tags=1, manifests=1, layers=1)
    assert rows(world.folder, "SELECT url FROM registries") == [(world.ours.url,)]
    assert rows(world.folder, "SELECT * FROM events") == []
    await world.crawl(world.theirs, world.ours)
    assert rows(world.folder, "SELECT name FROM components ORDER BY 1") == [("curl",), ("openssl",)]
    assert rows(world.folder, "SELECT * FROM events") == []


async def test_one_that_is_crawled_by_name_stays(world: World) -> None:
    assert (await world.crawl(world.theirs, world.ours))[1] == Pruned()
    assert (await world.crawl(world.ours))[1] == Pruned()


async def test_one_that_could_not_be_listed_was_not_crawled(world: World) -> None:
    world.theirs.faults.refuses_all = True
    assert not (await world.crawl(world.theirs, world.ours, world.theirs))[0].listed
    assert await tags.has_baseline(world.engine.store.read, world.theirs.url)
    assert (await world.crawl(world.ours, world.ours))[1].registries == 1


async def test_when_it_was_crawled_is_noted_although_everything_is_kept_for_ever(world: World) -> None:
    before = clock.now()
    await world.crawl(world.theirs, keep_s=0)
    change(world.folder, "UPDATE registries SET crawled_at = ? WHERE crawled_at < ?", LONG_AGO, before)
    found = rows(world.folder, "SELECT url, crawled_at > ? FROM registries", LONG_AGO)
    assert set(found) == {(world.ours.url, 0), (world.theirs.url, 1)}
