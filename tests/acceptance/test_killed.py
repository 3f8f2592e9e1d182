"""Killed at any moment, the program comes to the same end as undisturbed."""

import contextlib
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes import images as made
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.program import Program
from tests.fakes.receiver import SECRET, Receiver, receiving
from tests.fakes.registry import FakeRegistry

CAUSES = 12
"""Advisories that appear after the first crawl, each for a package of its own."""
KILLS = 7

# What there is, without row ids and the times of this run.
TABLES = {
    "manifests": "SELECT digest, media_type, state, reason, platform, config_digest, config, release,"
    " problems, analysed_with FROM manifests",
    "index_children": "SELECT i.digest, m.digest, c.platform FROM index_children c"
    " JOIN manifests i ON i.id = c.index_id JOIN manifests m ON m.id = c.manifest_id",
    "layers": "SELECT digest, size_bytes, diff_id, unpacked_bytes, entries, analyzers, reason FROM layers",
    "inventories": "SELECT l.digest, analyzer, body FROM inventories JOIN layers l ON l.id = layer_id",
    "manifest_layers": "SELECT m.digest, position, l.digest, s.digest, created_by FROM manifest_layers ml"
    " JOIN manifests m ON m.id = ml.manifest_id JOIN layers l ON l.id = ml.layer_id"
    " JOIN component_sets s ON s.id = ml.set_id",
    "set_components": "SELECT s.digest, c.purl, path FROM set_components"
    " JOIN component_sets s ON s.id = set_id JOIN components c ON c.id = component_id",
    "components": "SELECT kind, name, version, purl, package, package_version_id FROM components",
    "package_versions": "SELECT * FROM package_versions",
    "tags": "SELECT r.name, t.name, m.digest, until IS NULL, told_since, told_until FROM tags t"
    " JOIN repositories r ON r.id = repository_id JOIN manifests m ON m.id = manifest_id",
    "advisories": "SELECT osv_id, modified, listed, withdrawn, body FROM advisories",
    "feeds": "SELECT name, url, state, reason FROM feeds",
    "verdicts": "SELECT * FROM verdicts",
    "findings": "SELECT * FROM findings",
    # The cause of a tag's event has its time, and so has the event's id.
    "finding events": "SELECT id, type, cause, severity, fixable, package_version_id, data FROM events"
    " WHERE type LIKE 'finding.%'",
    "tag events": "SELECT type, severity, fixable, data FROM events WHERE type NOT LIKE 'finding.%'",
    "event_sets": "SELECT e.type, e.data, s.digest FROM event_sets JOIN events e ON e.seq = event_seq"
    " JOIN component_sets s ON s.id = set_id",
    "deliveries": "SELECT d.id, d.endpoint, d.state FROM deliveries d JOIN events e ON e.seq = d.first_seq"
    " WHERE e.type LIKE 'finding.%'",
    "states": "SELECT endpoint, state, COUNT(*) FROM deliveries GROUP BY 1, 2",
}


@dataclass
class World:
    """One registry, one export of advisories, one receiver; a store for each program."""

    registry: FakeRegistry
    mirror: Mirror
    folder: Path
    receiver: Receiver

    def program(self, name: str) -> Program:
        settings = self.folder / "cleanbill.toml"
        settings.write_text(
            f'[[registries]]\nurl = "{self.registry.url}"\n'
            f'[advisories]\nosv.url = "{(self.folder / "osv").as_uri()}"\n'
            f'[[webhooks]]\nurl = "{self.receiver.url}"\nsecret = "{SECRET}"\n'
        )
        return Program(self.folder / name, settings)


