"""What the settings say of findings in images' contents: how bad they are, and whether they count."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from analyzers.ignore.candidate import FindingKind
from analyzers.ignore.policy import Policy as Rules
from config.settings import Crawl, Licenses
from crawler.policies.candidates import content, ignores
from crawler.scanners import SCANNERS
from crawler.targets.image_contents import KINDS
from reports.contents import categories_of
from reports.suppression import is_ignored
from store.content_sets import ContentFinding

if TYPE_CHECKING:
    from analyzers.spdx.categories import Categories


def asked_for(settings: Crawl) -> frozenset[tuple[FindingKind, bool]]:
    """Return the kinds that crawls look for, each with whether that is in images' configurations."""

    def kinds(words: Sequence[str]) -> frozenset[FindingKind]:
        return frozenset(KINDS[SCANNERS[word]] for word in words if SCANNERS[word] in KINDS)

    in_files, in_config = kinds(settings.scanners), kinds(settings.image_config_scanners)
    return frozenset({*((kind, False) for kind in in_files), *((kind, True) for kind in in_config)})


class ContentJudge:
    """Judges findings, on one day."""

    def __init__(self, licenses: Licenses, today: date) -> None:
        self._licenses, self._today = licenses, today
        self._of_licenses: dict[str, tuple[str, str]] = {}

    @cached_property
    def _categories(self) -> "Categories":
        return categories_of(self._licenses.classes)

    def severity(self, kind: FindingKind, found: ContentFinding) -> str:
        """Return the name of its severity."""
        return self.license_class(found.id)[1] if kind is FindingKind.LICENSE else found.severity

    def license_class(self, name: str) -> tuple[str, str]:
        """Return a licence's class, and the name of its severity."""
        if name not in self._of_licenses:
            from analyzers.spdx.categories import judge  # noqa: PLC0415 - when there are licences

            category, severity = judge(name, self._categories)
            self._of_licenses[name] = category.value, severity.name
        return self._of_licenses[name]

    def counts(self, kind: FindingKind, found: ContentFinding, rules: Rules | None) -> bool:
        """Tell whether neither a comment in its file nor a rule leaves it out."""
        if found.ignored and is_ignored(found.ignored, self._today):
            return False
        return rules is None or not ignores(
            rules, content(kind, found, self.severity(kind, found)), self._today
        )
