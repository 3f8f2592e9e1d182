from collections.abc import AsyncIterator

import pytest

from crawler.registry.errors import DeniedError, ServerError, UnauthorizedError
from crawler.registry.retry import RetryPolicy
from crawler.targets.kubernetes.access import Access
from crawler.targets.kubernetes.api import open_api
from crawler.targets.kubernetes.cluster import Cluster, read_cluster
from crawler.targets.kubernetes.workloads import Wanted
from tests.fakes.kubernetes import FakeCluster, pod_spec


@pytest.fixture
async def cluster() -> AsyncIterator[FakeCluster]:
    async with FakeCluster() as cluster:
        for namespace in ("a", "b"):
            cluster.pod(namespace, "one", pod_spec("x"), {})
            cluster.add("Deployment", namespace, "two", spec={"template": {"spec": pod_spec("x")}})
        yield cluster


async def read(cluster: FakeCluster, wanted: Wanted | None = None, token: str = "") -> Cluster:
    async def authorization() -> str:
        return f"Bearer {token or cluster.token}"

    access = Access(
        cluster="", url=cluster.url, proxy="", server_name="", tls=None, authorization=authorization
    )
    async with open_api(access, policy=RetryPolicy(attempts=1)) as api:
        return await read_cluster(api, wanted or Wanted())


def names(found: Cluster) -> list[str]:
    return [str(each.identity) for each in found.workloads]


ALL = ["a/Deployment/two", "a/Pod/one", "b/Deployment/two", "b/Pod/one"]


async def test_a_whole_cluster_by_one_list_of_each_kind(cluster: FakeCluster) -> None:
    found = await read(cluster)
    assert (names(found), found.problems, found.notes, found.version) == (ALL, (), (), "v1.34.2")
    assert found.name == cluster.url.removeprefix("http://")
    assert len(cluster.requests) == len(set(cluster.requests)) == 10


async def test_kinds_that_nobody_wants_are_not_asked_for(cluster: FakeCluster) -> None:
    found = await read(cluster, Wanted(kinds=("pod",)))
    assert names(found) == ["a/Pod/one", "b/Pod/one"]
    assert not [path for path in cluster.requests if "deployments" in path]


async def test_one_kind_is_refused_and_read_by_namespace(cluster: FakeCluster) -> None:
    cluster.faults.forbidden.add("/apis/apps/v1/deployments")
    found = await read(cluster)
    assert (names(found), found.problems) == (ALL, ())


async def test_a_server_without_a_kind(cluster: FakeCluster) -> None:
    cluster.faults.bodies["/apis/batch/v1/jobs"] = b"404 page not found"
    found = await read(cluster)
    assert names(found) == ALL
    assert [problem.partition("/apis")[2] for problem in found.problems] == [
        "/batch/v1/jobs: expected a list of Kubernetes' API: expected an object, got a whole number"
    ]


async def test_objects_that_are_malformed_are_told(cluster: FakeCluster) -> None:
    cluster.faults.bodies["/api/v1/pods"] = b'{"items": [{"metadata": {"name": ["one"]}}]}'
    found = await read(cluster)
    assert names(found) == ["a/Deployment/two", "b/Deployment/two"]
    assert "pods: items[0]: expected a Pod" in found.problems[0]


@pytest.mark.parametrize("body", [b"{}", b'{"gitVersion": 1}'])
async def test_a_version_that_cannot_be_had_takes_nothing_away(cluster: FakeCluster, body: bytes) -> None:
    cluster.faults.bodies["/version"] = body
    found = await read(cluster)
    assert (found.version, found.problems, len(found.notes)) == ("", (), 0 if body == b"{}" else 1)


async def test_a_failing_list_of_namespaces(cluster: FakeCluster) -> None:
    cluster.faults.forbidden |= {"/api/v1/pods", "/api/v1/namespaces"}
    found = await read(cluster)
    assert names(found) == ["a/Deployment/two", "b/Deployment/two"]
    told = " ".join(found.problems)
    assert "pods is forbidden" in told
    assert "namespaces is forbidden" in told
    assert "--include-namespaces can name" in told


async def test_nothing_at_all_is_an_error(cluster: FakeCluster) -> None:
    with pytest.raises(UnauthorizedError):
        await read(cluster, token="unknown")
    cluster.faults.forbidden_resources |= {
        *("pods", "replicasets", "jobs", "replicationcontrollers", "deployments", "statefulsets"),
        *("daemonsets", "cronjobs", "namespaces"),
    }
    with pytest.raises(DeniedError):
        await read(cluster)
    with pytest.raises(DeniedError):
        await read(cluster, Wanted(namespaces=("a",)))
    cluster.faults.forbidden_resources.clear()
    cluster.faults.next_answers = [(503, {})] * 20
    with pytest.raises(ServerError):
        await read(cluster)
