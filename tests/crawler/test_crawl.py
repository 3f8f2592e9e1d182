import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from config.settings import Advisories, Crawl, Osv, Registry, Settings, Store
from crawler import crawl as crawl_module
from crawler.crawl import NewFeeds, Pass, crawl, crawl_and_tell, forget_old
from crawler.engine import Engine
from crawler.registry.client import RegistryClient
from crawler.registry.endpoint import Endpoint
from crawler.registry.manifest import RawManifest
from crawler.registry.reference import Digest
from crawler.registry.retry import Silence
from crawler.registry.transport import Timing
from crawler.sources.remote import RemoteSource
from crawler.targets.image import CALLED_ATTESTATION, INDEX_LEVELS
from store import images, tags
from store.pruning import Pruned
from tests.fakes import images as made
from tests.fakes.engine import change, rows, scanning
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.registry import OCI_INDEX, OCI_MANIFEST, Canned, FakeRegistry, digest_of

BASE = layer(debian(), dpkg(openssl="3.0.11-1"))
PLATFORMS = ("linux/amd64",)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses before another attempt take no time."""

    async def at_once(_seconds: float) -> None:
        return

    def client_of(registry: Registry) -> RegistryClient:
        timing = Timing(sleep=at_once)
        return RegistryClient(Endpoint(url=registry.url, read_timeout_s=0.3), timing=timing)

    monkeypatch.setattr(crawl_module, "client_of", client_of)


@pytest.fixture
async def registry() -> AsyncIterator[FakeRegistry]:
    async with FakeRegistry() as running:
        yield running


@dataclass
class World:
    """A registry, a store, and how often it was crawled."""

    folder: Path
    registry: FakeRegistry
    engine: Engine
    settings: dict[str, object] = field(default_factory=dict)
    platforms: tuple[str, ...] = PLATFORMS

    async def crawl(self, **settings: object) -> Pass:
        """Crawl; afterwards the registry's log holds the requests of this pass only."""
        self.registry.requests.clear()
        chosen = Registry(url=self.registry.url, **settings)  # type: ignore[arg-type]  # any of its fields
        return await crawl(self.engine, chosen, self.platforms, lambda _: None)

    def states(self) -> dict[str, tuple[object, ...]]:
        """Return digest → state and reason."""
        found = rows(self.folder, "SELECT digest, state, reason FROM manifests")
        return {str(digest): (state, reason) for digest, state, reason in found}

    def tags(self) -> list[tuple[object, ...]]:
        """Return what all tags point to now."""
        return rows(
            self.folder,
            "SELECT r.name, t.name, m.digest FROM tags t JOIN manifests m ON m.id = t.manifest_id"
            " JOIN repositories r ON r.id = t.repository_id WHERE t.until IS NULL ORDER BY 1, 2",
        )

    async def packages(self, digest: str) -> list[str]:
        return [each.purl for each in await images.components(self.engine.store.read, digest)]


@pytest.fixture
async def world(tmp_path: Path, registry: FakeRegistry) -> AsyncIterator[World]:
    async with scanning(tmp_path) as engine:
        yield World(tmp_path, registry, engine)


async def test_every_layer_comes_once_however_many_images_have_it(world: World) -> None:
    unique_bytes = len(BASE)
    for number in range(7):
        top = layer(made.python("x", f"{number}"))
        unique_bytes += len(top)
        pushed = push(world.registry, f"team{number % 3}/app{number}", "1.0", BASE, top)
    done = await world.crawl()
    blobs = Counter(path.rpartition("/")[2] for path in world.registry.paths() if "/blobs/" in path)
    assert len(blobs) == 1 + 7 + 7
    assert set(blobs.values()) == {1}
    assert (done.repositories, done.repositories_done, done.tags, done.manifests_done) == (7, 7, 7, 7)
    assert (done.listed, done.failures, done.head_requests) == (True, [], 7)
    assert done.other_requests == len(blobs) + 7
    counts = world.engine.layers.counts
    assert (counts.analysed, counts.reused) == (8, 6)
    assert counts.unique_bytes == unique_bytes
    assert {state for state, _ in world.states().values()} == {"analysed"}
    assert await world.packages(pushed.digest) == [
        "pkg:deb/debian/openssl@3.0.11-1?arch=amd64&distro=debian-12",
        "pkg:pypi/x@6",
    ]


