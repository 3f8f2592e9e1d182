"""The report about a Kubernetes cluster, for people."""

from collections import Counter
from collections.abc import Callable, Iterator

from rich.text import Text

from analyzers.inventory import Scanner
from analyzers.severity import Severity
from reports import table
from reports.cluster import (
    ALL,
    ClusterReport,
    Resource,
    WorkloadImage,
    licenses_of,
    secrets_of,
    severities_of,
)
from reports.contents import without_license
from reports.contents_table import license_sentences
from reports.context import RenderContext
from reports.counting import count, listed
from reports.coverage import coverage_of
from reports.document import Document
from reports.drawing import draw_in_parts
from reports.layout import Cell, Row, draw, fields, grid, line, paragraph
from reports.printable import one_line
from reports.severities import SEVERITY_STYLES
from reports.table import total

_ROOM_FOR_NAMES = 22
_GAP = 2
_COLUMNS: tuple[tuple[Scanner, str, Callable[[Resource], Counter[Severity]]], ...] = (
    (Scanner.MISCONFIG, "Failed checks", lambda resource: resource.failures),
    (Scanner.SECRET, "Secrets", lambda resource: secrets_of(resource.documents)),
    (Scanner.LICENSE, "Licences", lambda resource: licenses_of(resource.documents)),
)
"""What is counted in one column, when it was looked for: "CRITICAL 1, LOW 2" is "1C 2L"."""
_Seen = dict[str, list[tuple[Document, str]]]
"""Digest → what has been shown of it, and with which workload."""
_INCOMPLETE, _COMPLETE, _NOT_ASKED = "incomplete", "checked", "read"
_IMAGES, _STATE = "Images", "State"
_NOT_KNOWN = "?"
"""Where nothing was found, but not everything could be read: it must not look like nothing to be found."""


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
    numbers = severities_of(documents) + secrets_of(documents) + licenses_of(documents) + report.failures
    yield line()
    yield from total(numbers, width)
    yield from _failures(report, width)
    yield line()
    yield from paragraph(Cell(_verdict(report, documents), "bold"), width)


def _head(report: ClusterReport, documents: tuple[Document, ...]) -> Iterator[tuple[str, Cell]]:
    if report.version:
        yield "Server", Cell(one_line(report.version))
    yield "Workloads", Cell(f"{len(report.resources) - report.others:,}")
    if report.others:
        yield "Others", Cell(f"{count(report.others, 'object')}{_unlisted(report)}")
    if report.asks_images:
        yield "Images", Cell(f"{len(documents):,} distinct")
    unchecked = sum(coverage_of(document).unchecked_packages for document in documents)
    if unchecked:
        yield "Unchecked", Cell(count(unchecked, "package"), "yellow")
    for number, problem in enumerate(report.problems):
        yield "" if number else "Problems", Cell(one_line(problem), "yellow")
    for number, note in enumerate(report.notes):
        yield "" if number else "Notes", Cell(one_line(note), "dim")


def _unlisted(report: ClusterReport) -> str:
    hidden = [each for each in report.resources if not (each.is_workload or _has_anything(each, report))]
    if not hidden:
        return ""
    is_all = not any(each.judged and each.judged.left_out for each in hidden)
    return f" ({len(hidden):,} without failed checks{'' if is_all else ' that were asked for'}, not listed)"


def _grid(report: ClusterReport, width: int) -> Iterator[Text]:
    shown = _shown(report)
    numbers = [dict(_numbers(report, resource)) for resource in shown]
    titles = list(numbers[0]) if numbers else []
    room = sum(max(len(title), *(len(each[title].text) for each in numbers)) + _GAP for title in titles)
    if _ROOM_FOR_NAMES + room > width:
        yield from _stacked(shown, numbers, width)
    else:
        rows = [
            Row((Cell(one_line(each.namespace)), Cell(one_line(f"{each.kind}/{each.name}")), *own.values()))
            for each, own in zip(shown, numbers, strict=True)
        ]
        yield from grid(("Namespace", "Workload", *titles), rows, width)
    if any(cell.text.strip() == _NOT_KNOWN for own in numbers for cell in own.values()):
        yield line()
        text = f"{_NOT_KNOWN} is not known: nothing was found, but something could not be read or checked"
        yield from paragraph(Cell(text, "dim"), width)


