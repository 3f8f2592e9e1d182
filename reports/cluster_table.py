"""The report about a Kubernetes cluster, for people."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from rich.text import Text

from analyzers.inventory import Scanner
from analyzers.severity import Severity
from reports import table
from reports.cluster import (
    ALL,
    ClusterReport,
    Resource,
    WorkloadImage,
    secrets_of,
    severities_of,
)
from reports.context import RenderContext
from reports.counting import count
from reports.coverage import coverage_of
from reports.document import Document
from reports.drawing import draw_in_parts
from reports.layout import Cell, Row, draw, fields, grid, line, paragraph
from reports.printable import one_line
from reports.severities import SEVERITY_STYLES
from reports.table import total

_ROOM_FOR_COLUMNS = 80
_COLUMNS: tuple[tuple[Scanner, str, Callable[[Resource], Counter[Severity]]], ...] = (
    (Scanner.MISCONFIG, "Failed checks", lambda resource: resource.failures),
    (Scanner.SECRET, "Secrets", lambda resource: secrets_of(resource.documents)),
)
"""What is counted in one column, when it was looked for: "CRITICAL 1, LOW 2" is "1C 2L"."""
_ROOM_FOR_COLUMN = 18
_Seen = dict[str, list[tuple[Document, str]]]
"""Digest → what has been shown of it, and with which workload."""
_INCOMPLETE, _COMPLETE, _NOT_ASKED = "incomplete", "checked", "read"


def render(report: ClusterReport, style: str, context: RenderContext) -> Iterator[str]:
    """Yield the summary of all workloads; for "all" what their images hold comes before it.

    An image that several workloads run is shown with the first of them. Strangers' strings are `printable`.
    """
    if style == ALL:
        yield from _each_workload(report, context)
    lines = _summary(report, context.width)
    yield from draw_in_parts(lines, context.width, color=context.color)


def _each_workload(report: ClusterReport, context: RenderContext) -> Iterator[str]:
    seen: _Seen = {}
    for resource in _shown(report):
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
        manifest = report.manifest(resource)
        if manifest and (
            manifest.failures or report.include_passed or (report.show_suppressed and manifest.suppressed)
        ):
            yield table.render(manifest, context) + "\n"
        for document in resource.documents:
            if _first(document, seen) is None:
                seen.setdefault(document.manifest_digest, []).append((document, name))
                yield table.render(document, context) + "\n"


def _shown(report: ClusterReport) -> list[Resource]:
    """Return the workloads, and other objects of which there is anything to tell."""
    return [each for each in report.resources if each.is_workload or _has_anything(each, report)]


def _has_anything(resource: Resource, report: ClusterReport) -> bool:
    judged = resource.judged
    if resource.problems or judged is None or report.include_passed:
        return True
    return bool(judged.failed or (report.show_suppressed and judged.suppressed))


def _name(resource: Resource) -> str:
    return one_line("/".join(filter(None, (resource.namespace, resource.kind, resource.name))))


def _image(image: WorkloadImage, seen: _Seen) -> Iterator[tuple[str, Cell]]:
    yield "Image", Cell(one_line(f"{image.name} ({', '.join(image.containers)})"))
    for problem in image.problems:
        yield "", Cell(one_line(problem), "yellow")
    for document in image.documents:
        if first := _first(document, seen):
            yield "", Cell(f"as in {first}", "dim")


def _first(document: Document, seen: _Seen) -> str | None:
    """Return the workload that an image was shown with, with as much of it left out; None when it was not."""
    shown = seen.get(document.manifest_digest, ())
    return next((name for other, name in shown if other.suppressed == document.suppressed), None)


def _summary(report: ClusterReport, width: int) -> Iterator[Text]:
    documents = report.documents
    yield from (line(Cell(f"Cluster {one_line(report.cluster)}", "bold")), line())
    yield from fields(list(_head(report, documents)), width)
    if report.resources:
        yield line()
        yield from _grid(report, width)
    numbers = severities_of(documents) + secrets_of(documents) + report.failures
    yield line()
    yield from total(numbers, width)
    yield from _failures(report, width)
    yield line()
    yield from paragraph(Cell(_verdict(report, documents), "bold"), width)


def _head(report: ClusterReport, documents: tuple[Document, ...]) -> Iterator[tuple[str, Cell]]:
    if report.version:
        yield (
            "Server",
            Cell(one_line(report.version)),
        )
    yield "Workloads", Cell(f"{len(report.resources) - report.others:,}")
    if report.others:
        unlisted = len(report.resources) - len(_shown(report))
        said = f" ({unlisted:,} without failed checks, not listed)" if unlisted else ""
        yield "Others", Cell(f"{count(report.others, 'object')}{said}")
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
    columns = [(title, counted) for scanner, title, counted in _COLUMNS if scanner in report.scanners]
    if width < _ROOM_FOR_COLUMNS + _ROOM_FOR_COLUMN * len(columns):
        for resource in _shown(report):
            numbers = severities_of(resource.documents)
            parts = [f"{severity.name} {numbers[severity]:,}" for severity in severities]
            parts += [
                f"{title.lower()} {_short(counted(resource), severities)}" for title, counted in columns
            ]
            yield from paragraph(Cell(_name(resource)), width)
            yield from paragraph(Cell(f"{' '.join(parts)} {_state(resource).text}", "dim"), width, indent=2)
        return
    names = (severity.name for severity in severities)
    titles = ("Namespace", "Workload", "Images", *names, *(title for title, _ in columns), "State")
    rows = [
        _row(resource, severities, [counted(resource) for _, counted in columns])
        for resource in _shown(report)
    ]
    yield from grid(titles, rows, width)


def _row(resource: Resource, severities: list[Severity], others: Iterable[Counter[Severity]]) -> Row:
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
            *(
                Cell(_short(each, severities), SEVERITY_STYLES[max(each)] if each else "dim")
                for each in others
            ),
            _state(resource),
        )
    )


def _short(numbers: Counter[Severity], severities: list[Severity]) -> str:
    return " ".join(f"{numbers[each]:,}{each.name[0]}" for each in severities if numbers[each]) or "0"


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
    parts = [_known(report, documents)]
    if Scanner.SECRET in report.scanners and documents:
        parts.append(_number(secrets_of(documents), "secret"))
    if Scanner.MISCONFIG in report.scanners and (documents or any(each.judged for each in report.resources)):
        parts.append(_number(report.failures, "failed check"))
    if incomplete := sum(resource.is_incomplete for resource in report.resources):
        parts.append(f"{count(incomplete, 'workload')} could not be checked completely")
    if report.problems:
        parts.append("there may be more workloads than could be listed")
    return "; ".join(parts) + "."


def _known(report: ClusterReport, documents: tuple[Document, ...]) -> str:
    if not report.resources:
        return "No workloads were found, so there was nothing to check"
    if not report.asks_images:
        return "Images were not asked for"
    if not documents:
        return "No image could be read, so there was nothing to check"
    if not documents[0].vulnerabilities_asked:
        return "Vulnerabilities were not asked for"
    number = severities_of(documents).total()
    noun = "vulnerability" if number == 1 else "vulnerabilities"
    return f"{f'{number:,} known' if number else 'No known'} {noun} in {count(len(documents), 'image')}"


def _number(numbers: Counter[Severity], noun: str) -> str:
    return count(numbers.total(), noun) if numbers else f"no {noun}s"