def fill(registry: FakeRegistry, mirror: Mirror) -> None:
    """Push images on shared layers, and say something about some of their packages."""
    base = layer(debian(), dpkg(libc6="2.36-9", **{f"v{number}": "1.0" for number in range(CAUSES)}))
    middles = [
        layer(made.python(f"lib{number}", "1.0"), made.node(f"js{number}", "1.0")) for number in range(4)
    ]
    for number in range(14):
        top = layer(made.python(f"app{number}", "1.0"))
        push(registry, f"team{number % 3}/app{number}", "1.0", base, middles[number % 4], top)
    made.push_chart(registry, "charts/one", "1.0")
    registry.push_manifest("broken", "1.0", b"<html>")
    registry.push_image("torn", "1.0", [b"no layer at all"])
    image = push(registry, "multi", "", base)
    registry.push_index("multi", "1.0", [made.entry(image, "linux/amd64"), made.entry(image, "linux/arm64")])
    mirror.put("Debian", record("CVE-2024-0", "2024-01-01T00:00:00Z", ("Debian:12", "libc6"), fixed="3"))
    for feed in ("PyPI", "npm"):
        mirror.put(feed, record(f"{feed}-1", "2024-01-01T00:00:00Z", (feed, "lib1"), (feed, "js1")))


def go_on(registry: FakeRegistry, mirror: Mirror) -> None:
    """Let tags move and go, and advisories appear."""
    push(registry, "team1/app1", "1.0", layer(debian(), dpkg(libc6="9")))
    del registry.tags["team2/app2"]
    for number in range(CAUSES):
        about = ("Debian:12", f"v{number}")
        mirror.put("Debian", record(f"CVE-2024-{number + 1}", "2024-02-01T00:00:00Z", about))
    mirror.put("PyPI", record("PyPI-1", "2024-02-01T00:00:00Z", ("PyPI", "lib2")))


def contents(program: Program) -> dict[str, list[tuple[object, ...]]]:
    with contextlib.closing(sqlite3.connect(program.cache / "cleanbill.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return {name: sorted(map(_comparable, connection.execute(sql))) for name, sql in TABLES.items()}


def _comparable(row: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(map(repr, row))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    registry, mirror = FakeRegistry(), Mirror()
    fill(registry, mirror)
    mirror.write(tmp_path / "osv")
    with registry.running(), receiving() as receiver:
        yield World(registry, mirror, tmp_path, receiver)


def kill_in_a_loop(program: Program, seconds: float, seed: int) -> None:
    """Kill crawls at moments of their whole length, then let one come to its end."""
    moments = random.Random(seed)
    for _ in range(KILLS):
        # Nothing of ours happens while the interpreter starts.
        program.killed("crawl", after_s=seconds * moments.uniform(0.25, 1.0))
    ended = program.run("crawl")
    assert ended.returncode == 3, ended.stderr  # the broken ones are told at every crawl


def timed(program: Program) -> float:
    began = time.monotonic()
    assert program.run("crawl").returncode == 3
    return time.monotonic() - began


def test_a_crawl_an_update_and_deliveries(world: World) -> None:
    whole, killed = world.program("whole"), world.program("killed")
    seconds = timed(whole)
    kill_in_a_loop(killed, seconds, seed=1)
    assert contents(killed) == contents(whole)
    assert world.receiver.ids == []

    # Slow enough to be in the midst of it when the program is killed.
    world.receiver.answer = lambda: 500 if threading.Event().wait(0.03) else 204
    go_on(world.registry, world.mirror)
    world.mirror.write(world.folder / "osv")
    seconds = timed(whole)
    expected = set(world.receiver.ids)
    assert len(expected) == CAUSES + 1 + 2
    world.receiver.ids.clear()
    kill_in_a_loop(killed, seconds, seed=2)
    assert contents(killed) == contents(whole)
    with contextlib.closing(sqlite3.connect(killed.cache / "cleanbill.db")) as connection:
        rows = connection.execute("SELECT id, state FROM deliveries ORDER BY first_seq").fetchall()
    assert {state for _, state in rows} == {"delivered"}
    assert set(world.receiver.ids) == {each for each, _ in rows}
    assert list(dict.fromkeys(world.receiver.ids)) == [each for each, _ in rows]
    assert list((killed.cache / "spool").iterdir()) == []
