from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.catalogue import compile_glob
from analyzers.checks.kubernetes import CHECKS
from analyzers.inventory import File, Outcome, Problem, Scanner
from analyzers.misconfig.kubernetes import ANALYZER, outcomes_of_object, parse

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: nginx-deployment
  labels:
    app: nginx
spec:
  replicas: 3
  selector:
    matchLabels:
      app: nginx
  template:
    metadata:
      labels:
        app: nginx
    spec:
      containers:
      - name: nginx
        image: nginx:1.14.2
        ports:
        - containerPort: 80
"""
GUESTBOOK = """\
apiVersion: v1
kind: Service
metadata:
  name: redis-leader
  namespace: guestbook
spec:
  ports:
  - port: 6379
    targetPort: 6379
  selector: {app: redis, role: leader}
---
# the leader of the database
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: redis-leader
  namespace: guestbook
spec:
  template:
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: leader
        image: docker.io/library/redis:latest
        resources:
          requests: {cpu: 100m, memory: 100Mi}
---
apiVersion: v1
kind: Service
metadata:
  name: frontend
  namespace: guestbook
spec:
  type: LoadBalancer
  ports: [{port: 80}]
"""
CRON_JOB = """\
apiVersion: batch/v1
kind: CronJob
metadata:
  name: hello
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers:
          - name: hello
            image: busybox:1.28
            command: ["/bin/sh", "-c", "date; echo hello"]
            securityContext: &tight
              allowPrivilegeEscalation: false
              readOnlyRootFilesystem: true
              runAsNonRoot: true
              runAsUser: 20000
              runAsGroup: 20000
              capabilities: {drop: [ALL]}
              seccompProfile: {type: RuntimeDefault}
            resources: &both
              requests: &amounts {cpu: 10m, memory: 16Mi}
              limits: *amounts
          - name: side
            image: busybox:1.28
            resources: *both
            securityContext:
              <<: *tight
              privileged: true
"""
LOGGING = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: log-shipper
  namespace: kube-system
spec:
  template:
    spec:
      tolerations:
      - {key: node-role.kubernetes.io/control-plane, operator: Exists, effect: NoSchedule}
      containers:
      - name: shipper
        image: example.com/shipper:4.3
        resources: {limits: {memory: 200Mi}}
        volumeMounts:
        - {name: varlog, mountPath: /var/log}
      volumes:
      - name: varlog
        hostPath:
          path: /var/log
"""
ACCESS = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  namespace: default
  name: pod-reader
