"""Whatever happened: what tags need is there, and what nobody needs is not."""

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzers.squash import squash
from crawler import clock
from store import events, images, tags
from store.database import Store, Writer, open_store
from store.images import ImageRecord
from store.pruning import Pruned, prune, set_crawled
from tests.fakes.engine import DATABASE, change, rows
from tests.fakes.fleet import finding
from tests.fakes.registry import OCI_INDEX, OCI_MANIFEST
from tests.fakes.stored import IMAGE_TABLES, VERSIONS, digest, inventory, python

BEGIN, DAY_S, KEEP_S = "2026-01-01T00:00:00.000000Z", 86_400.0, 30 * 86_400.0
ENOUGH = 1000
"""More than any pruning has transactions, and any history has tags."""
REGISTRIES, REPOSITORIES, NAMES = ("https://a.test", "https://b.test"), ("app", "web"), ("1", "2")
LAYERS = {
    "base": [python("bash"), python("openssl")],
    "top": [python("curl")],
    "same as top": [python("curl")],
    "newer": [python("openssl", "3.0")],
    "empty": [],
}
IMAGES: Mapping[str, tuple[str, ...]] = {
    "base": ("base",),
    "app": ("base", "top"),
    "web": ("base", "same as top", "empty"),
    "new": ("newer", "top"),
}
INDEXES: Mapping[str, tuple[str, ...]] = {"one": ("base", "app"), "two": ("app", "web"), "three": ("new",)}
MANIFESTS = (*IMAGES, *INDEXES)
EMPTY_IN_THE_END = ("registries", "repositories", "tags", *IMAGE_TABLES)
STRAYS = {
    "component_sets": "id NOT IN (SELECT set_id FROM manifest_layers UNION SELECT set_id FROM event_sets)",
    "components": "id NOT IN (SELECT component_id FROM set_components)",
    "package_versions": "id NOT IN (SELECT package_version_id FROM components)",
    "repositories": "id NOT IN (SELECT repository_id FROM tags)",
    "layers": "id NOT IN (SELECT layer_id FROM manifest_layers) AND COALESCE(unneeded_since, '') < ?1",
    "manifests": "id NOT IN (SELECT manifest_id FROM image_tags)"
    " AND COALESCE(analysed_at, unneeded_since, '') < ?1",
    "events": "time < ?1",
}

Stretch = tuple[str, str, str, str]
"""Registry, repository, tag, since."""


class KilledError(Exception):
    """The process ends here."""


class Mortal(Store):
    """A store whose process is killed before one of its transactions."""

    def __init__(self, store: Store, lives: int) -> None:
        vars(self).update(vars(store))
        self.lives = lives

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Writer]:
        if not self.lives:
            raise KilledError
        self.lives -= 1
        async with super().transaction() as tx:
            yield tx


@dataclass
class Held:
    """What a stretch of a tag's history is, as told to the store."""

    manifest: str
    until: str | None = None
    told_since: bool = False
    told_until: bool = False


