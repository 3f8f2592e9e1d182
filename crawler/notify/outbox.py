"""The pump: sends what is due, for each endpoint in order, until it is told to stop.

At least once: what became of a message is written after its answer, so a process that ends in between
sends it again, with the same id.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date
from pathlib import Path

import structlog

from config.settings import Policy
from crawler import clock
from crawler.http import aiohttp
from crawler.locks import FileLock
from crawler.notify import message, schedule, webhook
from crawler.notify.covered import starred, touched_uncovered
from crawler.notify.webhook import Receiver
from store import deliveries, events
from store.database import Store
from store.deliveries import Delivery
from store.errors import StoreError
from store.events import EndpointRule

POLL_S = 2.0
"""How often the tables are looked at unasked: another process may have added rows."""
REFUSED_S = 60.0
"""Time until an endpoint's next try when the store could not be written."""

_log = structlog.get_logger()


async def wait(wake: asyncio.Event, timeout_s: float) -> None:
    """Return when `wake` is set or the time is over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await wake.wait()


class Outbox:
    """Sends the due deliveries of some endpoints; one that hangs holds up nobody else."""

    def __init__(  # noqa: PLR0913 -- the world: where, who, and what time it is
        self,
        store: Store,
        endpoints: Sequence[EndpointRule],
        *,
        policies: Sequence[Policy] = (),
        secret_config: bytes = b"",
        source: str = "cleanbill",
        agent: str = "cleanbill",
        lock: Path | None = None,
        now: Callable[[], str] = clock.now,
        chance: Callable[[], float] = random.random,
        wait: Callable[[asyncio.Event, float], Awaitable[None]] = wait,
        session: Callable[[], aiohttp.ClientSession] = webhook.open_session,
    ) -> None:
        """Make a pump.

        Args:
            store: where deliveries and events are.
            endpoints: whom to send to; names are unique.
            policies: what is left out of messages.
            secret_config: what the user's own rules for secrets are made of; those of commands are starred.
            source: the CloudEvents source of the messages, a URI reference.
            agent: the User-Agent of requests, with the version: "cleanbill/1.0".
            lock: a file that lets only one process at a time send; None when there is only one.
            now: gives the time, as crawler.clock does.
            chance: gives random numbers from 0 to 1.
            wait: returns when the event is set or so many seconds are over.
            session: gives the session that requests are made with.

        Raises:
            ValueError: the secret of an endpoint is not base64.
        """
        self._store, self._receivers = store, [webhook.receiver(rule) for rule in endpoints]
        self._policies, self._source, self._agent = tuple(policies), source, agent
        self._secret_config = secret_config
        self._lock = None if lock is None else FileLock(lock)
        self._now, self._chance, self._wait, self._session = now, chance, wait, session
        self.delivered = 0
        """How many messages were taken."""
        self._idle = asyncio.Event()
        self._wakers = {rule.name: asyncio.Event() for rule in endpoints}

    def notify(self) -> None:
        """Let every endpoint look for due deliveries at once."""
        for waker in (self._idle, *self._wakers.values()):
            waker.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is due until `stop` is set; then finish the requests under way, and return."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._notify_when(stop))
            await self._take_turn(stop)
            async with self._opened() as session, asyncio.TaskGroup() as pumps:
                await self._give_up_strangers()
                for to in self._receivers:
                    pumps.create_task(self._pump(session, to, stop))

    async def drain(self, deadline_s: float) -> int:
        """Try what is due, once each, for at most so many seconds; return how many are still to be sent.

        When another process holds the lock, it does that work, and nothing is tried here.
        """
        if self._receivers and await self._acquire():
            with contextlib.suppress(TimeoutError):
                async with self._opened() as session, asyncio.timeout(deadline_s):
                    await self._drain(session)
        return await deliveries.due_count(self._store.read, list(self._wakers))

    async def _notify_when(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.notify()

    async def _take_turn(self, stop: asyncio.Event) -> None:
        """Wait until no other process sends, or `stop` is set."""
        has_told = False
        while not await self._acquire() and not stop.is_set():
            if not has_told:
                _log.warning("another process sends the deliveries of this store; waiting for its end")
                has_told = True
            self._idle.clear()
            await self._wait(self._idle, POLL_S)

    async def _give_up_strangers(self) -> None:
        """Let nothing wait for ever for endpoints that are no longer in the settings."""
        error = "its endpoint is not in the settings any more"
        async with self._store.transaction() as tx:
            number = await deliveries.give_up_strangers(tx, list(self._wakers), error=error)
        if number:
            _log.warning("deliveries given up; `deliveries replay` sends them", reason=error, number=number)

    async def _acquire(self) -> bool:
        return self._lock is None or await asyncio.to_thread(self._lock.acquire)

    @contextlib.asynccontextmanager
    async def _opened(self) -> AsyncIterator[aiohttp.ClientSession]:
        """Give a session; afterwards let the lock go."""
        try:
            async with self._store.transaction() as tx:
                await deliveries.register(tx, list(self._wakers))
            async with self._session() as session:
                yield session
        finally:
            if self._lock is not None:
                self._lock.release()

    async def _pump(self, session: aiohttp.ClientSession, to: Receiver, stop: asyncio.Event) -> None:
        waker = self._wakers[to.rule.name]
        while not stop.is_set():
            waker.clear()  # before the look: what is notified of after it wakes the wait
            try:
                idle_s = await self._step(session, to)
            except StoreError as error:
                # What was sent and could not be noted is sent again: not too often.
                _log.error("deliveries given up for now", endpoint=to.rule.name, reason=str(error))
                await self._wait(waker, REFUSED_S)
                continue
            if idle_s > 0:
                await self._wait(waker, min(idle_s, POLL_S))

    async def _drain(self, session: aiohttp.ClientSession) -> None:
        async def drain(to: Receiver) -> None:
            while await self._step(session, to) <= 0:
                pass  # one failure puts the head into the future, which ends this

        async with asyncio.TaskGroup() as group:
            for to in self._receivers:
                group.create_task(drain(to))

    async def _step(self, session: aiohttp.ClientSession, to: Receiver) -> float:
        """Try the endpoint's next delivery if it is due; return how many seconds there is nothing to do."""
        head = await deliveries.head(self._store.read, to.rule.name)
        if head is None:
            return POLL_S
        early_s = (clock.parse(head.due_at) - clock.parse(self._now())).total_seconds()
        if early_s > 0:
            return early_s
        body = await self._compose(head, to.rule)
        if body is None:
            async with self._store.transaction() as tx:
                await deliveries.mark_filtered(tx, head.id)
            return 0.0
        now = clock.parse(self._now())
        answer = await webhook.send(session, to, head.id, body, now=now, agent=self._agent)
        await self._settle(head, schedule.decide(answer, attempts=head.attempts + 1, chance=self._chance()))
        return 0.0

    async def _compose(self, delivery: Delivery, rule: EndpointRule) -> bytes | None:
        """Return the message's body; None when no image that the endpoint asks for was touched."""
        reader = self._store.read
        log = await events.between(reader, delivery.first_seq, delivery.last_seq)
        told = [event for event in log if rule.admits(event)]
        admits = message.repository_filter(rule.repositories)
        if any(event.type.startswith("finding.") for event in told):
            found = await touched_uncovered(reader, told, self._policies, self._today(), admits)
            found = await asyncio.to_thread(starred, found, self._secret_config)
            composed = message.finding_message(delivery.id, self._source, told, found)
        elif any(event.type.startswith("policy.") for event in told):
            composed = message.policy_message(delivery.id, self._source, told)
        else:
            composed = message.tag_message(delivery.id, self._source, told, admits)
        return None if composed is None else message.encode(composed)

    def _today(self) -> date:
        return clock.parse(self._now()).date()

    async def _settle(self, delivery: Delivery, decision: schedule.Decision) -> None:
        now = self._now()
        async with self._store.transaction() as tx:
            match decision:
                case schedule.Taken():
                    await deliveries.mark_delivered(tx, delivery.id)
                case schedule.Retry(error, after_s):
                    due_at = clock.later(now, after_s)
                    await deliveries.mark_failed(tx, delivery.id, error=error, due_at=due_at)
                case schedule.GiveUp(error):
                    await deliveries.mark_dead(tx, delivery.id, error=error)
                case schedule.Gone(error):
                    await deliveries.mark_failed(tx, delivery.id, error=error, due_at=now)
                    await deliveries.disable(tx, delivery.endpoint, reason=error, now=now)
        self._tell(delivery, decision)

    def _tell(self, delivery: Delivery, decision: schedule.Decision) -> None:
        log = _log.bind(endpoint=delivery.endpoint, delivery=delivery.id, attempt=delivery.attempts + 1)
        match decision:
            case schedule.Taken():
                self.delivered += 1
                log.info("message delivered")
            case schedule.Retry(error, after_s):
                log.warning("message not delivered", error=error, again_in_s=round(after_s))
            case schedule.GiveUp(error):
                log.error("message given up", error=error)
            case schedule.Gone(error):
                log.error("endpoint disabled", error=error)
