"""A difference of two images, for people."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from analyzers.severity import Severity
from reports.content_difference import CheckChange, LicenseChange, SecretChange, State
from reports.contents_table import covered
from reports.context import RenderContext
from reports.counting import count, listed
from reports.difference import Difference, PackageFinding, Side
from reports.layer_names import layer_name
from reports.layout import Cell, Row, draw, fields, grid, line, paragraph
from reports.printable import one_line
from reports.severities import SEVERITY_STYLES

_ROOM_FOR_COLUMNS = 80
_SECONDS = len("2026-01-01T00:00:00")


def render(found: Difference, context: RenderContext) -> str:
    """Return both sides, what became of the findings, and of the packages."""
    width = context.width
    lines = list(fields(list(_head(found)), width, indent=0))
    for text in _warnings(found):
        lines += [line(), *paragraph(Cell(text, "yellow"), width)]
    changes = [*_findings(found, width), *_contents(found, width), *_packages(found, width)]
    if found.show_suppressed:
        changes += _suppressed(found, width)
    if not changes:
        changes = [line(), *paragraph(Cell(_nothing(found), "bold"), width)]
    return draw([*lines, *changes], width, color=context.color)


def _head(found: Difference) -> Iterator[tuple[str, Cell]]:
    yield "Before", _side(found.before)
    yield "After", _side(found.after)
    if found.before.suppressed or found.after.suppressed:
        both = f"{count(found.before.suppressed, 'finding')} before, {found.after.suppressed:,} after"
        yield "Suppressed", Cell(both)
    for number, rule in enumerate(found.expired):
        text = one_line(f"{rule}: it ignores nothing any more")
        yield "" if number else "Expired", Cell(text, "yellow")


def _side(side: Side) -> Cell:
    # To the second; the store knows it to the microsecond.
    time = f"{side.time[:_SECONDS]}Z" if side.time else ""
    digest = "" if side.digest == side.name else side.digest
    return Cell(one_line(" ".join(filter(None, (side.name, digest, time)))))


def _warnings(found: Difference) -> Iterator[str]:
    if not found.findings_compared:
        yield "Vulnerabilities were not compared: they were not asked for on both sides."
    for noun, contents in (
        ("Secrets", found.secrets),
        ("Licences", found.licenses),
        ("Checks of the configuration", found.checks),
    ):
        if contents.reason and contents.state is not State.NOT_ASKED:
            were = "were compared" if contents.is_compared else "were not compared"
            yield f"{noun} {were}: {one_line(contents.reason)}."
    sides = [name for name, side in (("Before", found.before), ("After", found.after)) if side.incomplete]
    if sides:
        yield f"{listed(sides)}: not everything could be checked, so what is missing need not be gone."


def _nothing(found: Difference) -> str:
    parts = (
        ("no known vulnerability", found.findings_compared),
        ("no secret", found.secrets.is_compared),
        ("no licence", found.licenses.is_compared),
        ("no failed check", found.checks.is_compared),
    )
    *first, last = ("No package", *(text for text, is_compared in parts if is_compared))
    but = ", but for what is suppressed" if found.suppressed else ""
    return f"{', '.join(first)} and {last} changed{but}." if first else f"{last} changed{but}."


def _findings(found: Difference, width: int) -> Iterator[Text]:
    parts = (
        ("opened", found.findings_opened),
        ("closed", found.findings_closed),
        ("no longer checked", found.findings_unchecked),
    )
    for word, findings in parts:
        rows = [_finding(finding) for finding in findings]
        columns = ("Library", "Vulnerability", "Severity", "Installed", "Fixed")
        yield from _part(f"{count(len(rows), 'finding')} {word}", columns, rows, width)
    rows = [
        Row(
            (
                *_finding(change.after).cells[:2],
                _change(change.before.severity, change.after.severity),
                _change(change.before.fixed_version, change.after.fixed_version),
            )
        )
        for change in found.findings_changed
    ]
    changed = ("Library", "Vulnerability", "Severity", "Fixed")
    yield from _part(f"{count(len(rows), 'finding')} changed", changed, rows, width)


def _finding(finding: PackageFinding) -> Row:
    cells = (
        Cell(one_line(finding.package)),
        Cell(one_line(finding.id), is_name=True),
        Cell(finding.severity, SEVERITY_STYLES[Severity[finding.severity]]),
        Cell(one_line(", ".join(finding.versions))),
        Cell(one_line(finding.fixed_version)),
    )
    title = one_line(finding.title)
    return Row(cells, (title,) if title else ())


def _contents(found: Difference, width: int) -> Iterator[Text]:
    for word, secrets in (("added", found.secrets.added), ("removed", found.secrets.removed)):
        rows = [_secret(each) for each in sorted(secrets, key=_worst_first)]
        columns = ("Severity", "Secret", "Place", "Match")
        yield from _part(f"{count(len(rows), 'secret')} {word}", columns, rows, width)
    for word, checks in (("opened", found.checks.added), ("closed", found.checks.removed)):
        rows = [_check(each) for each in sorted(checks, key=_worst_first)]
        yield from _part(
            f"{count(len(rows), 'failed check')} {word}", ("Severity", "Check", "Cause"), rows, width
        )
    for word, licenses in (("added", found.licenses.added), ("removed", found.licenses.removed)):
        rows = [_license(each) for each in sorted(licenses, key=_worst_first)]
        columns = ("Severity", "Licence", "Category", "Package or file")
        yield from _part(f"{count(len(rows), 'licence')} {word}", columns, rows, width)


def _severity(name: str) -> Cell:
    return Cell(name, SEVERITY_STYLES[Severity[name]])


def _secret(found: SecretChange) -> Row:
    place = f"{found.path}:{found.line}" if found.path else "image configuration"
    cells = (
        _severity(found.severity),
        Cell(one_line(f"{found.title} ({found.rule_id})")),
        Cell(one_line(place)),
        Cell(one_line(found.match)),
    )
    gone = covered(is_deleted=found.deleted, is_replaced=found.replaced)
    return Row(cells, _notes(gone, layer_name(found.layer.digest, found.layer.created_by)))


def _check(found: CheckChange) -> Row:
    cells = (
        _severity(found.severity),
        Cell(one_line(f"{found.id} {found.title}")),
        Cell(one_line(found.message)),
    )
    return Row(cells, _notes(found.resolution))


def _license(found: LicenseChange) -> Row:
    cells = (
        _severity(found.severity),
        Cell(one_line(found.name)),
        Cell(one_line(found.category)),
        Cell(one_line(found.package or found.path)),
    )
    return Row(cells, _notes(layer_name(found.layer.digest, found.layer.created_by)))


def _worst_first(found: SecretChange | CheckChange | LicenseChange) -> int:
    return -Severity[found.severity]


def _notes(*texts: str) -> tuple[str, ...]:
    return tuple(one_line(text) for text in texts if text)


def _packages(found: Difference, width: int) -> Iterator[Text]:
    for word, packages in (("added", found.packages_added), ("removed", found.packages_removed)):
        rows = [
            Row((Cell(one_line(each.name)), Cell(one_line(each.version)), Cell(each.kind)))
            for each in packages
        ]
        yield from _part(f"{count(len(rows), 'package')} {word}", ("Package", "Version", "Kind"), rows, width)
    rows = [
        Row((Cell(one_line(each.name)), _change(each.from_, each.to), Cell(each.kind)))
        for each in found.packages_changed
    ]
    yield from _part(f"{count(len(rows), 'package')} changed", ("Package", "Version", "Kind"), rows, width)


def _suppressed(found: Difference, width: int) -> Iterator[Text]:
    for word, findings in (("newly", found.suppressed.added), ("no longer", found.suppressed.removed)):
        rows = [
            Row(
                (
                    _severity(each.severity),
                    Cell(one_line(f"{each.id} in {each.target or 'the image configuration'}")),
                    Cell(each.status),
                    Cell(one_line(each.statement)),
                ),
                _notes(each.source),
            )
            for each in findings
        ]
        columns = ("Severity", "Finding", "Status", "Why")
        yield from _part(f"{count(len(rows), 'finding')} {word} suppressed", columns, rows, width)


def _part(title: str, columns: Sequence[str], rows: Sequence[Row], width: int) -> Iterator[Text]:
    if not rows:
        return
    yield from (line(), *paragraph(Cell(title, "bold"), width), line())
    if width >= _ROOM_FOR_COLUMNS:
        yield from grid(columns, rows, width)
        return
    for row in rows:
        yield from paragraph(Cell(" ".join(filter(None, (cell.text for cell in row.cells)))), width)
        for note in row.notes:
            yield from paragraph(Cell(note, "dim"), width, indent=2)


def _change(before: str, after: str) -> Cell:
    if before == after:
        return Cell(one_line(after))
    return Cell(one_line(f"{before or 'none'} → {after or 'none'}"))