@pytest.mark.parametrize("silent_about", ["/tags/list", "/manifests/1.0", "/blobs/"])
async def test_a_registry_that_answers_no_more_is_left(
    world: World, monkeypatch: pytest.MonkeyPatch, silent_about: str
) -> None:
    for number in range(60):
        push(world.registry, f"app{number}", "1.0", BASE, layer(made.python("x", f"{number}")))
    answer, in_vain = world.registry._answer, 0  # noqa: SLF001 - the fake's own way in

    async def drop(request: web.Request) -> web.StreamResponse:
        nonlocal in_vain
        if silent_about not in request.path and in_vain == 0:
            return await answer(request)
        in_vain += 1
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    with monkeypatch.context() as patched:
        patched.setattr(Silence, "LONGEST_S", 0.0)
        patched.setattr(world.registry, "_answer", drop)
        done = await world.crawl()
    # At most what was under way: repositories, tags and layers at a time, and not five times each.
    assert in_vain < 60
    (name, reason) = done.failures[-1]
    assert name == world.registry.url
    assert re.fullmatch(
        r"answers no more; \d\d of its repositories, tags and images were not asked for", reason
    )
    change(world.folder, "UPDATE manifests SET retry_at = '2020' WHERE retry_at > ''")
    assert (await world.crawl()).failures == []
    assert len(world.tags()) == 60
    assert {state for state, _ in world.states().values()} == {"analysed"}


async def test_a_second_crawl_asks_for_lists_and_one_head_a_tag(world: World) -> None:
    push(world.registry, "app", "1.0", BASE)
    push(world.registry, "app", "latest", BASE)
    push(world.registry, "web", "1.0", layer(made.alpine(), made.apk(musl="1.2.4-r1")))
    made.push_chart(world.registry, "chart", "1.0")
    world.registry.push_index(
        "multi", "1.0", [made.entry(push(world.registry, "multi", "", BASE), "linux/amd64")]
    )
    await world.crawl()
    world.registry.page_size = 1
    done = await world.crawl()
    asked = Counter((request.method, request.path) for request in world.registry.requests)
    assert asked == {
        ("GET", "/v2/"): 1,
        ("GET", "/v2/_catalog"): 4,
        ("GET", "/v2/app/tags/list"): 2,
        **{("GET", f"/v2/{name}/tags/list"): 1 for name in ("chart", "multi", "web")},
        **{("HEAD", f"/v2/{name}/manifests/1.0"): 1 for name in ("app", "chart", "multi", "web")},
        ("HEAD", "/v2/app/manifests/latest"): 1,
    }
    assert (done.list_requests, done.head_requests, done.other_requests, done.tags_changed) == (10, 5, 0, 0)


async def test_one_manifest_in_many_places_is_fetched_once(world: World) -> None:
    for repository in ("a", "b", "c"):
        for name in ("1", "2"):
            pushed = push(world.registry, repository, name, BASE)
    await world.crawl()
    gets = [path for path in world.registry.paths() if "/manifests/" in path]
    assert [path.rpartition("/")[2] for path in gets] == [pushed.digest]
    assert world.engine.images.counts.analysed == 1


async def test_tags_move_and_go_and_their_history_stays(world: World) -> None:
    old = push(world.registry, "app", "latest", BASE)
    push(world.registry, "app", "gone", BASE)
    push(world.registry, "away", "1", BASE)
    await world.crawl()
    new = push(world.registry, "app", "latest", layer(debian("13")))
    del world.registry.tags["app"]["gone"]
    del world.registry.tags["away"]
    done = await world.crawl()
    assert (done.tags_changed, world.tags()) == (3, [("app", "latest", new.digest)])
    history = rows(
        world.folder,
        "SELECT t.name, m.digest, t.until IS NULL, COUNT(*) FROM tags t"
        " JOIN manifests m ON m.id = t.manifest_id GROUP BY 1, 2, 3 ORDER BY 1, 3",
    )
    assert history == [
        ("1", old.digest, 0, 1),
        ("gone", old.digest, 0, 1),
        ("latest", old.digest, 0, 1),
        ("latest", new.digest, 1, 1),
    ]
    assert (await world.crawl()).tags_changed == 0


