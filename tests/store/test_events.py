from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import events
from store.database import Store, open_store
from store.events import EndpointRule, NewEvent
from tests.fakes.fleet import NOW, Fleet, finding, moved

ALL = EndpointRule(name="all", url="https://hooks.test", secret="hush")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "c.db") as opened:
        yield opened


@pytest.fixture
def fleet(store: Store, tmp_path: Path) -> Fleet:  # noqa: ARG001 - the file is made first
    return Fleet(tmp_path / "c.db")


async def append(store: Store, new: list[NewEvent], *rules: EndpointRule) -> int:
    async with store.transaction() as tx:
        return await events.append(tx, new, rules, NOW)


async def test_appended_events_are_read_back_in_order(store: Store) -> None:
    assert await append(store, [finding("a", "x", "y"), moved("v1")]) == 2
    first, second = await events.since(store.read, 0)
    assert (first.seq, first.type, first.severity, first.fixable) == (1, "finding.opened", "HIGH", True)
    assert first.data == finding("a").data
    assert second.data == moved("v1").data
    assert await events.since(store.read, 1) == [second]
    assert await events.since(store.read, 0, limit=1) == [first]
    assert await events.between(store.read, 2, 9) == [second]
    assert await events.reached(store.read) == 2


async def test_events_of_one_cause_get_neighbouring_numbers(store: Store) -> None:
    await append(store, [finding("a", cause="1"), finding("b", cause="2"), finding("c", cause="1")])
    assert [(each.seq, each.cause) for each in await events.since(store.read, 0)] == [
        (1, "1"),
        (2, "1"),
        (3, "2"),
    ]


async def test_appending_again_changes_nothing(store: Store, fleet: Fleet) -> None:
    new = [finding("a", "x", cause="1"), finding("b", "x", cause="2")]
    await append(store, new, ALL)
    tables = ("events", "event_sets", "deliveries", "cursors")
    before = [fleet.rows(f"SELECT * FROM {table}") for table in tables]  # noqa: S608 - our own names
    assert await append(store, [*new, *new], ALL) == 0
    assert [fleet.rows(f"SELECT * FROM {table}") for table in tables] == before  # noqa: S608 - as above


async def test_an_event_twice_in_one_call_is_one(store: Store) -> None:
    assert await append(store, [finding("a", "x", "x"), finding("a", "x")], ALL) == 1


async def test_a_cause_in_two_parts_is_told_in_two_messages(store: Store, fleet: Fleet) -> None:
    await append(store, [finding("a")], ALL)
    await append(store, [finding("a"), finding("b")], ALL)
    assert fleet.rows("SELECT first_seq, last_seq FROM deliveries ORDER BY 1") == [(1, 1), (2, 2)]


async def test_a_transaction_that_fails_leaves_no_event_and_no_number(store: Store) -> None:
    async def cut_short() -> None:
        async with store.transaction() as tx:
            await events.append(tx, [finding("a")], [ALL], NOW)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        await cut_short()
    assert await events.since(store.read, 0) == []
    await append(store, [finding("a")])
    assert (await events.since(store.read, 0))[0].seq == 1


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({}, {"low", "high", "unfixed", "app:v1@1"}),
        ({"min_severity": "HIGH"}, {"high", "unfixed", "app:v1@1"}),
        ({"only_fixable": True}, {"low", "high"}),
        ({"events": ("finding.opened",)}, {"low", "high", "unfixed"}),
        ({"events": ("image.changed",), "min_severity": "CRITICAL"}, set()),
        ({"repositories": ("nothing/*",)}, {"low", "high", "unfixed", "app:v1@1"}),
    ],
)
async def test_a_delivery_is_made_for_each_cause_the_rule_lets_through(
    store: Store, fleet: Fleet, rule: dict[str, str], told: set[str]
) -> None:
    new = [
        finding("a", cause="low", severity="LOW"),
        finding("b", cause="high"),
        finding("c", cause="high", severity="UNKNOWN"),
        finding("d", cause="unfixed", fixable=False),
        moved("v1"),
    ]
    await append(store, new, EndpointRule(name="one", url="https://hooks.test", **rule))  # type: ignore[arg-type]  # a column
    found = fleet.rows("SELECT e.cause FROM deliveries d JOIN events e ON e.seq = d.first_seq")
    assert {cause for (cause,) in found} == told
    assert len(found) == len(told)


async def test_each_endpoint_has_message_ids_of_its_own(store: Store, fleet: Fleet) -> None:
    rules = [EndpointRule(name=name, url="https://hooks.test") for name in ("one", "two")]
    await append(store, [finding("a")], *rules)
    found = fleet.rows("SELECT endpoint, id FROM deliveries ORDER BY endpoint")
    assert [endpoint for endpoint, _ in found] == ["one", "two"]
    assert len({message for _, message in found}) == 2


def test_a_secret_is_not_printed() -> None:
    assert "hush" not in repr(ALL)


def test_ids_are_the_same_in_every_version_of_this_program() -> None:
    assert events.stable_id("evt", "finding.opened", "a", "b") == "evt_0535a6f171830a019093a9260fafc9a5"


@given(st.lists(st.lists(st.text()), unique_by=tuple))
def test_different_keys_give_different_ids(keys: list[list[str]]) -> None:
    assert len({events.stable_id("evt", *key) for key in keys}) == len(keys)
