import json
from collections.abc import AsyncIterator

import pytest

from crawler.registry.catalogs import Catalog, CatalogKind, catalog_for, matcher
from crawler.registry.client import RegistryClient
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import ProtocolError, UnauthorizedError
from tests.fakes.registry import PASSWORD, USERNAME, Canned, FakeRegistry

PROJECTS = "/api/v2.0/projects"


async def collect(catalog: Catalog) -> list[str]:
    return [name async for name in catalog.repositories()]


@pytest.fixture
async def registry() -> AsyncIterator[FakeRegistry]:
    async with FakeRegistry() as running:
        for name in ("team/app", "team/app/web", "other"):
            running.push_image(name, "1", [])
        yield running


@pytest.mark.parametrize(
    ("patterns", "name", "matches"),
    [
        ((), "a", True),
        (("team/*",), "team/app/web", True),
        (("team/*",), "team", False),
        (("te?m/[ab]pp",), "team/app", True),
        (("app",), "team/app", False),
        (("x", "*app"), "team/app", True),
    ],
)
def test_globs(patterns: tuple[str, ...], name: str, *, matches: bool) -> None:
    assert matcher(patterns)(name) is matches


@pytest.mark.parametrize("kind", ["auto", "distribution"])
async def test_distribution(registry: FakeRegistry, kind: CatalogKind) -> None:
    async with RegistryClient(Endpoint(url=registry.url)) as client:
        assert await collect(catalog_for(kind, client)) == ["other", "team/app", "team/app/web"]
        assert await collect(catalog_for(kind, client, ["team/*"])) == ["team/app", "team/app/web"]


@pytest.mark.parametrize("kind", ["auto", "list"])
async def test_names_without_globs_need_no_list(registry: FakeRegistry, kind: CatalogKind) -> None:
    async with RegistryClient(Endpoint(url=registry.url)) as client:
        assert await collect(catalog_for(kind, client, ["b", "a", "b"])) == ["b", "a"]
    assert registry.requests == []


@pytest.mark.parametrize("patterns", [(), ("a*",)])
async def test_a_list_needs_names(registry: FakeRegistry, patterns: tuple[str, ...]) -> None:
    async with RegistryClient(Endpoint(url=registry.url)) as client:
        with pytest.raises(ValueError, match="expects names without globs"):
            catalog_for("list", client, patterns)


async def test_auto_says_when_it_may_not_look(registry: FakeRegistry) -> None:
    registry.faults.refuses_all = True
    async with RegistryClient(Endpoint(url=registry.url)) as client:
        with pytest.raises(UnauthorizedError):
            await collect(catalog_for("auto", client))


def page(names: list[str], **headers: str) -> Canned:
    return Canned(body=json.dumps([{"name": name, "id": 1} for name in names]).encode(), headers=headers)


async def test_harbor() -> None:
    async with FakeRegistry(auth="bearer", service="harbor-registry") as registry:
        login = Endpoint(url=registry.url, username=USERNAME, password=PASSWORD)
        async with RegistryClient(login) as client:
            assert await client.service() == "harbor-registry"
            registry.auth = "basic"
            registry.faults.always = {
                PROJECTS: page(["library", "42"], **{"X-Total-Count": "2"}),
                f"{PROJECTS}/library/repositories": page(["library/a", "library/b/c"]),
                f"{PROJECTS}/42/repositories": page(["42/a"]),
            }
            assert await collect(catalog_for("harbor", client)) == ["library/a", "library/b/c", "42/a"]
            assert await collect(catalog_for("harbor", client, ["*/a"])) == ["library/a", "42/a"]
            registry.faults.always[f"{PROJECTS}/42/repositories"] = Canned(404)
            assert await collect(catalog_for("harbor", client)) == ["library/a", "library/b/c"]
            registry.faults.always[PROJECTS] = page(["library"], **{"X-Total-Count": "2"})
            with pytest.raises(ProtocolError, match="ended after 1 of 2 entries"):
                await collect(catalog_for("harbor", client))
            registry.faults.always[PROJECTS] = Canned(body=b"<html>")
            with pytest.raises(ProtocolError, match="expected a list of objects"):
                await collect(catalog_for("harbor", client))
    assert registry.requests[-1].headers["X-Is-Resource-Name"] == "true"