@dataclass
class World:
    """A store, and what has to be in it."""

    folder: Path
    store: Store
    now: str = BEGIN
    watched: set[str] = field(default_factory=lambda: set(REGISTRIES))
    crawled: dict[str, str] = field(default_factory=dict)
    held: dict[Stretch, Held] = field(default_factory=dict)
    analysed: dict[str, str] = field(default_factory=dict)
    """Image → when."""
    packages: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)
    """Image → layer, path and package URL."""

    async def analyse(self, name: str) -> None:
        made = [inventory(each, LAYERS[each]) for each in IMAGES[name]]
        record = ImageRecord(
            digest=digest(name),
            platform="linux/amd64",
            config_digest=digest("config"),
            config=b"{}",
            layers=tuple((digest(f"layer {each}"), "") for each in IMAGES[name]),
            squashed=squash(made),
            problems=(),
            analysed_with="test",
        )
        async with self.store.transaction() as tx:
            await images.add_manifest(tx, digest(name), OCI_MANIFEST, 1)
            for each, found in zip(IMAGES[name], made, strict=True):
                await images.put_layer(tx, digest(f"layer {each}"), 1, found, VERSIONS)
            await images.put_image(tx, record, self.now)
        self.analysed[name] = self.now
        self.packages[name] = await self.packages_of(name)

    async def fail(self, name: str) -> None:
        first = IMAGES[name][0]
        async with self.store.transaction() as tx:
            await images.add_manifest(tx, digest(name), OCI_MANIFEST, 1)
            await images.put_layer(tx, digest(f"layer {first}"), 1, inventory(first, LAYERS[first]), VERSIONS)
            state = "analysed" if name in self.analysed else "failed"
            await images.set_manifest_state(tx, digest(name), state, reason="no answer", attempts=1)

    async def put_index(self, name: str) -> None:
        async with self.store.transaction() as tx:
            for each in (name, *INDEXES[name], f"attestation of {name}"):
                await images.add_manifest(tx, digest(each), OCI_INDEX, 1, images.NOT_ASKED_FOR)
            children = dict.fromkeys(map(digest, INDEXES[name]), "linux/amd64")
            await images.put_index(tx, digest(name), children)

    async def crawl(self, registry: str, repository: str, found: Mapping[str, str]) -> None:
        self.now = clock.later(self.now, 1)
        async with self.store.transaction() as tx:
            for each in found.values():
                await images.add_manifest(tx, digest(each), OCI_MANIFEST, 1)
            targets = {tag: digest(each) for tag, each in found.items()}
            await tags.put_tags(tx, registry, repository, found=targets, unread=(), now=self.now)
        await set_crawled(self.store, registry, self.now)
        self.crawled[registry] = self.now
        going = set()
        for key, held in self.held.items():
            if key[:2] == (registry, repository) and not held.until:
                if found.get(key[2]) == held.manifest:
                    going.add(key[2])
                else:
                    held.until = self.now
        for tag in found.keys() - going:
            self.held[registry, repository, tag, self.now] = Held(found[tag])

    async def tell(self, registry: str, count: int) -> None:
        for row in (await tags.untold_tags(self.store.read, registry))[:count]:
            async with self.store.transaction() as tx:
                await tags.set_told(tx, row)
            held = self.held[registry, row.repository, row.tag, row.since]
            held.told_since, held.told_until = True, held.until is not None

    async def judge(self, name: str) -> None:
        """Let an advisory change that is about everything, and touches an image."""
        sql = "SELECT set_id FROM manifest_layers l JOIN manifests m ON m.id = manifest_id WHERE m.digest = ?"
        sets = tuple(int(str(row[0])) for row in rows(self.folder, sql, digest(name)))
        event = msgspec.structs.replace(finding("openssl", cause=f"CVE-1@{self.now}"), sets=sets)
        async with self.store.transaction() as tx:
            await events.append(tx, [event], [], self.now)
        change(self.folder, "INSERT OR IGNORE INTO verdicts SELECT id, 1, '{}' FROM package_versions")
        change(
            self.folder, "INSERT OR IGNORE INTO findings SELECT id, 'CVE-1', '', '{}' FROM package_versions"
        )

    async def watch(self, registries: Collection[str]) -> None:
        self.watched = set(registries)

    async def prune(self, days: int, lives: int) -> None:
        """Prune after some days, and be killed before one of the transactions if there are so many; look."""
        self.now = clock.later(self.now, days * DAY_S)
        before = clock.later(self.now, -KEEP_S)
        had = self.read()
        is_whole = False
        with contextlib.suppress(KilledError):
            await prune(Mortal(self.store, lives), before, now=self.now, watched=self.watched)
            is_whole = True
        self.check_tags(before, is_whole=is_whole)
        self.check_rest(before, had, is_whole=is_whole)
        await self.check_images(before)

    def read(self) -> dict[str, set[tuple[object, ...]]]:
        queries = {
            "events": "SELECT seq, time FROM events",
            "event_sets": "SELECT * FROM event_sets",
            "findings": "SELECT package_version_id, id FROM findings",
            "verdicts": "SELECT package_version_id, advisory_id FROM verdicts",
        }
        return {table: set(rows(self.folder, sql)) for table, sql in queries.items()}

    def check_tags(self, before: str, *, is_whole: bool) -> None:
        there = {
            tuple(map(str, row))
            for row in rows(
                self.folder,
                "SELECT g.url, r.name, t.name, t.since FROM tags t"
                " JOIN repositories r ON r.id = t.repository_id JOIN registries g ON g.id = r.registry_id",
            )
        }
        needed = {key for key, each in self.held.items() if self.is_needed(key, each, before)}
        assert needed <= there <= self.held.keys()
        assert there == needed or not is_whole
        self.held = {key: each for key, each in self.held.items() if key in there}

    def is_needed(self, key: Stretch, each: Held, before: str) -> bool:
        if key[0] not in self.watched and self.crawled[key[0]] < before:
            return False
        after = self.held.get((*key[:3], each.until or ""))
        is_told = each.told_since and each.told_until and (after is None or after.told_since)
        return each.until is None or each.until >= before or not is_told

    def check_rest(self, before: str, had: Mapping[str, set[tuple[object, ...]]], *, is_whole: bool) -> None:
        assert rows(self.folder, "PRAGMA foreign_key_check") == []
        has = self.read()
        assert has["events"] >= {row for row in had["events"] if str(row[1]) >= before}
        told = {seq for seq, _ in has["events"]}
        assert has["event_sets"] == {row for row in had["event_sets"] if row[0] in told}
        versions = {row[0] for row in rows(self.folder, "SELECT id FROM package_versions")}
        for table in ("findings", "verdicts"):
            assert has[table] == {row for row in had[table] if row[0] in versions}
        if is_whole:
            for table, condition in STRAYS.items():
                sql = f"SELECT * FROM {table} WHERE {condition}"  # noqa: S608 - our own names
                assert rows(self.folder, sql, *[before] * condition.count("?1")) == [], table

    async def check_images(self, before: str) -> None:
        there = {row[0] for row in rows(self.folder, "SELECT digest FROM manifests")}
        pointed = {each.manifest for each in self.held.values()}
        for name, children in INDEXES.items():
            found = await images.index_children(self.store.read, digest(name))
            assert set(found) in (set(), set(map(digest, children)))
            pointed |= {*children} if name in pointed and found else set()
        assert {digest(name) for name in pointed} <= there
        for name, analysed_at in [*self.analysed.items()]:
            if name in pointed or analysed_at >= before:
                await self.check_image(name)
            elif digest(name) not in there:
                del self.analysed[name]

    async def check_image(self, name: str) -> None:
        row = await images.image_row(self.store.read, digest(name))
        assert [each.digest for each in row.layers] == [digest(f"layer {each}") for each in IMAGES[name]]
        for each in IMAGES[name]:
            assert await images.inventory(self.store.read, digest(f"layer {each}")) == inventory(
                each, LAYERS[each]
            )
        assert await self.packages_of(name) == self.packages[name]

    async def packages_of(self, name: str) -> list[tuple[int, str, str]]:
        found = await images.components(self.store.read, digest(name))
        return [(each.layer, each.path, each.purl) for each in found]


