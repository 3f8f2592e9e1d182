"""What policies of the settings leave out of the counts of a crawl.

Findings are judged once for each component and each choice of policies that hold together somewhere, not
image by image; how many images that touches is left to the store.
"""

import asyncio
import dataclasses
from array import array
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from analyzers.ignore.candidate import FindingKind
from analyzers.ignore.policy import Policy as Rules
from config.settings import Policy
from crawler.policies.candidates import ignores, vulnerability
from crawler.policies.rules import holds_for, rules_for
from store import suppression
from store.database import Reader
from store.findings import WORST_FIRST, Part
from store.suppression import BySet, ComponentFinding, Counted

_ANY = "*"
Holding = tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """Tagged images, and the policies that hold for each of them in all of its repositories."""

    policies: Holding
    images: Sequence[int]


async def held(
    reader: Reader, registries: Sequence[str], policies: Sequence[Policy], today: date
) -> list[Held]:
    """Return the tagged images of registries, each once, by the policies that hold for them today."""
    holding = [each for each in policies if not each.expires or date.fromisoformat(each.expires) > today]
    names = await suppression.repositories(reader, registries) if holding else {}
    in_repository = await asyncio.to_thread(_numbers, holding, names)
    # An array has eight bytes for an image, a list four times as many.
    images: dict[frozenset[int], array[int]] = defaultdict(lambda: array("q"))
    async for places in suppression.repositories_of_images(reader, registries):
        for image, repositories in places.items():
            # Nobody has decided about a repository that was not there a moment ago.
            choices = (in_repository.get(each, frozenset()) for each in repositories)
            images[frozenset.intersection(*choices)].append(image)
    return [Held(tuple(holding[each] for each in sorted(choice)), found) for choice, found in images.items()]


def _numbers(policies: Sequence[Policy], names: Mapping[int, str]) -> dict[int, frozenset[int]]:
    """Return repository → which policies hold for it."""
    return {
        key: frozenset(number for number, each in enumerate(policies) if holds_for(each, name))
        for key, name in names.items()
    }


async def parts(reader: Reader, found: Iterable[Held], today: date) -> AsyncIterator[Part]:
    """Yield the images with what their policies leave out, which is in memory for one choice at a time."""
    for each in found:
        yield Part(each.images, await _by_set(reader, each.policies, today))


async def _by_set(reader: Reader, choice: Holding, today: date) -> BySet:
    choice = tuple(each for each in choice if not each.kinds or FindingKind.VULNERABILITY in each.kinds)
    if not choice:
        return {}
    rules, ids = rules_of(choice), {id_.strip() for each in choice for id_ in each.ids}
    counted = _Counted(rules, today)
    async for candidates in suppression.findings_of_components(reader, () if _ANY in ids else ids):
        paths: Mapping[int, Sequence[str]] | None = None
        if any(each.paths for each in choice):
            components = {each.component for each in candidates}
            paths = await suppression.paths_of_components(reader, components)
        await asyncio.to_thread(counted.add, candidates, paths)
    return await suppression.by_set(reader, counted.all())


class _Counted:
    """How many findings are suppressed, by component and path; without paths in any of them."""

    def __init__(self, rules: Rules, today: date) -> None:
        self._rules, self._today = rules, today
        self._numbers: dict[tuple[int, str | None], list[int]] = {}

    def add(self, candidates: Iterable[ComponentFinding], paths: Mapping[int, Sequence[str]] | None) -> None:
        for each in candidates:
            severity = WORST_FIRST.index(each.finding.rating.severity.name)
            for path in (None,) if paths is None else paths.get(each.component, ()):
                candidate = vulnerability(each.finding, each.purl, each.package, filter(None, (path,)))
                if ignores(self._rules, candidate, self._today):
                    numbers = self._numbers.setdefault((each.component, path), [0] * len(WORST_FIRST))
                    numbers[severity] += 1

    def all(self) -> Iterator[Counted]:
        return ((component, path, tuple(counts)) for (component, path), counts in self._numbers.items())


def rules_of(choice: Holding) -> Rules:
    """Return rules for a repository in which all of these policies hold."""
    return Rules(rules_for([dataclasses.replace(each, repositories=(_ANY,)) for each in choice], ""))
