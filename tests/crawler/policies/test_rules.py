from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import Policy, Settings, Webhook
from crawler.policies.rules import holds_for, rules_for, tell_expired
from store import deliveries, events
from store.database import Store, open_store
from store.events import PolicyData

NOW = "2026-03-01T12:00:00.000000Z"
OVER = Policy(ids=("CVE-1", "GHSA-1"), owner="ops", reason="unused", expires="2026-03-01")
LIVING = Policy(ids=("CVE-2",), expires="2026-03-02")
HOOKS = (
    Webhook(url="https://all.test"),
    Webhook(url="https://worst.test", min_severity="CRITICAL", only_fixable=True, repositories=("team/*",)),
    Webhook(url="https://tags.test", events=("tag.removed",)),
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "c.db") as opened:
        yield opened


@pytest.mark.parametrize(
    ("globs", "repository", "expected"),
    [
        (("*",), "", True),
        (("team/*",), "", False),
        (("**",), "", False),
        (("team/*",), "registry.test/team/app", True),
        (("registry.test/*",), "registry.test/team/app", True),
        (("registry.test:5000/*",), "registry.test/team/app", False),
        (("other", "*/app"), "registry.test/team/app", True),
        (("Team/*",), "registry.test/team/app", False),
        (("app",), "registry.test/team/app", False),
    ],
)
def test_globs_hold_repositories_with_their_registry_or_without(
    globs: tuple[str, ...],
    repository: str,
    expected: bool,  # noqa: FBT001 - a column of the table
) -> None:
    policy = Policy(ids=("x",), repositories=globs)
    assert holds_for(policy, repository) is expected
    assert bool(rules_for((policy,), repository)) is expected


def test_a_policy_is_a_rule_for_each_id_and_kind() -> None:
    policy = Policy(
        ids=("A", "*"), kinds=("secret", "license"), severities=("LOW",), owner="ops", reason="why"
    )
    rules = rules_for((LIVING, policy), "registry.test/app")
    assert [(each.id, each.kind, each.source) for each in rules] == [
        ("CVE-2", None, "settings: policies[0]"),
        ("A", "secret", "settings: policies[1]"),
        ("", "secret", "settings: policies[1]"),
        ("A", "license", "settings: policies[1]"),
        ("", "license", "settings: policies[1]"),
    ]
    assert {(each.owner, each.statement, each.severities) for each in rules[1:]} == {("ops", "why", ("LOW",))}


async def test_a_policy_whose_day_has_come_is_told_once(store: Store) -> None:
    settings = Settings(policies=(OVER, LIVING, OVER), webhooks=HOOKS)
    (told,) = await tell_expired(store, settings, NOW)
    expected = PolicyData(ids=OVER.ids, owner="ops", reason="unused", expires="2026-03-01")
    assert told == expected
    (event,) = await events.since(store.read, 0)
    assert (event.type, event.data, event.time) == ("policy.expired", expected, NOW)
    assert await tell_expired(store, settings, NOW) == ()
    reworded = replace(settings, policies=(LIVING, replace(OVER, owner="dev", reason="gone")))
    assert await tell_expired(store, reworded, NOW) == ()
    assert await events.reached(store.read) == 1


async def test_only_types_of_events_keep_it_from_an_endpoint(store: Store) -> None:
    await tell_expired(store, Settings(policies=(OVER,), webhooks=HOOKS), NOW)
    due = [await deliveries.head(store.read, hook.name) for hook in HOOKS]
    assert [each is not None for each in due] == [True, True, False]


async def test_a_day_given_anew_is_told_anew(store: Store) -> None:
    await tell_expired(store, Settings(policies=(OVER,)), NOW)
    longer = Settings(policies=(replace(OVER, expires="2026-03-05"),))
    assert await tell_expired(store, longer, NOW) == ()
    (told,) = await tell_expired(store, longer, "2026-03-05T00:00:00.000000Z")
    assert told.expires == "2026-03-05"
