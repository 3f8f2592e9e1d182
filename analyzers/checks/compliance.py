"""Compliance views: what the controls of a published standard come to, by the checks that stand for them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from analyzers.checks.check import canonical
from analyzers.inventory import Scanner
from analyzers.severity import Severity

_VULNERABILITIES, _SECRETS = "VULN-", "SECRET-"
"""What comes before a severity in ids that stand for all findings of it."""
_OF_VULNERABILITIES = re.compile(
    r"(?:VULN|CVE|GHSA|TEMP|OSV|MAL|GO|PYSEC|RUSTSEC|HSEC|RSEC|PSF|BIT|CGA|ALPINE|DEBIAN|UBUNTU|USN|LSN|D[LST]A|DTSA"
    r"|AL[SBE]A|RH[SBE]A|R[LX]SA|MGASA|OESA|PHSA|(?:OPEN)?SUSE)-"
)
"""How ids of vulnerabilities and of their fixes begin: https://ossf.github.io/osv-schema/#id-modified-fields"""
_NOTHING = "there was nothing that its checks are about"


class Status(StrEnum):
    """What a control comes to."""

    PASS = "PASS"  # noqa: S105 - a word
    FAIL = "FAIL"
    NOT_CHECKED = "NOT CHECKED"
    """None of its checks had anything to judge, or not all of them could."""
    MANUAL = "MANUAL"
    """No check can tell: somebody has to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One demand of a standard."""

    id: str
    """As the standard numbers it."""
    name: str
    severity: Severity
    checks: tuple[str, ...] = ()
    """What stands for it: ids of checks, of vulnerabilities, or as `severity_of` reads them; none for what is
    judged by hand."""
    default: Status | None = None
    """What it comes to where nothing was judged; None for what that is by itself."""


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

    @property
    def checks(self) -> frozenset[str]:
        """What stands for any of its controls, as `canonical` spells it."""
        return frozenset(canonical(check) for control in self.controls for check in control.checks)

    @property
    def scanners(self) -> frozenset[Scanner]:
        """Whose findings it is about."""
        return frozenset(map(scanner_of, self.checks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was found by one check."""

    passed: int = 0
    """Subjects that it has nothing against."""
    failed: int = 0
    """Places where it failed."""
    suppressed: int = 0
    """Places where it failed and a rule, a statement or a comment says that this is accepted."""
    unchecked: str = ""
    """Why it could not judge, or not everything; then its silence says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlResult:
    """What was found about a control."""

    control: Control
    passed: int
    """Subjects' checks that passed."""
    failed: int
    """Places where a check failed."""
    suppressed: int = 0
    """Places where one failed, and somebody accepts it."""
    status: Status
    reasons: tuple[str, ...] = ()
    """Why it was not checked; empty otherwise."""


def scanner_of(check: str) -> Scanner:
    """Return whose findings an id of a control is about."""
    upper = check.upper()
    if upper.startswith(_SECRETS):
        return Scanner.SECRET
    return Scanner.PACKAGES if _OF_VULNERABILITIES.match(upper) else Scanner.MISCONFIG


def severity_of(check: str) -> str | None:
    """Return the severity of "VULN-HIGH" and "SECRET-HIGH", which stand for all findings of it.

    None for ids of other kinds. Whether there is such a severity is not judged.
    """
    upper = check.upper()
    starts = (start for start in (_VULNERABILITIES, _SECRETS) if upper.startswith(start))
    return next((upper.removeprefix(start) for start in starts), None)


def evaluate(spec: Spec, tallies: Mapping[str, Tally]) -> tuple[ControlResult, ...]:
    """Return what each control of a standard comes to, in the standard's order.

    Args:
        spec: the standard.
        tallies: what the checks found, by their ids as `canonical` spells them.
    """
    return tuple(_result(control, tallies) for control in spec.controls)


def _result(control: Control, tallies: Mapping[str, Tally]) -> ControlResult:
    ids = dict.fromkeys(map(canonical, control.checks))
    own = [tallies[check] for check in ids if check in tallies]
    status = _status(control, own)
    reasons = tuple(dict.fromkeys(each.unchecked for each in own if each.unchecked)) or (_NOTHING,)
    return ControlResult(
        control=control,
        passed=sum(each.passed for each in own),
        failed=sum(each.failed for each in own),
        suppressed=sum(each.suppressed for each in own),
        status=status,
        reasons=reasons if status is Status.NOT_CHECKED else (),
    )


def _status(control: Control, own: Sequence[Tally]) -> Status:
    if any(each.failed for each in own):
        return Status.FAIL
    if any(each.unchecked for each in own):
        return Status.NOT_CHECKED
    if any(each.passed or each.suppressed for each in own):
        return Status.PASS
    return control.default or (Status.NOT_CHECKED if control.checks else Status.MANUAL)


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
_NSA = (
    _control("1.0", "Containers run as users other than root", _MEDIUM, "KSV-0012"),
    _control("1.1", "File systems of containers cannot be changed", _LOW, "KSV-0014"),
    _control("1.2", "No container is privileged", _HIGH, "KSV-0017"),
    _control("1.3", "Containers do not see each other's processes", _HIGH, "KSV-0008", "CB-K8S-0003"),
    _control("1.4", "The node's processes are not seen", _HIGH, "KSV-0010"),
    _control("1.5", "The node's network is not used", _HIGH, "KSV-0009"),
    _control("1.6", "Neither root nor its group is used", _LOW, "KSV-0105", "KSV-0116"),
    _control("1.7", "Nobody becomes root", _MEDIUM, "KSV-0001"),
    _control("1.8", "SELinux options are left as they are", _MEDIUM, "KSV-0025"),
    _control("1.9", "AppArmor is used", _MEDIUM, "KSV-0002"),
    _control("1.10", "A seccomp profile is used", _LOW, "KSV-0030"),
    _control("1.11", "Tokens of service accounts are mounted where they are needed", _MEDIUM, "KSV-0036"),
    _control("1.12", "Users keep out of kube-system", _MEDIUM, "KSV-0037"),
    _control("2.0", "Network policies select what they are for", _MEDIUM, "KSV-0038"),
    _control("3.0", "The network plugin knows network policies", _CRITICAL),
    _control("4.0", "Quotas limit CPU and memory", _MEDIUM, "KSV-0040"),
    _control("4.1", "Limit ranges limit each container", _MEDIUM, "KSV-0039"),
    _control("5.0", "The control plane has no port without TLS", _CRITICAL),
    _control("5.1", "etcd is spoken to by TLS", _CRITICAL, "KCV-0042", "KCV-0045"),
    _control("6.0", "Only root may change the kubelet's configuration", _CRITICAL),
    _control("6.1", "Secrets are encrypted in etcd", _CRITICAL, "KCV-0030"),
    _control("6.2", "The encryption is a strong one", _CRITICAL),
    _control("7.0", "Anonymous requests are refused", _CRITICAL, "KCV-0001"),
    _control("7.1", "RBAC decides who may do what", _CRITICAL, "KCV-0007", "KCV-0009"),
    _control("8.0", "There is a policy for audits", _HIGH),
    _control("8.1", "There is an audit log", _MEDIUM, "KCV-0019"),
    _control("8.2", "Audit logs are kept", _MEDIUM, "KCV-0020"),
)
_NO_SECRETS = ("DS-0031", "CB-D0009", "CB-D0022", "SECRET-CRITICAL", "SECRET-HIGH")
_DOCKER = (
    _control("4.1", "A user for the container is created", _HIGH, "DS-0002"),
    _control("4.2", "Containers use trusted base images only", _HIGH),
    _control("4.3", "No unnecessary packages are installed in the container", _HIGH),
    _control("4.4", "Images are scanned and rebuilt to include security patches", _CRITICAL, "VULN-CRITICAL"),
    _control("4.5", "Content trust for Docker is enabled", _LOW),
    _control("4.6", "HEALTHCHECK instructions are added to container images", _LOW, "DS-0026"),
    _control("4.7", "Update instructions are not used alone in Dockerfiles", _HIGH, "DS-0017"),
    _control("4.8", "setuid and setgid permissions are removed in images", _HIGH),
    _control("4.9", "COPY is used instead of ADD in Dockerfiles", _LOW, "DS-0005"),
    _control("4.10", "Secrets are not stored in Dockerfiles", _CRITICAL, *_NO_SECRETS),
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
        id="k8s-nsa-1.0",
        title="NSA and CISA Kubernetes Hardening Guidance",
        version="1.0",
        link="https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/"
        "CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
        controls=_NSA,
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
