import asyncio
import errno
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import cast

import pytest

from analyzers.catalogue import Dispatch, catalogue
from analyzers.inventory import Scanner, View
from analyzers.limits import MIB, Limits
from crawler import clock
from crawler.engine import Engine
from crawler.registry.errors import UnreachableError
from crawler.registry.manifest import ImageConfig, RawManifest
from crawler.registry.reference import Digest
from crawler.sources import ImageSource
from crawler.sources.oci_layout import OciLayout
from crawler.targets import image as image_module
from crawler.targets.image import chosen, fingerprint, includes, platform_of, united, wanted
from crawler.targets.image_contents import ContentSearch
from reports.assemble import assemble
from reports.subject import Subject
from store import images
from store.contents import stored_contents
from store.images import ManifestState
from tests.fakes import images as made
from tests.fakes.engine import VERSIONS, change, rows, scanning
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.layouts import write_layout
from tests.fakes.registry import OCI_INDEX, OCI_MANIFEST, FakeRegistry, Pushed
from tests.fakes.secrets import env_file

BASE = layer(debian(), dpkg(openssl="3.0.11-1", bash="5.2-1"))
PLATFORMS = ("linux/amd64",)
LONG = layer({made.APK: bytes(96 * MIB)})
"""Holds a file that needs more memory than the test permits."""


def layout(folder: Path, **held: Pushed) -> OciLayout:
    write_layout(folder, REGISTRY, held)
    return OciLayout(folder)


REGISTRY = FakeRegistry()
"""Where the images are put together; nobody serves it."""


async def learn(engine: Engine, source: ImageSource, digest: str, *, again: bool = False) -> ManifestState:
    async with engine.store.transaction() as tx:
        await images.add_manifest(tx, digest, OCI_MANIFEST, 1)
    await engine.images.learn(source, digest, PLATFORMS, again=again)
    return (await images.manifest_states(engine.store.read, [digest]))[digest]


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with scanning(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("platform", "asked", "expected"),
    [
        ("linux/amd64", ["linux/amd64"], True),
        ("linux/amd64", ["linux/arm64"], False),
        ("linux/arm64/v8", ["linux/arm64"], True),
        ("linux/arm64/v8", ["linux/arm64/v8"], True),
        ("linux/arm64/v8", ["linux/arm64/v9"], False),
        ("linux/arm64", ["linux/arm64/v8"], True),
        ("linux/arm/v6", ["linux/arm/v7"], False),
        ("", ["linux/amd64"], False),
        ("windows/amd64", ["all"], True),
        ("linux/amd64", ["linux/s390x", "linux/amd64"], True),
    ],
)
def test_platforms(platform: str, asked: Sequence[str], *, expected: bool) -> None:
    assert wanted(platform, asked) is expected


def test_without_a_fitting_child_all_are_chosen() -> None:
    children = {"a": "linux/amd64", "b": "linux/arm64/v8", "c": ""}
    assert chosen(children, ["linux/arm64"]) == ["b"]
    assert chosen(children, ["linux/s390x"]) == ["a", "b", "c"]
    assert chosen({}, ["all"]) == []


def test_who_wants_one_image_is_not_given_all() -> None:
    children = {"a": "linux/amd64", "b": "linux/arm64", "c": ""}
    assert chosen(children, ["linux/arm64"], or_all=False) == ["b"]
    assert chosen(children, ["linux/s390x"], or_all=False) == ["c"]
    assert chosen({"a": "linux/amd64"}, ["linux/s390x"], or_all=False) == ["a"]


def test_names_of_platforms() -> None:
    assert platform_of(ImageConfig(os="linux", architecture="arm64", variant="v8")) == "linux/arm64/v8"
    assert platform_of(ImageConfig(os="linux", architecture="amd64")) == "linux/amd64"
    assert platform_of(ImageConfig()) == ""


def test_a_fingerprint_tells_versions_apart_whatever_their_order() -> None:
    versions = {"a": 1, "b": 2}
    assert fingerprint(versions) == fingerprint(dict(reversed(versions.items())))
    assert len({fingerprint(versions), fingerprint({"a": 1}), fingerprint({"a": 2, "b": 1})}) == 3


def versions_of(*scanners: Scanner) -> dict[str, int]:
    return Dispatch(catalogue()).of_view(View.INSTALLED, {Scanner.PACKAGES, *scanners}).versions()


def test_a_fingerprint_has_a_word_for_each_thing_looked_for() -> None:
    plain, both = fingerprint(versions_of()), fingerprint(versions_of(Scanner.SECRET))
    assert [word.partition(":")[0] for word in plain.split()] == ["packages"]
    assert [word.partition(":")[0] for word in both.split()] == ["packages", "secret"]
    assert both.startswith(f"{plain} ")
    everything = fingerprint(versions_of(*Scanner))
    assert {word.partition(":")[0] for word in everything.split()} == {*Scanner}
    assert fingerprint({}) == ""


