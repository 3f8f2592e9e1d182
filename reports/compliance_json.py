"""The report on a standard, in the form of Trivy's.

Format: https://trivy.dev/latest/docs/compliance/compliance/. `Suppressed`, `Reason` of a control that was
not checked, and `ArtifactName` of results where there are several artifacts, are additions of ours.
"""

from collections.abc import Iterator

import msgspec

from analyzers.checks.compliance import Control, ControlResult, Status
from reports import trivy_json
from reports.compliance import ComplianceReport
from reports.context import RenderContext
from reports.json_parts import array, formatted

_WITHOUT_FINDINGS = frozenset({"Target", "Class", "Type", "Packages"})
"""What results have that only list packages."""


class _Summary(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    id: str = msgspec.field(name="ID")
    name: str
    severity: str
    total_fail: int | None
    """Null where nothing was checked."""
    status: str
    suppressed: int = 0
    reason: str = ""


class _Control(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    id: str = msgspec.field(name="ID")
    name: str
    severity: str
    status: str
    suppressed: int = 0
    reason: str = ""


class _Written(msgspec.Struct, frozen=True, rename="pascal"):
    """The part of a report that a control takes over."""

    results: tuple[dict[str, msgspec.Raw], ...] = ()


class _Report(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    id: str = msgspec.field(name="ID")
    title: str
    description: str = ""
    version: str = ""
    related_resources: tuple[str, ...] = ()


def render(report: ComplianceReport, context: RenderContext) -> Iterator[str]:
    """Yield the report as JSON: "SummaryControls", or "Results" with what was found for each control.

    What was found in a cluster is too much to be put together at once.
    """
    spec = report.spec
    head = _Report(
        id=spec.id,
        title=spec.title,
        description=spec.description,
        version=spec.version,
        related_resources=(spec.link,) if spec.link else (),
    )
    yield _open(head, 0)
    if report.results and report.is_summary:
        yield ',\n  "SummaryControls": '
        yield from array((formatted(_summary(each), 4) for each in report.results), 2)
    elif report.results:
        yield ',\n  "Results": '
        yield from array(map("".join, (_control(report, each, context) for each in report.results)), 2)
    yield "\n}\n"


def _summary(result: ControlResult) -> _Summary:
    was_checked = result.status in {Status.PASS, Status.FAIL}
    return _Summary(
        id=result.control.id,
        name=result.control.name,
        severity=result.control.severity.name,
        total_fail=result.failed if was_checked else None,
        status=result.status.value,
        suppressed=result.suppressed,
        reason="; ".join(result.reasons),
    )


def _control(report: ComplianceReport, result: ControlResult, context: RenderContext) -> Iterator[str]:
    control = _Control(
        id=result.control.id,
        name=result.control.name,
        severity=result.control.severity.name,
        status=result.status.value,
        suppressed=result.suppressed,
        reason="; ".join(result.reasons),
    )
    yield f'{_open(control, 4)},\n      "Results": '
    yield from array((formatted(each, 8) for each in _results(report, result.control, context)), 6)
    yield "\n    }"


def _results(
    report: ComplianceReport, control: Control, context: RenderContext
) -> Iterator[dict[str, msgspec.Raw]]:
    """Yield the results of reports on what was found, without lists of packages."""
    for document in report.documents(control):
        name = {} if document.name == report.name else {"ArtifactName": _raw(document.name)}
        written = trivy_json.render(document, context)
        for result in msgspec.json.decode(written, type=_Written).results:
            if not result.keys() <= _WITHOUT_FINDINGS:
                yield name | {key: value for key, value in result.items() if key != "Packages"}


def _raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(text))


def _open(value: msgspec.Struct, indent: int) -> str:
    """Return an object without its end."""
    return formatted(value, indent).removesuffix(f"\n{' ' * indent}}}")
