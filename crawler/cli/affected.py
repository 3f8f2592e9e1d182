"""`cleanbill affected`: which images, tags and layers a vulnerability or a package is in."""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import click

from crawler.cli.beside import fail, publish, read_settings
from crawler.cli.options import DONE, INCOMPLETE, NOTHING, Options, format_option, output_option
from crawler.cli.running import context, run

if TYPE_CHECKING:
    from config.settings import Settings
    from reports.affected import Answer
    from reports.affected_purl import Purl
    from store.database import Reader

_EXPECTED = "an id such as CVE-2023-43804, or of a package its URL, such as pkg:pypi/urllib3"
_ID = re.compile(r"(?:[A-Z]{2,}|(?i:cve|ghsa))-")
"""How most ids begin, and no package's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    """What the user wants."""

    name: str
    purl: "Purl | None"
    format_name: str
    output: str | None
    show_suppressed: bool


EXAMPLES = """\b
Examples:
  cleanbill affected CVE-2023-43804
  cleanbill affected pkg:deb/debian/openssl --format json
"""


@click.command("affected", short_help="Show which images a vulnerability or package is in.", epilog=EXAMPLES)
@click.argument("name", metavar="ID|PURL")
@format_option
@output_option
@click.option("--show-suppressed", is_flag=True, help="Also what policies leave out, with who says so.")
@click.pass_obj
def COMMAND(  # noqa: N802 - the name by which the group finds it
    options: Options, /, *, name: str, format_name: str, output: str | None, show_suppressed: bool
) -> int:
    """Show the images, tags and layers that a vulnerability affects, or that carry a package.

    ID is any name of an advisory: CVE-…, GHSA-…, DSA-…. A PURL is pkg:type/namespace/name[@version]; its
    qualifiers do not count. Nobody is asked: what crawls and advisory updates have stored is the answer.
    Policies of the settings leave findings out, each in its repositories.

    Exits with 4 when no stored advisory has the ID.
    """
    if not (name.strip() and name.isprintable()):  # as no id is; it may not even be text
        raise click.UsageError(f"{name!r}: expected {_EXPECTED}")
    purl = _purl(name) if name.lower().startswith("pkg:") else None
    ask = _Ask(name=name, purl=purl, format_name=format_name, output=output, show_suppressed=show_suppressed)
    return run(options, _affected(options, ask))


async def _affected(options: Options, ask: _Ask) -> int:
    from crawler import clock  # noqa: PLC0415 - --help needs none of these
    from crawler.cli.stored import open_existing  # noqa: PLC0415 - as above
    from reports import affected  # noqa: PLC0415 - as above

    settings = await read_settings(options)
    now = clock.now()
    stale_before = clock.later(now, -settings.advisories.stale_after)
    async with open_existing(options, settings) as store:
        if ask.purl is not None:
            answer = await affected.package(store.read, ask.name, ask.purl)
        elif found := await affected.vulnerability(store.read, ask.name, stale_before):
            answer = found
        else:
            return fail(await _unknown(store.read, ask.name, stale_before, now), NOTHING)
    if not answer.images_total and not answer.layers:
        return fail("no image is stored: `cleanbill crawl` or `cleanbill image NAME` learns some", NOTHING)
    if settings.policies and ask.purl is None:
        answer = await asyncio.to_thread(_left, answer, settings, shown=ask.show_suppressed)
    await publish(lambda: _rendered(answer, ask.format_name, now), ask.output)
    return INCOMPLETE if answer.incomplete else DONE


def _left(answer: "Answer", settings: "Settings", *, shown: bool) -> "Answer":
    """Return the answer without what policies suppress today."""
    from analyzers.ignore.policy import Policy  # noqa: PLC0415 - most settings have none
    from crawler.policies.rules import rules_for  # noqa: PLC0415 - as above
    from reports.affected_suppression import without_suppressed  # noqa: PLC0415 - as above

    today = datetime.now(UTC).date()
    policy_of = cache(Policy)
    rules_of = cache(lambda repository: rules_for(settings.policies, repository))
    return without_suppressed(
        answer,
        lambda repository, candidate: policy_of(rules_of(repository)).decide(candidate, today),
        shown=shown,
    )


def _purl(text: str) -> "Purl":
    from packageurl import PackageURL  # noqa: PLC0415 - most ask by id

    from reports.affected_purl import Purl  # noqa: PLC0415 - as above

    try:
        parsed = PackageURL.from_string(text)
    except ValueError as error:
        raise click.UsageError(
            f"{text!r}: expected pkg:TYPE/NAME[@VERSION], such as pkg:npm/lodash or pkg:deb/debian/openssl"
        ) from error
    return Purl(
        type=parsed.type,
        namespace=parsed.namespace or "",
        name=parsed.name,
        version=parsed.version or "",
    )


def _rendered(answer: "Answer", format_name: str, now: str) -> str:
    from reports import affected  # noqa: PLC0415 - --help needs none of these

    if format_name == "json":
        return affected.render_json(answer)
    from reports import affected_table  # noqa: PLC0415 - rich is for tables

    return affected_table.render(answer, now, context())


async def _unknown(reader: "Reader", name: str, stale_before: str, now: str) -> str:
    """Return that no advisory has this id, and how fresh those that are stored are."""
    from reports.feed_lines import feed_lines  # noqa: PLC0415 - --help needs none of these
    from reports.freshness import standings  # noqa: PLC0415 - as above

    known = await standings(reader, stale_before)
    feeds = "; ".join(text for text, _ in feed_lines(known, now))
    fresh = f"the feeds: {feeds}" if feeds else "no feed was ever fetched"
    taken = "" if _ID.match(name) else f", which is taken for an id: expected {_EXPECTED}"
    return (
        f"no stored advisory is called {name!r:.200}{taken}; {fresh};"
        " `cleanbill advisories update` fetches what is new"
    )
