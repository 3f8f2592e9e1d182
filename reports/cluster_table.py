"""The report about a Kubernetes cluster, for people."""

from collections.abc import Iterator

from rich.text import Text

from analyzers.severity import Severity
from reports import table
from reports.cluster import ALL, ClusterReport, Resource, WorkloadImage, severities_of
from reports.context import RenderContext
from reports.counting import count
from reports.coverage import coverage_of
from reports.document import Document
from reports.layout import Cell, Row, draw, fields, grid, line, paragraph
from reports.printable import one_line
from reports.severities import SEVERITY_STYLES
from reports.table import total

_ROOM_FOR_COLUMNS = 80
_INCOMPLETE, _COMPLETE, _NOT_ASKED = "incomplete", "checked", "read"


def render(report: ClusterReport, style: str, context: RenderContext) -> str:
    """Return the summary of all workloads; for "all" what their images hold comes before it.

    An image that several workloads run is shown with the first of them. Strangers' strings are `printable`.
    """
    shown = _each_workload(report, context) if style == ALL else ()
    return "".join((*shown, _summary(report, context)))


def _each_workload(report: ClusterReport, context: RenderContext) -> Iterator[str]:
    seen: dict[str, str] = {}
    for resource in report.resources:
        name = _name(resource)
        lines = [line(Cell(name, "bold")), line()]
        for image in resource.images:
            lines += fields(list(_image(image, seen)), context.width, indent=0)
        lines += fields(
            [
                ("" if number else "Problems", Cell(one_line(text), "yellow"))
                for number, text in enumerate(resource.problems)
            ],
            context.width,
            indent=0,
        )
        yield draw([*lines, line()], context.width, color=context.color)
        for document in resource.documents:
            if document.manifest_digest not in seen:
                seen[document.manifest_digest] = name
                yield table.render(document, context) + "\n"


def _name(resource: Resource) -> str:
    return one_line("/".join(filter(None, (resource.namespace, resource.kind, resource.name))))


def _image(image: WorkloadImage, seen: dict[str, str]) -> Iterator[tuple[str, Cell]]:
    yield "Image", Cell(one_line(f"{image.name} ({', '.join(image.containers)})"))
    for problem in image.problems:
        yield "", Cell(one_line(problem), "yellow")
    for document in image.documents:
        if first := seen.get(document.manifest_digest):
            yield "", Cell(f"as in {first}", "dim")


def _summary(report: ClusterReport, context: RenderContext) -> str:
    documents, width = report.documents, context.width
    lines = [line(Cell(f"Cluster {one_line(report.cluster)}", "bold")), line()]
    lines += fields(list(_head(report, documents)), width)
    if report.resources:
        lines += [line(), *_grid(report, width)]
    lines += [line(), *total(severities_of(documents), width), *_failures(report, width)]
    lines += [line(), *paragraph(Cell(_verdict(report, documents), "bold"), width)]
    return draw(lines, width, color=context.color)


def _head(report: ClusterReport, documents: tuple[Document, ...]) -> Iterator[tuple[str, Cell]]:
    if report.version:
        yield (
            "Server",
            Cell(one_line(report.version)),
        )
    yield "Workloads", Cell(f"{len(report.resources):,}")
    yield "Images", Cell(f"{len(documents):,} distinct")
    unchecked = sum(coverage_of(document).unchecked_packages for document in documents)
    if unchecked:
        yield "Unchecked", Cell(count(unchecked, "package"), "yellow")
    for number, problem in enumerate(report.problems):
        yield "" if number else "Problems", Cell(one_line(problem), "yellow")
    for number, note in enumerate(report.notes):
        yield "" if number else "Notes", Cell(one_line(note), "dim")


def _grid(report: ClusterReport, width: int) -> Iterator[Text]:
    severities = list(reversed(Severity))
    if width < _ROOM_FOR_COLUMNS:
        for resource in report.resources:
            numbers = severities_of(resource.documents)
            parts = " ".join(f"{severity.name} {numbers[severity]:,}" for severity in severities)
            yield from paragraph(Cell(_name(resource)), width)
            yield from paragraph(Cell(f"{parts} {_state(resource).text}", "dim"), width, indent=2)
        return
    titles = ("Namespace", "Workload", "Images", *(severity.name for severity in severities), "State")
    yield from grid(titles, [_row(resource, severities) for resource in report.resources], width)


def _row(resource: Resource, severities: list[Severity]) -> Row:
    numbers = severities_of(resource.documents)
    return Row(
        (
            Cell(one_line(resource.namespace)),
            Cell(one_line(f"{resource.kind}/{resource.name}")),
            Cell(f"{len(resource.images):,}".rjust(len("Images"))),
            *(
                Cell(
                    f"{numbers[severity]:,}".rjust(len(severity.name)),
                    SEVERITY_STYLES[severity] if numbers[severity] else "dim",
                )
                for severity in severities
            ),
            _state(resource),
        )
    )


def _state(resource: Resource) -> Cell:
    if resource.is_incomplete:
        return Cell(_INCOMPLETE, "yellow")
    is_asked = all(document.vulnerabilities_asked for document in resource.documents)
    return Cell(_COMPLETE if is_asked else _NOT_ASKED, "dim")


def _failures(report: ClusterReport, width: int) -> Iterator[Text]:
    failed = [(resource, resource.errors) for resource in report.resources if resource.errors]
    if not failed:
        return
    yield from (line(), line(Cell("Could not be checked", "bold")), line())
    for resource, errors in failed:
        yield from paragraph(Cell(_name(resource)), width)
        for error in errors:
            yield from paragraph(Cell(one_line(error), "yellow"), width, indent=2)


def _verdict(report: ClusterReport, documents: tuple[Document, ...]) -> str:
    if not report.resources:
        known = "No workloads were found, so there was nothing to check"
    elif not documents:
        known = "No image could be read, so there was nothing to check"
    elif not documents[0].vulnerabilities_asked:
        known = "Vulnerabilities were not asked for"
    else:
        number = severities_of(documents).total()
        noun = "vulnerability" if number == 1 else "vulnerabilities"
        known = f"{f'{number:,} known' if number else 'No known'} {noun} in {count(len(documents), 'image')}"
    incomplete = sum(resource.is_incomplete for resource in report.resources)
    parts = [known]
    if incomplete:
        parts.append(f"{count(incomplete, 'workload')} could not be checked completely")
    if report.problems:
        parts.append("there may be more workloads than could be listed")
    return "; ".join(parts) + "."