_IMAGE, _REGISTRY = st.sampled_from([*IMAGES]), st.sampled_from(REGISTRIES)
_STEPS = st.one_of(
    st.tuples(st.just("analyse"), _IMAGE),
    st.tuples(st.just("fail"), _IMAGE),
    st.tuples(st.just("judge"), _IMAGE),
    st.tuples(st.just("put_index"), st.sampled_from([*INDEXES])),
    st.tuples(
        st.just("crawl"),
        _REGISTRY,
        st.sampled_from(REPOSITORIES),
        st.dictionaries(st.sampled_from(NAMES), st.sampled_from(MANIFESTS)),
    ),
    st.tuples(st.just("tell"), _REGISTRY, st.just(ENOUGH) | st.integers(1, 2)),
    st.tuples(st.just("watch"), st.sets(_REGISTRY)),
    st.tuples(st.just("prune"), st.sampled_from([0, 16, 31]), st.just(ENOUGH) | st.integers(0, 12)),
)


@pytest.fixture
async def empty(tmp_path: Path) -> Path:
    """Return a database with one advisory, to copy: that takes less time than to make one."""
    async with open_store(tmp_path / DATABASE):
        change(tmp_path, "INSERT INTO advisories VALUES (1, 'CVE-1', '', '', 0, '')")
    return tmp_path / DATABASE


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(_STEPS, min_size=10, max_size=40))
async def test_any_history(empty: Path, steps: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as made:
        shutil.copy(empty, Path(made) / DATABASE)
        async with open_store(Path(made) / DATABASE) as store:
            world = World(Path(made), store)
            for name, *values in steps:
                world.now = clock.later(world.now, 1)
                await getattr(world, str(name))(*values)
            await _end(world)


async def _end(world: World) -> None:
    """Let every tag go and be told, and nobody watch anything: nothing may be left."""
    for registry in REGISTRIES:
        for repository in REPOSITORIES:
            await world.crawl(registry, repository, {})
        await world.tell(registry, ENOUGH)
    await world.watch(())
    for _ in range(3):
        await world.prune(31, ENOUGH)
    left = {table: rows(world.folder, f"SELECT * FROM {table}") for table in EMPTY_IN_THE_END}  # noqa: S608 - our own names
    assert left == {table: [] for table in EMPTY_IN_THE_END}
    assert await prune(world.store, world.now, now=world.now, watched=()) == Pruned()
