"""The policies of the settings: as rules for an image's repository, and as events when their time is over."""

from collections.abc import Iterator, Sequence
from datetime import date
from fnmatch import fnmatchcase

import msgspec

from analyzers.ignore.candidate import FindingKind
from analyzers.ignore.rule import Rule
from config.settings import Policy, Settings
from crawler import clock
from crawler.notify.endpoints import rules
from store import events
from store.database import Store
from store.events import NewEvent, PolicyData, stable_id

_ANY_ID = "*"


def rules_for(policies: Sequence[Policy], repository: str) -> tuple[Rule, ...]:
    """Return the rules of the policies that hold for a repository, also of those whose time is over.

    Args:
        policies: of the settings, in their order.
        repository: with its registry, "registry.example.com/team/app"; empty for what comes from none.
    """
    return tuple(
        rule
        for number, policy in enumerate(policies)
        if holds_for(policy, repository)
        for rule in _rules(policy, f"settings: policies[{number}]")
    )


def holds_for(policy: Policy, repository: str) -> bool:
    """Tell whether one of the policy's globs holds a repository, by its name with its registry or without."""
    if "*" in policy.repositories:
        return True
    names = (repository, repository.partition("/")[2])
    return any(name and fnmatchcase(name, glob) for name in names for glob in policy.repositories)


async def tell_expired(store: Store, settings: Settings, now: str) -> tuple[PolicyData, ...]:
    """Put the policies whose time is over into the event log, each once; return those that were not there.

    A policy that is given another day, or other findings, is another one; owner and reason do not matter.
    """
    today = clock.parse(now).date()
    over = [each for each in settings.policies if each.expires and date.fromisoformat(each.expires) <= today]
    made = {event.id: event for event in map(_event, over)}
    if not made:
        return ()
    async with store.transaction() as tx:
        known = await events.known(tx, made)
        new = [event for event_id, event in made.items() if event_id not in known]
        await events.append(tx, new, rules(settings), now)
    return tuple(event.data for event in new if isinstance(event.data, PolicyData))


def _rules(policy: Policy, source: str) -> Iterator[Rule]:
    for kind in policy.kinds or (None,):
        for id_ in policy.ids:
            yield Rule(
                id="" if id_ == _ANY_ID else id_,
                kind=None if kind is None else FindingKind(kind),
                paths=policy.paths,
                purls=policy.purls,
                severities=policy.severities,
                expires=date.fromisoformat(policy.expires) if policy.expires else None,
                statement=policy.reason,
                owner=policy.owner,
                source=source,
            )


def _event(policy: Policy) -> NewEvent:
    data = PolicyData(
        ids=policy.ids,
        kinds=policy.kinds,
        paths=policy.paths,
        purls=policy.purls,
        severities=policy.severities,
        repositories=policy.repositories,
        owner=policy.owner,
        reason=policy.reason,
        expires=policy.expires,
    )
    decided = msgspec.structs.replace(data, owner="", reason="")
    return NewEvent(
        type="policy.expired",
        cause=stable_id("policy", msgspec.json.encode(decided).decode()),
        key=(),
        severity="UNKNOWN",
        fixable=False,
        data=data,
    )
