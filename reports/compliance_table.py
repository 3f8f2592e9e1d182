"""The report on a standard, for people."""

from collections import Counter
from collections.abc import Iterator

from rich.text import Text

from analyzers.checks.compliance import ControlResult, Status
from reports.compliance import ComplianceReport
from reports.contents_table import content_tables
from reports.context import RenderContext
from reports.counting import count
from reports.coverage import coverage_of
from reports.layout import Cell, Row, draw, fields, grid, line, paragraph
from reports.printable import one_line
from reports.severities import SEVERITY_STYLES

_ROOM_FOR_COLUMNS = 80
_STYLES = {Status.PASS: "green", Status.FAIL: "bold red", Status.NOT_CHECKED: "yellow", Status.MANUAL: "dim"}


def render(report: ComplianceReport, context: RenderContext) -> str:
    """Return what fails, control by control, unless the summary is wanted, then a line for each control."""
    lines = list(_head(report, context.width))
    if not report.is_summary:
        for result in report.results:
            if result.status is Status.FAIL:
                lines += _failing(report, result, context.width)
    lines += _controls(report, context.width)
    lines += _total(report, context.width)
    return draw(lines, context.width, color=context.color)


def _head(report: ComplianceReport, width: int) -> Iterator[Text]:
    rows = [
        ("Target", Cell(one_line(report.document.name))),
        ("Standard", Cell(one_line(f"{report.spec.title} ({report.spec.id})"))),
        ("", Cell(one_line(report.spec.link))),
    ]
    yield from fields([row for row in rows if row[1].text], width, indent=0)
    yield line()


def _failing(report: ComplianceReport, result: ControlResult, width: int) -> Iterator[Text]:
    yield from paragraph(Cell(one_line(f"{result.control.id} {result.control.name}"), "bold"), width)
    yield from content_tables(report.of(result.control), width)
    yield line()


def _controls(report: ComplianceReport, width: int) -> Iterator[Text]:
    if width < _ROOM_FOR_COLUMNS:
        for result in report.results:
            control = result.control
            judged = f"{control.severity.name}{_failed(result)}"
            text = f"{result.status.value} {control.id} {control.name} ({judged})"
            yield from paragraph(Cell(one_line(text), _STYLES[result.status]), width)
        return
    rows = [
        Row(
            (
                Cell(one_line(result.control.id)),
                Cell(result.control.severity.name, SEVERITY_STYLES[result.control.severity]),
                Cell(result.status.value, _STYLES[result.status]),
                Cell(f"{result.failed:,}" if result.status in {Status.PASS, Status.FAIL} else "-"),
                Cell(one_line(result.control.name)),
            )
        )
        for result in report.results
    ]
    yield from grid(("Control", "Severity", "Status", "Failures", "Name"), rows, width)


def _failed(result: ControlResult) -> str:
    return f", {count(result.failed, 'failure')}" if result.failed else ""


def _total(report: ComplianceReport, width: int) -> Iterator[Text]:
    numbers = Counter(result.status for result in report.results)
    words = {Status.PASS: "passed", Status.FAIL: "failed", Status.NOT_CHECKED: "not checked"}
    words[Status.MANUAL] = "to be judged by hand"
    parts = [f"{numbers[status]} {words[status]}" for status in words if numbers[status]]
    yield line()
    yield from paragraph(
        Cell(f"{count(len(report.results), 'control')}: {', '.join(parts) or 'none'}"), width
    )
    for problem in report.document.problems if coverage_of(report.document).is_incomplete else ():
        text = one_line(": ".join(filter(None, (problem.path, problem.reason))))
        yield from paragraph(Cell(f"not read: {text}", "yellow"), width)
