"""Writes a fleet into a store's file in bulk: the rows that the store itself would write, image by image."""

import contextlib
import sqlite3
import zlib
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import msgspec

from analyzers.catalogue import Dispatch, catalogue
from analyzers.identity import Identity, identify
from analyzers.inventory import Package, Release, View
from benchmarks.fleet import Image, Layer
from store.database import open_store
from store.ids import layer_id, manifest_id, row_id
from store.images import WALK
from store.tags import registry_id

REGISTRY = "https://registry.example.org"
MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
SIZE_BYTES = 3_000
PLATFORM = "linux/amd64"
ANALYSED_WITH = "benchmark"

_TABLES = {
    "manifests": "id, digest, media_type, size_bytes, state, platform, config_digest, config, release,"
    " analysed_at, analysed_with",
    "layers": "id, digest, size_bytes, diff_id, unpacked_bytes, entries, analyzers",
    "inventories": "layer_id, analyzer, body",
    "component_sets": "id, digest, size",
    "package_versions": "id, feed, ecosystem, name, version, state, reason",
    "components": "id, kind, name, version, purl, package, package_version_id",
    "set_components": "set_id, component_id, path",
    "manifest_layers": "manifest_id, position, layer_id, set_id, created_by",
    "repositories": "id, registry_id, name",
    "tags": "repository_id, name, since, manifest_id, told_since",
}
_AT_ONCE = 2_000  # images

Row = tuple[object, ...]


async def write(path: Path, images: Iterable[Image], now: str) -> None:
    """Make the store's file, with these images, each under its tag, after a complete first crawl."""
    async with open_store(path):
        pass
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # Nobody reads it before it is complete, and a torn one is made again.
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA cache_size = -500000")
        connection.execute("BEGIN")
        registry = (registry_id(REGISTRY), REGISTRY, now)
        connection.execute("INSERT INTO registries (id, url, baseline_at) VALUES (?, ?, ?)", registry)
        rows = _Rows(now)
        for number, image in enumerate(images, start=1):
            rows.add(image)
            if number % _AT_ONCE == 0:
                rows.flush(connection)
        rows.flush(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")


class _Rows:
    """Rows on their way into the file, each once."""

    def __init__(self, now: str) -> None:
        self._now = now
        self._waiting: dict[str, list[Row]] = {table: [] for table in _TABLES}
        self._sets: dict[tuple[str, Release], int] = {}
        self._written: set[int] = set()
        self._components: dict[tuple[Package, Release | None], int] = {}
        self._analyzers = msgspec.json.encode(
            Dispatch(catalogue()).of_view(View.INSTALLED).versions()
        ).decode()

    def flush(self, connection: sqlite3.Connection) -> None:
        """Write what waits."""
        for table, rows in self._waiting.items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                insert = f"INSERT INTO {table} ({_TABLES[table]}) VALUES ({marks})"  # noqa: S608 - ours
                connection.executemany(insert, rows)
                rows.clear()

    def add(self, image: Image) -> None:
        """Add the rows of an image that no other image before it had."""
        manifest, repository = manifest_id(image.digest), row_id("repository", REGISTRY, image.repository)
        release = msgspec.json.encode(image.release).decode()
        fixed = MEDIA_TYPE, SIZE_BYTES, "analysed", PLATFORM
        last = image.config_digest, image.config(), release, self._now, ANALYSED_WITH
        self._put("manifests", (manifest, image.digest, *fixed, *last))
        for position, layer in enumerate(image.layers):
            self._layer(layer)
            set_id = self._set(layer, image.release)
            row = manifest, position, layer_id(layer.digest), set_id, layer.created_by
            self._waiting["manifest_layers"].append(row)
        self._put("repositories", (repository, registry_id(REGISTRY), image.repository))
        self._waiting["tags"].append((repository, image.tag, self._now, manifest, 1))

    def _put(self, table: str, row: Row) -> bool:
        """Add a row whose first column is its id, unless it is there."""
        assert isinstance(row[0], int)  # noqa: S101 - for the type
        if row[0] in self._written:
            return False
        self._written.add(row[0])
        self._waiting[table].append(row)
        return True

    def _layer(self, layer: Layer) -> None:
        key = layer_id(layer.digest)
        if key in self._written:
            return
        inventory = layer.inventory()
        sizes = inventory.size_bytes, inventory.entries
        self._put("layers", (key, layer.digest, SIZE_BYTES, inventory.diff_id, *sizes, self._analyzers))
        parts: dict[str, object] = {**inventory.found, WALK: msgspec.structs.replace(inventory, found={})}
        self._waiting["inventories"] += [
            (key, name, zlib.compress(msgspec.msgpack.encode(part), 1)) for name, part in parts.items()
        ]

    def _set(self, layer: Layer, release: Release) -> int:
        found = self._sets.get((layer.key, release))
        if found is None:
            found = self._sets[layer.key, release] = self._new_set(layer, release)
        return found

    def _new_set(self, layer: Layer, release: Release) -> int:
        members = [(self._component(package, release), path) for package, path in layer.placed()]
        lines = sorted(f"{component} {path}\n" for component, path in members)
        digest = f"sha256:{sha256(''.join(lines).encode()).hexdigest()}"
        set_id = row_id("component_set", digest)
        if self._put("component_sets", (set_id, digest, len(members))):
            self._waiting["set_components"] += [(set_id, component, path) for component, path in members]
        return set_id

    def _component(self, package: Package, release: Release) -> int:
        # A library's identity has nothing to do with the operating system.
        key = package, release if package.arch else None
        found = self._components.get(key)
        if found is None:
            found = self._components[key] = self._new_component(package, identify(package, release))
        return found

    def _new_component(self, package: Package, identity: Identity) -> int:
        body = msgspec.json.encode(package).decode()
        component = row_id("component", body, identity.purl, identity.ecosystem)
        version = self._version(identity)
        named = package.kind, package.name, package.version, identity.purl
        self._put("components", (component, *named, body, version))
        return component

    def _version(self, identity: Identity) -> int:
        key = identity.ecosystem, identity.name, identity.version, identity.unchecked
        version = row_id("package_version", *key)
        state = "unchecked" if identity.unchecked else "pending"
        self._put("package_versions", (version, identity.feed, *key[:3], state, identity.unchecked))
        return version
