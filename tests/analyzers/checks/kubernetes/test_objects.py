import re

import pytest

from analyzers.checks.check import canonical
from analyzers.checks.kubernetes import CHECKS, bindings, cluster, pods, roles
from analyzers.checks.kubernetes.objects import objects_of
from analyzers.documents import Value, yaml
from analyzers.errors import ParseError
from analyzers.inventory import Outcome
from analyzers.misconfig.kubernetes import judge_manifest, outcomes_of_object

KINDS = {
    "Pod": "v1",
    "ServiceAccount": "v1",
    "ConfigMap": "v1",
    "Secret": "v1",
    "Service": "v1",
    "Namespace": "v1",
    "LimitRange": "v1",
    "ResourceQuota": "v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "Ingress": "networking.k8s.io/v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
}


def manifest(kind: str, body: str) -> str:
    """Return an object named "a" whose fifth line is the first of the body, "metadata:" is the third."""
    return f"apiVersion: {KINDS[kind]}\nkind: {kind}\nmetadata:\n  name: a\n{body}\n"


def failures(text: str, check: str) -> list[Outcome]:
    value = yaml.load(text.encode(), "a.yaml")
    found = [each for each in judge_manifest(value, text.split("\n")) if each.check == check]
    assert found, f"{check} was not asked"
    return [each for each in found if not each.passed]


