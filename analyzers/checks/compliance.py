"""Compliance views: what the controls of a published standard come to, by the checks that stand for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from analyzers.checks.check import canonical
from analyzers.inventory import Outcome
from analyzers.severity import Severity


class Status(StrEnum):
    """What a control comes to."""

    PASS = "PASS"  # noqa: S105 - a word
    FAIL = "FAIL"
    NOT_CHECKED = "NOT CHECKED"
    """None of its checks had anything to judge."""
    MANUAL = "MANUAL"
    """No check can tell: somebody has to look, or another scanner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One demand of a standard."""

    id: str
    """As the standard numbers it."""
    name: str
    severity: Severity
    checks: tuple[str, ...] = ()
    """Ids of the checks that stand for it; none for what is judged by hand or by other scanners."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One standard."""

    id: str
    """By the name that `--compliance` takes: "k8s-pss-baseline-0.1"."""
    title: str
    version: str
    link: str
    """"" when nothing is said of one."""
    controls: tuple[Control, ...]
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlResult:
    """What was found about a control."""

    control: Control
    passed: int
    """Subjects' checks that passed."""
    failed: int
    """Places where a check failed."""
    status: Status


def evaluate(spec: Spec, outcomes: Iterable[Outcome]) -> tuple[ControlResult, ...]:
    """Return what each control of a standard comes to, in the standard's order.

    Args:
        spec: the standard.
        outcomes: those that count: what ignore rules take out is taken out before.
    """
    passed: dict[str, int] = {}
    failed: dict[str, int] = {}
    for outcome in outcomes:
        counted = passed if outcome.passed else failed
        check = canonical(outcome.check)
        counted[check] = counted.get(check, 0) + 1
    return tuple(_result(control, passed, failed) for control in spec.controls)


def _result(control: Control, passed: dict[str, int], failed: dict[str, int]) -> ControlResult:
    ids = {canonical(check) for check in control.checks}
    good, bad = (sum(counted.get(check, 0) for check in ids) for counted in (passed, failed))
    return ControlResult(control=control, passed=good, failed=bad, status=_status(control, good, bad))


def _status(control: Control, passed: int, failed: int) -> Status:
    if not control.checks:
        return Status.MANUAL
    if failed:
        return Status.FAIL
    return Status.PASS if passed else Status.NOT_CHECKED


def _control(number: str, name: str, severity: Severity, *checks: str) -> Control:
    return Control(id=number, name=name, severity=severity, checks=checks)


_LOW, _MEDIUM, _HIGH, _CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
_STANDARDS = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
_BASELINE = (
    _control("1", "HostProcess", _HIGH, "KSV-0103"),
    _control("2", "Host Namespaces", _HIGH, "KSV-0008", "KSV-0009", "KSV-0010"),
    _control("3", "Privileged Containers", _HIGH, "KSV-0017"),
    _control("4", "Capabilities", _MEDIUM, "KSV-0022"),
    _control("5", "HostPath Volumes", _MEDIUM, "KSV-0023"),
    _control("6", "Host Ports", _HIGH, "KSV-0024"),
    _control("7", "AppArmor", _HIGH, "KSV-0002"),
    _control("8", "SELinux", _MEDIUM, "KSV-0025"),
    _control("9", "/proc Mount Type", _MEDIUM, "KSV-0027"),
    _control("10", "Seccomp", _MEDIUM, "KSV-0104"),
    _control("11", "Sysctls", _MEDIUM, "KSV-0026"),
)
_RESTRICTED = (
    _control("12", "Volume Types", _LOW, "KSV-0023", "KSV-0028"),
    _control("13", "Privilege Escalation", _MEDIUM, "KSV-0001"),
    _control("14", "Running as Non-root", _MEDIUM, "KSV-0012"),
    _control("15", "Running as Non-root user", _LOW, "KSV-0105"),
    _control("16", "Seccomp (restricted)", _LOW, "KSV-0030"),
    _control("17", "Capabilities (restricted)", _LOW, "KSV-0106"),
)
_DOCKER = (
    _control("4.1", "A user for the container is created", _HIGH, "DS-0002"),
    _control("4.2", "Containers use trusted base images only", _HIGH),
    _control("4.3", "No unnecessary packages are installed in the container", _HIGH),
    _control("4.4", "Images are scanned and rebuilt to include security patches", _CRITICAL),
    _control("4.5", "Content trust for Docker is enabled", _LOW),
    _control("4.6", "HEALTHCHECK instructions are added to container images", _LOW, "DS-0026"),
    _control("4.7", "Update instructions are not used alone in Dockerfiles", _HIGH, "DS-0017"),
    _control("4.8", "setuid and setgid permissions are removed in images", _HIGH),
    _control("4.9", "COPY is used instead of ADD in Dockerfiles", _LOW, "DS-0005"),
    _control("4.10", "Secrets are not stored in Dockerfiles", _CRITICAL),
    _control("4.11", "Verified packages are installed only", _MEDIUM),
    _control("4.12", "All signed artifacts are validated", _MEDIUM),
)
_SPECS = (
    Spec(
        id="k8s-pss-baseline-0.1",
        title="Kubernetes Pod Security Standards: Baseline",
        version="0.1",
        link=_STANDARDS + "#baseline",
        controls=_BASELINE,
    ),
    Spec(
        id="k8s-pss-restricted-0.1",
        title="Kubernetes Pod Security Standards: Restricted",
        version="0.1",
        link=_STANDARDS + "#restricted",
        controls=_BASELINE + _RESTRICTED,
    ),
    Spec(
        id="docker-cis-1.6.0",
        title="CIS Docker Benchmark 1.6.0, section 4: container images and build files",
        version="1.6.0",
        link="https://www.cisecurity.org/benchmark/docker",
        controls=_DOCKER,
    ),
)
COMPLIANCE: dict[str, Spec] = {spec.id: spec for spec in _SPECS}
"""The standards by their ids."""
