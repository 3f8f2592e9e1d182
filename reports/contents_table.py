"""Secrets, misconfigurations and licences, as the table has them."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from rich.text import Text

from analyzers.inventory import Scanner
from analyzers.severity import Severity
from reports.contents import without_license
from reports.counting import count
from reports.document import (
    ComponentFinding,
    Document,
    LicenseFinding,
    MisconfigurationFinding,
    SecretFinding,
    Suppressed,
)
from reports.layer_names import layer_name
from reports.layout import Cell, Row, grid, line, paragraph
from reports.printable import one_line
from reports.severities import SEVERITY_STYLES

_ROOM_FOR_COLUMNS = 80


def content_tables(document: Document, width: int) -> Iterator[Text]:
    """Yield a table for each file with secrets or failed checks, then one of licences."""
    yield from _secrets(document, width)
    yield from _configurations(document, width)
    yield from _licenses(document.licenses, width)
    yield from _suppressed(document, width)


def severities(document: Document) -> Counter[Severity]:
    """Return how many findings of these sorts there are of each severity."""
    found = Counter(each.severity for each in document.secrets)
    found += Counter(each.severity for each in document.failures)
    return found + Counter(each.severity for each in document.licenses)


def sentences(document: Document) -> Iterator[str]:
    """Yield what was found, a phrase for each sort that was looked for."""
    if Scanner.SECRET in document.scanners:
        asked = " that were asked for" if document.left_out and not document.secrets else ""
        yield _number(len(document.secrets), "secret") + asked
    if document.misconfigurations or Scanner.MISCONFIG in document.scanners:
        failed = {(each.path, each.outcome.check) for each in document.failures}
        checks = {(each.path, each.outcome.check) for each in document.misconfigurations}
        yield f"{len(failed):,} of {count(len(checks), 'check')} failed" if checks else "nothing to check"
    if Scanner.LICENSE in document.scanners:
        yield from license_sentences(document.licenses, len(without_license(document)))
    if document.suppressed:
        yield f"{count(len(document.suppressed), 'finding')} suppressed"


def license_sentences(found: Collection[LicenseFinding], silent: int) -> Iterator[str]:
    """Yield how many licences there are in how many findings, and how many packages state none."""
    names = {each.name for each in found}
    findings = f" in {count(len(found), 'finding')}" if found else ""
    yield f"{_number(len(names), 'licence')}{findings}"
    if silent:
        yield f"{count(silent, 'package')} {'states' if silent == 1 else 'state'} no licence"


def covered(*, is_deleted: bool, is_replaced: bool) -> str:
    """Return what a later layer does to the file of a secret; "" when that is nothing."""
    if is_deleted:
        return "a later layer deletes the file, but it is still in the image"
    return "a later layer replaces the file, but this one is still in the image" if is_replaced else ""


def _number(number: int, noun: str) -> str:
    return count(number, noun) if number else f"no {noun}s"


def _secrets(document: Document, width: int) -> Iterator[Text]:
    def place(each: SecretFinding) -> str:
        return each.path

    for path, group in groupby(sorted(document.secrets, key=place), place):
        found = list(group)
        yield from _head(path or "image configuration", count(len(found), "secret"), width)
        rows = [
            _Line(
                found.severity,
                f"{found.secret.title} ({found.secret.rule})",
                *_placed(found.secret.start_line, found.secret.match),
                note=_origin(document, found),
            )
            for found in found
        ]
        yield from _lines(("Severity", "Secret", "Line", "Match"), rows, width)


def _configurations(document: Document, width: int) -> Iterator[Text]:
    shown = document.misconfigurations if document.include_passed else document.failures

    def place(each: MisconfigurationFinding) -> str:
        return each.path

    for path, group in groupby(sorted(shown, key=place), place):
        found = list(group)
        failed = sum(not each.outcome.passed for each in found)
        yield from _head(path or "image configuration", f"{count(failed, 'failure')}", width)
        rows = [
            _Line(
                each.severity,
                f"{each.outcome.check} {each.title}",
                *_placed(
                    each.outcome.start_line,
                    "passed" if each.outcome.passed else each.outcome.message or each.description,
                ),
                note=": ".join(filter(None, (each.outcome.resource, each.resolution))),
            )
            for each in sorted(found, key=lambda each: (-each.severity, each.outcome.start_line))
        ]
        yield from _lines(("Severity", "Check", "Line", "Cause"), rows, width)


def _licenses(found: Sequence[LicenseFinding], width: int) -> Iterator[Text]:
    if not found:
        return
    where: dict[tuple[int, str, str], list[LicenseFinding]] = {}
    for each in found:
        where.setdefault((-each.severity, each.name, each.category), []).append(each)
    names = {each.name for each in found}
    yield from _head("Licences", f"{len(names):,} in {count(len(found), 'finding')}", width)
    rows = [
        _Line(
            Severity(-severity),
            name,
            (category, f"{len(own):,}", holders := _holders(own)),
            (f"{category}, {count(len(own), 'finding')}", holders),
        )
        for (severity, name, category), own in sorted(where.items(), key=lambda item: item[0])
    ]
    yield from _lines(("Severity", "Licence", "Category", "Findings", "Packages and files"), rows, width)


def _holders(found: Sequence[LicenseFinding]) -> str:
    """Return the packages and files that have a licence; of packages that several files tell of, how many."""
    places: dict[str, set[str]] = {}
    for each in found:
        places.setdefault(each.package or each.path, set()).add(each.path)
    return ", ".join(
        f"{name} ({count(len(paths), 'file')})" if len(paths) > 1 else name
        for name, paths in sorted(places.items())
    )


def _suppressed(document: Document, width: int) -> Iterator[Text]:
    if not (document.show_suppressed and document.suppressed):
        return
    yield from _head("Suppressed", count(len(document.suppressed), "finding"), width)
    rows = [
        _Line(
            *_named(document, each),
            (each.decision.status.value, each.decision.statement),
            note=each.decision.origin,
        )
        for each in document.suppressed
    ]
    yield from _lines(("Severity", "Finding", "Status", "Why"), rows, width)


def _named(document: Document, suppressed: Suppressed) -> tuple[Severity, str]:
    match suppressed.finding:
        case ComponentFinding() as found:
            package = document.components[found.component].package
            return found.finding.rating.severity, f"{found.finding.id} in {package.name} {package.version}"
        case SecretFinding() as found:
            return found.severity, f"{found.secret.rule} in {found.path or 'the image configuration'}"
        case LicenseFinding() as found:
            return found.severity, f"{found.name} of {found.package or found.path}"
        case MisconfigurationFinding() as found:
            place = found.path or "the image configuration"
            return found.severity, f"{found.outcome.check} in {place}"


def _head(name: str, numbers: str, width: int) -> Iterator[Text]:
    yield line()
    yield from paragraph(Cell(f"{one_line(name)}: {numbers}", "bold"), width)
    yield line()


class _Line:
    """A row of any of these tables: its severity, what it is about, more columns, and a note below.

    On narrow terminals `below` stands below it in place of the columns.
    """

    def __init__(
        self,
        severity: Severity,
        about: str,
        columns: Sequence[str],
        below: Sequence[str] = (),
        *,
        note: str = "",
    ) -> None:
        self.severity = Cell(severity.name, SEVERITY_STYLES[severity])
        self.about = one_line(about)
        self.columns = tuple(Cell(one_line(text)) for text in columns)
        self.below = tuple(one_line(text) for text in (*(below or columns), note) if text)
        self.note = one_line(note)


def _lines(titles: Sequence[str], rows: Sequence[_Line], width: int) -> Iterator[Text]:
    if width >= _ROOM_FOR_COLUMNS:
        parts = [
            Row((each.severity, Cell(each.about), *each.columns), (each.note,) if each.note else ())
            for each in rows
        ]
        yield from grid(titles, parts, width)
        return
    for number, each in enumerate(rows):
        if number:
            yield line()
        yield from paragraph(Cell(f"{each.severity.text} {each.about}", each.severity.style), width)
        for text in each.below:
            yield from paragraph(Cell(text), width, indent=2)


def _placed(start_line: int, text: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the columns of a place in a file and what is there, and the lines that stand for them."""
    place = str(start_line) if start_line else ""
    return (place, text), (place and f"line {place}", text)


def _origin(document: Document, found: SecretFinding) -> str:
    made = ""
    if 0 <= found.layer < len(document.layers):
        layer = document.layers[found.layer]
        made = layer_name(layer.digest, layer.created_by)
    gone = covered(is_deleted=found.is_deleted, is_replaced=found.is_replaced)
    return "; ".join(filter(None, (gone, made)))