def test_contents_are_remembered_anew_when_an_analyzer_is_newer() -> None:
    search = ContentSearch(scanners=frozenset({Scanner.SECRET}))
    before, after = ({"secrets/content": version} for version in (1, 2))
    old, new = fingerprint(before, search), fingerprint(after, search)
    # Somebody scans the image in between, without remembering anything.
    assert not includes(united(old, fingerprint(after)), new)
    assert includes(united(old, new), new)
    assert includes(old, fingerprint(before))


@pytest.mark.parametrize(
    ("analysed_with", "asked", "expected"),
    [
        ("packages:1 secret:2", "packages:1", True),
        ("packages:1", "packages:1 secret:2", False),
        ("packages:1 secret:2", "secret:3", False),
        ("secret:2 packages:1", "packages:1 secret:2", True),
        ("", "packages:1", False),
        ("anything", "", True),
    ],
)
def test_one_fingerprint_includes_another(analysed_with: str, asked: str, *, expected: bool) -> None:
    assert includes(analysed_with, asked) is expected


async def test_what_is_looked_for_later_joins_what_is_known(tmp_path: Path) -> None:
    pushed = push(REGISTRY, "x", "1", BASE, layer({"srv/.env": env_file()}))
    source = layout(tmp_path / "l", x=pushed)
    read = []
    for scanners in ((), (Scanner.SECRET,), (), (Scanner.LICENSE,), (Scanner.SECRET, Scanner.LICENSE)):
        async with scanning(tmp_path, versions=versions_of(*scanners)) as engine:
            state = await learn(engine, source, pushed.digest)
            read.append((engine.images.counts.analysed, engine.layers.counts.analysed))
            found = await stored_contents(engine.store.read, pushed.digest, {Scanner.SECRET})
            parts = await images.components(engine.store.read, pushed.digest)
        assert len(parts) == 2
        assert len(found.secrets) == (len(read) > 1)
    # The layers are read for what is new only, and not at all where nothing is.
    assert read == [(1, 2), (1, 2), (0, 0), (1, 2), (0, 0)]
    assert state.analysed_with == fingerprint(versions_of(Scanner.SECRET, Scanner.LICENSE))


async def test_secrets_by_other_rules_replace_those_known(tmp_path: Path) -> None:
    pushed = push(REGISTRY, "x", "1", layer({"srv/.env": env_file()}))
    source = layout(tmp_path / "l", x=pushed)
    versions = versions_of(Scanner.SECRET)
    for asked in (versions, versions | {"secrets/content": 99}, versions):
        async with scanning(tmp_path, versions=asked) as engine:
            state = await learn(engine, source, pushed.digest)
            found = await stored_contents(engine.store.read, pushed.digest, {Scanner.SECRET})
        assert engine.images.counts.analysed == 1
        assert state.analysed_with == fingerprint(asked)
        assert len(found.secrets) == 1


async def test_what_is_known_stays_when_the_layers_cannot_be_had_for_more(tmp_path: Path) -> None:
    pushed = push(REGISTRY, "x", "1", BASE)
    async with scanning(tmp_path) as engine:
        await learn(engine, layout(tmp_path / "l", x=pushed), pushed.digest)
    async with scanning(tmp_path, versions=versions_of(Scanner.SECRET)) as engine:
        state = await learn(engine, OciLayout(tmp_path / "gone"), pushed.digest)
        document = await assemble(
            engine.store.read,
            Subject(name="x", digest=pushed.digest, now=clock.now(), scanners=frozenset(Scanner)),
        )
    assert (state.state, state.analysed_with) == ("analysed", fingerprint(VERSIONS))
    # No secret is not said without why.
    assert document.secrets == ()
    assert "gone" in document.problems[0].reason


async def test_what_later_layers_take_away_is_gone(engine: Engine, tmp_path: Path) -> None:
    upper = layer(dpkg(openssl="3.0.12-1"), made.python("jinja2", "3.0"))
    top = layer(made.whiteout("usr/lib/python3/dist-packages/jinja2-3.0.dist-info"))
    pushed = push(REGISTRY, "x", "1", BASE, upper, top, variant="v2")
    state = await learn(engine, layout(tmp_path / "l", x=pushed), pushed.digest)
    assert (state.state, state.reason, state.analysed_with) == ("analysed", "", fingerprint(VERSIONS))
    row = await images.image_row(engine.store.read, pushed.digest)
    assert (row.platform, row.config_digest, row.problems) == ("linux/amd64/v2", pushed.config_digest, "[]")
    assert row.config == REGISTRY.blobs[pushed.config_digest]
    assert [each.created_by for each in row.layers] == ["RUN step 0", "RUN step 1", "RUN step 2"]
    assert [each.diff_id for each in row.layers] == [made.diff_id(each) for each in (BASE, upper, top)]
    parts = await images.components(engine.store.read, pushed.digest)
    assert [(each.purl.partition("?")[0], each.layer) for each in parts] == [
        ("pkg:deb/debian/openssl@3.0.12-1", 1)
    ]


