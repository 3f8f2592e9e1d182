"""What is left out of messages about findings: images in which policies cover them, and secrets."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from msgspec.structs import replace

from analyzers.ignore.candidate import Candidate, FindingKind
from analyzers.ignore.policy import Policy as Rules
from config.settings import Policy
from crawler.policies.candidates import ignores
from crawler.policies.rules import holds_for, rules_for
from store import events
from store.database import Reader
from store.events import Event, FindingData
from store.touched import Cut, Touched, touched

_ANY = ("*",)


async def touched_uncovered(
    reader: Reader,
    told: Sequence[Event],
    policies: Sequence[Policy],
    today: date,
    admits: Callable[[str], bool] | None,
) -> Touched:
    """Return the images that finding events touched, without those in which a policy covers the finding.

    A policy with paths covers nothing here: of an event nobody knows in which files it touches each image.
    When policies cover some of the events only, `images_total` may be less than it is, never more.

    Args:
        reader: of the store.
        told: events of one cause.
        policies: of the settings.
        today: the day, in UTC, for which policies hold or do not.
        admits: tells which repositories, by their names without registry, are asked for; None for all.
    """
    ready = _ready(policies)
    by_policies: dict[tuple[Policy, ...], list[Event]] = {}
    for event in told:
        by_policies.setdefault(tuple(await _covering(reader, event, ready, today)), []).append(event)
    cut, parts = Cut(), list[Touched]()
    for covering, together in by_policies.items():
        part = await touched(reader, together, admits=admits, hides=_hides(covering), cut=cut)
        layers = [layer for each in part.layers.values() for layer in each]
        images_listed = sum(len(layer.images) for layer in layers)
        cut = dataclasses.replace(
            cut, images_in_all=cut.images_in_all - images_listed, layers=cut.layers - len(layers)
        )
        parts.append(part)
    return _joined(parts)


def _ready(policies: Sequence[Policy]) -> list[tuple[Policy, Rules]]:
    """Return the policies that may cover findings, each with its rules for its repositories."""
    return [
        (each, Rules(rules_for((dataclasses.replace(each, repositories=_ANY),), "")))
        for each in policies
        if not each.paths
    ]


async def _covering(
    reader: Reader, event: Event, ready: Sequence[tuple[Policy, Rules]], today: date
) -> list[Policy]:
    """Return the policies that cover the finding in every image of their repositories."""
    data = event.data
    if not ready or not isinstance(data, FindingData):
        return []
    purls = await events.purls(reader, event) if any(each.purls for each, _ in ready) else []
    found = list(_candidates(data, purls))
    return [each for each, rules in ready if all(ignores(rules, one, today) for one in found)]


def _candidates(data: FindingData, purls: Sequence[str]) -> Iterator[Candidate]:
    # Packages of one source have purls of their own; all have to be covered: an image may have any of them.
    for purl in purls or ("",):
        yield Candidate(
            kind=FindingKind.VULNERABILITY,
            ids=(*data.ids, *data.advisory.ids),
            purls=(purl,) if purl else (),
            severity=data.severity,
        )


def _hides(policies: Sequence[Policy]) -> Callable[[str], bool] | None:
    if not policies:
        return None
    return lambda repository: any(holds_for(each, repository) for each in policies)


def _joined(parts: Sequence[Touched]) -> Touched:
    if len(parts) == 1:
        return parts[0]
    layers = {seq: groups for part in parts for seq, groups in part.layers.items()}
    listed = {
        (image.registry, image.repository, image.digest)
        for groups in layers.values()
        for layer in groups
        for image in layer.images
    }
    most = max((part.images_total for part in parts), default=0)
    return Touched(layers, sum(part.layers_total for part in parts), max(len(listed), most))


def starred(found: Touched, secret_config: bytes = b"") -> Touched:
    """Return the same with stars over secrets, such as build arguments, in the commands that made the layers.

    It takes its time: the user's own rules, which `secret_config` packs, have to be read first.
    """
    from analyzers.secrets import _image_config  # noqa: PLC0415 - as above
    from analyzers.secrets._configured import scanner  # noqa: PLC0415 - its rules take their time

    commands = {group.created_by for groups in found.layers.values() for group in groups}
    history = [{"created_by": command} for command in sorted(commands)]
    hide = _image_config.starred({"history": history}, scanner(secret_config) if secret_config else None)
    layers = {
        seq: tuple(replace(group, created_by=hide(group.created_by)) for group in groups)
        for seq, groups in found.layers.items()
    }
    return replace(found, layers=layers)
