"""`cleanbill deliveries`: the webhook messages, and sending them again."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, get_args

import click
import msgspec

from crawler.cli.beside import fail, publish, read_settings
from crawler.cli.options import DONE, NOTHING, Options, format_option, output_option
from crawler.cli.running import remark, run
from store import deliveries, lookup
from store.deliveries import State

if TYPE_CHECKING:
    from store.database import Store
    from store.deliveries import Delivery, Endpoint

LISTED = 100
_MOST = 2**63 - 1
"""SQLite counts no further."""


class _Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries to list, and how."""

    state: State | None
    endpoint: str | None
    limit: int
    format_name: str
    output: str | None


@click.group("deliveries", short_help="List webhook deliveries, or send them again.")
def COMMAND() -> None:  # noqa: N802 - the name by which the group finds it
    """List webhook deliveries, or send them again.

    Example: cleanbill deliveries list --state dead
    """


@COMMAND.command("list")
@click.option("--state", type=click.Choice(get_args(State)), help="Only these.")
@click.option("--endpoint", metavar="NAME", help="Only to this endpoint.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=LISTED,
    show_default=True,
    metavar="N",
    help="At most so many.",
)
@format_option
@output_option
@click.pass_obj
def list_(options: Options, /, **values: object) -> int:
    """List deliveries, newest first; as JSON one object a line.

    Example: cleanbill deliveries list --state dead --endpoint ops
    """
    ask = msgspec.convert(values, _Listing)
    _check(() if ask.endpoint is None else (ask.endpoint,))
    return run(options, _list(options, ask))


@COMMAND.command("replay", short_help="Make deliveries due again, whatever became of them.")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--endpoint", metavar="NAME", help="All of this endpoint that are dead or wait.")
@click.option("--all-dead", is_flag=True, help="All that were given up.")
@click.pass_obj
def replay(options: Options, /, ids: tuple[str, ...], endpoint: str | None, *, all_dead: bool) -> int:
    """Make deliveries due again, under their old ids, and use their endpoints again if they were disabled.

    `cleanbill watch` sends them, or the next crawl or advisory update. An ID may be any delivery's,
    also a delivered one's.

    Example: cleanbill deliveries replay --endpoint ops
    """
    _check(ids if endpoint is None else (*ids, endpoint))
    if [bool(ids), endpoint is not None, all_dead].count(True) != 1:
        raise click.UsageError("expected one of: the IDs of deliveries, --endpoint NAME, --all-dead")
    return run(options, _replay(options, ids, endpoint))


def _check(names: Sequence[str]) -> None:
    if odd := [name for name in names if not (name and name.isprintable())]:
        raise click.UsageError(f"{odd[0]!r}: expected one that `cleanbill deliveries list` shows")


async def _list(options: Options, ask: _Listing) -> int:
    from crawler.cli.stored import open_existing  # noqa: PLC0415 - --help needs none of these

    settings, limit = await read_settings(options), min(ask.limit, _MOST)
    async with open_existing(options, settings) as store:
        found = await deliveries.listing(store.read, state=ask.state, endpoint=ask.endpoint, limit=limit)
        endpoints = await deliveries.endpoints(store.read)
    if ask.format_name == "json":
        await publish(lambda: _lines(found), ask.output)
    elif found:
        await publish(lambda: _table(found), ask.output)
    for each in endpoints:
        if each.disabled:
            remark(options, _disabled(each))
    if not found:
        is_narrowed = ask.state or ask.endpoint is not None
        remark(options, "no such deliveries" if is_narrowed else "no deliveries")
    elif len(found) == limit:
        remark(options, f"these are the newest {limit}; --limit shows more")
    return DONE


def _lines(found: "Sequence[Delivery]") -> str:
    return "".join(msgspec.json.encode(each).decode() + "\n" for each in found)


def _table(found: "Sequence[Delivery]") -> str:
    from crawler.cli.tables import drawn  # noqa: PLC0415 - rich is for tables

    # Ids are there to be copied: on 80 columns they must stay in one piece.
    rows = [((each.id, each.state, _events(each), _time(each)), (_note(each),)) for each in found]
    return drawn(("ID", "State", "Events", "Due or made"), rows)


def _time(each: "Delivery") -> str:
    return (each.due_at if each.state == "due" else each.created_at)[:16].replace("T", " ")


def _note(each: "Delivery") -> str:
    attempts = f", attempts: {each.attempts}" if each.attempts else ""
    error = f": {each.last_error}" if each.last_error else ""
    return f"to {each.endpoint}{attempts}{error}"


def _events(each: "Delivery") -> str:
    return str(each.first_seq) if each.first_seq == each.last_seq else f"{each.first_seq}-{each.last_seq}"


def _disabled(endpoint: "Endpoint") -> str:
    from reports.printable import one_line  # noqa: PLC0415 - --help needs none of these

    return one_line(
        f"{endpoint.name}: nothing is sent since {(endpoint.disabled_at or '')[:19]}Z: {endpoint.disabled};"
        f" `cleanbill deliveries replay --endpoint {endpoint.name}` goes on"
    )


async def _replay(options: Options, ids: Collection[str], endpoint: str | None) -> int:
    from crawler import clock  # noqa: PLC0415 - --help needs none of these
    from crawler.cli.stored import open_existing  # noqa: PLC0415 - as above
    from reports.counting import count  # noqa: PLC0415 - as above

    settings = await read_settings(options)
    async with open_existing(options, settings) as store:
        known = {each.name for each in await deliveries.endpoints(store.read)}
        if endpoint is not None and endpoint not in known:
            named = f"expected one of: {', '.join(sorted(known))}" if known else "nothing was ever to be sent"
            raise click.UsageError(f"--endpoint {endpoint!r}: {named}")
        held = await lookup.endpoints_of(store.read, ids)
        if missing := sorted({*ids} - held.keys()):
            named = ", ".join(map(repr, missing))
            return fail(
                f"{named}: no such {'delivery' if len(missing) == 1 else 'deliveries'}, expected some that"
                " `cleanbill deliveries list` shows; nothing was changed",
                NOTHING,
            )
        number, enabled = await _again(store, ids, endpoint, clock.now())
    for name in enabled:
        remark(options, f"{name} is used again")
    configured = {webhook.name for webhook in settings.webhooks}
    for name in sorted(({endpoint} if endpoint else {*held.values()}) - configured):
        remark(options, f"{name} is not in the settings: nobody sends to it")
    remark(options, f"{count(number, 'delivery')} {'is' if number == 1 else 'are'} due again")
    return DONE


async def _again(
    store: "Store", ids: Collection[str], endpoint: str | None, now: str
) -> tuple[int, list[str]]:
    """Make them due; return how many, and which endpoints were disabled."""
    async with store.transaction() as tx:
        if endpoint is not None:
            names = [endpoint]
        elif ids:
            names = sorted({*(await lookup.endpoints_of(tx, ids)).values()})
        else:
            names = await lookup.endpoints_with_dead(tx)
        enabled = [name for name in names if await deliveries.enable(tx, name)]
        return await deliveries.replay(tx, now, ids=sorted({*ids}), endpoint=endpoint), enabled
