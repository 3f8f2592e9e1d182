"""`cleanbill diff`: what changed from one image to another, or in a tag over time."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import msgspec

from analyzers.inventory import Scanner
from config.units import parse_duration
from crawler import clock
from crawler.cli.beside import publish, read_settings
from crawler.cli.ignoring import policy_of, policy_options
from crawler.cli.options import DONE, INCOMPLETE, Options, checked_platforms, format_option, output_option
from crawler.cli.running import context, remark, run

if TYPE_CHECKING:
    from config.settings import Settings
    from reports.document import Document
    from store.database import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the user wants."""

    names: tuple[str, str]
    times: tuple[str, str]
    """As the store writes them."""
    is_over_time: bool
    platform: str
    format_name: str
    output: str | None
    exit_code: int
    ignorefile: str | None
    vex: tuple[str, ...]
    show_suppressed: bool


def parse_time(text: str, now: str) -> str | None:
    """Return a time as the store writes it, None when the text is none.

    time = RFC 3339 time | date, its beginning in UTC | duration ago, such as "7d". A time without an offset
    is UTC's.
    """
    try:
        return clock.later(now, -parse_duration(text))
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # The clock's own words for it: a time that is no seconds after itself.
    return clock.later(found.isoformat(timespec="microseconds").replace("+00:00", "Z"), 0)