async def test_content_that_is_not_what_the_configuration_names(engine: Engine, tmp_path: Path) -> None:
    rootfs = {"diff_ids": [made.diff_id(BASE), made.diff_id(BASE)]}
    other = push(REGISTRY, "x", "1", BASE, layer(debian("13")), rootfs=rootfs)
    fewer = push(REGISTRY, "x", "2", BASE, rootfs={"diff_ids": []})
    source = layout(tmp_path / "l", other=other, fewer=fewer)
    for pushed, told in (
        (other, "layer 1: content sha256:"),
        (fewer, "config.rootfs.diff_ids: 0 for 1 layers"),
    ):
        assert (await learn(engine, source, pushed.digest)).state == "analysed"
        assert told in (await images.image_row(engine.store.read, pushed.digest)).problems


async def test_an_image_without_layers(engine: Engine, tmp_path: Path) -> None:
    pushed = push(REGISTRY, "x", "1")
    assert (await learn(engine, layout(tmp_path / "l", x=pushed), pushed.digest)).state == "analysed"
    assert await images.components(engine.store.read, pushed.digest) == []


async def test_the_same_layer_twice(engine: Engine, tmp_path: Path) -> None:
    pushed = push(REGISTRY, "x", "1", BASE, BASE)
    assert (await learn(engine, layout(tmp_path / "l", x=pushed), pushed.digest)).state == "analysed"
    assert {part.layer for part in await images.components(engine.store.read, pushed.digest)} == {0}


@pytest.mark.parametrize(
    ("limits", "bad", "state", "reason"),
    [
        (Limits(layer_bytes=16), BASE, "too_large", "(layer_bytes)"),
        (Limits(entries=1), BASE, "too_large", "(entries)"),
        (Limits(file_bytes=10), BASE, "analysed", ""),
        (Limits(), layer({"a" * 5000: b""}), "failed", "(path_bytes)"),
        (Limits(), b"no layer" * 99, "failed", "layer sha256:"),
        (Limits(deadline_s=1e-9), BASE, "failed", "(deadline_s)"),
        (Limits(memory_bytes=128 * MIB), LONG, "too_large", "(memory_bytes)"),
    ],
    ids=["layer_bytes", "entries", "file_bytes", "path_bytes", "broken", "deadline", "memory"],
)  # fmt: skip
async def test_limits_become_states_for_whoever_asks(
    tmp_path: Path, limits: Limits, bad: bytes, state: str, reason: str
) -> None:
    one, two = push(REGISTRY, "x", "1", bad), push(REGISTRY, "x", "2", bad, architecture="arm64")
    source = layout(tmp_path / "l", one=one, two=two)
    async with scanning(tmp_path, limits=limits) as engine:
        states = [await learn(engine, source, pushed.digest) for pushed in (one, two)]
    assert {each.state for each in states} == {state}
    assert all(each.reason.endswith(reason) or reason in each.reason for each in states), states
    assert len({each.reason for each in states}) == 1


async def test_what_fails_is_tried_later_and_later(engine: Engine, tmp_path: Path) -> None:
    pushed = push(REGISTRY, "x", "1", b"no layer")
    source = layout(tmp_path / "l", x=pushed)
    waits = []
    for attempt in range(1, 11):
        state = await learn(engine, source, pushed.digest, again=attempt % 2 == 0)
        assert (state.state, state.attempts) == ("failed", attempt)
        assert state.retry_at is not None
        waits.append(round((clock.parse(state.retry_at) - clock.parse(clock.now())).total_seconds(), -1))
        assert (await learn(engine, source, pushed.digest)).attempts == attempt
        change(tmp_path, "UPDATE manifests SET retry_at = '2000-01-01T00:00:00.000000Z'")
    assert waits[:3] == [600, 1200, 2400]
    assert waits[-1] == 24 * 3600
    assert engine.images.counts.known == 10


async def test_other_analyzers_read_again(tmp_path: Path) -> None:
    pushed = push(REGISTRY, "x", "1", BASE)
    source = layout(tmp_path / "l", x=pushed)
    for versions, analysed in ((VERSIONS, 1), (VERSIONS, 0), (VERSIONS | {"os/dpkg": 99}, 1)):
        async with scanning(tmp_path, versions=versions) as engine:
            state = await learn(engine, source, pushed.digest)
            assert engine.images.counts.analysed == analysed
        assert state.analysed_with == fingerprint(versions)
    assert rows(tmp_path, "SELECT COUNT(*) FROM components") == [(2,)]