rules:
- apiGroups: [""]
  resources: [pods]
  verbs: [get, watch, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: secret-reader
rules:
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, watch, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: everything
subjects:
- {kind: Group, name: manager, apiGroup: rbac.authorization.k8s.io}
roleRef: {kind: ClusterRole, name: cluster-admin, apiGroup: rbac.authorization.k8s.io}
"""


def failed(text: str | bytes, path: str = "a.yaml") -> list[tuple[str, int, int]]:
    facts = list(parse(File(path, text if isinstance(text, bytes) else text.encode())))
    assert all(isinstance(fact, Outcome) for fact in facts)
    return [
        (fact.check, fact.start_line, fact.end_line)
        for fact in facts
        if isinstance(fact, Outcome) and not fact.passed
    ]


UNTOUCHED = [
    *("KSV-0001", "KSV-0003", "KSV-0011", "KSV-0012", "KSV-0014", "KSV-0015", "KSV-0016", "KSV-0018"),
    *("KSV-0020", "KSV-0021", "KSV-0030", "KSV-0104", "KSV-0106", "KSV-0118"),
]


def test_a_deployment_as_tutorials_have_it() -> None:
    found = failed(DEPLOYMENT)
    assert [each for each in found if each[0] != "KSV-0117"] == [
        (check, 18, 21) for check in sorted(UNTOUCHED)
    ]
    assert [each for each in found if each[0] == "KSV-0117"] == [("KSV-0117", 21, 21)]


def test_several_documents_keep_the_lines_of_their_file() -> None:
    found = failed(GUESTBOOK)
    assert ("KSV-0013", 24, 27) in found
    assert ("CB-K8S-0015", 35, 35) in found
    assert not {"KSV-0012", "KSV-0015", "KSV-0016", "KSV-0030", "KSV-0110"} & {check for check, *_ in found}


def test_a_cron_job_and_what_its_aliases_stand_for() -> None:
    assert failed(CRON_JOB) == [("KSV-0017", 27, 32)]


def test_a_daemon_set_that_reads_its_node() -> None:
    found = failed(LOGGING)
    assert {("KSV-0023", 18, 20), ("KSV-0037", 5, 5)} <= {*found}
    assert "KSV-0121" not in {check for check, *_ in found}


def test_roles_and_bindings() -> None:
    assert failed(ACCESS) == [("KSV-0041", 16, 18), ("KSV-0111", 26, 26)]


def test_outcomes_name_their_resource_and_show_code() -> None:
    outcomes = [each for each in parse(File("a.yaml", LOGGING.encode())) if isinstance(each, Outcome)]
    assert {each.resource for each in outcomes} == {"kube-system/DaemonSet/log-shipper"}
    assert {each.file_type for each in outcomes} == {"kubernetes"}
    (mounted,) = [each for each in outcomes if each.check == "KSV-0023"]
    assert [line.content.strip() for line in mounted.code] == [
        "- name: varlog",
        "hostPath:",
        "path: /var/log",
    ]
    assert mounted.message == "DaemonSet 'log-shipper' should not mount '/var/log' of its node (hostPath)"
    passed = [each for each in outcomes if each.passed]
    assert {each.check for each in passed} >= {"KSV-0008", "KSV-0009", "KSV-0010", "KSV-0017"}


@pytest.mark.parametrize("comment", ["# trivy:ignore:KSV023", "# cleanbill:ignore KSV-0023 exp:2027-01-01"])
def test_comments_ignore_what_is_below_them(comment: str) -> None:
    text = LOGGING.replace("      - name: varlog\n", f"      {comment}\n      - name: varlog\n")
    outcomes = [each for each in parse(File("a.yaml", text.encode())) if isinstance(each, Outcome)]
    (mounted,) = [each for each in outcomes if each.check == "KSV-0023"]
    assert mounted.ignored == comment
    assert not [each for each in outcomes if each.ignored and each.check != "KSV-0023"]


def test_reports_show_no_secrets() -> None:
    env = "env: [{name: DB_PASSWORD, value: hunter2}, {name: A, value: plain}]"
    data = "data:\n  a: aHVudGVyMg==\n  b: |\n    c2Vj\n    cmV0\n"
    secret = f"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\n{data}"
    facts = list(parse(File("a.yaml", f"{DEPLOYMENT}        {env}\n{secret}".encode())))
    shown = [line.content for each in facts if isinstance(each, Outcome) for line in each.code]
    assert any("value: *******}" in line for line in shown)
    assert any("plain" in line for line in shown)
    assert not any(text in line for line in shown for text in ("hunter2", "aHVudGVyMg", "c2Vj", "cmV0"))


def test_json_has_the_lines_of_its_objects() -> None:
    text = """\
{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
\t"spec": {
    "hostNetwork": true,
    "containers": [
      {"name": "x",
       "image": "nginx"}]}}]}
