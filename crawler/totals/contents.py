"""What the tagged images of registries hold besides packages, in numbers."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from analyzers.ignore.candidate import FindingKind
from analyzers.severity import Severity
from config.settings import Settings
from crawler.policies.contents import ContentJudge, asked_for
from crawler.totals.vulnerabilities import Held, Holding, rules_of
from reports.crawl_summary import ContentTotals
from store.content_sets import ContentFinding, TaggedContent, content_sets, tagged_contents, unpack
from store.database import Reader

_Counted = Counter[ContentFinding]
_Choice = tuple[int, Holding]
"""A set, and the policies that hold where it is."""


async def content_totals(
    reader: Reader, settings: Settings, registries: Sequence[str], held: Held | None, judge: ContentJudge
) -> dict[FindingKind, ContentTotals]:
    """Return the totals of each kind that crawls look for.

    Args:
        reader: of the store.
        settings: what crawls look for.
        registries: whose images.
        held: the policies that hold for each image.
        judge: what else decides.
    """
    asked = asked_for(settings.crawl)
    tagged = [
        each for each in await tagged_contents(reader, registries) if (each.kind, each.layer is None) in asked
    ]
    bodies = await content_sets(reader, {each.set_id for each in tagged})
    return await asyncio.to_thread(_totals, {kind for kind, _ in asked}, tagged, bodies, held, judge)


def _totals(
    kinds: Iterable[FindingKind],
    tagged: Sequence[TaggedContent],
    bodies: Mapping[int, bytes],
    held: Held | None,
    judge: ContentJudge,
) -> dict[FindingKind, ContentTotals]:
    return {
        kind: _Totals(kind, bodies, held, judge).of([each for each in tagged if each.kind is kind])
        for kind in kinds
    }


class _Judged(msgspec.Struct, frozen=True):
    """A set, as some policies have it."""

    everything: _Counted
    left: _Counted
    severities: Counter[str]
    """Of what is left."""


class _Totals:
    """Counts one kind; each set is judged once for each choice of policies."""

    def __init__(
        self, kind: FindingKind, bodies: Mapping[int, bytes], held: Held | None, judge: ContentJudge
    ) -> None:
        self._kind, self._bodies, self._judge = kind, bodies, judge
        self._holding = held.by_image if held else {}
        self._rules = {choice: rules_of(choice) for choice in held.choices} if held else {}
        self._judged: dict[_Choice, _Judged] = {}

    def of(self, tagged: Iterable[TaggedContent]) -> ContentTotals:
        places: dict[int, set[_Choice]] = defaultdict(set)
        images: set[int] = set()
        for each in tagged:
            choice = each.set_id, self._holding.get(each.image, ())
            # Row ids are positive: an image's configuration is a place of its own.
            places[-each.image if each.layer is None else each.layer].add(choice)
            if self._of_set(choice).left:
                images.add(each.image)
        severities: Counter[str] = Counter()
        number = 0
        for choices in places.values():
            judged = self._together(choices)
            number += judged.everything.total()
            severities.update(judged.severities)
        return ContentTotals(
            severities={
                each.name: severities[each.name] for each in reversed(Severity) if severities[each.name]
            },
            images=len(images),
            suppressed=number - severities.total(),
        )

    def _together(self, choices: Iterable[_Choice]) -> _Judged:
        """Return what a place has, and what is left of it in any image."""
        first, *others = (self._of_set(choice) for choice in choices)
        if not others:
            return first
        everything, left = first.everything, first.left
        for other in others:
            everything, left = everything | other.everything, left | other.left
        return self._with_severities(everything, left)

    def _of_set(self, choice: _Choice) -> _Judged:
        if choice not in self._judged:
            set_id, holding = choice
            everything = Counter(unpack(self._bodies[set_id]).findings)
            rules = self._rules.get(holding)
            left = {
                found: number
                for found, number in everything.items()
                if self._judge.counts(self._kind, found, rules)
            }
            self._judged[choice] = self._with_severities(everything, Counter(left))
        return self._judged[choice]

    def _with_severities(self, everything: _Counted, left: _Counted) -> _Judged:
        severities: Counter[str] = Counter()
        for found, number in left.items():
            severities[self._judge.severity(self._kind, found)] += number
        return _Judged(everything, left, severities)
