import pytest

from analyzers.checks import kubernetes
from analyzers.checks.check import canonical
from analyzers.checks.compliance import COMPLIANCE, Control, Spec, Status, evaluate
from analyzers.inventory import File, Outcome
from analyzers.misconfig.kubernetes import parse
from analyzers.severity import Severity

SPEC = Spec(
    id="a",
    title="A",
    version="1",
    link="https://a.example",
    controls=(
        Control(id="1", name="two checks", severity=Severity.HIGH, checks=("KSV-0001", "AVD-KSV-0002")),
        Control(id="2", name="by hand", severity=Severity.LOW),
    ),
)


def outcome(check: str, *, passed: bool) -> Outcome:
    return Outcome(check=check, passed=passed)


@pytest.mark.parametrize(
    ("outcomes", "counts", "status"),
    [
        ([], (0, 0), Status.NOT_CHECKED),
        ([outcome("KSV-0003", passed=False)], (0, 0), Status.NOT_CHECKED),
        ([outcome("KSV-0001", passed=True)], (1, 0), Status.PASS),
        ([outcome("KSV001", passed=True), outcome("KSV-0002", passed=False)], (1, 1), Status.FAIL),
        ([outcome("KSV-0001", passed=False)] * 2, (0, 2), Status.FAIL),
    ],
)
def test_controls(outcomes: list[Outcome], counts: tuple[int, int], status: Status) -> None:
    first, second = evaluate(SPEC, outcomes)
    assert ((first.passed, first.failed), first.status) == (counts, status)
    assert (second.control.id, second.status) == ("2", Status.MANUAL)


def test_the_standards() -> None:
    assert set(COMPLIANCE) == {"k8s-pss-baseline-0.1", "k8s-pss-restricted-0.1", "docker-cis-1.6.0"}
    known = {canonical(check.id) for check in kubernetes.CHECKS}
    for key, spec in COMPLIANCE.items():
        assert key == spec.id
        assert spec.link.startswith("https://")
        numbers = [control.id for control in spec.controls]
        assert len({*numbers}) == len(numbers)
        named = {check for control in spec.controls for check in control.checks}
        assert all(check.startswith("DS-") or canonical(check) in known for check in named)


TIGHT = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  securityContext: {runAsNonRoot: true, runAsUser: 20000, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: a
    image: a:1
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""


def statuses(spec: str, text: str) -> dict[str, Status]:
    outcomes = [fact for fact in parse(File("a.yaml", text.encode())) if isinstance(fact, Outcome)]
    return {each.control.name: each.status for each in evaluate(COMPLIANCE[spec], outcomes)}


@pytest.mark.parametrize("spec", ["k8s-pss-baseline-0.1", "k8s-pss-restricted-0.1"])
def test_a_pod_that_meets_the_standards(spec: str) -> None:
    assert set(statuses(spec, TIGHT).values()) == {Status.PASS}


@pytest.mark.parametrize(
    ("change", "baseline", "restricted"),
    [
        (("a: 1", "a: 1"), set(), set()),
        (("drop: [ALL]", "drop: [ALL], add: [CHOWN]"), set(), {"Capabilities (restricted)"}),
        (
            ("drop: [ALL]", "drop: [ALL], add: [SYS_TIME]"),
            {"Capabilities"},
            {"Capabilities", "Capabilities (restricted)"},
        ),
        (("spec:", "spec:\n  hostPID: true"), {"Host Namespaces"}, {"Host Namespaces"}),
        (("runAsNonRoot: true", "runAsNonRoot: false"), set(), {"Running as Non-root"}),
        (("runAsUser: 20000", "runAsUser: 0"), set(), {"Running as Non-root user"}),
        (
            ("spec:", "spec:\n  volumes: [{name: a, hostPath: {path: /a}}]"),
            {"HostPath Volumes"},
            {"HostPath Volumes", "Volume Types"},
        ),
    ],
)
def test_pods_that_do_not(change: tuple[str, str], baseline: set[str], restricted: set[str]) -> None:
    text = TIGHT.replace(*change)
    for spec, expected in (("k8s-pss-baseline-0.1", baseline), ("k8s-pss-restricted-0.1", restricted)):
        failed = {name for name, status in statuses(spec, text).items() if status is Status.FAIL}
        assert failed == expected