async def test_a_repository_that_only_the_settings_know_is_a_failure(world: World) -> None:
    push(world.registry, "app", "1", BASE)
    done = await world.crawl(repositories=("app", "ap"))
    ((name, reason),) = done.failures
    assert (name, "tags of ap" in reason, len(world.tags())) == ("ap", True, 1)


async def test_a_repository_whose_tags_are_not_found_has_none(world: World) -> None:
    push(world.registry, "app", "1", BASE)
    await world.crawl()
    world.registry.faults.always["/v2/app/tags/list"] = Canned(404)
    assert (await world.crawl()).failures == []
    assert world.tags() == []


async def test_a_repository_that_only_the_settings_know_must_be_there(world: World) -> None:
    push(world.registry, "app", "1", BASE)
    done = await world.crawl(repositories=("app", "typo"))
    ((name, reason),) = done.failures
    assert (name, "not found" in reason) == ("typo", True)
    assert [row[:2] for row in world.tags()] == [("app", "1")]


async def test_a_registry_that_lists_nothing_any_more_is_not_believed(world: World) -> None:
    digest = push(world.registry, "app", "1", BASE).digest
    await world.crawl()
    world.registry.faults.always["/v2/_catalog"] = Canned(body=b'{"repositories": null}')
    done = await world.crawl()
    ((_, reason),) = done.failures
    assert reason == "lists no repository; the 1 known ones are kept as they were"
    assert world.tags() == [("app", "1", digest)]


@pytest.mark.parametrize("status", [401, 403, 500, 503])
async def test_a_tag_that_cannot_be_resolved_stays(world: World, status: int) -> None:
    digest = push(world.registry, "app", "1", BASE).digest
    push(world.registry, "app", "2", BASE)
    await world.crawl()
    world.registry.faults.always["/v2/app/manifests/1"] = Canned(status)
    del world.registry.tags["app"]["2"]
    done = await world.crawl()
    ((name, reason),) = done.failures
    assert name == "app:1"
    assert reason
    assert world.tags() == [("app", "1", digest)]


@pytest.mark.parametrize("path", ["/v2/app/tags/list", "/v2/_catalog"])
async def test_what_cannot_be_listed_stays(world: World, path: str) -> None:
    digest = push(world.registry, "app", "1", BASE).digest
    push(world.registry, "web", "1", BASE)
    await world.crawl()
    world.registry.faults.always[path] = Canned(500)
    done = await world.crawl()
    assert len(done.failures) == 1
    assert done.listed is (path != "/v2/_catalog")
    assert world.tags() == [("app", "1", digest), ("web", "1", digest)]


async def test_an_index_without_its_attestations(world: World) -> None:
    amd = push(world.registry, "app", "", BASE)
    arm = push(world.registry, "app", "", layer(debian(), dpkg(arm="1")), architecture="arm64")
    proof = made.push_artifact(
        world.registry, "app", "", "application/vnd.oci.image.config.v1+json", "application/vnd.in-toto+json"
    )
    attested = {"mediaType": OCI_MANIFEST, "digest": proof, "size": 1}
    attested["platform"] = {"os": "unknown", "architecture": "unknown"}
    entries = [made.entry(amd, "linux/amd64"), made.entry(arm, "linux/arm64"), attested, attested]
    index = world.registry.push_index("app", "1", entries)
    await world.crawl()
    assert world.states() == {
        index: ("not_an_image", "index"),
        amd.digest: ("analysed", ""),
        arm.digest: ("pending", images.NOT_ASKED_FOR),
        proof: ("not_an_image", CALLED_ATTESTATION),
    }
    assert not [path for path in world.registry.paths() if proof in path or arm.digest in path]
    world.platforms = ("all",)
    await world.crawl()
    assert world.states()[arm.digest] == ("analysed", "")
    assert rows(world.folder, "SELECT platform FROM manifests WHERE state = 'analysed' ORDER BY 1") == [
        ("linux/amd64",),
        ("linux/arm64",),
    ]


