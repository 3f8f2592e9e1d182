"""The outbox: messages on their way to endpoints, in the order of their events."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from store.database import Reader, Writer

State = Literal["due", "delivered", "dead", "filtered"]
"""dead: given up after its last attempt; filtered: no image that the endpoint asks for was touched."""


class Delivery(msgspec.Struct, frozen=True):
    """One message for one endpoint: the events of one cause."""

    id: str
    """What the receiver sees as webhook-id, the same at every attempt."""
    endpoint: str
    first_seq: int
    last_seq: int
    created_at: str
    state: State
    attempts: int
    due_at: str
    last_error: str


class Endpoint(msgspec.Struct, frozen=True):
    """A receiver and, when nothing is sent to it any more, why and since when."""

    name: str
    disabled: str
    disabled_at: str | None


async def register(tx: Writer, names: Sequence[str]) -> None:
    """Make each endpoint known; those that are already keep their state."""
    await tx.many("add_endpoint", [(name,) for name in names])


async def head(reader: Reader, endpoint: str) -> Delivery | None:
    """Return the endpoint's oldest due delivery, which may be due later; None when it is disabled.

    No later one may be sent before this one is settled: that keeps the order.
    """
    row = await reader.one("next_delivery", endpoint=endpoint)
    return None if row is None else Delivery(*row)


async def mark_delivered(tx: Writer, delivery_id: str) -> None:
    """Remember that the receiver took the message."""
    await tx.run("settle_delivery", id=delivery_id, state="delivered", attempted=1, error="")


async def mark_failed(tx: Writer, delivery_id: str, *, error: str, due_at: str) -> None:
    """Remember an attempt in vain, and when the next one is due."""
    await tx.run("postpone_delivery", id=delivery_id, error=error, due_at=due_at)


async def mark_dead(tx: Writer, delivery_id: str, *, error: str) -> None:
    """Remember that the last attempt was in vain."""
    await tx.run("settle_delivery", id=delivery_id, state="dead", attempted=1, error=error)


async def mark_filtered(tx: Writer, delivery_id: str) -> None:
    """Remember that there is nothing to tell."""
    await tx.run("settle_delivery", id=delivery_id, state="filtered", attempted=0, error="")


async def give_up_strangers(tx: Writer, endpoints: Sequence[str], *, error: str) -> int:
    """Make what is due to any other endpoint dead; return how many messages that are."""
    names = msgspec.json.encode(list(endpoints)).decode()
    return await tx.run("settle_strangers", endpoints=names, error=error)


async def disable(tx: Writer, endpoint: str, *, reason: str, now: str) -> None:
    """Let the endpoint's deliveries rest, due as they are, until `enable` or `replay`."""
    await tx.run("disable_endpoint", endpoint=endpoint, reason=reason, now=now)


async def enable(tx: Writer, endpoint: str) -> bool:
    """Send to the endpoint again; return False when it was not disabled."""
    return await tx.run("enable_endpoint", endpoint=endpoint) > 0


async def replay(tx: Writer, now: str, *, ids: Sequence[str] = (), endpoint: str | None = None) -> int:
    """Make deliveries due at `now`, with all their attempts before them; return how many.

    With ids exactly those, whatever became of them; with an endpoint its dead and waiting ones, and the
    endpoint is enabled; with neither all dead ones.
    """
    if ids:
        return await tx.run("replay_deliveries", ids=msgspec.json.encode(list(ids)).decode(), now=now)
    if endpoint is not None:
        await enable(tx, endpoint)
        return await tx.run("replay_endpoint", endpoint=endpoint, now=now)
    return await tx.run("replay_dead", now=now)


async def listing(
    reader: Reader, *, state: State | None = None, endpoint: str | None = None, limit: int = 1000
) -> list[Delivery]:
    """Return deliveries, newest first."""
    rows = await reader.all("list_deliveries", state=state, endpoint=endpoint, limit=limit)
    return [Delivery(*row) for row in rows]


async def counts(reader: Reader) -> dict[tuple[str, str], int]:
    """Return (endpoint, state) → how many deliveries."""
    return {(endpoint, state): count for endpoint, state, count in await reader.all("count_deliveries")}


async def due_count(reader: Reader, endpoints: Sequence[str]) -> int:
    """Return how many deliveries to these endpoints are not settled, those to disabled ones too."""
    return int(await reader.value("count_due", endpoints=msgspec.json.encode(list(endpoints)).decode()))


async def endpoints(reader: Reader) -> list[Endpoint]:
    """Return all endpoints that were ever known, by name."""
    return [Endpoint(*row) for row in await reader.all("all_endpoints")]
