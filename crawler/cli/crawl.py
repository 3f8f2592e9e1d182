"""`cleanbill crawl`: one pass over the registries, with a summary."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import click

from analyzers.ignore.candidate import FindingKind
from config.settings import Registry, Settings
from crawler import clock, rematch
from crawler.cli.options import (
    DONE,
    INCOMPLETE,
    NOTHING,
    Options,
    checked_platforms,
    format_option,
    output_option,
)
from crawler.cli.registries import registry_for
from crawler.cli.running import BusyError, context, remark, run, write
from crawler.cli.sending import send
from crawler.concurrency import for_each
from crawler.crawl import REGISTRIES_AT_ONCE, NewFeeds, Pass, crawl_and_tell, forget_old
from crawler.engine import Engine, crawl_lock, open_crawling
from crawler.locks import FileLock
from crawler.notify.endpoints import rules
from crawler.policies.rules import tell_expired
from crawler.totals.overall import totals
from reports.counting import listed
from reports.crawl_summary import CrawlSummary, Failure, ImageFindings, render_crawl_summary
from reports.feed_lines import MISSING
from reports.freshness import standings
from store import images
from store.pruning import Pruned

WORST = 10


@click.command("crawl", short_help="Walk the registries once.")
@click.argument("registries", nargs=-1, metavar="[REGISTRY]...")
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    callback=checked_platforms,
    metavar="OS/ARCH",
    help="Images of an index to scan, or all; repeatable.",
)
@format_option
@output_option
@click.option("--skip-db-update", is_flag=True, help="Use the advisories that are stored.")
@click.option("--offline-scan", is_flag=True, help="The same: ask nobody but the registries.")
@click.option(
    "--insecure",
    is_flag=True,
    help="Permit plain http to the registries named; certificates are checked all the same.",
)
@click.pass_obj
def COMMAND(  # noqa: N802, PLR0913 - the name by which the group finds it; click gives each option
    options: Options,
    /,
    registries: tuple[str, ...],
    platforms: tuple[str, ...],
    format_name: str,
    output: str | None,
    *,
    skip_db_update: bool,
    offline_scan: bool,
    insecure: bool,
) -> int:
    """Walk every registry of the settings, or the ones named (HOST[:PORT] or URL), once.

    New images are read and judged; known ones cost one request each. Example:
    cleanbill crawl registry.example.com
    """
    ask = Ask(
        registries=registries,
        platforms=platforms,
        format_name=format_name,
        output=output,
        fetch_advisories=not (skip_db_update or offline_scan),
        insecure=insecure,
    )
    return run(options, crawl(options, ask))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the user wants."""

    registries: tuple[str, ...]
    platforms: tuple[str, ...]
    format_name: str
    output: str | None
    fetch_advisories: bool
    insecure: bool

    def chosen(self, settings: Settings) -> Sequence[Registry]:
        """Return the registries to crawl."""
        named = [registry_for(settings, name, insecure=self.insecure) for name in self.registries]
        chosen = list({each.url: each for each in named}.values()) or settings.registries
        if not chosen:
            raise click.UsageError("no registry: name one, or put [[registries]] into cleanbill.toml")
        if self.platforms:
            return [replace(registry, platforms=self.platforms) for registry in chosen]
        return chosen


async def crawl(options: Options, ask: Ask) -> int:
    """Crawl and report; return the exit code."""
    settings = options.settings()
    registries = ask.chosen(settings)
    lock = FileLock(crawl_lock(settings, options.cache_dir))
    if not lock.acquire():
        raise BusyError("a crawl is under way in another process with this store")
    try:
        return await _crawl(options, ask, settings, registries)
    finally:
        lock.release()


async def _crawl(options: Options, ask: Ask, settings: Settings, registries: Sequence[Registry]) -> int:
    started = time.monotonic()
    async with open_crawling(settings, options.cache_dir) as engine:
        for text in engine.secrets.unknown:
            remark(options, text)
        passes = await _passes(options, ask, engine, settings, registries)
        pruned = await forget_old(engine, settings)
        if ask.fetch_advisories:
            await rematch.update_advisories(engine.store, settings.advisories.osv.url, rules(settings))
        for policy in await tell_expired(engine.store, settings, clock.now()):
            remark(options, f"a policy holds no more since {policy.expires}: {', '.join(policy.ids)}")
        lacking = await _lacking(engine, settings)
        await send(options, settings, engine.store)
        summary = await _summary(engine, settings, _Done(passes, pruned, lacking, started))
    write(render_crawl_summary(summary, ask.format_name, context()), ask.output)
    if not any(done.listed for done in passes):
        return NOTHING
    return INCOMPLETE if summary.is_incomplete else DONE


