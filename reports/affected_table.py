"""Where a vulnerability or a package is, for people."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from analyzers.severity import Severity
from reports.affected import Answer, ImageFound, LayerFound, PackageFound, SuppressedFound
from reports.context import RenderContext
from reports.counting import count
from reports.coverage import UNDECIDED
from reports.feed_lines import feed_lines
from reports.layer_names import layer_name
from reports.layout import Cell, Row, draw, fields, grid, line, paragraph
from reports.printable import one_line
from reports.severities import SEVERITY_STYLES

_ROOM_FOR_COLUMNS = 80


def render(answer: Answer, now: str, context: RenderContext) -> str:
    """Return what was asked, the verdict with all that it leaves open, and each layer with its images."""
    width = context.width
    lines = [line(Cell(one_line(_spelled(answer)), "bold"))]
    if head := list(_head(answer, now)):
        lines += [line(), *fields(head, width)]
    lines += [line(), *paragraph(Cell(verdict(answer), "bold"), width)]
    for layer in answer.layers:
        lines += [line(), *_layer(layer, answer, width)]
    for suppressed in answer.suppressed:
        lines += [line(), *_suppressed(suppressed, width)]
    return draw(lines, width, color=context.color)


def verdict(answer: Answer) -> str:
    """Return in one sentence how many images it is in, never without how many are not known."""
    said = _said(answer)
    if answer.images_suppressed:
        said += f", suppressed in {answer.images_suppressed:,}"
    unread = sum(each.number for each in answer.images_unread)
    gaps = [f"{unread:,} could not be checked"] if unread else []
    gaps += [f"{answer.images_in_part:,} in part"] if answer.images_in_part else []
    unchecked = sum(each.number for each in answer.packages_unchecked)
    gaps += [f"{count(unchecked, 'package')} could not be checked"] if unchecked else []
    gaps += [f"{count(len(answer.feeds), 'advisory feed')} not up to date"] if answer.feeds else []
    gaps += [f"{count(answer.undecided, 'package')} undecided"] if answer.undecided else []
    return f"{said} ({', '.join(gaps)})." if gaps else f"{said}."


def _said(answer: Answer) -> str:
    if not answer.layers and answer.images_total == 1:
        return "Does not affect the only image" if answer.severity else "Is not in the only image"
    verb = "Affects" if answer.severity else "Is in"
    number = f"{answer.images_affected:,}" if answer.layers else "none"
    return f"{verb} {number} of {count(answer.images_total, 'image')}"


def _spelled(answer: Answer) -> str:
    """Return what was asked, in the letters that its source uses."""
    return next((name for name in answer.ids if name.lower() == answer.query.lower()), answer.query)


def _head(answer: Answer, now: str) -> Iterator[tuple[str, Cell]]:
    others = [name for name in answer.ids if name.lower() != answer.query.lower()]
    if answer.severity:
        yield "Severity", Cell(answer.severity, SEVERITY_STYLES[Severity[answer.severity]])
    if answer.title:
        yield "Title", Cell(one_line(answer.title))
    if others and answer.severity:
        yield "Also", Cell(one_line(", ".join(others)))
    if answer.withdrawn:
        yield "Withdrawn", Cell(one_line(", ".join(answer.withdrawn)))
    if answer.images_former:
        yield "Former", Cell(f"also in {count(answer.images_former, 'image')} that no tag points to any more")
    unread = [f"{count(each.number, 'image')}: {each.reason}" for each in answer.images_unread]
    if answer.images_in_part:
        unread.append(f"{count(answer.images_in_part, 'image')}: not every file could be read")
    unchecked = [f"{count(each.number, 'package')}: {each.reason}" for each in answer.packages_unchecked]
    feeds = [text for text, _ in feed_lines(answer.feeds, now)]
    expired = [f"{rule}: it ignores nothing any more" for rule in answer.expired]
    for name, texts in (
        ("Unread", unread),
        ("Unchecked", unchecked),
        ("Advisories", feeds),
        ("Expired", expired),
    ):
        for number, text in enumerate(texts):
            yield "" if number else name, Cell(one_line(text), "yellow")


def _layer(layer: LayerFound, answer: Answer, width: int) -> Iterator[Text]:
    name = layer_name(layer.digest, layer.created_by)
    yield from paragraph(Cell(one_line(name[:1].upper() + name[1:]), "bold"), width)
    yield line()
    columns, rows = _packages(layer.packages, several=len({*_ids(answer)}) > 1)
    if width >= _ROOM_FOR_COLUMNS:
        yield from grid(columns, rows, width)
    else:
        for row in rows:
            yield from paragraph(Cell(" ".join(cell.text for cell in row.cells if cell.text)), width)
    yield line()
    images = count(len({image.digest for image in layer.images}), "image")
    yield from paragraph(Cell(f"{images}:", "dim"), width, indent=2)
    for name in _names(layer.images):
        yield from paragraph(Cell(one_line(name)), width, indent=2)


def _suppressed(found: SuppressedFound, width: int) -> Iterator[Text]:
    title = f"Suppressed: {found.vulnerability_id} in {found.package} {found.installed_version}"
    yield from paragraph(Cell(one_line(title), "bold"), width)
    for text in (found.statement, found.source):
        if text:
            yield from paragraph(Cell(one_line(text), "dim"), width, indent=2)
    for name in _names(found.images):
        yield from paragraph(Cell(one_line(name)), width, indent=2)


def _ids(answer: Answer) -> Iterator[str]:
    for layer in answer.layers:
        for each in layer.packages:
            yield each.vulnerability_id


def _packages(packages: Sequence[PackageFound], *, several: bool) -> tuple[tuple[str, ...], list[Row]]:
    if not packages[0].vulnerability_id:
        rows = [Row((Cell(one_line(each.name)), Cell(one_line(each.installed_version)))) for each in packages]
        return ("Package", "Installed"), rows
    columns: tuple[str, ...] = ("Package", "Installed", "Fixed", "Severity")
    rows = [Row(_cells(each)) for each in packages]
    if several:
        columns = (*columns, "Vulnerability")
        rows = [
            Row((*row.cells, Cell(one_line(each.vulnerability_id))))
            for row, each in zip(rows, packages, strict=True)
        ]
    return columns, rows


def _cells(found: PackageFound) -> tuple[Cell, ...]:
    fixed = found.fixed_version or ("undecided" if found.status == UNDECIDED else "none")
    return (
        Cell(one_line(found.name)),
        Cell(one_line(found.installed_version)),
        Cell(one_line(fixed), "" if found.fixed_version else "dim"),
        Cell(found.severity, SEVERITY_STYLES[Severity[found.severity]]),
    )


def _names(images: Sequence[ImageFound]) -> Iterator[str]:
    """Yield each repository with the tags of all its images, then what has no tag."""
    tags: dict[tuple[str, str], list[str]] = {}
    for image in images:
        if image.tags:
            tags.setdefault((image.registry, image.repository), []).extend(image.tags)
    for (registry, repository), theirs in tags.items():
        yield f"{registry.rpartition('://')[2].rstrip('/')}/{repository}: {', '.join(sorted({*theirs}))}"
    for image in images:
        if not image.tags:
            yield f"{image.digest} {image.platform} (no tag)"
