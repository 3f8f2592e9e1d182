"""A document with secrets, misconfigurations and licences, some of them suppressed."""

import msgspec

from analyzers.ignore.decision import Decision, Status
from analyzers.inventory import CodeLine, Outcome, Scanner, Secret
from analyzers.severity import Severity
from reports.document import (
    ArtifactType,
    Document,
    LicenseFinding,
    MisconfigurationFinding,
    SecretFinding,
    Suppressed,
)
from tests.reports.documents import debian_image

_SCANNERS = frozenset((Scanner.SECRET, Scanner.MISCONFIG, Scanner.LICENSE))


def secret(path: str, layer: int, *, is_deleted: bool = False, is_replaced: bool = False) -> SecretFinding:
    line = "token = ************"
    found = Secret(
        rule="acme-token",
        category="Acme",
        title="Token of Acme",
        severity="CRITICAL",
        start_line=3,
        end_line=3,
        column=9,
        match=line,
        code=(CodeLine(2, "[acme]"), CodeLine(3, line, is_cause=True), CodeLine(4, "")),
        offset=17,
        imprint=4096,
    )
    return SecretFinding(secret=found, path=path, layer=layer, is_deleted=is_deleted, is_replaced=is_replaced)


def misconfiguration(
    path: str, check: str, severity: Severity, *, passed: bool = False, lines: tuple[int, ...] = ()
) -> MisconfigurationFinding:
    outcome = Outcome(
        check=check,
        message="" if passed else f"{check} fails here",
        passed=passed,
        resource="Pod/web",
        start_line=lines[0] if lines else 0,
        end_line=lines[-1] if lines else 0,
        code=tuple(CodeLine(number, f"line {number}", is_cause=True) for number in lines),
        file_type="kubernetes",
    )
    return MisconfigurationFinding(
        outcome=outcome,
        title=f"Title of {check}",
        severity=severity,
        description=f"Why {check} matters.",
        resolution=f"Mend {check}.",
        link=f"https://acme.example/{check}",
        provider="kubernetes",
        service="general",
        path=path,
        layer=1,
    )


def license_of(name: str, severity: Severity, *, package: str = "", path: str = "") -> LicenseFinding:
    return LicenseFinding(
        name=name,
        category="restricted" if severity is Severity.HIGH else "notice",
        severity=severity,
        package=package,
        kind="dpkg" if package else "",
        path=path,
        layer=0,
        confidence=1.0 if package else 0.95,
    )


def with_contents() -> Document:
    """Return an image with two secrets, a manifest, licences, and a finding of each sort suppressed."""
    ignored = Decision(
        status=Status.IGNORED, statement="for tests only", source="file .trivyignore:2", owner="team-a"
    )
    return msgspec.structs.replace(
        debian_image(),
        scanners=_SCANNERS,
        findings=(),
        vulnerabilities_asked=False,
        secrets=(secret("srv/app.ini", 0, is_deleted=True), secret("", -1)),
        misconfigurations=(
            misconfiguration("srv/pod.yaml", "KSV-0001", Severity.MEDIUM, lines=(7, 8)),
            misconfiguration("srv/pod.yaml", "KSV-0017", Severity.HIGH),
            misconfiguration("srv/pod.yaml", "KSV-0009", Severity.HIGH, passed=True),
        ),
        licenses=(
            license_of("GPL-3.0-only", Severity.HIGH, package="bash"),
            license_of("GPL-3.0-only", Severity.HIGH, package="apt"),
            license_of("MIT", Severity.LOW, path="srv/LICENSE"),
        ),
        suppressed=(
            Suppressed(kind="secret", finding=secret("srv/old.ini", 0), decision=ignored),
            Suppressed(
                kind="misconfiguration",
                finding=misconfiguration("srv/pod.yaml", "KSV-0020", Severity.LOW, lines=(9,)),
                decision=ignored,
            ),
            Suppressed(
                kind="license",
                finding=license_of("AGPL-3.0-only", Severity.CRITICAL, package="ghost"),
                decision=ignored,
            ),
        ),
    )


def source_files() -> Document:
    """Return the same of a directory."""
    return msgspec.structs.replace(
        with_contents(), artifact_type=ArtifactType.FILESYSTEM, layers=(), manifest_digest=""
    )
