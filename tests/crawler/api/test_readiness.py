from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crawler.api.readiness import Readiness
from store.database import Store, open_store
from tests.fakes.stored import REGISTRY, baseline, package, remember, tag

NO_UPDATE = "the first update of advisories is not done"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "c.db") as opened:
        yield opened


async def test_advisories_are_waited_for_when_packages_need_them(store: Store) -> None:
    readiness = Readiness([REGISTRY])
    assert await readiness.missing(store.read) == [NO_UPDATE, f"{REGISTRY}: the first crawl is not done"]
    await tag(store, "app", latest=await remember(store, "app", [package("openssl")]))
    await baseline(store)
    assert await readiness.missing(store.read) == [NO_UPDATE]
    readiness.updated()
    assert await readiness.missing(store.read) == []


async def test_a_registry_without_packages_needs_none(store: Store) -> None:
    await tag(store, "app")
    await baseline(store)
    assert await Readiness([REGISTRY]).missing(store.read) == []


async def test_why_a_registry_could_not_be_listed_is_said(store: Store) -> None:
    readiness = Readiness([REGISTRY])
    readiness.updated()
    readiness.failed(REGISTRY, "refuses the login")
    assert await readiness.missing(store.read) == [
        f"{REGISTRY}: no crawl could list it yet: refuses the login"
    ]
    readiness.crawled(REGISTRY)
    readiness.failed(REGISTRY, "is gone")
    assert await readiness.missing(store.read) == []
