"""How much of an image a report can vouch for."""

from collections import Counter

import msgspec

from analyzers.inventory import Problem
from reports.document import Document, Feed

UNDECIDED = "unknown"


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What was checked, and everything that was not."""

    packages: int
    unchecked: tuple[tuple[str, int], ...]
    """Reason and number of packages, most packages first; empty when vulnerabilities were not asked for."""
    undecided: int
    """Findings whose advisory speaks about the package but could not be judged."""
    problems: tuple[Problem, ...]
    feeds: tuple[Feed, ...]
    """Those that are not "ok"."""

    @property
    def unchecked_packages(self) -> int:
        """The number of packages that no advisory could be matched with."""
        return sum(number for _, number in self.unchecked)

    @property
    def is_incomplete(self) -> bool:
        """Whether something could not be checked, so that no findings does not mean clean."""
        return bool(self.unchecked or self.undecided or self.problems or self.feeds)


def coverage_of(document: Document) -> Coverage:
    """Return what the document can vouch for."""
    asked = document.vulnerabilities_asked
    reasons = Counter(component.unchecked for component in document.components if component.unchecked)
    return Coverage(
        packages=len(document.components),
        unchecked=tuple(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))) if asked else (),
        undecided=sum(each.finding.status == UNDECIDED for each in document.findings) if asked else 0,
        problems=document.problems,
        feeds=tuple(feed for feed in document.feeds if feed.state != "ok") if asked else (),
    )