def _time(_ctx: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    if (found := parse_time(value, clock.now())) is None:
        raise click.BadParameter(f"{value!r}: expected a time such as 2026-09-20T12:00:00Z, 2026-09-20 or 7d")
    return found


def _scanned_for(analysed_with: str) -> frozenset[Scanner]:
    """Return what an image was scanned for besides packages and configurations, by its fingerprint."""
    words = {word.partition(":")[0] for word in analysed_with.split() if ":" in word}
    return frozenset(
        each for each in (Scanner.SECRET, Scanner.LICENSE, Scanner.LICENSE_TEXT) if each in words
    )


EXAMPLES = """\b
Examples:
  cleanbill diff registry.example.com/app:1.4 registry.example.com/app:1.5
  cleanbill diff registry.example.com/app:latest --since 7d
"""


@click.command("diff", short_help="Compare two images, or a tag at two times.", epilog=EXAMPLES)
@click.argument("first", metavar="IMAGE")
@click.argument("second", metavar="[IMAGE|TIME]", required=False)
@click.option("--since", callback=_time, metavar="TIME", help="Compare what the tag was then …")
@click.option("--until", callback=_time, metavar="TIME", help="… with what it was then; default now.")
@click.option(
    "--platform",
    default="linux/amd64",
    show_default=True,
    callback=checked_platforms,
    metavar="OS/ARCH",
    help="Which image of an index.",
)
@format_option
@output_option
@click.option(
    "--exit-code",
    type=click.IntRange(0, 255),
    default=0,
    metavar="N",
    help="Exit with N when findings, secrets or failed checks opened.",
)
@policy_options
@click.pass_obj
def COMMAND(  # noqa: N802, PLR0913 - the name by which the group finds it; click gives each option
    options: Options,
    /,
    *,
    first: str,
    second: str | None,
    since: str | None,
    until: str | None,
    platform: str,
    format_name: str,
    output: str | None,
    exit_code: int,
    ignorefile: str | None,
    vex: tuple[str, ...],
    show_suppressed: bool,
) -> int:
    """Compare two stored images, or one tag at two times: packages, findings, secrets, licences, checks.

    IMAGE is registry/repository[:tag|@digest], or a digest alone. TIME is a date, an RFC 3339 time, or how
    long ago: 7d, 24h. Both sides are judged by the advisories that are stored now.
    """
    now = clock.now()
    if not (first.strip() and (second is None or second.strip())):
        raise click.UsageError("expected an IMAGE or a TIME, got an empty one")
    if second is not None and since is None and (then := parse_time(second, now)) is not None:
        second, since = None, then
    if (second is None) == (since is None) or (until and since is None):
        raise click.UsageError(
            "expected two IMAGEs, or one and a TIME, or one and --since TIME [--until TIME]"
        )
    ask = Ask(
        names=(first, second or first),
        times=(since or now, until or now),
        is_over_time=since is not None,
        platform=platform,
        format_name=format_name,
        output=output,
        exit_code=exit_code,
        ignorefile=ignorefile,
        vex=vex,
        show_suppressed=show_suppressed,
    )
    return run(options, _diff(options, ask))


async def _diff(options: Options, ask: Ask) -> int:
    from analyzers.catalogue import catalogue  # noqa: PLC0415 - --help needs none of these
    from crawler.cli.scanning import tell_of_rules  # noqa: PLC0415 - as above
    from crawler.cli.stored import open_existing  # noqa: PLC0415 - as above
    from reports.contents import of_configuration  # noqa: PLC0415 - as above
    from reports.difference import difference, render_difference  # noqa: PLC0415 - as above

    if ask.is_over_time and ("@" in ask.names[0] or ask.names[0].startswith("sha256:")):
        raise click.UsageError(f"{ask.names[0]!r}: expected a tag: what a digest names never changes")
    settings = await read_settings(options)
    # These read files, and are remembered.
    await asyncio.to_thread(catalogue)
    await asyncio.to_thread(of_configuration, b"{}", (Scanner.SECRET, Scanner.MISCONFIG))
    async with open_existing(options, settings) as store:
        (before, old_rules), (after, new_rules) = [
            await _side(store.read, settings, name, time, ask.platform)
            for name, time in zip(ask.names, ask.times, strict=True)
        ]
    before, after = await asyncio.to_thread(_judged, (before, after), settings, ask)
    found = difference(before, after, (old_rules, new_rules))
    await publish(lambda: render_difference(found, ask.format_name, context()), ask.output)
    tell_of_rules(options, (before, after))
    if ask.is_over_time:
        remark(
            options,
            "both sides are judged by the advisories of now; `cleanbill events` tells what those changed",
        )
    if found.has_opened and ask.exit_code:
        return ask.exit_code
    return INCOMPLETE if found.before.incomplete or found.after.incomplete else DONE


def _judged(
    sides: "tuple[Document, Document]", settings: "Settings", ask: Ask
) -> "tuple[Document, Document]":
    """Return both sides without what rules and VEX statements suppress; policies by each one's repository."""
    from analyzers.ignore.policy import Policy  # noqa: PLC0415 - --help needs none of these
    from crawler.policies.rules import rules_for  # noqa: PLC0415 - as above
    from reports.suppression import suppressed  # noqa: PLC0415 - as above

    settled = [rules_for(settings.policies, each.repository) for each in sides]
    policies = {
        rules: policy_of(ask.ignorefile, ask.vex, settled=rules) or Policy()
        for rules in dict.fromkeys(settled)
    }
    today = datetime.now(UTC).date()
    before, after = (
        msgspec.structs.replace(suppressed(each, policies[rules], today), show_suppressed=ask.show_suppressed)
        for each, rules in zip(sides, settled, strict=True)
    )
    return before, after


async def _side(
    reader: "Reader", settings: "Settings", name: str, time: str, platform: str
) -> tuple["Document", str]:
    """Return an image as far as it was scanned, and the fingerprint of what it was scanned with."""
    from analyzers.catalogue import PACKAGES  # noqa: PLC0415 - --help needs none of these
    from crawler.cli.stored import find_image  # noqa: PLC0415 - as above
    from reports.assemble import assemble  # noqa: PLC0415 - as above
    from reports.subject import Subject  # noqa: PLC0415 - as above
    from store import images  # noqa: PLC0415 - as above

    image = await find_image(reader, name, platform, time)
    rules = (await images.manifest_states(reader, [image.digest]))[image.digest].analysed_with
    scanners = _scanned_for(rules)
    subject = Subject(
        name=image.name,
        digest=image.digest,
        now=time,
        repository=image.repository,
        tags=image.tags,
        stale_before=clock.later(clock.now(), -settings.advisories.stale_after),
        license_classes=settings.licenses.classes,
        scanners=PACKAGES | scanners,
        # Each image has its configuration; the secrets in it are told with those of its files.
        config_scanners=(scanners & {Scanner.SECRET}) | {Scanner.MISCONFIG},
    )
    return await assemble(reader, subject), rules
