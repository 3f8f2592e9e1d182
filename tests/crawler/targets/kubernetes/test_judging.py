import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.targets.kubernetes.judging import ROLES, Manifest, identity_of, judge
from crawler.targets.kubernetes.objects import Metadata, Owner
from crawler.targets.kubernetes.workloads import Identity
from tests.fakes.kubernetes import pod_spec

WEB = Identity(namespace="shop", kind="Deployment", name="web")
KNOWN = ("Pod", "ReplicaSet", "Deployment")


def owned_by(kind: str, *, controls: bool = True) -> Metadata:
    owner = Owner(api_version="v1", kind=kind, name="x", controller=controls)
    return Metadata(name="web", namespace="shop", owner_references=(owner,))


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (Metadata(name="web", namespace="shop"), WEB),
        (owned_by("ReplicaSet"), None),
        (owned_by("Rollout"), Identity(namespace="shop", kind="Rollout", name="x")),
        (owned_by("ReplicaSet", controls=False), WEB),
        (owned_by("Node"), WEB),
    ],
)
def test_whom_a_manifest_speaks_for(metadata: Metadata, expected: Identity | None) -> None:
    assert identity_of("Deployment", metadata, KNOWN) == expected


def test_a_manifest_is_judged_by_the_kind_of_its_list() -> None:
    pod = {"metadata": {"name": "web"}, "spec": pod_spec("x", hostNetwork=True)}
    deployment = {"metadata": {"name": "web"}, "spec": {"template": pod}}
    role = {"metadata": {"name": "god"}, "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
    god = Identity(namespace="", kind="ClusterRole", name="god")
    found = judge(
        {
            WEB: Manifest(group="apis/apps/v1", kind="Deployment", body=json.dumps(deployment).encode()),
            god: Manifest(group=ROLES, kind="ClusterRole", body=json.dumps(role).encode()),
        }
    )
    assert [each.problem for each in found.values()] == ["", ""]
    assert "KSV-0009" in {each.check for each in found[WEB].outcomes if not each.passed}
    assert [each for each in found[god].outcomes if not each.passed]
    assert {each.resource for each in found[WEB].outcomes} == {"Deployment/web"}


def test_too_many_containers_are_a_problem_with_what_came_before() -> None:
    body = json.dumps({"spec": pod_spec(*["x"] * 5000)}).encode()
    found = judge({WEB: Manifest(group="api/v1", kind="Pod", body=body)})[WEB]
    assert found.problem.startswith("its manifest: ")


@given(
    st.binary(max_size=60) | st.sampled_from([b"[]", b"null", b"[" * 5000, b'{"spec": {"template": [1]}}'])
)
def test_any_bytes_are_judged_or_a_problem(body: bytes) -> None:
    found = judge({WEB: Manifest(group="apis/apps/v1", kind="Deployment", body=body)})[WEB]
    assert found.problem or isinstance(json.loads(body), dict)