# id: kind, body that fails, its first line that does, body that passes
OBJECTS = {
    "KSV-0006": (
        "Pod",
        "spec:\n  volumes:\n  - hostPath: {path: /var/run/../run/docker.sock}",
        7,
        "spec: {a: b}",
    ),
    "KSV-0007": ("Pod", "spec:\n  hostAliases: [{ip: 127.0.0.1}]", 6, "spec: {hostAliases: []}"),
    "KSV-0008": ("Pod", "spec:\n  hostIPC: true", 6, "spec: {hostIPC: false}"),
    "KSV-0009": ("Pod", "spec:\n  hostNetwork: true", 6, "spec: {hostNetwork: false}"),
    "KSV-0010": ("Pod", "spec:\n  hostPID: true", 6, "spec: {hostPID: false}"),
    "KSV-0023": (
        "Pod",
        "spec:\n  volumes:\n  - {name: a}\n  - hostPath: {path: /a}",
        8,
        "spec: {volumes: [{name: a}]}",
    ),
    "KSV-0024": (
        "Pod",
        "spec:\n  containers:\n  - ports:\n    - {hostPort: 80}\n    - {hostPort: 81}",
        7,
        "spec: {containers: [{ports: [{containerPort: 80, hostPort: 0}]}]}",
    ),
    "KSV-0028": (
        "Pod",
        "spec:\n  volumes:\n  - nfs: {server: a}",
        7,
        "spec: {volumes: [{name: a, emptyDir: {}}]}",
    ),
    "KSV-0036": (
        "Pod",
        "spec:\n  automountServiceAccountToken: true",
        6,
        "spec: {automountServiceAccountToken: false}",
    ),
    "KSV-0037": ("Pod", "  namespace: kube-system\nspec: {a: b}", 5, "spec: {a: b}"),
    "KSV-0110": ("Pod", "  namespace: default\nspec: {a: b}", 5, "  namespace: web\nspec: {a: b}"),
    "KSV-0117": (
        "Pod",
        "spec:\n  containers:\n  - ports:\n    - containerPort: 80",
        8,
        "spec: {containers: [{ports: [{containerPort: 8080}]}]}",
    ),
    "KSV-0121": (
        "Pod",
        "spec:\n  volumes:\n  - hostPath: {path: /etc/}",
        7,
        "spec: {volumes: [{hostPath: {path: /a}}]}",
    ),
    "CB-K8S-0002": (
        "Pod",
        "spec:\n  volumes:\n  - hostPath: {path: /run/containerd/containerd.sock}",
        7,
        "spec: {volumes: [{hostPath: {path: /run}}]}",
    ),
    "CB-K8S-0003": ("Pod", "spec:\n  shareProcessNamespace: true", 6, "spec: {shareProcessNamespace: false}"),
    "CB-K8S-0005": ("ServiceAccount", "automountServiceAccountToken: true", 5, ""),
    "KSV-0111": (
        "ClusterRoleBinding",
        "subjects: []\nroleRef:\n  kind: ClusterRole\n  name: cluster-admin",
        6,
        "roleRef: {kind: ClusterRole, name: view}",
    ),
    "KSV-0122": (
        "RoleBinding",
        "subjects:\n- {kind: User, name: 'system:anonymous'}",
        6,
        "subjects: [{kind: User, name: ann}]",
    ),
    "KSV-0123": (
        "ClusterRoleBinding",
        "subjects:\n- {kind: User, name: a}\n- {kind: Group, name: 'system:authenticated'}",
        7,
        "subjects: [{kind: Group, name: team}]",
    ),
    "CB-K8S-0011": (
        "ClusterRoleBinding",
        "subjects:\n- {kind: Group, name: 'system:masters'}",
        6,
        "subjects: [{kind: Group, name: masters}]",
    ),
    "CB-K8S-0012": (
        "RoleBinding",
        "subjects:\n- {kind: ServiceAccount, name: default}",
        6,
        "subjects: [{kind: ServiceAccount, name: app}]",
    ),
    "KSV-0038": (
        "NetworkPolicy",
        "spec:\n  podSelector: {}\n  egress:\n  - {}",
        7,
        "spec: {ingress: [{from: [{podSelector: {}}]}], egress: [{ports: [{port: 53}]}]}",
    ),
    "KSV-0039": (
        "LimitRange",
        "spec:\n  limits: [{type: Container}]",
        5,
        "spec: {limits: [{max: {cpu: 1}}]}",
    ),
    "KSV-0040": ("ResourceQuota", "spec:\n  hard: {pods: 1}", 6, "spec: {hard: {requests.cpu: 1}}"),
    "KSV-0108": ("Service", "spec:\n  externalIPs: [192.0.2.1]", 6, "spec: {externalIPs: []}"),
    "KSV-0109": (
        "ConfigMap",
        "data:\n  a: b\n  db.password: hunter2",
        7,
        "data: {db.password: '${PASSWORD}'}",
    ),
    "KSV-01010": ("ConfigMap", "data:\n  admin_email: ann@example.com", 6, "data: {mailer: smtp}"),
    "CB-K8S-0013": (
        "NetworkPolicy",
        "spec:\n  ingress:\n  - from:\n    - ipBlock:\n        cidr: 0.0.0.0/0",
        9,
        "spec: {ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}",
    ),
    "CB-K8S-0014": ("Service", "spec:\n  type: NodePort", 6, "spec: {type: ClusterIP}"),
    "CB-K8S-0015": (
        "Service",
        "spec:\n  type: LoadBalancer",
        6,
        "spec: {type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/24]}",
    ),
    "CB-K8S-0016": ("Ingress", "spec:\n  rules: []", 5, "spec: {tls: [{hosts: [a.example]}]}"),
    "CB-K8S-0017": (
        "Ingress",
        "  annotations:\n    nginx.ingress.kubernetes.io/server-snippet: deny all;",
        6,
        "  annotations: {nginx.ingress.kubernetes.io/rewrite-target: /}",
    ),
    "CB-K8S-0018": ("Namespace", "", 3, "  labels: {pod-security.kubernetes.io/enforce: baseline}"),
    "CB-K8S-0019": (
        "Namespace",
        "  labels:\n    pod-security.kubernetes.io/enforce: privileged",
        6,
        "  labels: {pod-security.kubernetes.io/enforce: restricted}",
    ),
    "CB-K8S-0020": ("Secret", "type: Opaque\ndata:\n  password: aHVudGVyMg==", 6, "data: {password: ''}"),
}


@pytest.mark.parametrize("check", OBJECTS)
def test_objects(check: str) -> None:
    kind, bad, line, good = OBJECTS[check]
    (failure,) = failures(manifest(kind, bad), check)
    assert failure.start_line == line
    assert failure.code[0].number == line
    assert failure.resource in {f"{kind}/a", f"kube-system/{kind}/a", f"default/{kind}/a"}
    assert failures(manifest(kind, good), check) == []


