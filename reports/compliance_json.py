"""The report on a standard, in the form of Trivy's.

Format: https://trivy.dev/latest/docs/compliance/compliance/
"""

import msgspec

from analyzers.checks.compliance import ControlResult, Status
from reports import trivy_schema as schema
from reports.compliance import ComplianceReport
from reports.context import RenderContext
from reports.printable import harmless_json
from reports.trivy_contents import content_results


class _Summary(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    id: str = msgspec.field(name="ID")
    name: str
    severity: str
    total_fail: int | None
    """Null where nothing was checked."""
    status: str


class _Control(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    id: str = msgspec.field(name="ID")
    name: str
    severity: str
    status: str
    results: tuple[schema.Result, ...]


class _Report(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    id: str = msgspec.field(name="ID")
    title: str
    description: str = ""
    version: str = ""
    related_resources: tuple[str, ...] = ()
    summary_controls: tuple[_Summary, ...] = ()
    results: tuple[_Control, ...] = ()


def render(report: ComplianceReport, _context: RenderContext) -> str:
    """Return the report as JSON: "SummaryControls", or "Results" with what was found for each control."""
    spec = report.spec
    results = report.results
    made = _Report(
        id=spec.id,
        title=spec.title,
        description=spec.description,
        version=spec.version,
        related_resources=(spec.link,) if spec.link else (),
        summary_controls=tuple(map(_summary, results)) if report.is_summary else (),
        results=() if report.is_summary else tuple(_control(report, each) for each in results),
    )
    return harmless_json(msgspec.json.format(msgspec.json.encode(made), indent=2).decode()) + "\n"


def _summary(result: ControlResult) -> _Summary:
    was_checked = result.status in {Status.PASS, Status.FAIL}
    return _Summary(
        id=result.control.id,
        name=result.control.name,
        severity=result.control.severity.name,
        total_fail=result.failed if was_checked else None,
        status=result.status.value,
    )


def _control(report: ComplianceReport, result: ControlResult) -> _Control:
    return _Control(
        id=result.control.id,
        name=result.control.name,
        severity=result.control.severity.name,
        status=result.status.value,
        results=tuple(content_results(report.of(result.control))),
    )
