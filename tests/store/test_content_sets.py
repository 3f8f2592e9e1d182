from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from analyzers.ignore.candidate import FindingKind
from analyzers.inventory import Problem
from store.content_sets import (
    CONFIGURATION,
    ContentFinding,
    ContentsByKind,
    ContentSet,
    content_sets,
    contents_of_image,
    contents_of_images,
    encode,
    put_contents,
    unpack,
)
from store.database import Store, open_store
from store.ids import layer_id, manifest_id
from tests.fakes.engine import DATABASE, rows
from tests.fakes.stored import digest, package, remember

CHECK = ContentFinding(id="DS-0002", title="t", severity="HIGH", path="srv/Dockerfile", line=3, message="m")
LICENSE = ContentFinding(id="MIT", package="bash")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / DATABASE) as opened:
        yield opened


async def put(store: Store, image: str, contents: ContentsByKind) -> None:
    async with store.transaction() as tx:
        await put_contents(tx, image, encode(contents))


async def test_contents_come_back_by_layer(store: Store) -> None:
    image = await remember(store, "app", [package("bash")], [])
    both = {CONFIGURATION: ContentSet((CHECK,)), 1: ContentSet((CHECK, CHECK), (Problem("a", "b"),))}
    await put(
        store, image, {FindingKind.MISCONFIGURATION: both, FindingKind.LICENSE: {0: ContentSet((LICENSE,))}}
    )
    found = await contents_of_image(store.read, image, FindingKind.MISCONFIGURATION)
    assert [(each.finding, each.layer, each.created_by) for each in found] == [
        (CHECK, "", ""),
        *[(CHECK, digest("app 1"), "RUN app 1")] * 2,
    ]
    (license_,) = await contents_of_image(store.read, image, FindingKind.LICENSE)
    assert (license_.finding, license_.layer) == (LICENSE, digest("app 0"))
    assert await contents_of_image(store.read, digest("nobody"), FindingKind.SECRET) == []


async def test_images_share_sets_and_the_last_one_takes_them_along(store: Store, tmp_path: Path) -> None:
    one, two = [await remember(store, name, [package("bash")]) for name in ("one", "two")]
    await put(store, one, {FindingKind.LICENSE: {0: ContentSet((LICENSE,))}})
    await put(store, two, {FindingKind.LICENSE: {0: ContentSet((LICENSE,))}})
    number = "SELECT COUNT(*) FROM content_sets"
    assert rows(tmp_path, number) == [(1,)]
    await put(store, one, {})
    assert rows(tmp_path, number) == [(1,)]
    await put(store, two, {FindingKind.MISCONFIGURATION: {0: ContentSet((CHECK,))}})
    assert rows(tmp_path, number) == [(1,)]
    await put(store, two, {})
    assert rows(tmp_path, number) == [(0,)]


async def test_where_sets_of_a_kind_are_in_images(store: Store) -> None:
    both = [await remember(store, name, [package("bash")]) for name in ("one", "two")]
    for each in both:
        await put(store, each, {FindingKind.SECRET: {CONFIGURATION: ContentSet((CHECK,)), 0: ContentSet()}})
    asked = [manifest_id(each) for each in both]
    found = await contents_of_images(store.read, asked, FindingKind.SECRET)
    layers = {manifest_id(digest(name)): layer_id(digest(f"{name} 0")) for name in ("one", "two")}
    assert {(each.image, each.layer) for each in found} == {
        (image, layer) for image, own in layers.items() for layer in (own, None)
    }
    bodies = await content_sets(store.read, {each.set_id for each in found})
    assert {unpack(body) for body in bodies.values()} == {ContentSet((CHECK,)), ContentSet()}
    assert {each.image for each in await contents_of_images(store.read, asked[:1], FindingKind.SECRET)} == {
        asked[0]
    }
    assert await contents_of_images(store.read, asked, FindingKind.LICENSE) == []