"""
    found = failed(text, "a.json")
    assert ("KSV-0013", 6, 7) in found
    assert ("KSV-0009", 3, 7) in found


def test_objects_of_a_cluster_have_no_lines() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a", "namespace": "shop"},
        "spec": {"hostNetwork": True, "containers": [{"name": "x", "image": "nginx:1"}]},
    }
    outcomes = list(outcomes_of_object(pod))
    (network,) = [each for each in outcomes if each.check == "KSV-0009"]
    assert network == Outcome(
        check="KSV-0009",
        message="Pod 'a' should not set hostNetwork of its pod to true",
        resource="shop/Pod/a",
        file_type="kubernetes",
    )
    assert Counter(each.check for each in outcomes).keys() <= {check.id for check in CHECKS}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", ""),
        ("a.yaml", "a: 1"),
        ("a.yaml", "- apiVersion\n- kind"),
        ("a.yaml", "apiVersion: v1\nkind: {}\n"),
        ("Chart.yaml", "apiVersion: v2\nname: kind\n"),
        ("kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"),
        (".github/workflows/ci.yml", "on: push\njobs: {}\n"),
        ("compose.yaml", "services: {web: {image: nginx}}\n"),
        ("web/templates/a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}}\n"),
        ("a.json", '{"a": "apiVersion and kind", '),
        ("a.yaml", "text: apiVersion and kind\n\t- : :"),
    ],
)
def test_what_is_no_object_says_nothing(path: str, text: str) -> None:
    assert list(parse(File(path, text.encode()))) == []


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .x }}\n", "line 4: a template's action"),
        ("a.yaml", "{{ if .x }}\napiVersion: v1\nkind: Pod\n{{ end }}\n", "expected YAML"),
        ("a.yaml", "kind: Pod\napiVersion: v1\nspec: [\n", "expected YAML"),
        ("a.json", '{"apiVersion": "v1",\n"kind": "Pod",\n', "expected JSON"),
        ("a.yaml", "apiVersion: v1\nkind: Pod\nspec: " + "[" * 300, "nested without end"),
        (
            "a.yaml",
            f"apiVersion: v1\nkind: Pod\nspec: {{containers: [{'{},' * 1500}]}}\n",
            "more than 1000 containers",
        ),
    ],
)
def test_what_cannot_be_read_is_said(path: str, text: str, reason: str) -> None:
    (problem,) = parse(File(path, text.encode()))
    assert isinstance(problem, Problem)
    assert reason in problem.reason


def test_what_is_before_an_error_counts() -> None:
    *outcomes, problem = parse(File("a.yaml", f"{DEPLOYMENT}---\napiVersion: [\n".encode()))
    assert len(outcomes) > 20
    assert isinstance(problem, Problem)


def test_templates_in_other_places_are_manifests() -> None:
    argument = 'args: ["{{inputs.parameters.message}}"]'
    assert failed(DEPLOYMENT + f"        {argument}\n")


def test_templates_in_texts_are_texts() -> None:
    data = "data:\n  page.tmpl: |\n    {{ range .Alerts }}\n    password: {{ .password }}\n    {{ end }}\n"
    assert failed(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n{data}") == []


def test_powershell_writes_utf16() -> None:
    assert failed(DEPLOYMENT.encode("utf-16")) == failed(DEPLOYMENT)


def test_what_the_analyzer_asks_for() -> None:
    assert ANALYZER.scanner is Scanner.MISCONFIG
    wanted = [compile_glob(glob) for glob in ANALYZER.globs if not glob.startswith("!")]
    for path in ("a.yaml", "deploy/a.yml", "a/b/c.json"):
        assert any(glob.fullmatch(path) for glob in wanted)


ENCODER = msgspec.json.Encoder()
KEYS = st.sampled_from(
    [
        "spec",
        "containers",
        "metadata",
        "name",
        "securityContext",
        "template",
        "volumes",
        "hostPath",
        "rules",
        "data",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
KINDS = st.sampled_from(
    ["Pod", "Deployment", "Role", "ConfigMap", "Ingress", "NetworkPolicy", "Service", "List", "CronJob"]
)


@settings(max_examples=150, deadline=None)
@given(KINDS, st.dictionaries(KEYS | st.just("items"), VALUES, max_size=5))
def test_objects_of_any_shape_are_judged(kind: str, body: dict[str, object]) -> None:
    obj = {**body, "apiVersion": "v1", "kind": kind}
    ENCODER.encode(list(outcomes_of_object(obj)))
    data = msgspec.json.encode(obj)
    for path in ("a.json", "a.yaml"):
        ENCODER.encode(list(parse(File(path, data))))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.integers(0, len(GUESTBOOK)))
def test_any_bytes_end_in_facts(noise: bytes, place: int) -> None:
    data = GUESTBOOK.encode()
    for path in ("a.yaml", "a.json"):
        ENCODER.encode(list(parse(File(path, data[:place] + noise + data[place:]))))
        ENCODER.encode(list(parse(File(path, b"apiVersion: v1\nkind: Pod\n" + noise))))