def _stacked(shown: list[Resource], numbers: list[dict[str, Cell]], width: int) -> Iterator[Text]:
    for resource, own in zip(shown, numbers, strict=True):
        told = {title: cell.text.strip() for title, cell in own.items() if cell.text}
        severities = (f"{each.name} {told[each.name]}" for each in reversed(Severity) if each.name in told)
        others = (f"{title.lower()} {told[title]}" for _, title, _ in _COLUMNS if title in told)
        parts = filter(None, (" ".join(severities), *others, told[_STATE]))
        yield from paragraph(Cell(_name(resource)), width)
        yield from paragraph(Cell(", ".join(parts), "dim"), width, indent=2)


def _numbers(report: ClusterReport, resource: Resource) -> Iterator[tuple[str, Cell]]:
    """Yield the titles of all columns but those with names, and what stands there: what was asked for.

    What runs nothing has no images of which there were anything to say.
    """
    if report.asks_images:
        yield _IMAGES, Cell(f"{len(resource.images):,}".rjust(len(_IMAGES)) if resource.is_workload else "")
    if report.asks_vulnerabilities:
        yield from _vulnerabilities(resource)
    nothing = "0" if _is_read(resource) else _NOT_KNOWN
    for scanner, title, counted in _COLUMNS:
        if scanner in report.scanners:
            found = counted(resource)
            has_any = resource.is_workload or scanner is Scanner.MISCONFIG
            text = (_short(found) or nothing) if has_any else ""
            yield title, Cell(text, SEVERITY_STYLES[max(found)] if found else "dim")
    yield _STATE, _state(resource)


def _vulnerabilities(resource: Resource) -> Iterator[tuple[str, Cell]]:
    found = severities_of(resource.documents)
    is_known = _is_read(resource) and all(map(_is_matched, resource.documents))
    for severity in reversed(Severity):
        number = found[severity]
        text = f"{number:,}" if number or is_known else _NOT_KNOWN
        style = SEVERITY_STYLES[severity] if number else "dim"
        yield severity.name, Cell(text.rjust(len(severity.name)) if resource.is_workload else "", style)


def _is_read(resource: Resource) -> bool:
    return not resource.errors and all(image.documents for image in resource.images)


def _is_matched(document: Document) -> bool:
    """Return whether advisories were there for any of its packages, where it has some."""
    coverage = coverage_of(document)
    return not coverage.packages or coverage.unchecked_packages < coverage.packages


def _short(numbers: Counter[Severity]) -> str:
    return " ".join(f"{numbers[each]:,}{each.name[0]}" for each in reversed(Severity) if numbers[each])


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
    return "; ".join((_known(report, documents), *_others(report, documents), *_gaps(report))) + "."


def _others(report: ClusterReport, documents: tuple[Document, ...]) -> Iterator[str]:
    if Scanner.SECRET in report.scanners and documents:
        yield _number(secrets_of(documents), "secret")
    if Scanner.LICENSE in report.scanners and documents:
        found = [each for document in documents for each in document.licenses]
        yield from license_sentences(found, sum(len(without_license(each)) for each in documents))
    if Scanner.MISCONFIG in report.scanners and (documents or any(each.judged for each in report.resources)):
        yield _number(report.failures, "failed check")


def _gaps(report: ClusterReport) -> Iterator[str]:
    if report.left_out:
        yield f"{count(report.left_out, 'finding')} not asked for"
    incomplete = Counter(each.is_workload for each in report.resources if each.is_incomplete)
    nouns = ((True, "workload"), (False, "object"))
    if parts := [count(incomplete[kind], noun) for kind, noun in nouns if incomplete[kind]]:
        yield f"{listed(parts)} could not be checked completely"
    if report.problems:
        yield f"there may be more {_missing(report)} than could be listed"


def _missing(report: ClusterReport) -> str:
    if not report.may_miss_others:
        return "workloads"
    return "workloads and other objects" if report.may_miss_workloads else "objects"


def _known(report: ClusterReport, documents: tuple[Document, ...]) -> str:
    if not report.resources:
        return "No workloads were found, so there was nothing to check"
    if not report.asks_images:
        return "Images were not asked for"
    if not documents:
        return "No image could be read, so there was nothing to check"
    if not report.asks_vulnerabilities:
        return "Vulnerabilities were not asked for"
    number = severities_of(documents).total()
    checked = sum(bool(each.findings) or _is_matched(each) for each in documents)
    if not checked:
        return "No package could be checked for vulnerabilities"
    noun = "vulnerability" if number == 1 else "vulnerabilities"
    if report.left_out and not number:
        noun += " that were asked for"
    return f"{f'{number:,} known' if number else 'No known'} {noun} in {count(checked, 'image')}"


def _number(numbers: Counter[Severity], noun: str) -> str:
    return count(numbers.total(), noun) if numbers else f"no {noun}s"
