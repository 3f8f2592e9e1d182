"""Whatever the fleet: what events touched, beside what plain counting says."""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler import clock
from store import events
from store.database import Store, open_store
from store.ids import row_id
from store.touched import Cut, Look, Touched, touched
from tests.fakes.fleet import BEFORE, NOW, REGISTRY, Fleet, digest, finding

LATER = clock.later(NOW, 60)
REPOSITORIES = ("one", "two")
SETS = {"ssl": ("a", "b", "b-"), "zip": ("b", "c")}
"""Package → component sets that it is in; each layer has the set of its name; less is left in "b-"."""
ALL = Cut(images=1000, images_in_all=1000, layers=1000)


@dataclass(frozen=True)
class Tag:
    repository: str
    since: str
    until: str | None
    is_of_index: bool

    def held(self, admitted: Collection[str]) -> bool:
        is_there = self.since <= NOW and (self.until is None or self.until > NOW)
        return is_there and self.repository in admitted


@dataclass(frozen=True)
class Made:
    layers: tuple[str, ...]
    less: bool
    """Whether less is left of b."""
    known_since: int
    tags: tuple[Tag, ...]

    def sets(self) -> dict[str, str]:
        return {layer: f"{layer}-" if layer == "b" and self.less else layer for layer in self.layers}


TAGS = st.builds(
    Tag,
    repository=st.sampled_from(REPOSITORIES),
    since=st.sampled_from([BEFORE, BEFORE, LATER]),
    until=st.sampled_from([None, None, NOW, LATER]),
    is_of_index=st.booleans(),
)
IMAGES = st.builds(
    Made,
    layers=st.lists(st.sampled_from("abcd"), unique=True, max_size=4).map(tuple),
    less=st.booleans(),
    known_since=st.sampled_from([0, 0, 0, 1, 2]),
    tags=st.lists(TAGS, max_size=3).map(tuple),
)
FLEETS = st.lists(IMAGES, max_size=8)
CUTS = st.builds(Cut, images=st.integers(0, 3), images_in_all=st.integers(0, 6), layers=st.integers(0, 5))
each_fleet = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
async def template(tmp_path: Path) -> Path:
    """Return a database with the packages and what became known of them, to copy."""
    path = tmp_path / "template.db"
    async with open_store(path) as store:
        for package, sets in SETS.items():
            Fleet(path).package(package, *((each, f"etc/{package}") for each in sets))
        async with store.transaction() as tx:
            await events.append(tx, [finding(package, *sets) for package, sets in SETS.items()], [], NOW)
    return path


@contextlib.asynccontextmanager
async def filled(template: Path, fleet: Sequence[Made]) -> AsyncIterator[Store]:
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "c.db"
        shutil.copy(template, path)
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            write(connection, fleet)
        async with open_store(path) as store:
            yield store


def write(connection: sqlite3.Connection, fleet: Sequence[Made]) -> None:
    def add(table: str, rows: Sequence[Sequence[object]]) -> None:
        for row in rows:
            marks = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)  # noqa: S608 - our own names

    add("registries (id, url)", [(1, REGISTRY)])
    add("repositories", [(number, 1, name) for number, name in enumerate(REPOSITORIES)])
    layers = [(row_id("layer", each), digest(each), 1, digest(f"d{each}")) for each in "abcd"]
    add("layers (id, digest, size_bytes, diff_id)", layers)
    manifest = "manifests (id, digest, media_type, size_bytes, state, platform, known_since_event)"
    for number, image in enumerate(fleet):
        key, index = number, 1000 + number
        add(manifest, [(key, digest(f"i{key}"), "m", 1, "analysed", "linux/amd64", image.known_since)])
        add(manifest, [(index, digest(f"i{index}"), "m", 1, "not_an_image", "", 0)])
        add("index_children", [(index, key, "linux/amd64")])
        for at, (layer, part) in enumerate(image.sets().items()):
            ids = row_id("layer", layer), row_id("set", part)
            add("manifest_layers", [(key, at, *ids, f"RUN {layer}")])
        for at, tag in enumerate(image.tags):
            where, target = REPOSITORIES.index(tag.repository), index if tag.is_of_index else key
            row = where, f"{key}.{at}", tag.since, tag.until, target
            add("tags (repository_id, name, since, until, manifest_id)", [row])


