import base64
import json
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Any

import pytest

from config.settings import Registry, Settings
from crawler.engine import Engine, open_engine
from crawler.registry.errors import InvalidReferenceError
from crawler.registry.retry import RetryPolicy
from crawler.targets.kubernetes.access import Access
from crawler.targets.kubernetes.api import open_api
from crawler.targets.kubernetes.cluster import read_cluster
from crawler.targets.kubernetes.learning import ClusterImage, images_of, learn_images
from crawler.targets.kubernetes.workloads import Wanted
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.kubernetes import FakeCluster, pod_spec
from tests.fakes.registry import PASSWORD, USERNAME, FakeRegistry

LAYER = layer(debian(), dpkg(bash="5.2-1"))


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with open_engine(Settings(), tmp_path) as engine:
        yield engine


@pytest.fixture
async def cluster() -> AsyncIterator[FakeCluster]:
    async with FakeCluster() as cluster:
        yield cluster


@pytest.fixture
async def private() -> AsyncIterator[FakeRegistry]:
    async with FakeRegistry(auth="basic") as registry:
        yield registry


def registry_of(name: str) -> Registry:
    if name.startswith("bad"):
        raise InvalidReferenceError(f"{name!r} is no address")
    return Registry(url=f"http://{name}", insecure=True)


async def learned(engine: Engine, cluster: FakeCluster) -> tuple[dict[str, ClusterImage], Collection[str]]:
    """Return the images by their first name, and the pull secrets that could not be used."""

    async def authorization() -> str:
        return f"Bearer {cluster.token}"

    access = Access(
        cluster="", url=cluster.url, proxy="", server_name="", tls=None, authorization=authorization
    )
    async with open_api(access, policy=RetryPolicy(attempts=1)) as api:
        found = images_of(await read_cluster(api, Wanted()))
        missed = await learn_images(engine, api, found.values(), registry_of)
    return {each.image.name: each for each in found.values()}, missed


def spec(image: str, *secrets: str) -> dict[str, Any]:
    return pod_spec(image, imagePullSecrets=[{"name": name} for name in secrets])


async def test_the_logins_are_tried_in_their_order(
    engine: Engine, cluster: FakeCluster, private: FakeRegistry
) -> None:
    push(private, "app", "1", LAYER)
    cluster.pull_secret("shop", "old", {private.host: (USERNAME, "expired")})
    cluster.pull_secret("shop", "new", {private.host: (USERNAME, PASSWORD)})
    unreadable = json.dumps({"auths": {private.host: {"auth": "%"}}}).encode()
    data = {".dockerconfigjson": base64.b64encode(unreadable).decode()}
    cluster.add("Secret", "shop", "bad", type="kubernetes.io/dockerconfigjson", data=data)
    name = f"{private.host}/app:1"
    cluster.pod("shop", "a", spec(name, "bad", "old", "new"), {})
    found, missed = await learned(engine, cluster)
    assert (len(found[name].digests), found[name].problems, missed) == (1, [], [])


async def test_a_login_of_one_workload_is_enough(
    engine: Engine, cluster: FakeCluster, private: FakeRegistry
) -> None:
    push(private, "app", "1", LAYER)
    cluster.pull_secret("b", "new", {private.host: (USERNAME, PASSWORD)})
    name = f"{private.host}/app:1"
    cluster.pod("a", "a", spec(name, "missing"), {})
    cluster.pod("b", "b", spec(name, "new"), {})
    found, missed = await learned(engine, cluster)
    assert (len(found[name].digests), found[name].problems) == (1, [])
    assert ['secrets "missing" not found' in each for each in missed] == [True]


async def test_an_unreadable_login_is_told_and_passed_over(
    engine: Engine, cluster: FakeCluster, private: FakeRegistry
) -> None:
    push(private, "app", "1", LAYER)
    body = json.dumps({private.host: {"auth": "%%%"}}).encode()
    data = {".dockercfg": base64.b64encode(body).decode()}
    cluster.add("Secret", "shop", "bad", type="kubernetes.io/dockercfg", data=data)
    cluster.add("Secret", "shop", "other", type="Opaque", data={})
    name = f"{private.host}/app:1"
    cluster.pod("shop", "a", spec(name, "bad", "other"), {})
    found, missed = await learned(engine, cluster)
    assert found[name].digests == ()
    told = " ".join(found[name].problems)
    assert "login for" in told
    assert "auth is not base64 of username:password" in told
    assert "wants a username and password" in told
    assert "secret shop/other: expected type kubernetes.io/dockerconfigjson" in told
    assert ["got 'Opaque'" in each for each in missed] == [True]


async def test_an_identity_token_is_exchanged(engine: Engine, cluster: FakeCluster) -> None:
    async with FakeRegistry(auth="bearer") as registry:
        push(registry, "app", "1", LAYER)
        auths = {"auths": {registry.host: {"identitytoken": "refresh"}}}
        data = {".dockerconfigjson": base64.b64encode(json.dumps(auths).encode()).decode()}
        cluster.add("Secret", "shop", "pull", type="kubernetes.io/dockerconfigjson", data=data)
        name = f"{registry.host}/app:1"
        cluster.pod("shop", "a", spec(name, "pull"), {})
        found, _ = await learned(engine, cluster)
        assert len(found[name].digests) == 1
        assert registry.paths("POST") == ["/token"]


async def test_what_the_pods_repository_does_not_have_is_taken_from_where_the_node_got_it(
    engine: Engine, cluster: FakeCluster
) -> None:
    async with FakeRegistry() as origin, FakeRegistry() as mirror:
        image = push(mirror, "cache/app", "1", LAYER)
        name = f"{origin.host}/app:1"
        cluster.pod("shop", "a", pod_spec(name), {"c0": f"{mirror.host}/cache/app@{image.digest}"})
        found, _ = await learned(engine, cluster)
        assert (found[name].digests, found[name].problems) == ((image.digest,), [])
        assert "/v2/app/manifests/latest" not in origin.paths("HEAD")


async def test_names_of_no_registry_and_images_that_break_off(engine: Engine, cluster: FakeCluster) -> None:
    async with FakeRegistry() as registry:
        broken = push(registry, "broken", "1", layer(debian("13")))
        registry.blobs.pop(broken.config_digest)
        good = push(registry, "good", "1", LAYER)
        names = ["bad.test/x:1", f"{registry.host}/broken:1", f"{registry.host}/good:1"]
        cluster.pod("shop", "a", pod_spec(*names), {})
        found, _ = await learned(engine, cluster)
        assert [found[name].digests for name in names] == [(), (), (good.digest,)]
        assert found[names[0]].problems == ["'bad.test' is no address"]
        assert "not found" in found[names[1]].problems[0]


async def test_equal_images_are_read_once_and_known_ones_not_at_all(
    engine: Engine, cluster: FakeCluster
) -> None:
    async with FakeRegistry() as registry:
        image = push(registry, "app", "1", LAYER)
        for number in range(20):
            own = f"{registry.host}/app:1" if number % 2 else f"{registry.host}/app@{image.digest}"
            cluster.pod("shop", f"p{number}", pod_spec(own), {"c0": f"{registry.host}/app@{image.digest}"})
        found, _ = await learned(engine, cluster)
        assert [each.digests for each in found.values()] == [(image.digest,)]
        assert len(registry.requests) == 4
        registry.requests.clear()
        await learned(engine, cluster)
        assert registry.requests == []
