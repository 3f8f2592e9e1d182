import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import msgspec
import pytest
import trustme

from crawler.registry.errors import (
    DeniedError,
    InsecureError,
    NotFoundError,
    ProtocolError,
    RegistryError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
    UnreachableError,
)
from crawler.registry.retry import RetryPolicy
from crawler.targets.kubernetes.access import Access
from crawler.targets.kubernetes.api import Api, ExpiredError, open_api, path_of
from crawler.targets.kubernetes.objects import Pod, Version
from tests.fakes.kubernetes import FakeCluster, pod_spec


@pytest.fixture
async def cluster() -> AsyncIterator[FakeCluster]:
    async with FakeCluster() as cluster:
        for number in range(7):
            cluster.add("Pod", "shop", f"p{number}", spec=pod_spec("x"))
        cluster.page_objects = 2
        yield cluster


def access(cluster: FakeCluster, *, token: str = "", tls: ssl.SSLContext | None = None) -> Access:
    async def authorization() -> str:
        return f"Bearer {token or cluster.token}"

    return Access(cluster="", url=cluster.url, proxy="", server_name="", tls=tls, authorization=authorization)


@contextlib.asynccontextmanager
async def opened(cluster: FakeCluster, pauses: list[float] | None = None) -> AsyncIterator[Api]:
    async def sleep(seconds: float) -> None:
        (pauses if pauses is not None else []).append(seconds)

    async with open_api(access(cluster), policy=RetryPolicy(attempts=3), sleep=sleep) as api:
        yield api


async def listed(api: Api) -> list[str]:
    found, problems = await api.objects("/api/v1/pods", Pod)
    assert problems == []
    return [pod.metadata.name for pod in found]


async def test_a_list_is_read_to_its_last_page(cluster: FakeCluster) -> None:
    async with opened(cluster) as api:
        assert await listed(api) == [f"p{number}" for number in range(7)]
    assert cluster.requests == ["/api/v1/pods?limit=500"] + [
        f"/api/v1/pods?limit=500&continue={after}" for after in (2, 4, 6)
    ]


async def test_objects_are_seen_page_by_page_with_their_json(cluster: FakeCluster) -> None:
    pages: list[list[tuple[str, bool]]] = []

    async def seen(page: Sequence[tuple[Pod, msgspec.Raw]]) -> None:
        pages.append([(pod.metadata.name, b'"restartPolicy"' in bytes(body)) for pod, body in page])

    async with opened(cluster) as api:
        await api.objects("/api/v1/pods", Pod, seen=seen)
    assert [len(page) for page in pages] == [2, 2, 2, 1]
    assert [each for page in pages for each in page] == [(f"p{number}", True) for number in range(7)]


@pytest.mark.parametrize("times", [1, 3])
async def test_a_list_that_expires_is_begun_anew(cluster: FakeCluster, times: int) -> None:
    cluster.faults.expire = times
    async with opened(cluster) as api:
        assert await listed(api) == [f"p{number}" for number in range(7)]
    assert ("/api/v1/pods" in cluster.requests) == (times == 3)


async def test_a_list_that_always_expires_is_an_error(cluster: FakeCluster) -> None:
    cluster.faults.next_answers = [(410, {})] * 4
    async with opened(cluster) as api:
        with pytest.raises(ExpiredError, match=r"/api/v1/pods: the list has expired"):
            await listed(api)


async def test_a_page_that_leads_to_itself_is_an_error(cluster: FakeCluster) -> None:
    cluster.faults.endless = True
    async with opened(cluster) as api:
        with pytest.raises(ProtocolError, match="none twice"):
            await listed(api)


async def test_what_is_malformed_is_told_and_the_rest_is_kept(cluster: FakeCluster) -> None:
    cluster.faults.bodies["/api/v1/pods"] = (
        b'{"items": [{"metadata": {"name": "good"}}, 7, {"spec": {"containers": {"a": 1}}}, null]}'
    )
    async with opened(cluster) as api:
        found, problems = await api.objects("/api/v1/pods", Pod)
    assert [pod.metadata.name for pod in found] == ["good"]
    assert [problem.partition("/pods: ")[2].partition(":")[0] for problem in problems] == [
        "items[1]",
        "items[2]",
        "items[3]",
    ]


async def test_it_comes_back_when_it_is_asked_to(cluster: FakeCluster) -> None:
    cluster.faults.next_answers = [(429, {"Retry-After": "7"}), (503, {})]
    pauses: list[float] = []
    async with opened(cluster, pauses) as api:
        assert (await api.get("/version", Version)).git_version == "v1.34.2"
    assert len(pauses) == 2
    assert 7 <= pauses[0] <= 8


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, UnauthorizedError),
        (403, DeniedError),
        (404, NotFoundError),
        (429, TooManyRequestsError),
        (500, ServerError),
        (302, ProtocolError),
        (204, ProtocolError),
    ],
)
async def test_each_status_is_an_error(cluster: FakeCluster, status: int, kind: type[RegistryError]) -> None:
    cluster.faults.next_answers = [(status, {"Location": f"{cluster.url}/version"})] * 3
    async with opened(cluster) as api:
        with pytest.raises(kind, match=rf"^127\.0\.0\.1:\d+/version: .*status {status}"):
            await api.get("/version", Version)


async def test_nobody_there(cluster: FakeCluster) -> None:
    dead = replace(access(cluster), url="http://127.0.0.1:1")
    async with open_api(dead, policy=RetryPolicy(attempts=1)) as api:
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1/version: cannot connect"):
            await api.get("/version", Version)


async def test_the_clusters_authority_is_trusted_and_no_other() -> None:
    authority, other = trustme.CA(), trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trusting, strange = ssl.create_default_context(), ssl.create_default_context()
    authority.configure_trust(trusting)
    other.configure_trust(strange)
    async with FakeCluster(tls=server) as cluster:
        async with open_api(access(cluster, tls=trusting)) as api:
            assert (await api.get("/version", Version)).git_version
        async with open_api(access(cluster, tls=strange), policy=RetryPolicy(attempts=1)) as api:
            with pytest.raises(InsecureError, match=r"is not trusted: .*; certificate-authority in the kube"):
                await api.get("/version", Version)


@pytest.mark.parametrize(
    ("namespace", "name", "expected"),
    [
        ("", "", "/apis/apps/v1/deployments"),
        ("shop", "", "/apis/apps/v1/namespaces/shop/deployments"),
        ("shop", "web", "/apis/apps/v1/namespaces/shop/deployments/web"),
        ("a/b", "c?d", "/apis/apps/v1/namespaces/a%2Fb/deployments/c%3Fd"),
    ],
)
def test_paths(namespace: str, name: str, expected: str) -> None:
    assert path_of("apis/apps/v1", "deployments", namespace=namespace, name=name) == expected


@pytest.mark.parametrize("name", [".", ".."])
def test_a_name_takes_no_steps(name: str) -> None:
    with pytest.raises(ProtocolError, match="expected the name of an object"):
        path_of("api/v1", "secrets", namespace="shop", name=name)
