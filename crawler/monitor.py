"""The daemon: crawls and advisory updates by the clock, deliveries as they fall due, until it is stopped."""

import asyncio
import contextlib
import math
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from msgspec import structs

from analyzers.ignore.candidate import FindingKind
from config.cron import schedules
from config.settings import Registry, Settings
from crawler import clock, rematch
from crawler.advisories.osv import FeedOutcome
from crawler.api.application import State, application
from crawler.api.metrics import Metrics
from crawler.api.readiness import Readiness
from crawler.api.server import serve
from crawler.crawl import NewFeeds, Pass, crawl_and_tell, forget_old
from crawler.engine import Engine, crawl_lock, open_crawling, outbox_lock
from crawler.locks import FileLock
from crawler.notify.endpoints import rules
from crawler.notify.outbox import Outbox
from crawler.policies.rules import tell_expired
from crawler.targets.image import LAST_RETRY_S
from crawler.telling.tags import Searched, tell_tags
from crawler.totals.overall import totals
from crawler.turns import Turns
from crawler.version import VERSION
from store import tags
from store.errors import StoreError
from store.pruning import Pruned

RETRY_LISTING_S = 600.0
"""When a registry, repository or tag could not be read: time until the registry is crawled again. After every
further crawl that lacks something it is twice as long, up to the time after which images are tried again."""
NAMED = 100
"""Images that could not be read, of which the log tells one by one."""
COMPLAINT_S = 600.0
"""Another reason why a feed is not complete is not logged sooner after the one before."""
SOONEST_S = 2.0
"""What is due is not crawled for sooner after a crawl that it was left out of."""

_METRICS = {
    FindingKind.SECRET: "secrets",
    FindingKind.MISCONFIGURATION: "misconfigurations",
    FindingKind.LICENSE: "licenses",
}

_log = structlog.get_logger()