CORE, RBAC = "['']", "[rbac.authorization.k8s.io]"
# id: kind, rule that fails, rule that passes: groups, resources and verbs
RULES = {
    "KSV-0041": ("ClusterRole", (CORE, "[secrets]", "[get]"), (CORE, "[pods]", "[get]")),
    "KSV-0042": ("Role", (CORE, "[pods/log]", "[delete]"), (CORE, "[pods/log]", "[get]")),
    "KSV-0043": ("Role", (CORE, "[groups]", "[impersonate]"), (CORE, "[groups]", "[get]")),
    "KSV-0044": ("Role", (CORE, "['*']", "['*']"), (CORE, "['*']", "[get]")),
    "KSV-0045": ("Role", (CORE, "[services]", "['*']"), (CORE, "[services]", "[get]")),
    "KSV-0046": ("ClusterRole", (CORE, "['*']", "[update]"), (CORE, "[services]", "[update]")),
    "KSV-0047": ("ClusterRole", (CORE, "[nodes/proxy]", "[get]"), (CORE, "[nodes]", "[get]")),
    "KSV-0048": ("Role", ("[apps]", "[deployments]", "[patch]"), ("[apps]", "[deployments]", "[list]")),
    "KSV-0049": ("Role", (CORE, "[configmaps]", "[update]"), (CORE, "[configmaps]", "[watch]")),
    "KSV-0050": ("Role", (RBAC, "[roles]", "[create]"), (RBAC, "[roles]", "[get]")),
    "KSV-0051": ("Role", (RBAC, "[rolebindings]", "[bind]"), (RBAC, "[rolebindings]", "[get]")),
    "KSV-0052": (
        "ClusterRole",
        (RBAC, "[clusterrolebindings]", "[create]"),
        (RBAC, "[clusterroles]", "[get]"),
    ),
    "KSV-0053": ("Role", (CORE, "[pods/exec]", "[create]"), (CORE, "[pods]", "[get]")),
    "KSV-0054": ("Role", (CORE, "[pods/attach]", "[create]"), (CORE, "[pods]", "[get]")),
    "KSV-0055": ("Role", (RBAC, "[rolebindings]", "[patch]"), (RBAC, "[rolebindings]", "[get]")),
    "KSV-0056": ("Role", (CORE, "[services]", "[delete]"), (CORE, "[services]", "[list]")),
    "KSV-0112": ("Role", (CORE, "['*']", "[create]"), (CORE, "[pods]", "[create]")),
    "KSV-0113": ("Role", (CORE, "[Secrets]", "[list]"), (CORE, "[pods]", "[list]")),
    "KSV-0114": (
        "ClusterRole",
        ("[admissionregistration.k8s.io]", "[mutatingwebhookconfigurations]", "[patch]"),
        ("[admissionregistration.k8s.io]", "[mutatingwebhookconfigurations]", "[get]"),
    ),
    "KSV-0115": (
        "Role",
        (CORE, "[configmaps]", "[update], resourceNames: [aws-auth]"),
        (CORE, "[configmaps]", "[update], resourceNames: [other]"),
    ),
    "CB-K8S-0006": ("ClusterRole", (RBAC, "[clusterroles]", "[escalate]"), (RBAC, "[clusterroles]", "[get]")),
    "CB-K8S-0007": (
        "Role",
        (CORE, "[serviceaccounts/token]", "[create]"),
        (CORE, "[serviceaccounts/token]", "[create], resourceNames: [a]"),
    ),
    "CB-K8S-0008": (
        "ClusterRole",
        ("[certificates.k8s.io]", "[certificatesigningrequests/approval]", "[update]"),
        ("[certificates.k8s.io]", "[certificatesigningrequests]", "[get]"),
    ),
    "CB-K8S-0009": (
        "ClusterRole",
        (CORE, "[persistentvolumes]", "[create]"),
        (CORE, "[persistentvolumeclaims]", "[create]"),
    ),
    "CB-K8S-0010": ("ClusterRole", (CORE, "['*']", "[list]"), ("[apps]", "['*']", "[list]")),
}


def role(kind: str, rule: tuple[str, str, str]) -> str:
    groups, resources, verbs = rule
    harmless = "- {apiGroups: [batch], resources: [jobs], verbs: [get]}"
    return manifest(
        kind, f"rules:\n{harmless}\n- {{apiGroups: {groups}, resources: {resources}, verbs: {verbs}}}"
    )


@pytest.mark.parametrize("check", RULES)
def test_rules(check: str) -> None:
    kind, bad, good = RULES[check]
    (failure,) = failures(role(kind, bad), check)
    assert (failure.start_line, failure.end_line) == (7, 7)
    assert failures(role(kind, good), check) == []


def test_every_check_of_objects_has_a_sample() -> None:
    modules = (bindings, cluster, pods, roles)
    assert {check.id for module in modules for check in module.CHECKS} <= {*OBJECTS, *RULES}