async def test_an_image_of_an_index_is_asked_for_from_the_moment_the_index_is_known(world: World) -> None:
    amd = push(world.registry, "app", "", BASE)
    arm = push(world.registry, "app", "", layer(debian(), dpkg(arm="1")), architecture="arm64")
    index = world.registry.push_index(
        "app", "1", [made.entry(amd, "linux/amd64"), made.entry(arm, "linux/arm64")]
    )
    reader, seen = world.engine.store.read, list[tuple[str, str]]()

    class Watched(RemoteSource):
        async def manifest(self, digest: Digest) -> RawManifest:
            (state,) = (await images.manifest_states(reader, [digest])).values()
            seen.append((state.state, state.reason))
            return await super().manifest(digest)

    async with RegistryClient(Endpoint(url=world.registry.url)) as client:
        async with world.engine.store.transaction() as tx:
            await images.add_manifest(tx, index, OCI_INDEX, 1)
        for platforms in (PLATFORMS, ("linux/amd64", "linux/arm64")):
            await world.engine.images.learn(Watched(client, "app"), index, platforms)
    assert seen == [("pending", "")] * 3


async def test_indexes_in_each_other_come_to_an_end(world: World) -> None:
    entry = made.entry(push(world.registry, "app", "", BASE), "linux/amd64")
    indexes = []
    for number in range(INDEX_LEVELS + 2):
        indexes.append(world.registry.push_index("app", "1" if number > INDEX_LEVELS else "", [entry]))
        entry |= {"mediaType": OCI_INDEX, "digest": indexes[-1], "size": 1}
    for _ in range(2):
        await world.crawl()
        state, reason = world.states()[indexes[1]]
        assert (state, "indexes in each other" in str(reason)) == ("failed", True)
        assert (world.states()[indexes[2]], len(world.states())) == (
            ("not_an_image", "index"),
            len(indexes) - 1,
        )


async def test_an_inner_index_that_comes_late_gives_its_images_to_the_tag(world: World) -> None:
    image = push(world.registry, "app", "", BASE)
    inner = world.registry.push_index("app", "", [made.entry(image, "linux/amd64")])
    entry = {"mediaType": OCI_INDEX, "digest": inner, "size": 1}
    world.registry.push_index("app", "1", [entry])
    world.registry.faults.always[f"/v2/app/manifests/{inner}"] = Canned(404)
    await world.crawl()
    assert world.states()[inner][0] == "failed"
    del world.registry.faults.always[f"/v2/app/manifests/{inner}"]
    change(world.folder, "UPDATE manifests SET retry_at = NULL")
    for _ in range(2):
        await world.crawl()
        found = rows(
            world.folder,
            "SELECT it.name FROM image_tags it JOIN manifests m ON m.id = it.manifest_id WHERE m.digest = ?",
            image.digest,
        )
        assert found == [("1",)]


async def test_without_the_platform_asked_for_all_are_looked_into(world: World) -> None:
    pushed = [push(world.registry, "app", "", layer(dpkg(a=f"{number}"))) for number in range(2)]
    entries = [made.entry(image, f"linux/arm/v{6 + number}") for number, image in enumerate(pushed)]
    world.registry.push_index("app", "1", entries)
    await world.crawl()
    assert {world.states()[image.digest] for image in pushed} == {("analysed", "")}


