import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiosqlite
import pytest

from crawler import clock
from store import events
from store.database import Reader, Row, Store, open_store
from store.queries import query
from store.touched import Cut, LayerGroup, Look, Named, Touched, touched
from tests.fakes.fleet import NOW, REGISTRY, Fleet, digest, finding

LATER = clock.later(NOW, 60)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "c.db") as opened:
        yield opened


@pytest.fixture
def fleet(store: Store, tmp_path: Path) -> Fleet:  # noqa: ARG001 - the file is made first
    return Fleet(tmp_path / "c.db")


async def look(store: Store, *new: events.NewEvent, repository: str = "", cut: Cut | None = None) -> Touched:
    async with store.transaction() as tx:
        await events.append(tx, new or [finding("ssl", "base")], [], NOW)
    log = await events.since(store.read, 0)
    admits = repository.__eq__ if repository else None
    return await touched(store.read, log, admits=admits, cut=cut or Cut())


def images(group: LayerGroup) -> list[tuple[str, tuple[str, ...]]]:
    return [(image.repository, image.tags) for image in group.images]


async def test_a_layer_brings_the_package_into_the_images_built_on_it(store: Store, fleet: Fleet) -> None:
    fleet.image("debian", ["base"], tags=["12", "bookworm"])
    fleet.image("app", ["base", "code"], tags=["v1"])
    fleet.image("other", ["alien"])
    fleet.package("ssl", ("base", "var/lib/dpkg/status"))
    found = await look(store)
    (group,) = found.layers[1]
    assert (group.digest, group.diff_id) == (digest("base"), digest("dbase"))
    assert group.created_by == "RUN make base"
    assert group.base_image == "registry.test/debian:12"
    assert group.packages == (Named("libssl", "1.0", "pkg:deb/debian/libssl@1.0"),)
    assert images(group) == [("app", ("v1",)), ("debian", ("12", "bookworm"))]
    image = group.images[0]
    assert (image.registry, image.digest, image.platform) == (REGISTRY, digest("app"), "linux/amd64")
    assert image.package_path == "var/lib/dpkg/status"
    assert (group.images_total, found.images_total, found.layers_total) == (2, 2, 1)


@pytest.mark.parametrize(
    ("image", "is_touched"),
    [
        ({}, True),
        ({"known_since": 0}, True),
        ({"known_since": 1}, False),  # analysed after the event, with the event's knowledge
        ({"since": LATER}, False),
        ({"since": NOW}, True),
        ({"until": LATER}, True),
        ({"until": NOW}, False),
        ({"tags": ()}, False),
        ({"index": "multi"}, True),
        ({"index": "multi", "until": NOW}, False),
    ],
)
async def test_only_images_known_and_tagged_at_the_time_are_touched(
    store: Store, fleet: Fleet, image: dict[str, str], *, is_touched: bool
) -> None:
    fleet.image("app", ["base"], **image)  # type: ignore[arg-type]  # a column
    fleet.package("ssl", ("base", ""))
    assert (await look(store)).images_total == is_touched


async def test_an_image_under_its_own_tag_and_an_index_is_one(store: Store, fleet: Fleet) -> None:
    fleet.image("app", ["base"], tags=["amd64"])
    fleet.image("app", ["base"], tags=["all"], index="multi")
    fleet.package("ssl", ("base", ""))
    found = await look(store)
    assert found.images_total == 1
    assert images(found.layers[1][0]) == [("app", ("all", "amd64"))]


async def test_an_image_in_two_repositories_is_two(store: Store, fleet: Fleet) -> None:
    fleet.image("app", ["base"], repository="dev/app")
    fleet.image("app", ["base"], repository="prod/app")
    fleet.package("ssl", ("base", ""))
    found = await look(store)
    assert found.images_total == 2
    assert images(found.layers[1][0]) == [("dev/app", ("latest",)), ("prod/app", ("latest",))]
    assert found.layers[1][0].base_image is None


async def test_only_admitted_repositories_count(store: Store, fleet: Fleet) -> None:
    fleet.image("one", ["base", "x"])
    fleet.image("two", ["base", "y"])
    fleet.package("ssl", ("base", ""))
    found = await look(store, repository="two")
    assert images(found.layers[1][0]) == [("two", ("latest",))]
    assert found.images_total == 1


@pytest.mark.parametrize(
    ("others", "base"),
    [
        ([("parent", ["bottom", "base"])], "registry.test/parent:latest"),
        ([("longer", ["bottom", "base", "more"])], None),
        ([("different", ["alien", "base"])], None),
        ([("shorter", ["bottom"])], None),
        ([("b", ["bottom", "base"]), ("a", ["bottom", "base"])], "registry.test/a:latest"),
    ],
)
async def test_the_base_image_has_exactly_the_layers_up_to_the_introducing_one(
    store: Store, fleet: Fleet, others: list[tuple[str, list[str]]], base: str | None
) -> None:
    fleet.image("app", ["bottom", "base", "code"])
    for name, layers in others:
        fleet.image(name, layers, known_since=9)
    fleet.package("ssl", ("base", ""))
    assert (await look(store)).layers[1][0].base_image == base


async def test_a_base_image_may_be_tagged_through_its_index(store: Store, fleet: Fleet) -> None:
    fleet.image("debian", ["base"], index="multi")
    fleet.image("app", ["base", "code"])
    fleet.package("ssl", ("base", ""))
    assert (await look(store)).layers[1][0].base_image == "registry.test/debian:latest"


async def test_layers_with_most_images_come_first(store: Store, fleet: Fleet) -> None:
    for name, layer in (("a", "rare"), ("b", "base"), ("c", "base")):
        fleet.image(name, [layer, name])
    fleet.package("ssl", ("base", ""), ("rare", ""))
    found = await look(store, finding("ssl", "base", "rare"))
    assert [group.digest for group in found.layers[1]] == [digest("base"), digest("rare")]