async def watch(settings: Settings, cache_dir: Path, stop: asyncio.Event) -> None:
    """Work until `stop` is set; what is under way is then given up, and done again at the next start.

    Raises:
        StoreError: the database cannot be used.
        ConfigError: the address to listen on cannot be had.
    """
    metrics = Metrics(VERSION)
    readiness = Readiness([registry.url for registry in settings.registries])
    async with open_crawling(settings, cache_dir) as engine:
        api = application(State(store=engine.store, metrics=metrics, readiness=readiness))
        outbox = Outbox(
            engine.store,
            rules(settings),
            policies=settings.policies,
            secret_config=engine.secrets.packed,
            agent=f"cleanbill/{VERSION}",
            lock=outbox_lock(settings, cache_dir),
        )

        async def tidy() -> None:
            try:
                pruned = await forget_old(engine, settings)
            except (StoreError, OSError) as error:
                _log.warning("not pruned", reason=str(error))
                return
            if pruned != Pruned():
                _log.info("pruned", **structs.asdict(pruned))

        monitor = _Monitor(
            engine=engine,
            settings=settings,
            turns=Turns(FileLock(crawl_lock(settings, cache_dir)), tidy),
            outbox=outbox,
            metrics=metrics,
            readiness=readiness,
            untold={registry.url for registry in settings.registries},
        )
        for text in engine.secrets.unknown:
            _log.warning("rule unknown", reason=text)
        async with serve(api, settings.server.listen) as address:
            _log.info("watching", listening=address.url, version=VERSION)
            await monitor.run(stop)
    _log.info("stopped")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Complaint:
    reason: str
    """The one that the log has."""
    since_s: float
    """When it was logged, in seconds that only grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Monitor:
    """Each kind of work is a loop that waits for its turn, so that none overlaps itself."""

    engine: Engine
    settings: Settings
    turns: Turns
    outbox: Outbox
    metrics: Metrics
    readiness: Readiness
    untold: set[str]
    """Registries of which a crawl may have left tags untold: for want of verdicts, or being given up."""
    new_feeds: NewFeeds = field(default_factory=NewFeeds)
    complaints: dict[str, _Complaint] = field(default_factory=dict)
    """Feed that is not complete → what the log says of it."""
    lacking: dict[str, tuple[frozenset[str], int]] = field(default_factory=dict)
    """Registry → what its last crawl could not read or reach, and how many crawls in a row could not."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        scheduler = AsyncIOScheduler(timezone="UTC")
        async with asyncio.TaskGroup() as group:
            loops = [
                group.create_task(self._crawls(registry, self._by_cron(scheduler, registry)))
                for registry in self.settings.registries
            ]
            loops.append(group.create_task(self._updates(self._by_interval(scheduler))))
            group.create_task(self.outbox.run(stop))
            scheduler.start()
            try:
                await stop.wait()
            finally:
                scheduler.shutdown(wait=False)
                for loop in loops:
                    loop.cancel()

    def _by_cron(self, scheduler: AsyncIOScheduler, registry: Registry) -> asyncio.Event:
        """Return an event that is set when the registry is to be crawled; missed times count as one."""
        due = asyncio.Event()
        crons = schedules(registry.cron or self.settings.crawl.cron)
        trigger = OrTrigger([CronTrigger.from_crontab(cron, timezone="UTC") for cron in crons])
        scheduler.add_job(_set, trigger, [due], coalesce=True, misfire_grace_time=None)
        if self.settings.crawl.at_start:
            due.set()
        return due

    def _by_interval(self, scheduler: AsyncIOScheduler) -> asyncio.Event:
        due = asyncio.Event()
        trigger = IntervalTrigger(seconds=self.settings.advisories.every, timezone="UTC")
        scheduler.add_job(_set, trigger, [due], coalesce=True, misfire_grace_time=None)
        due.set()
        return due

    async def _crawls(self, registry: Registry, due: asyncio.Event) -> None:
        retry_s: float | None = None
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(retry_s):
                    await due.wait()
            due.clear()
            retry_s = await self._unless_refused(f"crawl of {registry.url}", self._crawl(registry))

    async def _crawl(self, registry: Registry) -> float | None:
        """Crawl once; return in how many seconds it is worth doing it again before its time."""
        log = _log.bind(registry=registry.url)
        async with self.turns.turn():
            started = time.monotonic()
            log.info("crawl started")
            try:
                done = await crawl_and_tell(
                    self.engine, self.settings, registry, lambda _: None, self.new_feeds
                )
            except* (StoreError, OSError):
                self.metrics.crawled(registry.url, outcome="failed", seconds=time.monotonic() - started)
                raise
            finally:
                self.untold.add(registry.url)
            seconds = time.monotonic() - started
            self.outbox.notify()
        unread = await self._measure(registry)
        self._count(done, seconds, len(done.failures) + len(unread))
        log.info(
            "crawl ended",
            seconds=round(seconds, 1),
            repositories=done.repositories,
            tags=done.tags,
            changed=done.tags_changed,
            failures=len(done.failures) + len(unread),
        )
        for name, reason in [*done.failures, *unread[:NAMED]]:
            log.warning("not read", name=name, reason=reason)
        self._complain([outcome for outcome in done.feeds if outcome.state != "ok"])
        return await self._retry_s(registry, done)

    def _count(self, done: Pass, seconds: float, failures: int) -> None:
        registry = done.registry
        self.metrics.requested(registry, "list", done.list_requests)
        self.metrics.requested(registry, "head", done.head_requests)
        self.metrics.requested(registry, "other", done.other_requests)
        self.metrics.retried(registry, done.retries)
        self.metrics.pulled(registry, done.pulled_bytes)
        outcome = "complete" if not failures else "partial" if done.listed else "failed"
        self.metrics.crawled(registry, outcome=outcome, seconds=seconds)
        if done.listed:
            self.readiness.crawled(registry)
        else:
            self.readiness.failed(registry, done.failures[-1][1])

    async def _measure(self, registry: Registry) -> list[tuple[str, str]]:
        """Measure what the registry's images hold; return (name, reason) of those that could not be read."""
        today = clock.parse(clock.now()).date()
        found = await totals(self.engine.store.read, self.settings, [registry.url], today)
        if any(state == "analysed" for state, *_ in found.overview.states):
            self.metrics.holds(registry.url, "image_findings", found.overview.severities)
            for kind, held in found.contents.items():
                self.metrics.holds(registry.url, _METRICS[kind], held.severities)
        return [(name, f"{state}: {reason}") for name, state, reason in found.overview.failures]

    async def _retry_s(self, registry: Registry, done: Pass) -> float | None:
        now = clock.now()
        retry_at, overdue = await tags.next_retry(self.engine.store.read, registry.url, now)
        # Failures have names; what a crawl does not reach is one more, whatever it is.
        names = frozenset([name for name, _ in done.failures] + [""] * bool(overdue))
        before, crawls = self.lacking.get(registry.url, (names, 0))
        in_a_row = (crawls + 1 if names == before else 1) if names else 0
        self.lacking[registry.url] = names, in_a_row
        return wait_s(retry_at, now, lacking=in_a_row)

    async def _updates(self, due: asyncio.Event) -> None:
        while True:
            await due.wait()
            due.clear()
            await self._unless_refused("update of advisories", self._update())

    async def _unless_refused(self, what: str, work: Coroutine[None, None, float | None]) -> float | None:
        """Return what the work returns; what the machine refuses, room on its disk say, it may give later."""
        try:
            return await work
        except* (StoreError, OSError) as refused:
            error: BaseException = refused
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        _log.error("given up for now", work=what, reason=str(error))
        return RETRY_LISTING_S

    async def _update(self) -> None:
        started = time.monotonic()
        for policy in await tell_expired(self.engine.store, self.settings, clock.now()):
            _log.warning("policy expired", ids=policy.ids, expired=policy.expires, owner=policy.owner)
        update = await rematch.update_advisories(
            self.engine.store, self.settings.advisories.osv.url, rules(self.settings)
        )
        for registry in self.settings.registries:
            if registry.url not in self.untold:
                continue
            platforms = registry.platforms or self.settings.crawl.platforms
            searched = Searched(self.engine.secrets.packed, self.engine.images.analysed_with, platforms)
            if not await tell_tags(self.engine.store, registry.url, self.settings, clock.now(), searched):
                self.untold.discard(registry.url)
        self.outbox.notify()
        failed = [outcome for outcome in update.feeds if outcome.state != "ok"]
        self.new_feeds.in_vain -= {outcome.feed for outcome in update.feeds}
        self.new_feeds.in_vain |= {outcome.feed for outcome in failed if outcome.state == "failed"}
        self.metrics.updated(outcome="partial" if failed else "complete", seconds=time.monotonic() - started)
        # Before the first crawl nothing is asked for, and nothing fails.
        if update.feeds and not any(outcome.state == "failed" for outcome in failed):
            self.readiness.updated()
        for feed in self.complaints.keys() - {outcome.feed for outcome in failed}:
            # Or nobody needs it any more.
            if feed in {each.feed for each in update.feeds}:
                _log.info("advisories complete again", feed=feed)
            del self.complaints[feed]
        self._complain(failed)
        if update.rematch.changes:
            _log.info(
                "advisories changed",
                records=sum(outcome.records_changed for outcome in update.feeds),
                events=update.rematch.events,
                seconds=round(time.monotonic() - started, 2),
            )

    def _complain(self, failed: Sequence[FeedOutcome]) -> None:
        """Log what is wrong with feeds when that changes, not at every update."""
        now_s = time.monotonic()
        for outcome in failed:
            if outcome.state == "failed":
                self.readiness.not_updated(f"{outcome.feed}: {outcome.reason}")
            known = self.complaints.get(outcome.feed, _Complaint(reason="", since_s=-math.inf))
            # A broken mirror may give another reason every time.
            is_news = known.reason != outcome.reason and now_s - known.since_s >= COMPLAINT_S
            if is_news:
                _log.warning("advisories not complete", feed=outcome.feed, reason=outcome.reason)
            self.complaints[outcome.feed] = _Complaint(
                reason=outcome.reason if is_news else known.reason,
                since_s=now_s if is_news else known.since_s,
            )


async def _set(due: asyncio.Event) -> None:
    # A coroutine, because the scheduler calls plain functions in another thread.
    due.set()


def wait_s(retry_at: str | None, now: str, *, lacking: int) -> float | None:
    """Return in how many seconds after a crawl the next one is worth it; None for at its time.

    Args:
        retry_at: when the first unreadable image is to be tried again, later than now; None for none.
        now: the time.
        lacking: how many crawls in a row could not read or reach the same things.
    """
    waits = [min(RETRY_LISTING_S * 2 ** min(lacking - 1, 20), LAST_RETRY_S)] if lacking else []
    if retry_at is not None:
        left_s = (clock.parse(retry_at) - clock.parse(now)).total_seconds()
        waits.append(max(left_s, SOONEST_S))
    return min(waits, default=None)