async def _passes(
    options: Options, ask: Ask, engine: Engine, settings: Settings, registries: Sequence[Registry]
) -> list[Pass]:
    """Crawl side by side; return the passes in the order of the registries."""
    passes: dict[str, Pass] = {}
    feeds = NewFeeds() if ask.fetch_advisories else None
    with _progress(options) as watched:

        async def crawl(registry: Registry) -> None:
            passes[registry.url] = await crawl_and_tell(engine, settings, registry, watched, feeds)

        await for_each(registries, crawl, limit=REGISTRIES_AT_ONCE)
    return [passes[registry.url] for registry in registries]


async def _lacking(engine: Engine, settings: Settings) -> list[Failure]:
    """Return the feeds that packages need and that are missing, incomplete or too old."""
    stale_before = clock.later(clock.now(), -settings.advisories.stale_after)
    alike: dict[str, list[str]] = {}
    for feed in await standings(engine.store.read, stale_before):
        if feed.is_needed_and_not_ok:
            reason = f"{feed.state}: {feed.reason}" if feed.reason else feed.state
            alike.setdefault("not fetched yet" if feed.state == MISSING else reason, []).append(feed.name)
    return [Failure(f"advisories of {listed(names)}", reason) for reason, names in alike.items()]


@dataclass(frozen=True, slots=True)
class _Done:
    """What one run of the command did."""

    passes: Sequence[Pass]
    pruned: Pruned
    lacking: Sequence[Failure]
    started_s: float
    """In seconds that only grow."""


async def _summary(engine: Engine, settings: Settings, done: _Done) -> CrawlSummary:
    passes = done.passes
    registries = [each.registry for each in passes]
    today = clock.parse(clock.now()).date()
    held = await totals(engine.store.read, settings, registries, today, WORST)
    found = held.overview
    states: dict[str, int] = {}
    for state, reason, count in found.states:
        if reason != images.NOT_ASKED_FOR:
            states[state] = states.get(state, 0) + count
    failures = [Failure(name, reason) for each in passes for name, reason in each.failures]
    failures += [Failure(name, f"{state}: {reason}") for name, state, reason in found.failures]
    summary = CrawlSummary(
        registries=tuple(registries),
        repositories=sum(each.repositories for each in passes),
        tags=sum(each.tags for each in passes),
        manifests=states,
        images_analysed=engine.images.counts.analysed,
        images_known=engine.images.counts.known,
        layers_analysed=engine.layers.counts.analysed,
        layers_reused=engine.layers.counts.reused,
        requests=sum(each.list_requests + each.head_requests + each.other_requests for each in passes),
        list_requests=sum(each.list_requests for each in passes),
        head_requests=sum(each.head_requests for each in passes),
        bytes_received=sum(each.received_bytes for each in passes),
        bytes_pulled=sum(each.pulled_bytes for each in passes),
        unique_bytes=engine.layers.counts.unique_bytes,
        manifests_pruned=done.pruned.manifests,
        seconds=time.monotonic() - done.started_s,
        findings=dict(found.severities),
        suppressed_findings=found.suppressed,
        secrets=held.contents.get(FindingKind.SECRET),
        misconfigurations=held.contents.get(FindingKind.MISCONFIGURATION),
        licenses=held.contents.get(FindingKind.LICENSE),
        unchecked_packages=sum(count for _, count in found.unchecked),
        unreadable_images=found.with_problems,
        undecided_findings=found.undecided,
        worst_images=tuple(ImageFindings(name, dict(counts)) for name, counts in found.worst),
        failures=(*failures, *done.lacking),
    )
    # An empty registry is clean, one that did not let us in is not; the feeds may be those of others.
    return summary.unread() if failures and not states.get("analysed") else summary


@contextlib.contextmanager
def _progress(options: Options) -> Iterator[Callable[[Pass], None]]:
    """Give what is told of each pass at its start; on a terminal it draws a bar until the block ends."""
    if options.quiet or options.no_progress or not sys.stderr.isatty():
        yield lambda _: None
        return
    from crawler.cli.bar import bars  # noqa: PLC0415 - rich is for terminals

    with bars() as watched:
        yield watched
