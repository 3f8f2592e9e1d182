import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.checks.cloud.model import UNKNOWN, Block, Resource, Unknown, Value
from analyzers.inventory import File, Found, Outcome, Problem
from analyzers.misconfig import _terraform_kubernetes as kubernetes
from analyzers.misconfig import terraform_plan
from analyzers.misconfig.terraform import combine

POD = """resource "kubernetes_%s" "x" {
  metadata {
    name = "x"
  }
  spec {
    %s
      host_pid = true
      container {
        name  = "a"
        image = "registry.example.com/a:1"
        security_context {
          privileged = true
        }
      }
      volume {
        name = "data"
        empty_dir {}
      }
    %s
  }
}
"""
TEMPLATE = "template {\nmetadata {}\nspec {", "}\n}"


def judged(text: str) -> Found:
    (found,) = combine([Found("main.tf", note=text.encode())])
    return found


def failing(found: Found) -> dict[str, tuple[int, int]]:
    return {each.check: (each.start_line, each.end_line) for each in found.outcomes if not each.passed}


@pytest.mark.parametrize(
    ("kind", "around"),
    [
        ("pod", ("", "")),
        ("pod_v1", ("", "")),
        ("deployment", TEMPLATE),
        ("deployment_v1", TEMPLATE),
        ("daemonset", TEMPLATE),
        ("daemon_set_v1", TEMPLATE),
        ("stateful_set", TEMPLATE),
        ("replication_controller", TEMPLATE),
        ("job_v1", TEMPLATE),
        ("cron_job_v1", ("job_template {\nspec {\n" + TEMPLATE[0], TEMPLATE[1] + "\n}\n}")),
    ],
)
def test_workloads_are_judged_as_manifests(kind: str, around: tuple[str, str]) -> None:
    text = POD % (kind, *around)
    found = judged(text)
    fails = failing(found)
    first = next(number for number, line in enumerate(text.splitlines(), 1) if "container {" in line)
    assert fails["KSV-0017"] == (first, first + 6)
    assert fails["KSV-0010"] == (first - 1, first - 1)
    assert "KSV-0028" not in fails
    assert {each.resource for each in found.outcomes} == {f"kubernetes_{kind}.x"}
    assert {each.file_type for each in found.outcomes} == {"terraform"}
    assert found.problems == ()


ROLE = 'rule {\napi_groups = ["*"]\nresources = ["*"]\nverbs = ["*"]\n}'
MANIFEST = """manifest = {
  apiVersion = "v1"
  kind = "Pod"
  metadata = { name = "x" }
  spec = { containers = [{ name = "a", image = "b", securityContext = { privileged = true } }] }
}"""
OTHERS = [
    ("KSV-0044", 'kubernetes_cluster_role" "x', ROLE),
    ("CB-K8S-0020", 'kubernetes_secret" "x', 'data = {\npassword = "hunter2222"\n}'),
    ("KSV-0017", 'kubernetes_manifest" "x', MANIFEST),
]


@pytest.mark.parametrize(("check", "name", "body"), OTHERS)
def test_other_objects(check: str, name: str, body: str) -> None:
    metadata = "" if "manifest" in name else 'metadata {\nname = "x"\n}\n'
    found = judged(f'resource "{name}" {{\n{metadata}{body}\n}}\n')
    assert check in failing(found)
    shown = [line.content for each in found.outcomes for line in each.code]
    assert not any("hunter" in line for line in shown)


def test_what_is_not_known_neither_fails_nor_passes() -> None:
    text = 'variable "v" {}\n' + (POD % ("pod", "", "")).replace("privileged = true", "privileged = var.v")
    found = judged(text.replace("host_pid = true", "host_pid = var.v"))
    assert "KSV-0014" in failing(found)
    assert not {"KSV-0010", "KSV-0017"} & {each.check for each in found.outcomes}
    (problem,) = found.problems
    assert problem.reason.startswith("kubernetes_pod.x, line 2: known at deployment only")
    assert {"KSV-0010", "KSV-0017"} <= set(problem.reason.replace(",", "").split())
    assert problem.reason.endswith("(spec.container.security_context.privileged, spec.host_pid)")


