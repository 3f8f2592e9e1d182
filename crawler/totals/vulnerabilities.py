"""What policies of the settings leave out of the counts of a crawl.

Findings are judged once for each component and each choice of policies that hold together somewhere, not
image by image; how many images that touches is left to the store.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from analyzers.ignore.candidate import FindingKind
from analyzers.ignore.policy import Policy as Rules
from config.settings import Policy
from crawler.policies.candidates import ignores, vulnerability
from crawler.policies.rules import holds_for, rules_for
from store import suppression
from store.database import Reader
from store.suppression import BySet, ComponentFinding, Counted

_ANY = "*"
Holding = tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """The policies that hold for each image, in all of its repositories."""

    by_image: Mapping[int, Holding]
    today: date

    @property
    def choices(self) -> set[Holding]:
        """Return the different choices of policies."""
        return {each for each in self.by_image.values() if each}


async def held(
    reader: Reader, registries: Sequence[str], policies: Sequence[Policy], today: date
) -> Held | None:
    """Return which policies hold for the tagged images of registries; None when none holds today."""
    holding = [each for each in policies if not each.expires or date.fromisoformat(each.expires) > today]
    if not holding:
        return None
    names = await suppression.repositories(reader, registries)
    in_repository = {
        key: tuple(each for each in holding if holds_for(each, name)) for key, name in names.items()
    }
    by_image: dict[int, Holding] = {}
    for image, places in (await suppression.repositories_of_images(reader, registries)).items():
        first, *others = (in_repository[each] for each in places)
        by_image[image] = tuple(each for each in first if all(each in other for other in others))
    return Held(by_image, today)


async def suppressed_findings(reader: Reader, found: Held) -> dict[int, BySet]:
    """Return image → component set → severity → vulnerabilities that its policies leave out."""
    by_choice = {each: await _by_set(reader, each, found.today) for each in found.choices}
    return {image: by_choice[each] for image, each in found.by_image.items() if by_choice.get(each)}


async def _by_set(reader: Reader, choice: Holding, today: date) -> BySet:
    choice = tuple(each for each in choice if not each.kinds or FindingKind.VULNERABILITY in each.kinds)
    if not choice:
        return {}
    rules, ids = rules_of(choice), {id_.strip() for each in choice for id_ in each.ids}
    candidates = await suppression.findings_of_components(reader, () if _ANY in ids else ids)
    if not any(each.paths for each in choice):
        judged: Iterable[Counted] = _judged(candidates, {}, rules, today)
    else:
        paths = await suppression.paths_of_components(reader, {each.component for each in candidates})
        judged = _judged(candidates, paths, rules, today)
    return await suppression.by_set(reader, judged)


def _judged(
    candidates: Iterable[ComponentFinding], paths: Mapping[int, Sequence[str]], rules: Rules, today: date
) -> Iterator[Counted]:
    """Yield how many findings are suppressed, by component and path; without paths in any of them."""
    numbers: Counter[tuple[int, str | None, str]] = Counter()
    for each in candidates:
        severity = each.finding.rating.severity.name
        for path in paths.get(each.component, ()) if paths else (None,):
            candidate = vulnerability(each.finding, each.purl, each.package, filter(None, (path,)))
            if ignores(rules, candidate, today):
                numbers[each.component, path, severity] += 1
    return ((*key, number) for key, number in numbers.items())


def rules_of(choice: Holding) -> Rules:
    """Return rules for a repository in which all of these policies hold."""
    return Rules(rules_for([dataclasses.replace(each, repositories=(_ANY,)) for each in choice], ""))
