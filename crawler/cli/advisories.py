"""`cleanbill advisories`: the feeds that say what is vulnerable."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from crawler.cli.beside import publish, read_settings
from crawler.cli.options import DONE, INCOMPLETE, NOTHING, Options, format_option, output_option
from crawler.cli.running import remark, run
from crawler.cli.sending import send

if TYPE_CHECKING:
    from crawler.advisories.imports import ImportOutcome
    from crawler.advisories.osv import FeedOutcome
    from crawler.rematch import Outcome
    from reports.freshness import FeedStanding

_MB = 1_000_000


@click.group("advisories", short_help="Update, import or list the advisory feeds.")
def COMMAND() -> None:  # noqa: N802 - the name by which the group finds it
    """Update, import or list the advisory feeds.

    Example: cleanbill advisories update
    """


@COMMAND.command("update", short_help="Fetch what changed in the feeds, and match it.")
@click.argument("feeds", nargs=-1, metavar="[FEED]...")
@click.pass_obj
def update(options: Options, /, feeds: tuple[str, ...]) -> int:
    """Fetch what changed in every feed that the stored packages need, or in those named, and match it.

    What is new is put into the event log and told to the webhooks. Exits with 3 when a feed could not be
    had, or not all of it.

    Example: cleanbill advisories update Debian PyPI
    """
    return run(options, _update(options, feeds))


@COMMAND.command("status", short_help="Show whether each feed can be relied on.")
@format_option
@output_option
@click.pass_obj
def status(options: Options, /, format_name: str, output: str | None) -> int:
    """Show each feed: whether it can be relied on, since when, and how many packages need it.

    Exits with 3 when a feed that is needed was not fetched yet, failed, is partial or too old.

    Example: cleanbill advisories status
    """
    return run(options, _status(options, format_name, output))


@COMMAND.command("import", short_help="Store OSV records from files, without internet.")
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(exists=True, path_type=Path)
)
@click.pass_obj
def import_(options: Options, /, paths: tuple[Path, ...]) -> int:
    """Store OSV records from files, for machines without internet, and match them.

    PATH is a file of one record, of an array or of JSON lines, a zip of such files, or a folder. Exits with 3
    when something in it could not be read.

    Example: cleanbill advisories import /media/osv/Debian/all.zip
    """
    return run(options, _import(options, paths))


async def _update(options: Options, named: Sequence[str]) -> int:
    from crawler import rematch  # noqa: PLC0415 - --help needs none of these
    from crawler.cli.stored import open_existing  # noqa: PLC0415 - as above
    from crawler.notify.endpoints import rules  # noqa: PLC0415 - as above
    from store import advisories, lookup  # noqa: PLC0415 - as above

    settings = await read_settings(options)
    async with open_existing(options, settings) as store:
        demand = await lookup.feed_demand(store.read)
        known = {*demand, *(feed.name for feed in await advisories.feeds(store.read))}
        feeds = _spelled(named, known) if named else sorted(demand)
        if not feeds:
            remark(options, "no stored package needs advisories, so there are none to fetch")
            return DONE
        done = await rematch.update_advisories(store, settings.advisories.osv.url, rules(settings), feeds)
        await publish(lambda: _outcomes(done.feeds))
        _told(options, done.rematch, done.first_judged)
        await send(options, settings, store)
    return DONE if all(feed.state == "ok" for feed in done.feeds) else INCOMPLETE


async def _status(options: Options, format_name: str, output: str | None) -> int:
    from crawler import clock  # noqa: PLC0415 - --help needs none of these
    from crawler.cli.stored import open_existing  # noqa: PLC0415 - as above
    from reports.freshness import standings  # noqa: PLC0415 - as above
    from store import lookup  # noqa: PLC0415 - as above

    settings = await read_settings(options)
    now = clock.now()
    async with open_existing(options, settings) as store:
        found = await standings(store.read, clock.later(now, -settings.advisories.stale_after))
        sizes = await lookup.feed_sizes(store.read)
    if not found:
        remark(options, "no stored package needs advisories, and none are stored")
    if format_name == "json":
        await publish(lambda: "".join(_json_line(feed, sizes.get(feed.name, 0)) for feed in found), output)
    else:
        await publish(lambda: _standings(found, sizes, now), output)
    return INCOMPLETE if any(feed.is_needed_and_not_ok for feed in found) else DONE


async def _import(options: Options, paths: Sequence[Path]) -> int:
    from crawler import clock, rematch  # noqa: PLC0415 - --help needs none of these
    from crawler.advisories.imports import import_paths  # noqa: PLC0415 - as above
    from crawler.engine import store_path  # noqa: PLC0415 - as above
    from crawler.notify.endpoints import rules  # noqa: PLC0415 - as above
    from store.database import open_store  # noqa: PLC0415 - as above

    settings = await read_settings(options)
    async with open_store(store_path(settings, options.cache_dir)) as store:
        done = await import_paths(store, paths, clock.now)
        matched, judged = await rematch.match_all(store, rules(settings))
        await publish(lambda: _imported(done))
        _told(options, matched, judged)
        await send(options, settings, store)
    if not done.records:
        return NOTHING
    return INCOMPLETE if done.invalid else DONE


def _spelled(named: Sequence[str], known: Collection[str]) -> list[str]:
    """Return the feeds as the store spells them."""
    spelling = {feed.lower(): feed for feed in known}
    for name in named:
        if name.lower() not in spelling:
            raise click.UsageError(f"no stored package needs {name!r}: {_expected(known)}")
    return [spelling[name.lower()] for name in named]


def _expected(known: Collection[str]) -> str:
    return f"expected some of {', '.join(sorted(known))}" if known else "no advisories are needed"


def _told(options: Options, matched: "Outcome", judged: int) -> None:
    from reports.counting import count  # noqa: PLC0415 - --help needs none of these

    remark(
        options,
        f"{count(judged, 'package')} judged for the first time, {matched.judged:,} again"
        f" after {count(matched.changes, 'change')}; {count(matched.events, 'event')}",
    )


def _outcomes(feeds: "Sequence[FeedOutcome]") -> str:
    from crawler.cli.tables import drawn  # noqa: PLC0415 - rich is for tables

    rows = [
        (
            (
                feed.feed,
                feed.state,
                f"{feed.records_changed:,}",
                f"{feed.requests:,}",
                f"{feed.bytes / _MB:.1f}",
            ),
            (feed.reason,),
        )
        for feed in feeds
    ]
    return drawn(("Feed", "State", "Changed", "Requests", "MB"), rows)


def _standings(found: "Sequence[FeedStanding]", sizes: dict[str, int], now: str) -> str:
    from crawler.cli.tables import drawn  # noqa: PLC0415 - rich is for tables
    from reports.ages import age  # noqa: PLC0415 - as above
    from reports.feed_lines import MISSING  # noqa: PLC0415 - as above

    rows = [
        (
            (
                feed.name,
                "not fetched yet" if feed.state == MISSING else feed.state,
                age(feed.current_at, now),
                f"{sizes.get(feed.name, 0):,}",
                f"{feed.packages:,}" if feed.packages else "not needed",
            ),
            ("" if feed.state == MISSING else feed.reason,),
        )
        for feed in found
    ]
    return drawn(("Feed", "State", "Current", "Records", "Packages"), rows) if rows else ""


def _json_line(feed: "FeedStanding", records: int) -> str:
    body = {**msgspec.structs.asdict(feed), "records": records}
    return msgspec.json.encode(body).decode() + "\n"


def _imported(done: "ImportOutcome") -> str:
    from reports.counting import count  # noqa: PLC0415 - --help needs none of these
    from reports.printable import one_line  # noqa: PLC0415 - as above

    lines = [
        f"{count(done.records, 'record')} read, {done.records_changed:,} new or changed",
        f"feeds: {', '.join(map(one_line, done.feeds)) or 'none'}",
        *(f"unreadable: {one_line(where)}: {one_line(why)}" for where, why in done.invalid.items()),
    ]
    return "\n".join(lines) + "\n"