@dataclass(frozen=True)
class World:
    """What a fleet has, counted image by image."""

    fleet: Sequence[Made]
    admitted: Collection[str]
    first_seq: int = 1

    def tagged(self, key: int) -> set[tuple[str, str]]:
        """Return the (repository, tag) at the time, in any repository."""
        named = enumerate(self.fleet[key].tags)
        return {(tag.repository, f"{key}.{at}") for at, tag in named if tag.held(REPOSITORIES)}

    def having(self, layer: str, sets: Collection[str]) -> Iterator[int]:
        for key, image in enumerate(self.fleet):
            if image.known_since < self.first_seq and image.sets().get(layer) in sets:
                yield key

    def images(self, layer: str, sets: Collection[str]) -> set[tuple[str, str, tuple[str, ...]]]:
        """Return (repository, digest, tags) of the images that have one of the sets from the layer."""
        found = set()
        for key in self.having(layer, sets):
            tagged = self.tagged(key)
            for repository in {each for each, _ in tagged if each in self.admitted}:
                tags = tuple(sorted(tag for where, tag in tagged if where == repository))
                found.add((repository, digest(f"i{key}"), tags))
        return found

    def bases(self, layer: str, sets: Collection[str]) -> set[str | None]:
        """Return the names that may stand for the base image, of which each image has one."""
        touched = {key for key in self.having(layer, sets) if self.images_of(key)}
        names = set[str | None]()
        for key in touched:
            layers = self.fleet[key].layers
            below = layers[: layers.index(layer) + 1]
            ends = {key for key, image in enumerate(self.fleet) if image.layers == below}
            named = sorted((*where, key) for key in ends for where in self.tagged(key))
            if not named or touched == {named[0][2]}:
                names.add(None)
            else:
                names.add("registry.test/{}:{}".format(*named[0]))
        return names

    def images_of(self, key: int) -> set[str]:
        return {repository for repository, _ in self.tagged(key) if repository in self.admitted}


def listed(found: Touched, seq: int) -> dict[str, set[tuple[str, str, tuple[str, ...]]]]:
    return {
        group.digest: {(image.repository, image.digest, image.tags) for image in group.images}
        for group in found.layers.get(seq, ())
    }


@each_fleet
@given(fleet=FLEETS, admitted=st.sets(st.sampled_from(REPOSITORIES)))
async def test_counts_lists_and_base_images(template: Path, fleet: list[Made], admitted: set[str]) -> None:
    world = World(fleet, admitted)
    async with filled(template, fleet) as store:
        log = await events.since(store.read, 0)
        found = await touched(store.read, log, admits=admitted.__contains__, cut=ALL)
    every = set()
    for seq, sets in enumerate(SETS.values(), start=1):
        expected = {digest(layer): images for layer in "abcd" if (images := world.images(layer, sets))}
        assert listed(found, seq) == expected
        every |= {(where, key) for images in expected.values() for where, key, _ in images}
        totals = [group.images_total for group in found.layers.get(seq, ())]
        assert totals == sorted((len(images) for images in expected.values()), reverse=True)
        for group in found.layers.get(seq, ()):
            layer = next(each for each in "abcd" if digest(each) == group.digest)
            assert group.base_image in world.bases(layer, sets)
    assert found.images_total == len(every)
    assert found.layers_total == sum(map(len, found.layers.values()))


@each_fleet
@given(fleet=FLEETS, cut=CUTS)
async def test_cuts_list_a_part_and_count_the_whole(template: Path, fleet: list[Made], cut: Cut) -> None:
    async with filled(template, fleet) as store:
        log = await events.since(store.read, 0)
        whole, part = await touched(store.read, log, cut=ALL), await touched(store.read, log, cut=cut)
    assert (part.images_total, part.layers_total) == (whole.images_total, whole.layers_total)
    assert part.layers.keys() == whole.layers.keys()
    shown_groups = [each for groups in part.layers.values() for each in groups]
    pairs = [(seq, group) for seq, groups in whole.layers.items() for group in groups][: cut.layers]
    left = cut.images_in_all
    for (seq, group), shown in zip(pairs, shown_groups, strict=True):
        assert (shown.digest, shown.images_total) == (group.digest, group.images_total)
        assert len(shown.images) == min(group.images_total, cut.images, left)
        assert listed(part, seq)[group.digest] <= listed(whole, seq)[group.digest]
        left -= len(shown.images)


@each_fleet
@given(fleet=FLEETS, cut=CUTS)
async def test_a_look_knows_the_same_of_each_event_as_one_anew(
    template: Path, fleet: list[Made], cut: Cut
) -> None:
    async with filled(template, fleet) as store:
        ssl, zipped = await events.since(store.read, 0)
        look = Look(store.read, ssl, cut=cut)
        assert await look.touched_by([ssl]) == await touched(store.read, [ssl], cut=cut)
        assert await look.holds_for(zipped) == all(image.known_since != 1 for image in fleet)
        if await look.holds_for(zipped):
            assert await look.touched_by([zipped]) == await touched(store.read, [zipped], cut=cut)
            both = await touched(store.read, [ssl, zipped], cut=cut)
            assert await look.touched_by([ssl, zipped]) == both
