from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crawler import clock
from store import deliveries, events
from store.database import Store, open_store
from store.deliveries import Delivery
from store.events import EndpointRule
from tests.fakes.fleet import NOW, finding

RULES = [EndpointRule(name=name, url="https://hooks.test") for name in ("one", "two")]
LATER = clock.later(NOW, 60)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Two endpoints, each with three causes to be told of."""
    async with open_store(tmp_path / "c.db") as opened:
        async with opened.transaction() as tx:
            await events.append(tx, [finding("a", cause=str(number)) for number in range(3)], RULES, NOW)
        yield opened


async def head(store: Store, endpoint: str = "one") -> Delivery:
    found = await deliveries.head(store.read, endpoint)
    assert found is not None
    return found


async def states(store: Store, endpoint: str = "one") -> list[str]:
    return [each.state for each in reversed(await deliveries.listing(store.read, endpoint=endpoint))]


async def test_the_oldest_due_delivery_is_the_head(store: Store) -> None:
    first = await head(store)
    assert (first.endpoint, first.first_seq, first.state, first.attempts) == ("one", 1, "due", 0)
    async with store.transaction() as tx:
        await deliveries.mark_delivered(tx, first.id)
    assert (await head(store)).first_seq == 2
    assert (await head(store, "two")).first_seq == 1
    assert await states(store) == ["delivered", "due", "due"]


async def test_a_failed_delivery_keeps_its_place_and_id(store: Store) -> None:
    first = await head(store)
    async with store.transaction() as tx:
        await deliveries.mark_failed(tx, first.id, error="it answered 500", due_at=LATER)
    again = await head(store)
    assert (again.id, again.attempts, again.due_at) == (first.id, 1, LATER)
    assert again.last_error == "it answered 500"


async def test_dead_and_filtered_deliveries_let_the_next_one_through(store: Store) -> None:
    async with store.transaction() as tx:
        await deliveries.mark_dead(tx, (await head(store)).id, error="it answered 400")
    async with store.transaction() as tx:
        await deliveries.mark_filtered(tx, (await head(store)).id)
    assert (await head(store)).first_seq == 3
    (dead,) = await deliveries.listing(store.read, state="dead")
    assert (dead.attempts, dead.last_error) == (1, "it answered 400")
    (filtered,) = await deliveries.listing(store.read, state="filtered")
    assert filtered.attempts == 0
    assert await deliveries.counts(store.read) == {
        ("one", "dead"): 1,
        ("one", "due"): 1,
        ("one", "filtered"): 1,
        ("two", "due"): 3,
    }


async def test_what_is_settled_stays_so(store: Store) -> None:
    first = await head(store)
    async with store.transaction() as tx:
        await deliveries.mark_delivered(tx, first.id)
        await deliveries.mark_dead(tx, first.id, error="late")
        await deliveries.mark_failed(tx, first.id, error="late", due_at=LATER)
    assert (await states(store))[0] == "delivered"


async def test_a_disabled_endpoint_rests_until_it_is_enabled(store: Store) -> None:
    async with store.transaction() as tx:
        await deliveries.disable(tx, "one", reason="it answered 410", now=NOW)
        await deliveries.disable(tx, "one", reason="again", now=LATER)
        await deliveries.register(tx, ["one", "three"])
    assert await deliveries.head(store.read, "one") is None
    assert [
        (each.name, each.disabled, each.disabled_at) for each in await deliveries.endpoints(store.read)
    ] == [
        ("one", "it answered 410", NOW),
        ("three", "", None),
        ("two", "", None),
    ]
    assert await deliveries.due_count(store.read, ["one", "three"]) == 3
    async with store.transaction() as tx:
        assert await deliveries.enable(tx, "one")
        assert not await deliveries.enable(tx, "one")
    assert (await head(store)).first_seq == 1


@pytest.mark.parametrize(
    ("chosen", "count", "one", "two"),
    [
        ({}, 2, ["due", "delivered", "due"], ["due", "due", "due"]),
        ({"endpoint": "one"}, 2, ["due", "delivered", "due"], ["dead", "due", "due"]),
        ({"endpoint": "nobody"}, 0, ["dead", "delivered", "due"], ["dead", "due", "due"]),
        ({"ids": 1}, 1, ["dead", "due", "due"], ["dead", "due", "due"]),
    ],
)
async def test_replay_makes_deliveries_due_again(
    store: Store, chosen: dict[str, str], count: int, one: list[str], two: list[str]
) -> None:
    async with store.transaction() as tx:
        await deliveries.mark_dead(tx, (await head(store)).id, error="no")
        await deliveries.mark_dead(tx, (await head(store, "two")).id, error="no")
    delivered = await head(store)
    async with store.transaction() as tx:
        await deliveries.mark_delivered(tx, delivered.id)
    ids = (delivered.id,) if "ids" in chosen else ()
    async with store.transaction() as tx:
        replayed = await deliveries.replay(tx, LATER, ids=ids, endpoint=chosen.get("endpoint"))
    assert replayed == count
    assert (await states(store), await states(store, "two")) == (one, two)


async def test_a_replayed_endpoint_is_enabled_and_starts_over_at_once(store: Store) -> None:
    async with store.transaction() as tx:
        await deliveries.mark_failed(tx, (await head(store)).id, error="no", due_at=clock.later(NOW, 9000))
        await deliveries.disable(tx, "one", reason="it answered 410", now=NOW)
    async with store.transaction() as tx:
        assert await deliveries.replay(tx, LATER, endpoint="one") == 3
    again = await head(store)
    assert (again.attempts, again.due_at, again.last_error) == (0, LATER, "")
