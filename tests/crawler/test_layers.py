import asyncio
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from analyzers.inventory import Found, LayerInventory, Package
from analyzers.limits import Limits
from crawler import layers as layers_module
from crawler.errors import LayerError
from crawler.registry.errors import UnreachableError
from crawler.registry.manifest import Described, Descriptor, RawManifest
from crawler.registry.reference import Digest, parse_digest
from crawler.registry.sinks import BlobSink
from store import images
from tests.fakes.engine import VERSIONS, change, rows, scanning
from tests.fakes.images import debian, dpkg, layer, node
from tests.fakes.registry import OCI_LAYER, digest_of

LAYER = layer(debian(), dpkg(openssl="3.0.11-1"), node("left-pad", "1.3.0"))


@dataclass
class Blobs:
    """A source that says how often each blob was pulled."""

    held: dict[str, bytes] = field(default_factory=dict)
    pulls: Counter[str] = field(default_factory=Counter)
    failure: Exception = field(default_factory=lambda: UnreachableError("the body broke off"))

    def add(self, data: bytes) -> Descriptor:
        self.held[digest_of(data)] = data
        return Descriptor(media_type=OCI_LAYER, digest=parse_digest(digest_of(data)), size=len(data))

    async def pull(self, descriptor: Descriptor, sink: BlobSink) -> None:
        self.pulls[descriptor.digest] += 1
        await asyncio.sleep(0)
        if descriptor.digest not in self.held:
            raise self.failure
        sink.write(self.held[descriptor.digest])

    async def describe(self, reference: str) -> Described:
        raise NotImplementedError(reference)

    async def manifest(self, digest: Digest) -> RawManifest:
        raise NotImplementedError(digest)

    async def blob(self, digest: Digest, limit: int) -> bytes:
        raise NotImplementedError(digest, limit)


def names(inventory: LayerInventory) -> dict[str, list[str]]:
    return {
        analyzer: [package.name for each in found for package in each.packages]
        for analyzer, found in inventory.found.items()
    }


ALL = {"languages/node": ["left-pad"], "os/dpkg": ["openssl"], "os/release": []}


async def test_whoever_asks_it_is_pulled_once(tmp_path: Path) -> None:
    blobs = Blobs()
    described = blobs.add(LAYER)
    found: list[LayerInventory] = []

    async with scanning(tmp_path) as engine:

        async def ask() -> None:
            found.append(await engine.layers.inventory(blobs, described))

        async with asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(ask())
        counts = engine.layers.counts
        assert (counts.analysed, counts.reused, counts.unique_bytes) == (1, 4, len(LAYER))
    async with scanning(tmp_path) as engine:
        found.append(await engine.layers.inventory(blobs, described))
        assert (engine.layers.counts.analysed, engine.layers.counts.reused) == (0, 1)
    assert all(names(each) == ALL for each in found)
    assert len({msgspec.json.encode(each) for each in found}) == 1
    assert blobs.pulls == {described.digest: 1}
    assert list((tmp_path / "spool").iterdir()) == []


async def test_the_longest_unused_is_forgotten_and_read_from_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers_module, "REMEMBERED", 1)
    blobs = Blobs()
    first, second = blobs.add(LAYER), blobs.add(layer(dpkg(bash="5")))
    async with scanning(tmp_path) as engine:
        for described in (first, second, first):
            found = await engine.layers.inventory(blobs, described)
        assert names(found) == ALL
    assert set(blobs.pulls.values()) == {1}


async def test_a_raised_version_reads_again_with_that_analyzer_only(tmp_path: Path) -> None:
    blobs = Blobs()
    described = blobs.add(LAYER)
    async with scanning(tmp_path) as engine:
        found = await engine.layers.inventory(blobs, described)
        kept = (Found("kept", packages=(Package(kind="node-pkg", name="kept", version="1"),)),)
        async with engine.store.transaction() as tx:
            changed = msgspec.structs.replace(found, found={"languages/node": kept})
            await images.put_layer(
                tx, described.digest, 1, changed, {"languages/node": VERSIONS["languages/node"]}
            )
    raised = VERSIONS | {"os/dpkg": 99}
    async with scanning(tmp_path, versions=raised) as engine:
        found = await engine.layers.inventory(blobs, described)
    assert names(found) == ALL | {"languages/node": ["kept"]}
    assert found.entries == 3
    (analyzers,) = rows(tmp_path, "SELECT analyzers FROM layers")[0]
    assert msgspec.json.decode(str(analyzers)) == raised
    assert blobs.pulls == {described.digest: 2}


