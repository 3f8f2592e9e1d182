"""The summary of a crawl, for people."""

from collections import Counter
from collections.abc import Iterator

from rich.text import Text

from analyzers.severity import Severity
from reports.context import RenderContext
from reports.counting import count
from reports.crawl_summary import FAILURES_LISTED, ContentTotals, CrawlSummary, ImageFindings, worst
from reports.layout import Cell, Row, draw, fields, grid, line, paragraph
from reports.printable import one_line
from reports.severities import SEVERITY_STYLES
from reports.table import total

_UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB")
_KILO = 1000
_MINUTE, _HOUR = 60, 3600
_ROOM_FOR_COLUMNS = 80
_UNREAD = "Nothing was read, now or before: what the images hold is not known."


def render(summary: CrawlSummary, context: RenderContext) -> str:
    """Return what was crawled, what was found, the worst images and the failures."""
    width = context.width
    lines = [*fields(list(_rows(summary)), width, indent=0), line()]
    lines += _findings(summary, width)
    lines += _worst(worst(summary.worst_images), width)
    lines += _unreadable(summary.unreadable_images, width)
    lines += _failures(summary, width)
    return draw(lines, width, color=context.color)


def _findings(summary: CrawlSummary, width: int) -> Iterator[Text]:
    if summary.findings is None:
        return paragraph(Cell(_UNREAD, "red"), width)
    return total(Counter({each: summary.findings.get(each.name, 0) for each in Severity}), width)


def _rows(summary: CrawlSummary) -> Iterator[tuple[str, Cell]]:
    for number, registry in enumerate(summary.registries):
        yield "" if number else "Registries", Cell(one_line(registry))
    names = f"{count(summary.repositories, 'repository')}, {count(summary.tags, 'tag')}"
    yield "Names", Cell(names)
    states = ", ".join(
        f"{number:,} {one_line(state.replace('_', ' '))}"
        for state, number in summary.manifests.items()
        if number
    )
    yield "Manifests", Cell(states or "none")
    yield "Images", Cell(f"{summary.images_analysed:,} analysed, {summary.images_known:,} known before")
    yield "Layers", Cell(f"{summary.layers_analysed:,} analysed, {summary.layers_reused:,} reused")
    yield "Traffic", Cell(_traffic(summary))
    yield "Pulled", Cell(_pulled(summary))
    if summary.manifests_pruned:
        yield "Pruned", Cell(f"{count(summary.manifests_pruned, 'manifest')} long without a tag")
    yield "Time", Cell(_duration(summary.seconds))
    for title, _, found in _contents(summary):
        yield title, _found(found)
    if suppressed := ", ".join(_suppressed(summary)):
        yield "Suppressed", Cell(suppressed)
    if summary.unchecked_packages:
        yield "Unchecked", Cell(count(summary.unchecked_packages, "package"), "yellow")
    if summary.unreadable_images:
        yield "Unreadable", Cell(f"parts of {count(len(summary.unreadable_images), 'image')}", "yellow")
    if summary.undecided_findings:
        yield "Undecided", Cell(count(summary.undecided_findings, "finding"), "yellow")
    if summary.failures:
        yield "Failures", Cell(f"{len(summary.failures):,}", "red")


def _contents(summary: CrawlSummary) -> Iterator[tuple[str, str, ContentTotals]]:
    """Yield the heading, the word and the totals of what was looked for."""
    kinds = (
        ("Secrets", "secret", summary.secrets),
        ("Failed checks", "failed check", summary.misconfigurations),
        ("Licences", "licence", summary.licenses),
    )
    return ((title, word, found) for title, word, found in kinds if found is not None)


def _found(found: ContentTotals) -> Cell:
    there = [severity for severity in reversed(Severity) if found.severities.get(severity.name)]
    if not there:
        return Cell("none", "dim")
    parts = ", ".join(f"{found.severities[each.name]:,} {each.name}" for each in there)
    number = sum(found.severities.values())
    return Cell(f"{number:,} in {count(found.images, 'image')} ({parts})", SEVERITY_STYLES[there[0]])


def _suppressed(summary: CrawlSummary) -> Iterator[str]:
    numbers = ((each.suppressed, word) for _, word, each in _contents(summary))
    return (
        count(number, word) for number, word in ((summary.suppressed_findings, "finding"), *numbers) if number
    )


def _traffic(summary: CrawlSummary) -> str:
    others = summary.requests - summary.list_requests - summary.head_requests
    numbers = ((summary.list_requests, "list"), (summary.head_requests, "HEAD"), (others, "other"))
    kinds = ", ".join(count(number, noun) for number, noun in numbers)
    return f"{count(summary.requests, 'request')} ({kinds}), {_size(summary.bytes_received)} received"


def _pulled(summary: CrawlSummary) -> str:
    pulled, unique = _size(summary.bytes_pulled), _size(summary.unique_bytes)
    ratio = f" ({summary.bytes_pulled / summary.unique_bytes:.2f} times)" if summary.unique_bytes else ""
    return f"{pulled} of layers, {unique} of them unique{ratio}"


def _size(number: int) -> str:
    value, unit = float(number), 0
    while value >= _KILO and unit < len(_UNITS) - 1:
        value, unit = value / _KILO, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{number} bytes"


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def _worst(images: tuple[ImageFindings, ...], width: int) -> Iterator[Text]:
    if not images:
        return
    yield from (line(), line(Cell("Images with most findings", "bold")), line())
    severities = list(reversed(Severity))
    if width < _ROOM_FOR_COLUMNS:
        for image in images:
            numbers = (f"{each.name} {image.severities.get(each.name, 0):,}" for each in severities)
            yield from paragraph(Cell(one_line(image.name)), width)
            yield from paragraph(Cell(" ".join(numbers), "dim"), width, indent=2)
        return
    rows = [Row((Cell(one_line(image.name)), *_numbers(image, severities))) for image in images]
    yield from grid(("Image", *(severity.name for severity in severities)), rows, width)


def _numbers(image: ImageFindings, severities: list[Severity]) -> Iterator[Cell]:
    for severity in severities:
        number = image.severities.get(severity.name, 0)
        yield Cell(f"{number:,}".rjust(len(severity.name)), SEVERITY_STYLES[severity] if number else "dim")


def _unreadable(names: tuple[str, ...], width: int) -> Iterator[Text]:
    if not names:
        return
    yield from (line(), line(Cell("Read in part only; `cleanbill image` says why", "bold")), line())
    for name in names[:FAILURES_LISTED]:
        yield from paragraph(Cell(one_line(name)), width)
    yield from _rest(len(names))


def _rest(number: int) -> Iterator[Text]:
    if number > FAILURES_LISTED:
        yield line(Cell(f"and {number - FAILURES_LISTED:,} more", "yellow"))


def _failures(summary: CrawlSummary, width: int) -> Iterator[Text]:
    if not summary.failures:
        return
    yield from (line(), line(Cell("Failures", "bold")), line())
    for failure in summary.failures[:FAILURES_LISTED]:
        yield from paragraph(Cell(one_line(failure.name)), width)
        yield from paragraph(Cell(one_line(failure.reason), "yellow"), width, indent=2)
    yield from _rest(len(summary.failures))
