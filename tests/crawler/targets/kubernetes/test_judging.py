import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.checks.check import canonical
from analyzers.checks.kubernetes import CHECKS
from crawler.targets.kubernetes.judging import (
    OTHERS,
    ROLES,
    Judge,
    Judgement,
    Manifest,
    identity_of,
    judged_by,
)
from crawler.targets.kubernetes.objects import Metadata, Owner
from crawler.targets.kubernetes.workloads import Identity
from reports.document import Document
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


def judge(manifests: dict[Identity, Manifest]) -> dict[Identity, Judgement]:
    return Judge(lambda document: document).judged(manifests)


def document(judgement: Judgement) -> Document:
    return judgement.report.document("", include_passed=True, show_suppressed=True)


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
    web = document(found[WEB])
    assert "KSV-0009" in {each.outcome.check for each in web.failures}
    assert document(found[god]).failures
    assert {each.outcome.resource for each in web.misconfigurations} == {"Deployment/web"}
    assert {each.path for each in web.misconfigurations} == {web.name} == {"shop/Deployment/web"}
    assert document(found[god]).name == "ClusterRole/god"


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        (set(), set()),
        ({"KSV-0017", "DS-0002"}, set()),
        ({"KSV-0017", "KSV-0046"}, {"ClusterRole"}),
        ({"CB-K8S-0016"}, {"Ingress"}),
        ({"CB-K8S-0018", "KSV-0109"}, {"Namespace", "ConfigMap"}),
    ],
)
def test_what_checks_are_about_besides_workloads(checks: set[str], expected: set[str]) -> None:
    assert judged_by(checks) == expected


def test_each_of_the_others_has_a_check() -> None:
    assert judged_by({canonical(check.id) for check in CHECKS}) == OTHERS.keys()


def test_what_runs_nothing_speaks_for_itself_whatever_made_it() -> None:
    itself = Identity(namespace="shop", kind="ConfigMap", name="web")
    assert identity_of("ConfigMap", owned_by("Deployment"), KNOWN) == itself
    assert identity_of("ConfigMap", owned_by("Rollout"), KNOWN) == itself


def test_what_is_filtered_out_is_not_kept() -> None:
    body = json.dumps({"metadata": {"name": "web"}, "spec": pod_spec("x", hostNetwork=True)}).encode()
    filtering = Judge(lambda document: msgspec.structs.replace(document, misconfigurations=()))
    found = filtering.judged({WEB: Manifest(group="api/v1", kind="Pod", body=body)})[WEB]
    assert (found.report.passed, found.report.failed) == ((), ())


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