async def test_cuts_leave_the_totals_whole(store: Store, fleet: Fleet) -> None:
    for number in range(6):
        fleet.image(f"app{number}", ["base", "second", f"{number}"], tags=["a", "b", "c"])
    fleet.package("ssl", ("base", ""))
    fleet.package("zip", ("second", ""))
    cut = Cut(images=4, images_in_all=5, tags=2, created_by=3)
    found = await look(store, finding("ssl", "base"), finding("zip", "second"), cut=cut)
    (ssl,), (zipped,) = found.layers[1], found.layers[2]
    assert (len(ssl.images), len(zipped.images)) == (4, 1)
    assert (ssl.images_total, zipped.images_total, found.images_total) == (6, 6, 6)
    assert (ssl.images[0].tags, ssl.images[0].tags_total) == (("a", "b"), 3)
    assert ssl.created_by == "RUN"
    assert zipped.packages[0].name == "libzip"


async def test_groups_beyond_the_cut_are_counted(store: Store, fleet: Fleet) -> None:
    for name in "abc":
        fleet.image(name, [name])
    fleet.package("ssl", ("a", ""), ("b", ""), ("c", ""))
    found = await look(store, finding("ssl", "a", "b", "c"), cut=Cut(layers=2))
    assert (len(found.layers[1]), found.layers_total, found.images_total) == (2, 3, 3)


async def test_a_group_without_room_for_images_still_names_its_base_image(store: Store, fleet: Fleet) -> None:
    for base in "abcdef":
        fleet.image(base, [base])
        for number in range(3):
            fleet.image(f"{base}{number}", [base, "code"])
        fleet.package(f"in {base}", (base, ""))
    found = await look(store, *(finding(f"in {base}", base) for base in "abcdef"), cut=Cut(images_in_all=4))
    groups = [group for layers in found.layers.values() for group in layers]
    assert [len(group.images) for group in groups] == [4, 0, 0, 0, 0, 0]
    assert {group.base_image for group in groups} == {f"registry.test/{base}:latest" for base in "abcdef"}


@pytest.mark.parametrize("first", [0, 1])
async def test_what_one_event_has_looked_up_changes_nothing_for_another(
    store: Store, fleet: Fleet, first: int
) -> None:
    for name in "abcdefgh":
        fleet.image(name, ["base", "second"])
    fleet.image("first", ["base"])  # so that there are more images of this layer
    fleet.package("ssl", ("base", ""), ("second", ""))
    fleet.package("zip", ("second", ""))
    cut = Cut(images=6, images_in_all=7)
    await look(store, finding("ssl", "base", "second"), finding("zip", "second"))
    log = await events.since(store.read, 0)
    seen = Look(store.read, log[0], cut=cut)
    for event in (log[first], log[1 - first]):
        found = await seen.touched_by([event])
        assert found == await touched(store.read, [event], cut=cut)
        listed = [len(group.images) for group in found.layers[event.seq]]
        assert listed == ([6, 1] if event == log[0] else [6])


async def test_what_is_pruned_meanwhile_is_counted_and_not_listed(store: Store, fleet: Fleet) -> None:
    class Meanwhile(Reader):
        async def all(self, name: str, /, **values: object) -> list[Row]:
            found = await super().all(name, **values)
            if name == "touched_layers":
                sql = "DELETE FROM manifests WHERE digest = ?"
                await asyncio.to_thread(fleet.run, sql, [(digest("gone"),)])
            return found

    fleet.image("gone", ["rare"])
    fleet.image("app", ["base"])
    fleet.package("ssl", ("base", ""), ("rare", ""))
    await look(store, finding("ssl", "base", "rare"))
    async with aiosqlite.connect(fleet.path) as connection:
        found = await touched(Meanwhile(connection), await events.since(store.read, 0))
    assert [group.digest for group in found.layers[1]] == [digest("base")]
    assert (found.layers_total, found.images_total) == (2, 2)


def test_images_are_counted_without_a_look_at_their_rows(fleet: Fleet) -> None:
    sql = re.sub(":[a-z]+", "NULL", query("touched_layers"))
    plan = [str(step) for *_, step in fleet.rows(f"EXPLAIN QUERY PLAN {sql}")]
    read = [step for step in plan if re.search(r"\b(ml|manifests|i)\b", step)]
    assert len(read) >= 3
    assert [step for step in read if " USING COVERING INDEX " not in step] == []


async def test_an_image_touched_by_two_events_counts_once(store: Store, fleet: Fleet) -> None:
    fleet.image("app", ["base"])
    fleet.package("ssl", ("base", ""))
    fleet.package("zip", ("base", ""))
    assert (await look(store, finding("ssl", "base"), finding("zip", "base"))).images_total == 1


async def test_no_events_touch_nothing(store: Store) -> None:
    assert await touched(store.read, []) == Touched({}, 0, 0)


async def test_repositories_may_be_hidden_by_their_names_with_registry(store: Store, fleet: Fleet) -> None:
    fleet.image("team/app", ["base"])
    fleet.image("team/other", ["base"])
    fleet.package("ssl", ("base", "var/lib/dpkg/status"))
    await look(store)
    log = await events.since(store.read, 0)
    found = await touched(store.read, log, hides="registry.test/team/app".__eq__)
    assert [images(group) for group in found.layers[1]] == [[("team/other", ("latest",))]]
    both = await touched(store.read, log, admits="team/app".__eq__, hides="registry.test/team/app".__eq__)
    assert both == Touched({}, 0, 0)
