"""The report on a standard, for people."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.text import Text

from analyzers.checks.compliance import ControlResult, Status
from reports.compliance import ComplianceReport
from reports.contents_table import content_tables
from reports.context import RenderContext
from reports.counting import count
from reports.document import ArtifactType, ComponentFinding, Document, MisconfigurationFinding
from reports.drawing import draw_in_parts
from reports.layout import Cell, Row, fields, grid, line, paragraph
from reports.printable import one_line
from reports.severities import SEVERITY_STYLES

_ROOM_FOR_COLUMNS = 80
_STYLES = {Status.PASS: "green", Status.FAIL: "bold red", Status.NOT_CHECKED: "yellow", Status.MANUAL: "dim"}


def render(report: ComplianceReport, context: RenderContext) -> Iterator[str]:
    """Yield what fails, control by control, unless the summary is wanted, then a line for each control."""
    return draw_in_parts(_lines(report, context.width), context.width, color=context.color)


def _lines(report: ComplianceReport, width: int) -> Iterator[Text]:
    yield from _head(report, width)
    if not report.is_summary:
        for result in report.results:
            if result.status is Status.FAIL or (report.show_suppressed and result.suppressed):
                yield from _found(report, result, width)
    yield from _controls(report, width)
    yield from _total(report, width)


def _head(report: ComplianceReport, width: int) -> Iterator[Text]:
    rows = [
        ("Target", Cell(one_line(report.name))),
        ("Standard", Cell(one_line(f"{report.spec.title} ({report.spec.id})"))),
        ("", Cell(one_line(report.spec.link))),
    ]
    yield from fields([row for row in rows if row[1].text], width, indent=0)
    yield line()


def _found(report: ComplianceReport, result: ControlResult, width: int) -> Iterator[Text]:
    yield from paragraph(Cell(one_line(f"{result.control.id} {result.control.name}"), "bold"), width)

    def is_object(document: Document) -> bool:
        return document.name != report.name and document.artifact_type is not ArtifactType.IMAGE

    for are_objects, documents in groupby(report.documents(result.control), is_object):
        if are_objects and width >= _ROOM_FOR_COLUMNS:
            yield from _objects(documents, width)
            continue
        for document in documents:
            has_files = document.secrets or document.failures
            if has_files and document.name != report.name and not are_objects:
                yield from (line(), *paragraph(Cell(one_line(document.name)), width))
            yield from _vulnerabilities(document, width)
            yield from content_tables(document, width)
    yield line()


def _objects(documents: Iterable[Document], width: int) -> Iterator[Text]:
    """Yield what is to be told of a cluster's objects, a line for each failure: there are thousands."""
    advice: dict[str, MisconfigurationFinding] = {}
    rows: list[Row] = []
    for document in documents:
        for found, said, source in _said(document):
            advice.setdefault(found.outcome.check, found)
            cells = (Cell(one_line(found.outcome.check)), Cell(one_line(document.name)), Cell(one_line(said)))
            rows.append(Row(cells, (one_line(source),) if source else ()))
    for check, found in sorted(advice.items()):
        yield from paragraph(Cell(one_line(f"{check} {found.title}. {found.resolution}"), "dim"), width)
    yield line()
    yield from grid(("Check", "Object", "Cause"), rows, width)


def _said(document: Document) -> Iterator[tuple[MisconfigurationFinding, str, str]]:
    """Yield what checks say of an object, and who accepts it."""
    for found in document.misconfigurations if document.include_passed else document.failures:
        outcome = found.outcome
        yield found, "passed" if outcome.passed else outcome.message or found.description, ""
    for each in document.suppressed if document.show_suppressed else ():
        if isinstance(each.finding, MisconfigurationFinding):
            decision = each.decision
            source = ", ".join(filter(None, (decision.source, decision.owner)))
            yield each.finding, f"{decision.status.value}: {decision.statement}", source


def _vulnerabilities(document: Document, width: int) -> Iterator[Text]:
    if not document.findings:
        return
    yield line()
    number = len(document.findings)
    noun = "vulnerability" if number == 1 else "vulnerabilities"
    yield from paragraph(Cell(f"{one_line(document.name)}: {number:,} {noun}", "bold"), width)
    yield line()
    if width < _ROOM_FOR_COLUMNS:
        for found in document.findings:
            severity, *others = _cells(document, found)
            yield from paragraph(severity, width)
            yield from paragraph(Cell(" ".join(cell.text for cell in others if cell.text)), width, indent=2)
        return
    rows = [Row(_cells(document, found)) for found in document.findings]
    yield from grid(("Severity", "Vulnerability", "Library", "Installed", "Fixed", "Title"), rows, width)


def _cells(document: Document, found: ComponentFinding) -> tuple[Cell, ...]:
    package, finding = document.components[found.component].package, found.finding
    severity = finding.rating.severity
    texts = (finding.id, package.name, package.version, finding.fixed, found.advice.title)
    return (Cell(severity.name, SEVERITY_STYLES[severity]), *(Cell(one_line(text)) for text in texts))


def _controls(report: ComplianceReport, width: int) -> Iterator[Text]:
    if width < _ROOM_FOR_COLUMNS:
        for result in report.results:
            control = result.control
            judged = ", ".join((control.severity.name, *_numbers(result)))
            text = f"{result.status.value} {control.id} {control.name} ({judged})"
            yield from paragraph(Cell(one_line(text), _STYLES[result.status]), width)
        return
    has_suppressed = any(result.suppressed for result in report.results)
    rows = [
        Row(
            (
                Cell(one_line(result.control.id)),
                Cell(result.control.severity.name, SEVERITY_STYLES[result.control.severity]),
                Cell(result.status.value, _STYLES[result.status]),
                Cell(f"{result.failed:,}" if result.status in {Status.PASS, Status.FAIL} else "-"),
                *((Cell(f"{result.suppressed:,}" if result.suppressed else "-"),) if has_suppressed else ()),
                Cell(one_line(result.control.name)),
            )
        )
        for result in report.results
    ]
    suppressed = ("Suppressed",) if has_suppressed else ()
    yield from grid(("Control", "Severity", "Status", "Failures", *suppressed, "Name"), rows, width)


def _numbers(result: ControlResult) -> Iterator[str]:
    if result.failed:
        yield count(result.failed, "failure")
    if result.suppressed:
        yield f"{result.suppressed:,} suppressed"


def _total(report: ComplianceReport, width: int) -> Iterator[Text]:
    numbers = Counter(result.status for result in report.results)
    words = {Status.PASS: "passed", Status.FAIL: "failed", Status.NOT_CHECKED: "not checked"}
    words[Status.MANUAL] = "to be judged by hand"
    parts = [f"{numbers[status]} {words[status]}" for status in words if numbers[status]]
    if suppressed := sum(result.suppressed for result in report.results):
        parts.append(f"{count(suppressed, 'failure')} suppressed")
    yield line()
    yield from paragraph(
        Cell(f"{count(len(report.results), 'control')}: {', '.join(parts) or 'none'}"), width
    )
    for text in (*_reasons(report.results), *(f"could not be checked: {gap}" for gap in report.gaps)):
        yield from paragraph(Cell(one_line(text), "yellow"), width)


def _reasons(results: Iterable[ControlResult]) -> Iterator[str]:
    """Yield why controls were not checked, each reason once."""
    controls: dict[str, list[str]] = {}
    for result in results:
        if result.reasons:
            controls.setdefault("; ".join(result.reasons), []).append(result.control.id)
    for reason, ids in controls.items():
        yield f"not checked: {', '.join(ids)}: {reason}"