@pytest.mark.parametrize("first", ["image", "index", "both"])
async def test_calling_an_image_an_attestation_does_not_hide_it(world: World, first: str) -> None:
    image = push(world.registry, "app", "1" if first == "image" else "", BASE)
    if first == "image":
        await world.crawl()
    entries = [made.entry(image, "linux/amd64", **{"vnd.docker.reference.type": "attestation-manifest"})]
    entries += [made.entry(image, "linux/amd64")] if first == "both" else []
    world.registry.push_index("evil", "1", entries)
    world.registry.manifests["evil"] |= world.registry.manifests["app"]
    await world.crawl()
    if first == "index":
        world.registry.tags["app"]["1"] = image.digest
        await world.crawl()
    assert world.states()[image.digest] == ("analysed", "")


@pytest.mark.parametrize(
    ("config", "body", "kind"),
    [
        (made.HELM_CONFIG, made.HELM_LAYER, "helm chart"),
        ("application/vnd.wasm.config.v1+json", "application/wasm", "wasm module"),
        (
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.dev.cosign.simplesigning.v1+json",
            "cosign signature",
        ),
        ("application/vnd.oci.image.config.v1+json", "application/vnd.in-toto+json", "attestation"),
        ("application/vnd.acme.thing", "application/vnd.acme.part", "application/vnd.acme.thing"),
    ],
)
async def test_what_is_no_image_is_told_by_its_kind(world: World, config: str, body: str, kind: str) -> None:
    digest = made.push_artifact(world.registry, "thing", "1", config, body)
    await world.crawl()
    assert world.states() == {digest: ("not_an_image", kind)}
    assert not [path for path in world.registry.paths() if "/blobs/" in path]


async def test_a_failure_is_tried_again_when_it_is_due_and_hurts_nobody_else(world: World) -> None:
    top = layer(made.python("x", "1"))
    bad, good = push(world.registry, "bad", "1", BASE, top), push(world.registry, "good", "1", BASE)
    body = world.registry.blobs.pop(digest_of(top))
    await world.crawl()
    state, reason = world.states()[bad.digest]
    assert (state, world.states()[good.digest]) == ("failed", ("analysed", ""))
    assert str(reason).endswith(f"bad@{digest_of(top)}: not found (status 404, BLOB_UNKNOWN)")
    world.registry.push_blob(body)
    await world.crawl()
    assert not [path for path in world.registry.paths() if "/blobs/" in path]
    change(world.folder, "UPDATE manifests SET retry_at = '2000-01-01T00:00:00.000000Z' WHERE retry_at <> ''")
    await world.crawl()
    assert [path.rpartition("/")[2] for path in world.registry.paths() if "/blobs/" in path] == [
        bad.config_digest,
        digest_of(top),
    ]
    assert world.states()[bad.digest] == ("analysed", "")


async def test_globs_choose_repositories_and_tags(world: World) -> None:
    for name in ("team/app", "team/test", "other"):
        for number in ("1.0", "1.0-rc", "dev"):
            push(world.registry, name, number, BASE)
    await world.crawl(
        repositories=("team/*",), exclude=("*/test",), tags=("1.*", "2.*"), exclude_tags=("*-rc",)
    )
    assert [row[:2] for row in world.tags()] == [("team/app", "1.0")]


@dataclass(frozen=True)
class Lie:
    """What the registry does, and what the image becomes of it; None: no tag is known then."""

    tell: Callable[[FakeRegistry], None]
    state: str | None
    reason: str = ""


def faults(**values: object) -> Callable[[FakeRegistry], None]:
    def tell(registry: FakeRegistry) -> None:
        for name, value in values.items():
            setattr(registry.faults, name, value)

    return tell


def blob(body: bytes) -> Callable[[FakeRegistry], None]:
    return faults(bodies={digest_of(BASE): body})


def manifest(body: bytes, **headers: str) -> Callable[[FakeRegistry], None]:
    """Answer GETs of the manifest by its digest so."""

    def tell(registry: FakeRegistry) -> None:
        digest = registry.tags["app"]["1"]
        named = {"Content-Type": OCI_MANIFEST} | headers
        registry.faults.always[f"/v2/app/manifests/{digest}"] = Canned(200, body, named)

    return tell