async def test_what_older_analyzers_found_stays_when_newer_ones_cannot_read_it(tmp_path: Path) -> None:
    pushed = push(REGISTRY, "x", "1", BASE)
    async with scanning(tmp_path) as engine:
        await learn(engine, layout(tmp_path / "l", x=pushed), pushed.digest)
    newer = VERSIONS | {"os/dpkg": 99}
    async with scanning(tmp_path, versions=newer) as engine:
        state = await learn(engine, OciLayout(tmp_path / "gone"), pushed.digest)
        assert (state.state, state.analysed_with) == ("analysed", fingerprint(VERSIONS))
        assert "gone" in state.reason
        assert state.attempts == 1
        assert await engine.images.unfinished([pushed.digest]) == []
        subject = Subject(name="x", digest=pushed.digest, now=clock.now())
        document = await assemble(engine.store.read, subject)
        assert len(document.components) == 2
        assert document.problems[0].reason.startswith("known by older analyzers only: ")
        state = await learn(engine, OciLayout(tmp_path / "l"), pushed.digest, again=True)
    assert (state.reason, state.retry_at, state.analysed_with) == ("", None, fingerprint(newer))


async def test_whoever_asks_at_the_same_time_it_is_learned_once(engine: Engine, tmp_path: Path) -> None:
    pushed = push(REGISTRY, "x", "1", BASE)
    source = layout(tmp_path / "l", x=pushed)
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(learn(engine, source, pushed.digest))
    assert (engine.images.counts.analysed, engine.images.counts.known) == (1, 3)


async def test_an_index_in_an_index(engine: Engine, tmp_path: Path) -> None:
    pushed = push(REGISTRY, "x", "", BASE)
    inner = REGISTRY.push_index("x", "", [made.entry(pushed, "linux/amd64")])
    body = REGISTRY.manifests["x"][inner][1]
    described = made.entry(Pushed(inner, body, "", ()), "linux/amd64") | {"mediaType": OCI_INDEX}
    outer = REGISTRY.push_index("x", "", [described])
    source = layout(tmp_path / "l", x=pushed)
    for digest in (inner, outer):
        path = tmp_path / "l/blobs/sha256" / digest.removeprefix("sha256:")
        await asyncio.to_thread(path.write_bytes, REGISTRY.manifests["x"][digest][1])
    assert (await learn(engine, source, outer)).reason == "index"
    found = await images.manifest_states(engine.store.read, [inner, pushed.digest])
    assert (found[inner].reason, found[pushed.digest].state) == ("index", "analysed")


async def test_a_worker_that_cannot_be_started_fails_the_image(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed = push(REGISTRY, "x", "1", BASE)
    monkeypatch.setattr(sys, "executable", "/nothing/python")
    state = await learn(engine, layout(tmp_path / "l", x=pushed), pushed.digest)
    assert (state.state, "/nothing/python" in state.reason) == ("failed", True)


async def test_one_failure_ends_the_pulls_of_its_image(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_module, "LAYERS_AT_ONCE", 1)
    layers = [layer({f"{number}": b"x"}) for number in range(5)]
    pushed = push(REGISTRY, "x", "1", *layers)

    class Broken(OciLayout):
        pulls = 0

        async def pull(self, descriptor: object, sink: object) -> None:  # noqa: ARG002 - the interface
            self.pulls += 1
            raise UnreachableError("the body broke off")

        async def manifest(self, digest: Digest) -> RawManifest:
            return RawManifest(digest=digest, media_type=OCI_MANIFEST, body=pushed.body)

    write_layout(tmp_path / "l", REGISTRY, {"x": pushed})
    source = Broken(tmp_path / "l")
    assert (await learn(engine, source, pushed.digest)).reason == "the body broke off"
    assert source.pulls == 1


async def test_a_full_disk_is_no_fault_of_the_image(tmp_path: Path) -> None:
    class FullDisk:
        async def manifest(self, digest: Digest) -> RawManifest:  # noqa: ARG002 - the protocol's
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    digest = "sha256:" + "a" * 64
    async with scanning(tmp_path) as engine:
        async with engine.store.transaction() as tx:
            await images.add_manifest(tx, digest, "", 1)
        with pytest.raises(OSError, match="No space left"):
            await engine.images.learn(cast("ImageSource", FullDisk()), digest, ("all",))
        assert (await images.manifest_states(engine.store.read, [digest]))[digest].state == "pending"
