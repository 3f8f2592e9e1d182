import json
from pathlib import Path

import pytest

from store import deliveries, events
from store.database import Store
from store.deliveries import Delivery
from store.events import EndpointRule
from tests.crawler.cli.stores import cleanbill, in_store
from tests.fakes.fleet import NOW, finding

RULES = [EndpointRule(name=name, url="https://hooks.test") for name in ("ops", "dev")]


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    """For each endpoint one dead and one due delivery; ops is disabled."""

    async def fill(store: Store) -> None:
        async with store.transaction() as tx:
            await events.append(tx, [finding("a", cause=str(number)) for number in range(2)], RULES, NOW)
        for name in ("ops", "dev"):
            head = await deliveries.head(store.read, name)
            assert head is not None
            async with store.transaction() as tx:
                await deliveries.mark_dead(tx, head.id, error="it answered 400: 'a\x1b[2Jb'")
        async with store.transaction() as tx:
            await deliveries.disable(tx, "ops", reason="it answered 410", now=NOW)

    in_store(tmp_path, fill)
    return tmp_path


def listed(folder: Path) -> list[Delivery]:
    return in_store(folder, lambda store: deliveries.listing(store.read))


def states(folder: Path) -> list[tuple[str, str]]:
    return sorted((each.endpoint, each.state) for each in listed(folder))


def dead(folder: Path, endpoint: str) -> str:
    (found,) = [each.id for each in listed(folder) if (each.endpoint, each.state) == (endpoint, "dead")]
    return found


def test_any_number_is_a_limit(outbox: Path) -> None:
    ran = cleanbill(outbox, "deliveries", "list", "--limit", "9" * 30, "--format", "json")
    assert (ran.code, ran.out.count("\n")) == (0, 4)


def test_deliveries_are_listed_with_why_they_failed(outbox: Path) -> None:
    ran = cleanbill(outbox, "deliveries", "list", columns=80)
    assert ran.code == 0
    assert all(each.id in ran.out for each in listed(outbox))
    assert ran.out.splitlines()[0].split()[:5] == ["ID", "State", "Events", "Due", "or"]
    assert r"  to dev, attempts: 1: it answered 400: 'a\x1b[2Jb'" in ran.out
    assert len([line for line in ran.out.splitlines() if line.startswith("msg_")]) == 4
    assert ran.err == (
        "cleanbill: ops: nothing is sent since 2026-03-01T12:00:00Z: it answered 410;"
        " `cleanbill deliveries replay --endpoint ops` goes on\n"
    )


@pytest.mark.parametrize(
    ("args", "found"),
    [
        (["--state", "dead"], [("dev", "dead"), ("ops", "dead")]),
        (["--endpoint", "dev"], [("dev", "due"), ("dev", "dead")]),
        (["--endpoint", "dev", "--state", "due"], [("dev", "due")]),
        (["--state", "filtered"], []),
        (["--limit", "1"], [("dev", "due")]),
    ],
)
def test_deliveries_are_chosen_by_state_and_endpoint(
    outbox: Path, args: list[str], found: list[tuple[str, str]]
) -> None:
    ran = cleanbill(outbox, "deliveries", "list", "--format", "json", *args)
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [(line["endpoint"], line["state"]) for line in lines] == found
    assert ran.code == 0


@pytest.mark.parametrize(
    ("args", "said"), [([], "no deliveries"), (["--endpoint", "dev"], "no such deliveries")]
)
def test_no_deliveries_at_all(tmp_path: Path, args: list[str], said: str) -> None:
    in_store(tmp_path, lambda store: deliveries.listing(store.read))
    ran = cleanbill(tmp_path, "deliveries", "list", *args)
    assert (ran.code, ran.out, ran.err) == (0, "", f"cleanbill: {said}\n")


def test_a_delivery_is_replayed_by_its_id_and_its_endpoint_used_again(outbox: Path) -> None:
    ran = cleanbill(outbox, "deliveries", "replay", dead(outbox, "ops"))
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == (
        "cleanbill: ops is used again\n"
        "cleanbill: ops is not in the settings: nobody sends to it\n"
        "cleanbill: 1 delivery is due again\n"
    )
    assert states(outbox) == [("dev", "dead"), ("dev", "due"), ("ops", "due"), ("ops", "due")]


@pytest.mark.parametrize(
    ("args", "left"),
    [
        (["--all-dead"], [("dev", "due"), ("dev", "due"), ("ops", "due"), ("ops", "due")]),
        (["--endpoint", "dev"], [("dev", "due"), ("dev", "due"), ("ops", "dead"), ("ops", "due")]),
    ],
)
def test_what_is_dead_is_due_again(outbox: Path, args: list[str], left: list[tuple[str, str]]) -> None:
    ran = cleanbill(outbox, "deliveries", "replay", *args)
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "cleanbill: 2 deliveries are due again")
    assert states(outbox) == left
    head = in_store(outbox, lambda store: deliveries.head(store.read, "ops"))
    assert (head is not None) == (args == ["--all-dead"])


@pytest.mark.parametrize("name", ["", "a\udcff", "\x1b[2J"])
def test_no_endpoint_has_such_a_name(outbox: Path, name: str) -> None:
    ran = cleanbill(outbox, "deliveries", "list", "--endpoint", name)
    assert (ran.code, ran.out) == (2, "")
    assert f"{name!r}: expected one that `cleanbill deliveries list` shows" in ran.err


def test_an_unknown_id_changes_nothing(outbox: Path) -> None:
    before = states(outbox)
    ran = cleanbill(outbox, "deliveries", "replay", dead(outbox, "dev"), "msg_none")
    assert ran.code == 4
    assert "'msg_none': no such delivery, expected some that `cleanbill deliveries list` shows" in ran.err
    assert states(outbox) == before


@pytest.mark.parametrize(
    "args",
    [
        [],
        [""],
        ["x", "--all-dead"],
        ["--all-dead", "--endpoint", "ops"],
        ["--endpoint", "nobody"],
        ["--endpoint", ""],
    ],
)
def test_it_must_be_said_what_to_replay(outbox: Path, args: list[str]) -> None:
    before = states(outbox)
    assert cleanbill(outbox, "deliveries", "replay", *args).code == 2
    assert states(outbox) == before
