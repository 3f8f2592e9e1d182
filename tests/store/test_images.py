from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from analyzers.inventory import Found, LayerInventory, Release
from store import images
from store.database import Store, open_store
from store.events import append
from tests.fakes.engine import DATABASE, rows
from tests.fakes.fleet import NOW, finding
from tests.fakes.registry import OCI_INDEX, OCI_MANIFEST
from tests.fakes.stored import DEBIAN, VERSIONS, digest, inventory, package, python, remember, tag


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / DATABASE) as opened:
        yield opened


async def state(store: Store, name: str) -> images.ManifestState:
    return (await images.manifest_states(store.read, [digest(name)]))[digest(name)]


async def test_a_manifest_is_pending_until_it_is_something(store: Store) -> None:
    assert await images.manifest_states(store.read, [digest("a")]) == {}
    async with store.transaction() as tx:
        await images.add_manifest(tx, digest("a"), OCI_MANIFEST, 12)
        await images.add_manifest(tx, digest("b"), OCI_MANIFEST, 12, images.NOT_ASKED_FOR)
    first = await state(store, "a")
    assert first == images.ManifestState(digest("a"), OCI_MANIFEST, "pending", "", 0, None, "")
    assert (await state(store, "b")).reason == images.NOT_ASKED_FOR
    async with store.transaction() as tx:
        await images.set_manifest_state(
            tx, digest("a"), "failed", reason="broke off", attempts=2, retry_at=NOW
        )
        await images.add_manifest(tx, digest("a"), OCI_INDEX, 99)
    after = await state(store, "a")
    assert (after.state, after.reason, after.attempts, after.retry_at) == ("failed", "broke off", 2, NOW)
    assert after.media_type == OCI_MANIFEST


async def test_an_index_and_its_children(store: Store) -> None:
    async with store.transaction() as tx:
        for name in ("index", "amd", "arm"):
            await images.add_manifest(tx, digest(name), OCI_MANIFEST, 1)
        await images.put_index(tx, digest("index"), {digest("amd"): "linux/amd64", digest("arm"): ""})
        await images.put_index(tx, digest("index"), {digest("amd"): "linux/amd64"})
    assert await images.index_children(store.read, digest("index")) == {digest("amd"): "linux/amd64"}
    assert (await state(store, "index")).reason == "index"
    assert await images.index_children(store.read, digest("amd")) == {}


async def test_what_other_analyzers_found_in_a_layer_is_kept(store: Store) -> None:
    first = inventory("layer", [package("bash"), python("jinja2")], DEBIAN)
    newer = LayerInventory(
        diff_id=first.diff_id, size_bytes=1024, entries=7, found={"os/dpkg": (Found("x"),)}, opaque=("etc",)
    )
    async with store.transaction() as tx:
        assert await images.layer_state(tx, digest("layer")) is None
        await images.put_layer(tx, digest("layer"), 10, first, VERSIONS)
    assert await images.inventory(store.read, digest("layer")) == first
    async with store.transaction() as tx:
        await images.put_layer(tx, digest("layer"), 10, newer, {"os/dpkg": 2, "languages/python": 3})
    found = await images.inventory(store.read, digest("layer"))
    assert found == msgspec.structs.replace(
        newer, found={"os/dpkg": (Found("x"),), "os/release": first.found["os/release"]}
    )
    known = await images.layer_state(store.read, digest("layer"))
    assert known is not None
    assert known.analyzers == VERSIONS | {"os/dpkg": 2, "languages/python": 3}
    assert (known.size_bytes, known.diff_id, known.reason, known.limit) == (10, first.diff_id, "", "")


async def test_an_unreadable_layer_says_why(store: Store) -> None:
    async with store.transaction() as tx:
        await images.put_layer_failure(
            tx, digest("layer"), 10, reason="too long", limit="layer_bytes", retry_at=NOW
        )
    assert await images.layer_state(store.read, digest("layer")) == images.LayerState(
        10, "", {}, "too long", "layer_bytes", NOW
    )
    with pytest.raises(KeyError):
        await images.inventory(store.read, digest("layer"))
    async with store.transaction() as tx:
        await images.put_layer(tx, digest("layer"), 10, inventory("layer", []), VERSIONS)
    known = await images.layer_state(store.read, digest("layer"))
    assert known is not None
    assert (known.reason, known.limit, known.retry_at) == ("", "", None)


async def test_an_image_is_read_back(store: Store) -> None:
    image = await remember(store, "app", [package("bash"), package("zsh")], [python("jinja2")])
    row = await images.image_row(store.read, image)
    assert (row.platform, row.config_digest, row.config) == ("linux/amd64", digest("config app"), b"{}")
    assert row.release == '{"id":"debian","version_id":"12"}'
    assert [(each.digest, each.created_by) for each in row.layers] == [
        (digest("app 0"), "RUN app 0"),
        (digest("app 1"), "RUN app 1"),
    ]
    parts = await images.components(store.read, image)
    assert [(each.layer, each.purl, each.feed, each.state) for each in parts] == [
        (0, "pkg:deb/debian/bash@1.0?distro=debian-12", "Debian", "pending"),
        (0, "pkg:deb/debian/zsh@1.0?distro=debian-12", "Debian", "pending"),
        (1, "pkg:pypi/jinja2@1.0", "PyPI", "pending"),
    ]
    with pytest.raises(KeyError):
        await images.image_row(store.read, digest("none"))
    without = await remember(store, "scratch", [], release=None)
    assert (await images.image_row(store.read, without)).release is None


async def test_images_share_what_they_have_in_common(store: Store, tmp_path: Path) -> None:
    for name in ("one", "two"):
        await remember(store, name, [package("bash")], [python(name)])
    await remember(store, "other", [package("bash")], release=Release(id="debian", version_id="11"))
    assert {
        table: rows(tmp_path, f"SELECT COUNT(*) FROM {table}")[0][0]  # noqa: S608 - our own names
        for table in ("component_sets", "components", "package_versions", "manifest_layers")
    } == {"component_sets": 4, "components": 4, "package_versions": 4, "manifest_layers": 5}


async def test_an_image_stored_again_has_what_it_has_now(store: Store) -> None:
    await remember(store, "app", [package("bash")], [python("jinja2")])
    image = await remember(store, "app", [package("bash", "2.0")])
    parts = await images.components(store.read, image)
    assert [(each.layer, each.purl.partition("?")[0]) for each in parts] == [(0, "pkg:deb/debian/bash@2.0")]
    assert len((await images.image_row(store.read, image)).layers) == 1


async def test_events_before_an_image_was_known_did_not_touch_it(store: Store, tmp_path: Path) -> None:
    await tag(store, "app", latest=await remember(store, "early", [package("bash")]))
    async with store.transaction() as tx:
        await append(tx, [finding("bash")], [], NOW)
    await remember(store, "late", [package("bash")])
    await remember(store, "early", [package("bash")])
    known = rows(tmp_path, "SELECT digest, known_since_event FROM manifests ORDER BY 2")
    assert known == [(digest("early"), 0), (digest("late"), 1)]
