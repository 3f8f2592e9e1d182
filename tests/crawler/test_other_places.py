"""What one repository or registry cannot give, another one may have."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.settings import Registry
from crawler import crawl as crawl_module
from crawler.crawl import crawl
from crawler.engine import Engine
from crawler.registry.client import RegistryClient
from crawler.registry.endpoint import Endpoint
from crawler.registry.transport import Timing
from tests.fakes import images as made
from tests.fakes.engine import change, rows, scanning
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.registry import OCI_MANIFEST, Canned, FakeRegistry

BASE = layer(debian(), dpkg(openssl="3.0.11-1"))
DENIED = Canned(403, b'{"errors": [{"code": "DENIED"}]}')


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses before another attempt take no time."""

    async def at_once(_seconds: float) -> None:
        return

    def client_of(registry: Registry) -> RegistryClient:
        return RegistryClient(Endpoint(url=registry.url), timing=Timing(sleep=at_once))

    monkeypatch.setattr(crawl_module, "client_of", client_of)


@pytest.fixture
async def registry() -> AsyncIterator[FakeRegistry]:
    async with FakeRegistry() as running:
        yield running


@pytest.fixture
async def other() -> AsyncIterator[FakeRegistry]:
    async with FakeRegistry() as running:
        yield running


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with scanning(tmp_path) as opened:
        yield opened


async def pass_over(engine: Engine, registry: FakeRegistry) -> list[str]:
    """Crawl; return the paths of manifests and blobs that were asked for, in order."""
    registry.requests.clear()
    done = await crawl(engine, Registry(url=registry.url), ("linux/amd64",), lambda _: None)
    assert done.failures == []
    return [path for path in registry.paths() if "/manifests/" in path or "/blobs/" in path]


def states(folder: Path) -> list[tuple[object, ...]]:
    return rows(folder, "SELECT state, attempts FROM manifests WHERE reason <> 'index' ORDER BY 1")


def due(folder: Path) -> None:
    change(folder, "UPDATE manifests SET retry_at = '2020-01-01T00:00:00.000000Z'")


def refuse(registry: FakeRegistry, repository: str, answer: Canned = DENIED) -> None:
    """Let a repository be listed and its tags resolved, and nothing else."""
    digests = {*registry.manifests[repository]}
    for digest in digests & {*registry.tags[repository].values()}:
        registry.faults.always[f"/v2/{repository}/manifests/{digest}"] = answer
    for digest in registry.blobs:
        registry.faults.always[f"/v2/{repository}/blobs/{digest}"] = answer


@pytest.mark.parametrize("what", ["manifests", "blobs"])
async def test_another_repository_gives_what_one_refuses(
    engine: Engine, registry: FakeRegistry, tmp_path: Path, what: str
) -> None:
    for name in ("a", "b", "c", "d"):
        push(registry, name, "1", BASE)
    for name in ("a", "b"):
        refuse(registry, name)
    registry.faults.always = {path: way for path, way in registry.faults.always.items() if what in path}
    asked = await pass_over(engine, registry)
    assert states(tmp_path) == [("analysed", 0)]
    assert [path for path in asked if f"/d/{what}" in path] == []
    assert [path for path in asked if f"/c/{what}" in path]


async def test_what_every_repository_refuses_waits_for_its_next_try(
    engine: Engine, registry: FakeRegistry, tmp_path: Path
) -> None:
    for name in ("a", "b", "c"):
        push(registry, name, "1", BASE)
        refuse(registry, name)
    asked = await pass_over(engine, registry)
    assert sorted(path[:5] for path in asked) == ["/v2/a", "/v2/b", "/v2/c"]
    assert states(tmp_path) == [("failed", 1)]
    assert await pass_over(engine, registry) == []
    due(tmp_path)
    assert len(await pass_over(engine, registry)) == 3
    assert states(tmp_path) == [("failed", 2)]


async def test_an_image_of_an_index_may_be_elsewhere_too(
    engine: Engine, registry: FakeRegistry, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        entry = made.entry(push(registry, name, "", BASE), "linux/amd64")
        registry.push_index(name, "1", [entry])
    registry.faults.always[f"/v2/a/manifests/{entry['digest']}"] = DENIED
    await pass_over(engine, registry)
    assert states(tmp_path) == [("analysed", 0)]


async def test_a_broken_registry_is_not_asked_again_under_another_name(
    engine: Engine, registry: FakeRegistry, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        push(registry, name, "1", BASE)
        refuse(registry, name, Canned(500))
    asked = await pass_over(engine, registry)
    assert len({path[:5] for path in asked}) == 1
    assert states(tmp_path) == [("failed", 1)]


async def test_what_is_broken_itself_is_so_everywhere(
    engine: Engine, registry: FakeRegistry, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        registry.push_manifest(name, "1", b"<html>", OCI_MANIFEST)
    assert len(await pass_over(engine, registry)) == 1
    assert states(tmp_path) == [("failed", 1)]


@pytest.mark.parametrize("answer", [DENIED, Canned(500)])
async def test_another_registry_is_asked_at_once(
    engine: Engine, registry: FakeRegistry, other: FakeRegistry, tmp_path: Path, answer: Canned
) -> None:
    push(registry, "app", "1", BASE)
    push(other, "app", "1", BASE)
    refuse(registry, "app", answer)
    refuse(other, "app", answer)
    await pass_over(engine, registry)
    assert await pass_over(engine, other)
    assert states(tmp_path) == [("failed", 1)]
    assert await pass_over(engine, registry) == []
    assert await pass_over(engine, other) == []
    due(tmp_path)
    await pass_over(engine, registry)
    assert states(tmp_path) == [("failed", 2)]
    other.faults.always.clear()
    await pass_over(engine, other)
    assert states(tmp_path) == [("analysed", 0)]


async def test_a_broken_layer_that_another_registry_gives_is_the_reason(
    engine: Engine, registry: FakeRegistry, other: FakeRegistry, tmp_path: Path
) -> None:
    push(registry, "app", "1", b"no layer")
    push(other, "app", "1", b"no layer")
    refuse(registry, "app")
    await pass_over(engine, registry)
    await pass_over(engine, other)
    ((reason, attempts),) = rows(tmp_path, "SELECT reason, attempts FROM manifests")
    assert (attempts, "truncated" in str(reason)) == (2, True), reason
    assert await pass_over(engine, registry) == await pass_over(engine, other) == []