OTHER = layer(debian(), dpkg(other="6.6.6"))
LIES = {
    "other bytes": Lie(blob(OTHER.ljust(len(BASE), b"x")[: len(BASE)]), "failed", "expected sha256:"),
    "fewer bytes": Lie(blob(BASE[:-1]), "failed", f"announces {len(BASE) - 1} bytes"),
    "more bytes": Lie(blob(BASE + b"x"), "failed", f"announces {len(BASE) + 1} bytes"),
    "drops": Lie(faults(drop_after=[10] * 99), "failed", "the body broke off"),
    "drops once": Lie(faults(drop_after=[10]), "analysed"),
    "drops and begins again": Lie(faults(drop_after=[10], ignores_range=True), "analysed"),
    "drops and goes on too late": Lie(faults(drop_after=[10], wrong_range=True), "failed", "Content-Range"),
    "chunked": Lie(faults(chunked=True), "analysed"),
    "endless": Lie(faults(endless=True), "failed", "more than"),
    "stalled": Lie(faults(stalled=True), "failed", "no answer in time"),
    "circle": Lie(faults(redirect_circle=True), "failed", "redirects in a circle"),
    "nowhere": Lie(faults(redirect_blobs_to="http://127.0.0.1:1"), "failed", "cannot connect"),
    "to another machine": Lie(faults(redirect_blobs_to="http://192.0.2.1"), "failed", "plain http"),
    "another digest": Lie(faults(lying_digest=digest_of(b"no")), "failed", "not found"),
    "no digest": Lie(faults(no_digest_header=True), "analysed"),
    "no heads": Lie(faults(head_status=405), "analysed"),
    "broken heads": Lie(faults(head_status=500), None, "500"),
    "no tags": Lie(faults(null_tags=True), None),
    "lists in a circle": Lie(
        faults(link='</v2/_catalog?n=1000>; rel="next"'), None, "names itself as the next one"
    ),
    "refuses": Lie(faults(refuses_all=True), None, "wants a username and password"),
    "no json in lists": Lie(faults(always={"/v2/_catalog": Canned(body=b"<html>")}), None, "expected JSON"),
    "429": Lie(faults(next_answers=[Canned(429, headers={"Retry-After": "1"})] * 3), "analysed"),
    "429 for days": Lie(faults(next_answers=[Canned(429, headers={"Retry-After": "9999"})]), None, "429"),
    "another manifest": Lie(manifest(b'{"schemaVersion": 2, "layers": []}'), "failed", "the bytes have"),
    "no manifest": Lie(manifest(b"<html>"), "failed", "the bytes have"),
    "huge manifest": Lie(manifest(b" " * 10_000_000), "too_large", "more than the limit of 4194304 bytes"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_a_registry_that_lies_is_found_out(world: World, lie: Lie) -> None:
    image = push(world.registry, "app", "1", BASE)
    lie.tell(world.registry)
    # Of the two blobs the layer is the one that is lied about.
    config = Canned(200, world.registry.blobs[image.config_digest])
    world.registry.faults.always[f"/v2/app/blobs/{image.config_digest}"] = config
    done = await world.crawl()
    states = list(world.states().values())
    if lie.state is None:
        assert not states
        assert lie.reason in " ".join(reason for _, reason in done.failures)
        assert bool(lie.reason) == bool(done.failures)
    else:
        ((state, reason),) = states
        assert (state, lie.reason in str(reason)) == (lie.state, True), reason
        assert bool(lie.reason) == bool(reason)
    if lie.state == "analysed":
        assert await world.packages(image.digest) == [
            "pkg:deb/debian/openssl@3.0.11-1?arch=amd64&distro=debian-12"
        ]


@pytest.mark.parametrize(
    ("media_type", "body", "reason"),
    [
        (OCI_MANIFEST, b"<html>", "expected JSON"),
        (OCI_MANIFEST, b"[]", "expected an object"),
        (OCI_MANIFEST, b'{"schemaVersion": 2}', "manifest: object missing required field `config`"),
        (OCI_MANIFEST, b'{"layers": [], "manifests": []}', "two readers may see two images"),
        (
            OCI_INDEX,
            b'{"manifests": [{"mediaType": "m", "digest": "md5:1", "size": 1}]}',
            "manifests[0].digest",
        ),
        (OCI_INDEX, b'{"manifests": ' + b"[" * 9000, "expected JSON"),
        ("application/x", b"{}", "neither an image nor an index"),
    ],
)
async def test_manifests_that_are_none(world: World, media_type: str, body: bytes, reason: str) -> None:
    digest = world.registry.push_manifest("app", "1", body, media_type)
    await world.crawl()
    state, told = world.states()[digest]
    assert (state, reason in str(told)) == ("failed", True), told


async def test_what_a_crawl_learns_is_judged_and_told_from_the_second_one_on(
    world: World, tmp_path: Path
) -> None:
    feeds = tmp_path / "osv"
    mirror = Mirror()
    mirror.put("Debian", record("DSA-1", "2024-01-01T00:00:00Z", ("Debian:12", "openssl")))
    mirror.write(feeds)
    settings = Settings(crawl=Crawl(platforms=PLATFORMS), advisories=Advisories(osv=Osv(url=feeds.as_uri())))
    told: list[Pass] = []

    async def again(*, fetch: bool) -> list[tuple[object, ...]]:
        registry = Registry(url=world.registry.url)
        told.append(
            await crawl_and_tell(world.engine, settings, registry, told.append, NewFeeds() if fetch else None)
        )
        return rows(tmp_path, "SELECT type, severity FROM events ORDER BY seq")

    push(world.registry, "app", "1", layer(debian(), dpkg(openssl="1.0")))
    assert await again(fetch=False) == []
    assert rows(tmp_path, "SELECT state, reason FROM package_versions") == [
        ("pending", "no advisories of Debian: never fetched")
    ]
    assert await tags.has_baseline(world.engine.store.read, world.registry.url)
    assert await again(fetch=True) == []
    assert rows(tmp_path, "SELECT id FROM findings") == [("DSA-1",)]
    push(world.registry, "app", "2", layer(debian(), dpkg(openssl="1.0", bash="5")))
    assert await again(fetch=True) == [("image.added", "UNKNOWN")]
    assert told[0] is told[1]


async def test_the_first_crawl_tells_when_it_is_asked_to(world: World, tmp_path: Path) -> None:
    feeds = tmp_path / "osv"
    mirror = Mirror()
    mirror.put("Debian", record("DSA-1", "2024-01-01T00:00:00Z", ("Debian:12", "openssl")))
    mirror.write(feeds)
    settings = Settings(
        crawl=Crawl(platforms=PLATFORMS, tell_first=True), advisories=Advisories(osv=Osv(url=feeds.as_uri()))
    )
    registry = Registry(url=world.registry.url)

    async def again(*, fetch: bool) -> list[tuple[object, ...]]:
        await crawl_and_tell(world.engine, settings, registry, lambda _: None, NewFeeds() if fetch else None)
        return rows(tmp_path, "SELECT type, data ->> '$.tag', data ->> '$.opened' FROM events ORDER BY seq")

    push(world.registry, "app", "1", layer(debian(), dpkg(openssl="1.0")))
    assert await again(fetch=False) == []  # nothing is known of its packages yet
    first = ("image.added", "1", '{"UNKNOWN":1}')
    assert await again(fetch=True) == [first]
    push(world.registry, "app", "2", layer(debian(), dpkg(bash="5")))
    second = ("image.added", "2", "{}")
    assert await again(fetch=True) == [first, second]
    assert await again(fetch=True) == [first, second]


@pytest.mark.parametrize("narrower", [{"repositories": ("a*",)}, {"exclude": ("web",)}, {"tags": ("1",)}])
async def test_what_the_settings_ask_for_no_more_is_not_told_as_gone(
    world: World, tmp_path: Path, narrower: dict[str, tuple[str, ...]]
) -> None:
    async def told(**asked: tuple[str, ...]) -> list[tuple[object, ...]]:
        registry = Registry(url=world.registry.url, **asked)  # type: ignore[arg-type] # of these names
        done = await crawl_and_tell(world.engine, Settings(), registry, lambda _: None, None)
        assert done.failures == []
        return rows(tmp_path, "SELECT type, data ->> '$.tag' FROM events ORDER BY seq")

    push(world.registry, "app", "1", layer(debian()))
    push(world.registry, "web", "2", layer(debian()))
    assert await told() == []
    assert await told(**narrower) == []
    assert rows(tmp_path, "SELECT name FROM tags WHERE until IS NULL") == [("1",)]
    push(world.registry, "app", "1", layer(debian()), layer(debian()))
    push(world.registry, "web", "2", layer(debian()), layer(debian()))
    assert await told(**narrower) == [("image.changed", "1")]
    assert await told() == [("image.changed", "1"), ("image.added", "2")]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"repositories": ("tema/*",)}, "has no repository that repositories = ['tema/*'] asks for"),
        ({"tags": ("v9*",)}, "has 2 tags, and none that tags = ['v9*'] asks for"),
    ],
)
async def test_settings_that_ask_for_nothing_that_is_there_are_a_failure(
    world: World, asked: dict[str, tuple[str, ...]], reason: str
) -> None:
    push(world.registry, "app", "1", BASE)
    push(world.registry, "app", "2", BASE)
    assert (await world.crawl(**asked)).failures == [(world.registry.url, reason)]
    assert (await world.crawl()).failures == []


