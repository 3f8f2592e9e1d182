"""What the tagged images of registries hold besides packages, in numbers."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import add
from typing import TypeVar

import msgspec

from analyzers.ignore.candidate import FindingKind
from analyzers.ignore.policy import Policy as Rules
from config.settings import Settings
from crawler.policies.contents import ContentJudge, asked_for
from crawler.totals.vulnerabilities import Held, rules_of
from reports.crawl_summary import ContentTotals
from store.content_sets import ContentFinding, TaggedContent, content_sets, contents_of_images, unpack
from store.database import Reader
from store.findings import WORST_FIRST, Counts, pages

_Found = Counter[ContentFinding]
_Choice = tuple[int, int]
"""A set, and the number of the policies that hold where it is."""
_RANK = {severity: rank for rank, severity in enumerate(WORST_FIRST)}
_SETS_AT_ONCE = 1024
_T = TypeVar("_T")


async def content_totals(
    reader: Reader, settings: Settings, found: Sequence[Held], judge: ContentJudge
) -> dict[FindingKind, ContentTotals]:
    """Return the totals of each kind that crawls look for.

    Args:
        reader: of the store.
        settings: what crawls look for.
        found: the tagged images, and the policies that hold for them.
        judge: what else decides.
    """
    asked = asked_for(settings.crawl)
    rules = [rules_of(each.policies) if each.policies else None for each in found]
    counted = {}
    for kind in {kind for kind, _ in asked}:
        totals = _Totals(_Judge(kind, judge, rules))
        for number, held in enumerate(found):
            for images in pages(held.images):
                tagged = await contents_of_images(reader, images, kind)
                wanted = [each for each in tagged if (kind, each.layer is None) in asked]
                await _add(reader, totals, wanted, number)
        for choices in await asyncio.to_thread(totals.add_places):
            await _add_shared(reader, totals, choices)
        counted[kind] = totals.all()
    return counted


async def _add(reader: Reader, totals: "_Totals", tagged: Sequence[TaggedContent], number: int) -> None:
    for sets in _some(totals.not_judged({each.set_id for each in tagged}, number)):
        bodies = await content_sets(reader, sets)
        await asyncio.to_thread(totals.judge_sets, bodies, number)
    await asyncio.to_thread(totals.add, tagged, number)


async def _add_shared(reader: Reader, totals: "_Totals", choices: Collection[_Choice]) -> None:
    everything, left = _Found(), _Found()
    for some in _some(sorted(choices)):
        bodies = await content_sets(reader, {set_id for set_id, _ in some})
        everything, left = await asyncio.to_thread(totals.judge.together, some, bodies, everything, left)
    totals.count(totals.judge.summary(everything, left))


class _Judged(msgspec.Struct, frozen=True):
    """What some policies leave of a place, in numbers; those of most places are alike."""

    number: int
    """Of everything that is there."""
    left: Counts

    @property
    def is_whole(self) -> bool:
        """Whether nothing is suppressed."""
        return self.number == sum(self.left)


class _Judge:
    """Judges sets of one kind."""

    def __init__(self, kind: FindingKind, judge: ContentJudge, rules: Sequence[Rules | None]) -> None:
        self._kind, self._judge, self._rules = kind, judge, rules
        self._alike: dict[_Judged, _Judged] = {}

    def findings(self, body: bytes, number: int) -> tuple[_Found, Mapping[ContentFinding, int]]:
        """Return what a set has, and what policies leave of it."""
        everything = Counter(unpack(body).findings)
        left = {
            found: times
            for found, times in everything.items()
            if self._judge.counts(self._kind, found, self._rules[number])
        }
        return everything, left

    def together(
        self, choices: Iterable[_Choice], bodies: Mapping[int, bytes], everything: _Found, left: _Found
    ) -> tuple[_Found, _Found]:
        """Return what a place has, and what is left of it in any image."""
        for set_id, number in choices:
            if set_id in bodies:
                more, more_left = self.findings(bodies[set_id], number)
                everything, left = everything | more, left | Counter(more_left)
        return everything, left

    def summary(self, everything: _Found, left: Mapping[ContentFinding, int]) -> _Judged:
        """Return the numbers of it."""
        severities = [0] * len(WORST_FIRST)
        for found, times in left.items():
            severities[_RANK[self._judge.severity(self._kind, found)]] += times
        judged = _Judged(everything.total(), tuple(severities))
        return self._alike.setdefault(judged, judged)


class _Totals:
    """Counts one kind; each set is judged once for each choice of policies."""

    def __init__(self, judge: _Judge) -> None:
        self.judge = judge
        self._judged: dict[_Choice, _Judged] = {}
        self._places: dict[int, _Choice] = {}
        self._shared: dict[int, set[_Choice]] = {}
        """Layers of which images have different sets, or for which different policies hold."""
        self._images = self._number = 0
        self._left: Counts = (0,) * len(WORST_FIRST)

    def not_judged(self, sets: Iterable[int], number: int) -> list[int]:
        """Return those of the sets that were not met with these policies."""
        return [each for each in sets if (each, number) not in self._judged]

    def judge_sets(self, bodies: Mapping[int, bytes], number: int) -> None:
        """Judge sets that were not met before."""
        for set_id, body in bodies.items():
            self._judged[set_id, number] = self.judge.summary(*self.judge.findings(body, number))

    def add(self, tagged: Iterable[TaggedContent], number: int) -> None:
        """Add images for which these policies hold, each image once."""
        images = set()
        for each in tagged:
            choice = each.set_id, number
            judged = self._judged.get(choice)
            if judged is None:
                continue  # the image was analysed anew a moment ago
            if any(judged.left):
                images.add(each.image)
            if each.layer is None:
                self.count(judged)  # an image's configuration is a place of its own
            elif self._places.setdefault(each.layer, choice) != choice:
                self._shared.setdefault(each.layer, {self._places[each.layer]}).add(choice)
        self._images += len(images)

    def count(self, judged: _Judged) -> None:
        """Count what is in one place."""
        self._number += judged.number
        self._left = tuple(map(add, self._left, judged.left))

    def add_places(self) -> list[Collection[_Choice]]:
        """Count the layers of all images; return the choices of those that are to be judged together."""
        left_out: list[Collection[_Choice]] = []
        for layer, choice in self._places.items():
            choices = self._shared.get(layer, {choice})
            most = max((self._judged[each] for each in choices), key=lambda each: sum(each.left))
            # What policies leave whole in one image is there; what they leave in others is a part of it.
            if len(choices) == 1 or (most.is_whole and len({set_id for set_id, _ in choices}) == 1):
                self.count(most)
            else:
                left_out.append(choices)
        return left_out

    def all(self) -> ContentTotals:
        """Return the sums."""
        severities = zip(WORST_FIRST, self._left, strict=True)
        return ContentTotals(
            severities={severity: count for severity, count in severities if count},
            images=self._images,
            suppressed=self._number - sum(self._left),
        )


def _some(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), _SETS_AT_ONCE):
        yield items[start : start + _SETS_AT_ONCE]