def test_the_catalogue() -> None:
    ids = [canonical(check.id) for check in CHECKS]
    assert len({*ids}) == len(ids) >= 60
    for check in CHECKS:
        assert re.fullmatch(r"KSV-\d{4,5}|KCV-\d{4}|CB-K8S-\d{4}", check.id)
        assert check.severity
        assert check.link.startswith("https://")
        assert check.description.endswith(".")
        assert check.resolution.endswith(".")
        assert not check.title.endswith(".")


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("Pod", "spec:"),
        ("Deployment", "spec: {template: {spec:"),
        ("StatefulSet", "spec: {template: {spec:"),
        ("DaemonSet", "spec: {template: {spec:"),
        ("ReplicaSet", "spec: {template: {spec:"),
        ("ReplicationController", "spec: {template: {spec:"),
        ("Job", "spec: {template: {spec:"),
        ("CronJob", "spec: {jobTemplate: {spec: {template: {spec:"),
    ],
)
def test_workloads_have_pods(kind: str, place: str) -> None:
    metadata = "metadata: {name: a, namespace: n}"
    text = f"{{apiVersion: v1, kind: {kind}, {metadata}, {place} {{containers: [{{name: c}}]}}"
    value = yaml.load((text + "}" * (place.count("{") + 1)).encode(), "a.yaml")
    (found,) = objects_of(value)
    assert (found.resource, [each.label for each in found.containers]) == (
        f"n/{kind}/a",
        [f"container 'c' of {kind} 'a'"],
    )


def test_lists_are_their_items() -> None:
    pod = {"metadata": {"name": "a"}, "spec": {"containers": []}}
    listed = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [{"apiVersion": "v1", "kind": "Pod", **pod}, None, 3],
    }
    assert [each.resource for each in objects_of(listed)] == ["Pod/a"]
    typed = {"apiVersion": "v1", "kind": "PodList", "items": [pod, {"metadata": {"generateName": "b-"}}]}
    assert [each.resource for each in objects_of(typed)] == ["Pod/a", "Pod/b-*"]


@pytest.mark.parametrize(
    "value", [None, 1, "a", [], {}, {"apiVersion": "v1"}, {"apiVersion": {}, "kind": "Pod"}]
)
def test_other_values_are_no_objects(value: object) -> None:
    assert list(objects_of(value)) == []


def test_too_much_is_an_error() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{}] * 2000}}
    with pytest.raises(ParseError, match="more than 1000 containers"):
        list(objects_of(pod))
    many = {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Role"}] * 6000}
    with pytest.raises(ParseError, match="more than 5000 objects"):
        list(objects_of(many))
    nested: dict[str, object] = {"apiVersion": "v1", "kind": "Role"}
    for _ in range(9):
        nested = {"apiVersion": "v1", "kind": "List", "items": [nested]}
    with pytest.raises(ParseError, match="lists in lists"):
        list(objects_of(nested))


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("crd.projectcalico.org/v1", "NetworkPolicy"),
        ("config.openshift.io/v1", "Ingress"),
        ("serving.knative.dev/v1", "Service"),
    ],
)
def test_kinds_of_others_that_share_a_name(group: str, kind: str) -> None:
    obj = {"apiVersion": group, "kind": kind, "spec": {"ingress": [{"action": "Allow"}]}}
    assert list(outcomes_of_object(obj)) == []


def test_internal_balancers_are_open_to_nobody() -> None:
    text = manifest(
        "Service",
        "  annotations:\n    service.beta.kubernetes.io/aws-load-balancer-internal: 'true'\n"
        "spec: {type: LoadBalancer}",
    )
    assert failures(text, "CB-K8S-0015") == []


def test_addresses_of_people_whatever_their_entry_is_called() -> None:
    (found,) = failures(
        manifest("ConfigMap", "data:\n  sender: ann@example.com\n  host: mail.example"), "KSV-01010"
    )
    assert found.message == "ConfigMap 'a' should not hold users' names and addresses, it does in 'sender'"


def test_secrets_of_a_cluster_are_where_they_belong() -> None:
    secret: dict[str, Value] = {"apiVersion": "v1", "kind": "Secret", "data": {"a": "aHVudGVyMg=="}}
    assert not [each for each in judge_manifest(secret) if each.check == "CB-K8S-0020"]
