import pytest

from analyzers.checks.catalogue import checks
from analyzers.checks.check import canonical
from analyzers.checks.compliance import (
    COMPLIANCE,
    Control,
    Spec,
    Status,
    Tally,
    evaluate,
    scanner_of,
    severity_of,
)
from analyzers.inventory import File, Outcome, Scanner
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


@pytest.mark.parametrize(
    ("tallies", "counts", "status", "reasons"),
    [
        ({}, (0, 0, 0), Status.NOT_CHECKED, ("there was nothing that its checks are about",)),
        ({"KSV-0003": Tally(failed=1)}, (0, 0, 0), Status.NOT_CHECKED, None),
        ({"KSV-0001": Tally(passed=1)}, (1, 0, 0), Status.PASS, ()),
        ({"KSV-0001": Tally(passed=2), "KSV-0002": Tally(failed=1)}, (2, 1, 0), Status.FAIL, ()),
        ({"KSV-0001": Tally(suppressed=3)}, (0, 0, 3), Status.PASS, ()),
        ({"KSV-0001": Tally(failed=1), "KSV-0002": Tally(suppressed=3)}, (0, 1, 3), Status.FAIL, ()),
        (
            {"KSV-0001": Tally(passed=2), "KSV-0002": Tally(unchecked="gone")},
            (2, 0, 0),
            Status.NOT_CHECKED,
            ("gone",),
        ),
        ({"KSV-0001": Tally(failed=2), "KSV-0002": Tally(unchecked="gone")}, (0, 2, 0), Status.FAIL, ()),
    ],
)
def test_controls(
    tallies: dict[str, Tally],
    counts: tuple[int, int, int],
    status: Status,
    reasons: tuple[str, ...] | None,
) -> None:
    first, second = evaluate(SPEC, tallies)
    assert ((first.passed, first.failed, first.suppressed), first.status) == (counts, status)
    assert reasons is None or first.reasons == reasons
    assert (second.control.id, second.status, second.reasons) == ("2", Status.MANUAL, ())


@pytest.mark.parametrize("default", [None, Status.PASS, Status.FAIL])
@pytest.mark.parametrize("checks", [(), ("KSV-0001",)])
def test_what_is_not_judged_comes_to_what_the_standard_says(
    checks: tuple[str, ...], default: Status | None
) -> None:
    control = Control(id="1", name="a", severity=Severity.LOW, checks=checks, default=default)
    spec = Spec(id="a", title="A", version="1", link="", controls=(control,))
    (found,) = evaluate(spec, {})
    assert found.status is (default or (Status.NOT_CHECKED if checks else Status.MANUAL))
    (missed,) = evaluate(spec, {"KSV-0001": Tally(unchecked="gone")})
    assert missed.status is (Status.NOT_CHECKED if checks else found.status)


@pytest.mark.parametrize(
    ("check", "scanner", "severity"),
    [
        ("VULN-CRITICAL", Scanner.PACKAGES, "CRITICAL"),
        ("secret-high", Scanner.SECRET, "HIGH"),
        ("VULN-", Scanner.PACKAGES, ""),
        ("CVE-2024-1", Scanner.PACKAGES, None),
        ("GHSA-aaaa-bbbb-cccc", Scanner.PACKAGES, None),
        ("AVD-KSV-0012", Scanner.MISCONFIG, None),
        ("ACME-1", Scanner.MISCONFIG, None),
    ],
)
def test_what_an_id_stands_for(check: str, scanner: Scanner, severity: str | None) -> None:
    assert (scanner_of(check), severity_of(check)) == (scanner, severity)


def test_what_a_standard_is_about() -> None:
    assert SPEC.scanners == {Scanner.MISCONFIG}
    assert SPEC.checks == {"KSV-0001", "KSV-0002"}
    assert COMPLIANCE["docker-cis-1.6.0"].scanners == {Scanner.MISCONFIG, Scanner.PACKAGES, Scanner.SECRET}


def test_the_standards() -> None:
    assert set(COMPLIANCE) == {
        "k8s-pss-baseline-0.1",
        "k8s-pss-restricted-0.1",
        "k8s-nsa-1.0",
        "docker-cis-1.6.0",
    }
    known = {canonical(check) for check in checks()}
    for key, spec in COMPLIANCE.items():
        assert key == spec.id
        assert spec.link.startswith("https://")
        numbers = [control.id for control in spec.controls]
        assert len({*numbers}) == len(numbers)
        of_files = {check for check in spec.checks if scanner_of(check) is Scanner.MISCONFIG}
        assert of_files <= known
        assert {severity_of(check) for check in spec.checks - of_files} <= Severity.__members__.keys()


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
    tallies = {
        check: Tally(
            passed=sum(each.check == check and each.passed for each in outcomes),
            failed=sum(each.check == check and not each.passed for each in outcomes),
        )
        for check in {each.check for each in outcomes}
    }
    return {each.control.name: each.status for each in evaluate(COMPLIANCE[spec], tallies)}


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
