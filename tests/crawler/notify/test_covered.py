import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from config.settings import Policy
from crawler.notify.covered import starred, touched_uncovered
from store import events
from store.database import Store, open_store
from store.events import Event, NewEvent
from tests.fakes.fleet import NOW, Fleet, finding
from tests.fakes.secrets import token

TODAY = date(2026, 3, 1)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "c.db") as opened:
        fleet = Fleet(tmp_path / "c.db")
        fleet.image("debian", ["base"])
        fleet.image("team/app", ["base", "code"])
        fleet.package("ssl", ("base", "var/lib/dpkg/status"))
        fleet.package("zip", ("code", "var/lib/dpkg/status"))
        yield opened


async def logged(store: Store, *new: NewEvent) -> list[Event]:
    async with store.transaction() as tx:
        await events.append(tx, new, [], NOW)
    return await events.since(store.read, 0)


def policy(ids: tuple[str, ...] = ("DSA-1",), **more: object) -> Policy:
    return Policy(ids=ids, **more)  # type: ignore[arg-type]  # any of its fields


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ([], {"debian", "team/app"}),
        ([policy()], set()),
        ([policy(("cve-2026-1",), kinds=("vulnerability",))], set()),
        ([policy(kinds=("secret",))], {"debian", "team/app"}),
        ([policy(("CVE-2026-2",))], {"debian", "team/app"}),
        ([policy(repositories=("team/*",))], {"debian"}),
        ([policy(repositories=("registry.test/debian",))], {"team/app"}),
        ([policy(repositories=("team/*",)), policy(repositories=("debian",))], set()),
        ([policy(expires="2026-03-01")], {"debian", "team/app"}),
        ([policy(expires="2026-03-02")], set()),
        ([policy(severities=("LOW",))], {"debian", "team/app"}),
        ([policy(("*",), severities=("HIGH",))], set()),
        ([policy(("*",), purls=("pkg:deb/debian/libssl",))], set()),
        ([policy(("*",), purls=("pkg:deb/debian/libzip",))], {"debian", "team/app"}),
        ([policy(paths=("var/**",))], {"debian", "team/app"}),
    ],
)
async def test_images_in_which_a_policy_covers_the_finding_are_left_out(
    store: Store, policies: list[Policy], expected: set[str]
) -> None:
    told = await logged(store, finding("ssl", "base"))
    found = await touched_uncovered(store.read, told, policies, TODAY, None)
    names = {image.repository for layers in found.layers.values() for each in layers for image in each.images}
    assert (names, found.images_total) == (expected, len(expected))
    assert bool(found.layers) is bool(expected)


async def test_commands_of_layers_are_told_without_their_secrets(store: Store, tmp_path: Path) -> None:
    secret = token().decode()
    with contextlib.closing(sqlite3.connect(tmp_path / "c.db")) as connection, connection:
        command = f"RUN |1 TOKEN={secret} /bin/sh -c make"
        connection.execute("UPDATE manifest_layers SET created_by = ?", (command,))
    found = await touched_uncovered(store.read, await logged(store, finding("ssl", "base")), (), TODAY, None)
    (group,) = (await asyncio.to_thread(starred, found)).layers[1]
    assert group.created_by == f"RUN |1 TOKEN={'*' * len(secret)} /bin/sh -c make"


async def test_events_of_one_cause_are_covered_each_for_itself(store: Store) -> None:
    told = await logged(store, finding("ssl", "base"), finding("zip", "code"))
    policies = [policy(("*",), purls=("pkg:deb/debian/libssl",), repositories=("debian",))]
    found = await touched_uncovered(store.read, told, policies, TODAY, None)
    assert {seq: [each.images_total for each in layers] for seq, layers in found.layers.items()} == {
        1: [1],
        2: [1],
    }
    assert (found.layers_total, found.images_total) == (2, 1)
    only = await touched_uncovered(store.read, told, policies, TODAY, "debian".__eq__)
    assert only.layers == {}
