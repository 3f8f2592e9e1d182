from typing import Any

import msgspec
import pytest

from crawler.targets.kubernetes.objects import Controller, Pod
from crawler.targets.kubernetes.workloads import Objects, Wanted, Workload, workloads
from tests.fakes.kubernetes import owner, pod_spec, statuses

DIGEST = "sha256:" + "a" * 64


Owned = dict[str, Any] | None


def meta(name: str, owned: Owned = None, namespace: str = "shop") -> dict[str, Any]:
    value: dict[str, Any] = {"name": name, "namespace": namespace, "uid": f"uid-{name}"}
    return value | ({"ownerReferences": [owned]} if owned else {})


def pod(
    name: str,
    spec: dict[str, Any],
    ids: dict[str, str] | None = None,
    *,
    owned: Owned = None,
    namespace: str = "shop",
) -> Pod:
    status = {"containerStatuses": statuses(ids or {})}
    value = {"metadata": meta(name, owned, namespace), "spec": spec, "status": status}
    return msgspec.convert(value, Pod)


def controller(
    kind: str,
    name: str,
    spec: dict[str, Any] | None = None,
    *,
    owned: Owned = None,
    namespace: str = "shop",
) -> tuple[str, Controller]:
    template = {"template": {"spec": spec}} if spec else {}
    value = {"metadata": meta(name, owned, namespace), "spec": template}
    return kind, msgspec.convert(value, Controller)


def put_together(*parts: Pod | tuple[str, Controller], wanted: Wanted | None = None) -> list[Workload]:
    objects = Objects(
        pods=tuple(each for each in parts if isinstance(each, Pod)),
        controllers=tuple(each for each in parts if not isinstance(each, Pod)),
        platforms={"n1": "linux/arm64"},
    )
    return workloads(objects, wanted or Wanted())


def names(found: list[Workload]) -> list[str]:
    return [str(each.identity) for each in found]


def test_a_pod_belongs_to_the_top_of_its_owners() -> None:
    found = put_together(
        controller("Deployment", "web", pod_spec("web:2")),
        controller("ReplicaSet", "web-1", pod_spec("web:1"), owned=owner("Deployment", "web", uid="uid-web")),
        pod(
            "web-1-a",
            pod_spec("web:1"),
            {"c0": f"web@{DIGEST}"},
            owned=owner("ReplicaSet", "web-1", uid="uid-web-1"),
        ),
        controller("CronJob", "night"),
        controller("Job", "night-1", pod_spec("job"), owned=owner("CronJob", "night", uid="uid-night")),
        pod("night-1-a", pod_spec("job"), owned=owner("Job", "night-1", uid="uid-night-1")),
    )
    assert names(found) == ["shop/CronJob/night", "shop/Deployment/web"]
    # Both what still runs and what is wanted now; not the old replica sets' templates.
    assert [(each.container, str(each.image.places[0])) for each in found[1].usages] == [
        ("c0", f"docker.io/library/web@{DIGEST}"),
        ("c0", "docker.io/library/web:2"),
    ]


@pytest.mark.parametrize("kind", ["Rollout", "DeploymentConfig", "ReplicaSet"])
def test_an_owner_that_is_not_known_is_kept(kind: str) -> None:
    found = put_together(pod("a", pod_spec("x"), owned=owner(kind, "some", uid="unknown")))
    assert names(found) == [f"shop/{kind}/some"]


def test_owners_in_a_circle_end() -> None:
    one = controller("ReplicaSet", "one", owned=owner("ReplicaSet", "two", uid="uid-two"))
    two = controller("ReplicaSet", "two", owned=owner("ReplicaSet", "one", uid="uid-one"))
    found = put_together(one, two, pod("a", pod_spec("x"), owned=owner("ReplicaSet", "one", uid="uid-one")))
    assert len(found) == 1


def test_an_owner_that_does_not_manage_is_none() -> None:
    found = put_together(pod("a", pod_spec("x"), owned=owner("Backup", "b") | {"controller": False}))
    assert names(found) == ["shop/Pod/a"]


def test_every_kind_of_container_with_what_its_node_says() -> None:
    spec = pod_spec(
        "app", init=["setup"], nodeName="n1", ephemeralContainers=[{"name": "e", "image": "debug"}]
    )
    value = {
        "metadata": meta("a"),
        "spec": spec,
        "status": {
            "containerStatuses": statuses({"c0": f"app@{DIGEST}"}),
            "initContainerStatuses": statuses({"i0": f"setup@{DIGEST}"}),
            "ephemeralContainerStatuses": statuses({"e": f"debug@{DIGEST}"}),
        },
    }
    (found,) = put_together(msgspec.convert(value, Pod))
    assert [(each.container, each.image.digest, each.platform) for each in found.usages] == [
        (name, DIGEST, "linux/arm64") for name in ("i0", "c0", "e")
    ]


def test_a_container_that_cannot_be_named_is_a_problem() -> None:
    (found,) = put_together(pod("a", pod_spec("", "app")))
    assert [each.container for each in found.usages] == ["c1"]
    assert found.problems[0].startswith("container 'c0': reference ''")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), ["a/Deployment/x", "a/Pod/x", "b/Pod/x"]),
        (Wanted(namespaces=("b",)), ["b/Pod/x"]),
        (Wanted(namespaces=("*",), not_namespaces=("a",)), ["b/Pod/x"]),
        (Wanted(kinds=("DEPLOYMENTS",)), ["a/Deployment/x"]),
        (Wanted(not_kinds=("pod",)), ["a/Deployment/x"]),
        (Wanted(kinds=("Deploy*",), namespaces=("?",)), ["a/Deployment/x"]),
        (Wanted(kinds=("nothing",)), []),
    ],
)
def test_what_is_wanted(wanted: Wanted, expected: list[str]) -> None:
    found = put_together(
        pod("x", pod_spec("x"), namespace="b"),
        pod("x", pod_spec("x"), namespace="a"),
        controller("Deployment", "x", pod_spec("x"), namespace="a"),
        wanted=wanted,
    )
    assert names(found) == expected
