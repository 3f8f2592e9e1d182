"""`cleanbill events`: the log of what changed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from analyzers.severity import Severity
from crawler.cli.beside import publish, read_settings
from crawler.cli.options import DONE, Options, format_option, output_option
from crawler.cli.running import remark, run
from store import events
from store.events import Event, EventData, FindingData, PolicyData, TagData

if TYPE_CHECKING:
    from store.database import Reader
    from store.touched import Touched

LISTED = 100
LAST_SEQ = 2**63 - 1
"""The store has no greater numbers."""
_NOUNS = {"secret.found": "secret", "misconfig.found": "failed check", "license.found": "licence"}
"""What events of tags count that are not about vulnerabilities."""


class TouchedImage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An image that an event touched, and the layer through which it did."""

    registry: str
    repository: str
    tags: tuple[str, ...]
    digest: str
    platform: str
    package_path: str
    layer: str
    created_by: str
    base_image: str | None


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event as JSON; the last two keys only with --images, and only of events about findings."""

    seq: int
    id: str
    time: str
    type: str
    cause: str
    severity: str
    fixable: bool
    data: EventData
    images_total: int | None = None
    images: tuple[TouchedImage, ...] | None = None
    """At most 500 for a layer; `images_total` tells how many there are."""


@click.command("events", short_help="List what changed.")
@click.option(
    "--since",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="SEQ",
    help="After this one.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=LISTED, show_default=True, help="At most so many."
)
@click.option("--images", is_flag=True, help="With the images that an advisory touched.")
@format_option
@output_option
@click.pass_obj
def COMMAND(  # noqa: N802, PLR0913 - the name by which the group finds it; click gives each option
    options: Options, /, since: int, limit: int, format_name: str, output: str | None, *, images: bool
) -> int:
    """List the events after a number, oldest first; as JSON one object a line.

    The number to go on from is told on stderr.

    Example: cleanbill events --since 1200 --format json
    """
    span = min(since, LAST_SEQ), min(limit, LAST_SEQ)
    return run(options, _events(options, span, format_name, output, images=images))


async def _events(
    options: Options, span: tuple[int, int], format_name: str, output: str | None, *, images: bool
) -> int:
    from crawler.cli.stored import open_existing  # noqa: PLC0415 - --help needs none of these

    settings = await read_settings(options)
    async with open_existing(options, settings) as store:
        found = await events.since(store.read, *span)
        lines = await _lines_with_images(store.read, found) if images else [_line(each) for each in found]
        reached = await events.reached(store.read)
    if format_name == "json":
        await publish(lambda: _json(lines), output)
    elif lines:
        await publish(lambda: _table(lines), output)
    if not lines:
        remark(options, f"no events after {span[0]}; the last one is {reached}")
    elif lines[-1].seq < reached:
        remark(options, f"up to event {lines[-1].seq} of {reached}: go on with --since {lines[-1].seq}")
    else:
        remark(options, f"up to event {lines[-1].seq}, the last one")
    return DONE


def _line(event: Event) -> Line:
    return Line(
        seq=event.seq,
        id=event.id,
        time=event.time,
        type=event.type,
        cause=event.cause,
        severity=event.severity,
        fixable=event.fixable,
        data=event.data,
    )


async def _lines_with_images(reader: "Reader", found: Sequence[Event]) -> list[Line]:
    from store.touched import Look  # noqa: PLC0415 - only when images are asked for

    lines, look = [], None
    for event in found:
        line = _line(event)
        if isinstance(event.data, FindingData):
            if look is None or not await look.holds_for(event):
                look = Look(reader, event)
            line = _with_images(line, await look.touched_by([event]))
        lines.append(line)
    return lines


def _with_images(line: Line, found: "Touched") -> Line:
    images = tuple(
        TouchedImage(
            registry=image.registry,
            repository=image.repository,
            tags=image.tags,
            digest=image.digest,
            platform=image.platform,
            package_path=image.package_path,
            layer=group.digest,
            created_by=group.created_by,
            base_image=group.base_image,
        )
        for group in found.layers.get(line.seq, ())
        for image in group.images
    )
    return msgspec.structs.replace(line, images_total=found.images_total, images=images)


def _json(lines: Sequence[Line]) -> str:
    from reports.printable import harmless_json  # noqa: PLC0415 - --help needs none of these

    return "".join(harmless_json(msgspec.json.encode(line).decode()) + "\n" for line in lines)


def _table(lines: Sequence[Line]) -> str:
    from crawler.cli.tables import drawn  # noqa: PLC0415 - rich is for tables

    rows = [
        (
            (
                str(line.seq),
                line.time[:19].replace("T", " "),
                line.type,
                line.severity,
                _what(line.type, line.data),
            ),
            _notes(line),
        )
        for line in lines
    ]
    return drawn(("Seq", "Time (UTC)", "Type", "Severity", "What"), rows)


def _what(kind: str, data: EventData) -> str:
    if isinstance(data, PolicyData):
        why = ": ".join(filter(None, (data.owner, data.reason)))
        where = f" in {', '.join(data.repositories)}" if "*" not in data.repositories else ""
        return f"ignored until {data.expires}: {', '.join(data.ids)}{where}{f' ({why})' if why else ''}"
    if isinstance(data, TagData):
        host = data.registry.rpartition("://")[2].rstrip("/")
        noun = _NOUNS.get(kind, "")
        changes = [_counted("+", data.opened, noun), _counted("-", data.closed, noun)]
        if data.suppressed:
            changes.append(f"({data.suppressed:,} more suppressed)")
        return " ".join(filter(None, (f"{host}/{data.repository}:{data.tag}", data.platform, *changes)))
    fixed = f", fixed in {data.fixed_version}" if data.fixed_version else ""
    name = next((each for each in data.ids if each.startswith("CVE-")), data.advisory.id)
    was = f" (was {data.before.severity}, {data.before.fixed_version or 'unfixed'})" if data.before else ""
    return f"{name} in {data.package} {data.installed_version}, {data.ecosystem}{fixed}{was}"


def _counted(sign: str, severities: Mapping[str, int], noun: str) -> str:
    found = [each.name for each in reversed(Severity) if severities.get(each.name)]
    numbers = ", ".join(f"{sign}{severities[name]:,} {name}" for name in found)
    return f"{numbers} {noun if sum(severities.values()) == 1 else f'{noun}s'}" if noun and found else numbers


def _notes(line: Line) -> tuple[str, ...]:
    if line.images is None:
        return ()
    tags: dict[str, set[str]] = {}
    for image in line.images:
        host = image.registry.rpartition("://")[2].rstrip("/")
        tags.setdefault(f"{host}/{image.repository}", set()).update(image.tags)
    notes = [f"{name}: {', '.join(sorted(theirs))}" for name, theirs in tags.items()]
    rest = (line.images_total or 0) - len({(image.repository, image.digest) for image in line.images})
    return (*notes, f"and {rest:,} more" if rest > 0 else "")
