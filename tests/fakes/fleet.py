"""Images in a store without a registry: rows written by hand, as a crawl would leave them."""

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from store.events import AdvisoryFacts, EventType, FindingData, NewEvent, TagData
from store.ids import row_id

BEFORE = "2026-01-01T00:00:00.000000Z"
NOW = "2026-03-01T12:00:00.000000Z"
REGISTRY = "https://registry.test"


def digest(name: str) -> str:
    return f"sha256:{name.encode().hex():0<64}"


@dataclass(frozen=True, slots=True)
class Fleet:
    """Writes through a connection of its own."""

    path: Path

    def run(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        with contextlib.closing(sqlite3.connect(self.path)) as connection, connection:
            connection.executemany(sql, rows)

    def image(  # noqa: PLR0913 - an image has this many sides
        self,
        name: str,
        layers: Sequence[str],
        *,
        tags: Sequence[str] = ("latest",),
        repository: str = "",
        known_since: int = 0,
        since: str = BEFORE,
        until: str | None = None,
        index: str = "",
    ) -> int:
        """Add an image whose layer x holds the component set x; give its tags, of its index if it has one."""
        manifest, registry = row_id("manifest", name), row_id("registry", REGISTRY)
        repository = repository or name
        place = row_id("repository", repository)
        self.run("INSERT OR IGNORE INTO registries (id, url) VALUES (?, ?)", [(registry, REGISTRY)])
        self.run("INSERT OR IGNORE INTO repositories VALUES (?, ?, ?)", [(place, registry, repository)])
        add = (
            "INSERT OR IGNORE INTO manifests"
            " (id, digest, media_type, size_bytes, state, platform, known_since_event)"
            " VALUES (?, ?, 'm', 1, 'analysed', 'linux/amd64', ?)"
        )
        self.run(add, [(manifest, digest(name), known_since)])
        for position, layer in enumerate(layers):
            self.layer(manifest, position, layer)
        tagged = manifest
        if index:
            tagged = row_id("manifest", index)
            self.run(add, [(tagged, digest(index), 0)])
            self.run("INSERT INTO index_children VALUES (?, ?, 'linux/amd64')", [(tagged, manifest)])
        self.run(
            "INSERT INTO tags (repository_id, name, since, until, manifest_id) VALUES (?, ?, ?, ?, ?)",
            [(place, tag, since, until, tagged) for tag in tags],
        )
        return manifest

    def layer(self, manifest: int, position: int, layer: str) -> None:
        key = row_id("layer", layer)
        self.run(
            "INSERT OR IGNORE INTO layers (id, digest, size_bytes, diff_id) VALUES (?, ?, 1, ?)",
            [(key, digest(layer), digest(f"d{layer}"))],
        )
        self.run("INSERT OR IGNORE INTO component_sets VALUES (?, ?, 1)", [(row_id("set", layer), layer)])
        self.run(
            "INSERT OR IGNORE INTO manifest_layers VALUES (?, ?, ?, ?, ?)",
            [(manifest, position, key, row_id("set", layer), f"RUN make {layer}")],
        )

    def package(self, name: str, *places: tuple[str, str]) -> int:
        """Put version 1.0 of a package at (layer, path) places; return the package version's id."""
        version, component = row_id("package", name), row_id("component", name)
        self.run(
            "INSERT INTO package_versions (id, feed, ecosystem, name, version, state)"
            " VALUES (?, 'Debian', 'Debian:12', ?, '1.0', 'matched')",
            [(version, name)],
        )
        self.run(
            "INSERT INTO components VALUES (?, 'debian', ?, '1.0', ?, '{}', ?)",
            [(component, f"lib{name}", f"pkg:deb/debian/lib{name}@1.0", version)],
        )
        self.run(
            "INSERT INTO set_components VALUES (?, ?, ?)",
            [(row_id("set", layer), component, path) for layer, path in places],
        )
        return version

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(sql).fetchall()


def finding(
    package: str,
    *layers: str,
    cause: str = "CVE-2026-1@1",
    type: EventType = "finding.opened",  # noqa: A002 - the field's name
    severity: str = "HIGH",
    fixable: bool = True,
) -> NewEvent:
    facts = AdvisoryFacts(id="CVE-2026-1", ids=("CVE-2026-1", "DSA-1"), title="a flaw", severity=severity)
    data = FindingData(
        advisory=facts,
        package=package,
        ecosystem="Debian:12",
        installed_version="1.0",
        fixed_version="1.1" if fixable else "",
        severity=severity,
        ids=facts.ids,
    )
    return NewEvent(
        type=type,
        cause=cause,
        severity=severity,
        key=(package, "1.0"),
        fixable=fixable,
        package_version_id=row_id("package", package),
        sets=tuple(row_id("set", layer) for layer in layers),
        data=data,
    )


def moved(tag: str, *, repository: str = "app", severity: str = "HIGH") -> NewEvent:
    return NewEvent(
        type="image.changed",
        cause=f"{repository}:{tag}@1",
        key=(tag,),
        severity=severity,
        fixable=False,
        data=TagData(
            registry=REGISTRY,
            repository=repository,
            tag=tag,
            digest_before=digest("old"),
            digest_after=digest("new"),
            platform="linux/amd64",
            opened={severity: 1},
        ),
    )