async def test_nothing_is_a_baseline_before_the_registry_could_be_listed(world: World) -> None:
    world.registry.faults.refuses_all = True
    registry = Registry(url=world.registry.url)
    done = await crawl_and_tell(world.engine, Settings(), registry, lambda _: None, None)
    assert not done.listed
    assert not await tags.has_baseline(world.engine.store.read, world.registry.url)


async def test_an_address_that_is_refused_is_a_failure(world: World) -> None:
    refused = Registry(url="http://registry.example.com")
    done = await crawl(world.engine, refused, PLATFORMS, lambda _: None)
    assert "plain http" in done.failures[0][1]


async def test_what_is_long_gone_is_forgotten_and_read_anew_when_it_comes_back(
    world: World, tmp_path: Path
) -> None:
    settings = Settings(crawl=Crawl(platforms=PLATFORMS), store=Store(keep=365 * 86_400.0))
    registry = Registry(url=world.registry.url)

    async def again() -> tuple[Pass, Pruned]:
        done = await crawl_and_tell(world.engine, settings, registry, lambda _: None, None)
        return done, await forget_old(world.engine, settings)

    old = push(world.registry, "app", "1", BASE, layer(dpkg(curl="8"))).digest
    await again()
    push(world.registry, "app", "1", BASE)
    assert (await again())[1] == Pruned()
    change(tmp_path, "UPDATE tags SET until = '2020-01-01T00:00:00.000000Z' WHERE until IS NOT NULL")
    change(tmp_path, "UPDATE manifests SET analysed_at = '2020-01-01T00:00:00.000000Z'")
    assert (await again())[1] == Pruned(tags=1, manifests=1, layers=1)
    assert old not in world.states()
    push(world.registry, "app", "1", BASE, layer(dpkg(curl="8")))
    assert (await again())[0].pulled_bytes > 0
    assert any("curl" in purl for purl in await world.packages(old))


async def test_nothing_is_forgotten_when_the_settings_keep_it_for_ever(world: World, tmp_path: Path) -> None:
    push(world.registry, "app", "1", BASE)
    await world.crawl()
    change(tmp_path, "DELETE FROM tags")
    change(tmp_path, "UPDATE manifests SET analysed_at = '2020-01-01T00:00:00.000000Z'")
    registry, settings = Registry(url=world.registry.url, exclude=("app",)), Settings(store=Store(keep=0))
    await crawl_and_tell(world.engine, settings, registry, lambda _: None, None)
    assert await forget_old(world.engine, settings) == Pruned()
    assert len(world.states()) == 1
