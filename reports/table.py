"""The report that people read on a terminal or in a log."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from rich.text import Text

from analyzers.inventory import Scanner
from analyzers.osv import short_title
from analyzers.severity import Severity
from reports.contents_table import content_tables, sentences, severities
from reports.context import RenderContext
from reports.counting import count
from reports.coverage import Coverage, coverage_of
from reports.document import ArtifactType, ComponentFinding, Document
from reports.feed_lines import feed_lines
from reports.layout import Cell, Row, draw, fields, grid, line, paragraph
from reports.printable import one_line
from reports.severities import SEVERITY_STYLES
from reports.support import ended_on
from reports.targets import Target, os_name, targets_of

_ROOM_FOR_TITLES = 120
_ROOM_FOR_COLUMNS = 80
_GAPS = (3, 1)
"""Between the numbers of a total: as wide as there is room for."""
_COLUMNS = ("Library", "Vulnerability", "Severity", "Status", "Installed", "Fixed")
_PROGRAMS = {"gobinary": "Go", "rustbinary": "Rust"}


def render(document: Document, context: RenderContext) -> str:
    """Return head, one table for each target that has findings, and a closing sentence.

    From 120 columns titles have a column of their own, from 80 they stand below their row; on less, each
    finding is a few lines. Strangers' strings are `printable`.
    """
    coverage = coverage_of(document)
    lines = [line(Cell(one_line(document.name), "bold"))]
    if head := list(_head(document, coverage)):
        lines += [line(), *fields(head, context.width)]
    shown = document.findings if document.vulnerabilities_asked else ()
    if found := Counter(each.finding.rating.severity for each in shown) + severities(document):
        lines += [line(), *total(found, context.width)]
    if shown:
        for target in targets_of(document):
            lines += _target(document, target, context.width)
    lines += content_tables(document, context.width)
    lines += [line(), *paragraph(Cell(_verdict(document, coverage), "bold"), context.width)]
    return draw(lines, context.width, color=context.color)


def total(severities: Counter[Severity], width: int) -> Iterator[Text]:
    """Yield the number of findings and of those of each severity, the highest first."""
    cells = [Cell(f"Total {count(severities.total(), 'finding')}", "bold")]
    for severity in reversed(Severity):
        style = SEVERITY_STYLES[severity] if severities[severity] else "dim"
        cells.append(Cell(f"{severity.name} {severities[severity]:,}", style))
    room = sum(len(cell.text) for cell in cells)
    gap = next((gap for gap in _GAPS if room + gap * (len(cells) - 1) <= width), max(_GAPS))
    shown: list[Cell] = []
    for cell in cells:
        if shown and sum(len(each.text) for each in shown) + gap + len(cell.text) > width:
            yield line(*shown)
            shown = []
        shown += [Cell(" " * gap), cell] if shown else [cell]
    yield line(*shown)


def _head(document: Document, coverage: Coverage) -> Iterator[tuple[str, Cell]]:
    if document.manifest_digest:
        yield "Digest", Cell(one_line(document.manifest_digest), is_name=True)
    if document.revision:
        yield "Commit", Cell(one_line(f"{document.revision.commit[:12]} {document.revision.message}"))
    if document.platform:
        yield "Platform", Cell(one_line(document.platform))
    if document.release or document.artifact_type is ArtifactType.IMAGE:
        yield "System", _system(document)
    if Scanner.PACKAGES in document.scanners:
        yield "Packages", Cell(_packages(document))
    if document.vulnerabilities_asked:
        lines = feed_lines(document.feeds, document.created_at)
        feeds = [Cell(one_line(text), "" if is_well else "yellow") for text, is_well in lines]
        yield from _named("Advisories", feeds or [Cell("none used", "yellow")])
    told = {f": {feed.reason}" for feed in coverage.feeds}
    unchecked = (
        f"{count(number, 'package')}: {_without(reason, told)}" for reason, number in coverage.unchecked
    )
    yield from _named("Unchecked", [Cell(one_line(text), "yellow") for text in unchecked])
    ended = (f"{rule}: it ignores nothing any more" for rule in document.expired)
    yield from _named("Expired", [Cell(one_line(text), "yellow") for text in ended])
    problems = (f"{problem.path}: {problem.reason}" for problem in coverage.problems)
    yield from _named("Problems", [Cell(one_line(text), "yellow") for text in problems])


def _system(document: Document) -> Cell:
    name = one_line(os_name(document.release))
    ended = ended_on(document)
    return Cell(f"{name}, past its end of life on {ended}", "yellow") if ended else Cell(name)


def _named(name: str, cells: Sequence[Cell]) -> Iterator[tuple[str, Cell]]:
    for number, cell in enumerate(cells):
        yield "" if number else name, cell


def _packages(document: Document) -> str:
    if not document.components:
        return "none found"
    parts: Counter[str] = Counter()
    for target in targets_of(document):
        name = target.name if target.is_aggregated else _PROGRAMS.get(target.type, target.type)
        parts["system" if target.is_os else name] += len(target.components)
    shown = ", ".join(f"{one_line(name)} {number:,}" for name, number in parts.items() if number)
    return f"{len(document.components):,} ({shown})"


def _without(reason: str, told: Collection[str]) -> str:
    """Return the reason without its last part when that is told already."""
    return next((reason.removesuffix(end) for end in told if reason.endswith(end)), reason)


def _target(document: Document, target: Target, width: int) -> list[Text]:
    indexes = frozenset(target.components)
    found = [each for each in document.findings if each.component in indexes]
    if not found:
        return []
    numbers = f"{count(len(found), 'finding')} in {count(len(indexes), 'package')}"
    head = [line(), *paragraph(Cell(f"{one_line(target.name)}: {numbers}", "bold"), width), line()]
    found.sort(key=lambda each: _order(document, each))
    paths = _paths(document, target)
    if width < _ROOM_FOR_COLUMNS:
        return head + [text for each in found for text in _stacked(document, each, paths, width)][:-1]
    has_titles = width >= _ROOM_FOR_TITLES
    rows = [_row(document, each, paths, has_title=has_titles) for each in found]
    return head + list(grid((*_COLUMNS, "Title") if has_titles else _COLUMNS, rows, width))


def _order(document: Document, found: ComponentFinding) -> tuple[int, str, str, str, str]:
    component = document.components[found.component]
    package = component.package
    return -found.finding.rating.severity, package.name, package.version, found.finding.id, component.path


def _paths(document: Document, target: Target) -> dict[int, str]:
    """Return the paths of packages that are there more than once: only they need telling apart."""
    if not target.is_aggregated:
        return {}
    components = [(index, document.components[index]) for index in target.components]
    times = Counter((each.package.name, each.package.version) for _, each in components)
    return {
        index: each.path for index, each in components if times[each.package.name, each.package.version] > 1
    }


def _cells(document: Document, found: ComponentFinding) -> tuple[Cell, ...]:
    package, finding = document.components[found.component].package, found.finding
    severity = finding.rating.severity
    return (
        Cell(one_line(package.name)),
        Cell(one_line(finding.id), is_name=True),
        Cell(severity.name, SEVERITY_STYLES[severity]),
        Cell(one_line(finding.status)),
        Cell(one_line(package.version)),
        Cell(one_line(finding.fixed)),
    )


def _row(document: Document, found: ComponentFinding, paths: dict[int, str], *, has_title: bool) -> Row:
    cells, title = _cells(document, found), _title(found)
    path = one_line(paths.get(found.component, ""))
    if has_title:
        return Row((*cells, Cell(title)), tuple(filter(None, (path,))))
    return Row(cells, tuple(filter(None, (title, path))))


def _title(found: ComponentFinding) -> str:
    """Return as much of the title as a table has room for; some are paragraphs."""
    return short_title(one_line(found.advice.title))


def _stacked(
    document: Document, found: ComponentFinding, paths: dict[int, str], width: int
) -> Iterator[Text]:
    library, identifier, severity, status, installed, fixed = _cells(document, found)
    head = f"{severity.text} {identifier.text} {status.text}"
    upgrade = f"{installed.text} → {fixed.text}" if fixed.text else installed.text
    yield from paragraph(Cell(head, severity.style), width)
    yield from paragraph(Cell(f"{library.text} {upgrade}"), width, indent=2)
    for note in (_title(found), one_line(paths.get(found.component, ""))):
        if note:
            yield from paragraph(Cell(note, "dim"), width, indent=2)
    yield line()


def _verdict(document: Document, coverage: Coverage) -> str:
    """Return what is known, never without what is not."""
    others = list(sentences(document))
    if not document.vulnerabilities_asked:
        parts = [] if others else ["vulnerabilities were not asked for"]
    elif not coverage.packages:
        parts = ["No packages to check"]
    else:
        number = len(document.findings)
        known = f"{number:,} known" if number else "No known"
        noun = "vulnerability" if number == 1 else "vulnerabilities"
        if document.left_out and not number:
            noun += " that were asked for"
        checked = coverage.packages - coverage.unchecked_packages
        parts = [f"{known} {noun} in {count(checked, 'package')}"] if checked or number else []
    said = "; ".join((*parts, *others, *_gaps(document, coverage)))
    return f"{said[0].upper()}{said[1:]}."


def _gaps(document: Document, coverage: Coverage) -> Iterator[str]:
    if document.left_out:
        yield f"{count(document.left_out, 'finding')} not asked for"
    if coverage.unchecked:
        yield f"{count(coverage.unchecked_packages, 'package')} could not be checked"
    if coverage.undecided:
        yield f"{count(coverage.undecided, 'finding')} could not be decided"
    if coverage.problems:
        yield f"{count(len(coverage.problems), 'problem')} while reading"
    if coverage.feeds:
        yield f"{count(len(coverage.feeds), 'advisory feed')} incomplete"