@pytest.mark.parametrize(
    "body",
    [
        "data = {\npassword = var.v\n}",
        "data = var.v",
        "data = {\npassword = random_password.p.result\n}",
    ],
)
def test_secrets_from_elsewhere_do_not_stand_in_the_file(body: str) -> None:
    text = 'variable "v" {}\nresource "random_password" "p" {}\nresource "kubernetes_secret" "s" {\n'
    found = judged(f'{text}metadata {{\nname = "s"\n}}\n{body}\n}}\n')
    assert "CB-K8S-0020" not in failing(found)
    assert found.problems == ()


def test_a_manifest_that_is_not_known_is_a_problem() -> None:
    found = judged('resource "kubernetes_manifest" "m" {\n  manifest = yamldecode(file("a.yaml"))\n}\n')
    assert [each.reason for each in found.problems] == [
        "kubernetes_manifest.m, line 1: known at deployment only, so it is not judged"
    ]


def test_a_comment_above_the_resource() -> None:
    found = judged("# cleanbill:ignore KSV-0017\n" + POD % ("pod", "", ""))
    ignored = {each.check for each in found.outcomes if each.ignored}
    assert ignored == {"KSV-0017"}


def test_plans() -> None:
    container = {"name": "a", "image": "b:1", "security_context": [{"privileged": True}]}
    values = {"metadata": [{"name": "x"}], "spec": [{"host_pid": False, "container": [container]}]}
    resource = {"address": "kubernetes_pod.x", "type": "kubernetes_pod", "mode": "managed", "values": values}
    plan = {"terraform_version": "1.9", "planned_values": {"root_module": {"resources": [resource]}}}
    facts = list(terraform_plan.parse(File("plan.json", json.dumps(plan).encode())))
    fails = {each.check for each in facts if isinstance(each, Outcome) and not each.passed}
    assert "KSV-0017" in fails
    assert "KSV-0010" not in fails
    assert not any(isinstance(each, Problem) for each in facts)


NAMES = (
    "spec",
    "template",
    "container",
    "metadata",
    "env",
    "security_context",
    "volume",
    "rule",
    "data",
    "value",
)
LEAVES: st.SearchStrategy[Value] = st.one_of(
    st.booleans(), st.integers(-1, 3), st.text(max_size=3), st.just(UNKNOWN), st.just(Unknown(("a.b",)))
)


def parts(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    blocks = st.dictionaries(st.sampled_from(NAMES), inner, max_size=4).map(lambda each: Block(values=each))
    return st.one_of(blocks, st.lists(inner, max_size=3).map(tuple))


@given(
    st.dictionaries(st.sampled_from(NAMES), st.recursive(LEAVES, parts, max_leaves=12)),
    st.sampled_from(["pod", "role", "secret", "manifest"]),
)
@settings(max_examples=60, deadline=None)
def test_any_values_end_in_outcomes_or_problems(values: dict[str, Value], kind: str) -> None:
    own = {"manifest": Block(values=values)} if kind == "manifest" else values
    resource = Resource(kind=f"kubernetes_{kind}", name="x", file="main.tf", attributes=Block(values=own))
    for path, fact in kubernetes.judged([resource], {}, "terraform"):
        assert path == "main.tf"
        assert isinstance(fact, Outcome | Problem)


def test_a_plan_with_resources_that_no_check_judges() -> None:
    resource = {"address": "acme_host.x", "type": "acme_host", "mode": "managed", "values": {}}
    plan = {"terraform_version": "1.9", "planned_values": {"root_module": {"resources": [resource]}}}
    assert list(terraform_plan.parse(File("plan.json", json.dumps(plan).encode()))) == [
        Problem("plan.json", "1 resource of providers that no check judges: acme_host (1)")
    ]