async def test_after_a_raised_version_all_is_there(tmp_path: Path) -> None:
    blobs = Blobs()
    described = blobs.add(LAYER)
    async with scanning(tmp_path, versions=VERSIONS | {"os/dpkg": 0}) as engine:
        await engine.layers.inventory(blobs, described)
    async with scanning(tmp_path) as engine:
        assert names(await engine.layers.inventory(blobs, described)) == ALL


@pytest.mark.parametrize(
    ("data", "limits", "limit"),
    [(b"no layer" * 100, Limits(), ""), (LAYER, Limits(entries=1), "entries")],
    ids=["broken", "limit"],
)
async def test_what_cannot_be_read_is_remembered_for_a_day(
    tmp_path: Path, data: bytes, limits: Limits, limit: str
) -> None:
    blobs = Blobs()
    described = blobs.add(data)
    messages = []
    for _ in range(2):
        async with scanning(tmp_path, limits=limits) as engine:
            for _ in range(2):
                with pytest.raises(LayerError, match=f"layer {described.digest}: ") as caught:
                    await engine.layers.inventory(blobs, described)
                assert caught.value.limit == limit
                messages.append(str(caught.value))
    assert len(set(messages)) == 1
    assert blobs.pulls == {described.digest: 1}
    change(tmp_path, "UPDATE layers SET retry_at = '2000-01-01T00:00:00.000000Z'")
    blobs.held[described.digest] = LAYER
    if not limit:
        async with scanning(tmp_path) as engine:
            with pytest.raises(LayerError):
                await engine.layers.inventory(blobs, described)
        assert blobs.pulls == {described.digest: 2}


async def test_a_failed_layer_is_read_when_it_is_due(tmp_path: Path) -> None:
    blobs = Blobs()
    described = blobs.add(LAYER)
    async with scanning(tmp_path, limits=Limits(entries=1)) as engine:
        with pytest.raises(LayerError):
            await engine.layers.inventory(blobs, described)
    change(tmp_path, "UPDATE layers SET retry_at = '2000-01-01T00:00:00.000000Z'")
    async with scanning(tmp_path) as engine:
        assert names(await engine.layers.inventory(blobs, described)) == ALL
    assert rows(tmp_path, "SELECT reason, limit_name, retry_at FROM layers") == [("", "", None)]


async def test_what_could_not_be_pulled_is_pulled_the_next_time(tmp_path: Path) -> None:
    blobs = Blobs()
    described = blobs.add(LAYER)
    del blobs.held[described.digest]
    async with scanning(tmp_path) as engine:
        with pytest.raises(UnreachableError, match="broke off"):
            await engine.layers.inventory(blobs, described)
        assert rows(tmp_path, "SELECT COUNT(*) FROM layers") == [(0,)]
        blobs.add(LAYER)
        assert names(await engine.layers.inventory(blobs, described)) == ALL


async def test_a_disk_that_is_full_is_no_fault_of_the_layer(tmp_path: Path) -> None:
    blobs = Blobs(failure=OSError(28, os.strerror(28)))
    async with scanning(tmp_path) as engine:
        described = blobs.add(LAYER)
        blobs.held.clear()
        with pytest.raises(OSError, match="No space left"):
            await engine.layers.inventory(blobs, described)
    assert rows(tmp_path, "SELECT COUNT(*) FROM layers") == [(0,)]


async def test_a_worker_that_is_killed_is_no_fault_of_the_layer(tmp_path: Path) -> None:
    async with scanning(tmp_path) as engine:

        class Deadly(Blobs):
            async def pull(self, descriptor: Descriptor, sink: BlobSink) -> None:
                process = engine.pool._workers[0]._process  # noqa: SLF001 - as the kernel finds it
                if not self.pulls:
                    assert process is not None
                    process.kill()
                await super().pull(descriptor, sink)

        blobs = Deadly()
        described = blobs.add(LAYER)
        await engine.layers.warm(1)
        with pytest.raises(LayerError, match="its worker process died"):
            await engine.layers.inventory(blobs, described)
        assert rows(tmp_path, "SELECT COUNT(*) FROM layers") == [(0,)]
        assert names(await engine.layers.inventory(blobs, described)) == ALL


async def test_a_layer_said_to_be_huge_is_refused_but_not_for_those_who_say_the_truth(tmp_path: Path) -> None:
    blobs = Blobs()
    described = blobs.add(LAYER)
    huge = msgspec.structs.replace(described, size=1 << 62)
    async with scanning(tmp_path) as engine:
        with pytest.raises(LayerError, match=r"4611686018427387904 bytes packed \(layer_bytes\)") as caught:
            await engine.layers.inventory(blobs, huge)
        assert caught.value.limit == "layer_bytes"
        assert blobs.pulls == {}
        assert names(await engine.layers.inventory(blobs, described)) == ALL
