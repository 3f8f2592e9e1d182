"""What documents say about the controls of a standard."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from analyzers.catalogue import PACKAGES
from analyzers.checks.catalogue import checks
from analyzers.checks.check import canonical
from analyzers.checks.compliance import Control, Spec, Tally, scanner_of
from analyzers.checks.own import by_id
from analyzers.inventory import Scanner
from reports.counting import count
from reports.coverage import coverage_of
from reports.document import (
    ComponentFinding,
    Document,
    LicenseFinding,
    MisconfigurationFinding,
    SecretFinding,
)

_Finding = ComponentFinding | SecretFinding | LicenseFinding | MisconfigurationFinding
_NOT_ASKED = {
    Scanner.PACKAGES: "vulnerabilities were not looked for",
    Scanner.SECRET: "secrets were not looked for",
}


def tallies_of(spec: Spec, documents: Iterable[Document]) -> dict[str, Tally]:
    """Return what was found by each check of a standard that could find something, by its `canonical` id.

    Args:
        spec: the standard.
        documents: with findings of all severities, and the outcomes of checks that passed.
    """
    counts = Counts(checks=spec.checks)
    for document in documents:
        counts.add(document)
    return counts.tallies()


def about(control: Control, document: Document) -> Document:
    """Return the document with what was found for one control only."""
    ids = frozenset(map(canonical, control.checks))
    findings = tuple(each for each in document.findings if _names(each) & ids)
    suppressed = tuple(each for each in document.suppressed if _names(each.finding) & ids)
    kept = sorted(
        {each.component for each in findings}
        | {each.finding.component for each in suppressed if isinstance(each.finding, ComponentFinding)}
    )
    places = {component: place for place, component in enumerate(kept)}
    return msgspec.structs.replace(
        document,
        components=tuple(document.components[component] for component in kept),
        findings=tuple(_moved(each, places) for each in findings),
        secrets=tuple(each for each in document.secrets if _names(each) & ids),
        licenses=(),
        misconfigurations=tuple(each for each in document.misconfigurations if _names(each) & ids),
        suppressed=tuple(
            msgspec.structs.replace(each, finding=_moved(each.finding, places))
            if isinstance(each.finding, ComponentFinding)
            else each
            for each in suppressed
        ),
    )


def _moved(finding: ComponentFinding, places: dict[int, int]) -> ComponentFinding:
    return msgspec.structs.replace(finding, component=places[finding.component])


def gaps_of(document: Document) -> Iterator[str]:
    """Yield what of a document could not be read or checked."""
    coverage = coverage_of(document)
    for problem in coverage.problems:
        yield ": ".join(filter(None, (problem.path, problem.reason)))
    for reason, number in coverage.unchecked:
        yield f"{count(number, 'package')}: {reason}"
    for feed in coverage.feeds:
        yield f"advisories of {feed.name}: {feed.reason}"


@dataclass(slots=True, kw_only=True)
class Counts:
    """How often each check of a standard has passed and failed so far."""

    checks: frozenset[str]
    """Of the standard, as `canonical` spells them."""
    passed: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    suppressed: Counter[str] = field(default_factory=Counter)
    asked: set[Scanner] = field(default_factory=set)
    """What was looked for anywhere."""
    gaps: dict[str, Counter[str]] = field(default_factory=dict)
    """Check → what it could not see, with their numbers: "package"."""

    def add(self, document: Document) -> None:
        """Count what a document has."""
        failures: tuple[_Finding, ...] = (*document.findings, *document.secrets, *document.failures)
        failed = Counter(check for each in failures for check in self._of(each))
        self.failed += failed
        for each in document.misconfigurations:
            self.passed.update(self._of(each) if each.outcome.passed else ())
        for suppressed in document.suppressed:
            # A rule speaks of a check, whether it passes or not.
            counted = self.passed if _is_passed(suppressed.finding) else self.suppressed
            counted.update(self._of(suppressed.finding))
        looked_for = _looked_for(document)
        self.asked |= looked_for
        for scanner in looked_for if document.components else looked_for - PACKAGES:
            self.passed.update(each for each in self.about(scanner) if each not in failed)
        coverage = coverage_of(document)
        vulnerabilities = tuple(self.about(Scanner.PACKAGES))
        self.add_gap(vulnerabilities, "package", coverage.unchecked_packages)
        self.add_gap(vulnerabilities, "advisory feed", len(coverage.feeds))

    def add_numbers(
        self,
        passed: Iterable[str],
        failed: Iterable[tuple[str, int]],
        suppressed: Iterable[tuple[str, int]],
    ) -> None:
        """Count checks of one subject, failures with their numbers."""
        self.passed.update(map(canonical, passed))
        for counted, numbers in ((self.failed, failed), (self.suppressed, suppressed)):
            for check, number in numbers:
                counted[canonical(check)] += number

    def add_gap(self, checks: Iterable[str], noun: str, number: int) -> None:
        """Count what checks could not look into, if it is any."""
        for check in checks if number else ():
            self.gaps.setdefault(check, Counter())[noun] += number

    def tallies(self) -> dict[str, Tally]:
        """Return what there is to tell of each check."""
        known = frozenset(map(canonical, (*checks(), *by_id())))
        return {
            check: Tally(
                passed=self.passed[check],
                failed=self.failed[check],
                suppressed=self.suppressed[check],
                unchecked=self._unchecked(check, known),
            )
            for check in self.checks
        }

    def about(self, scanner: Scanner) -> Iterator[str]:
        """Yield the checks that findings of a scanner are held against."""
        return (check for check in self.checks if scanner_of(check) is scanner)

    def _of(self, finding: _Finding) -> frozenset[str]:
        return _names(finding) & self.checks

    def _unchecked(self, check: str, known: Collection[str]) -> str:
        scanner = scanner_of(check)
        if scanner is Scanner.MISCONFIG and check not in known:
            return f"there is no check {check}"
        if scanner in _NOT_ASKED.keys() - self.asked:
            return _NOT_ASKED[scanner]
        parts = [count(number, noun) for noun, number in self.gaps.get(check, Counter()).items()]
        return f"{' and '.join(parts)} could not be checked" if parts else ""


def _looked_for(document: Document) -> frozenset[Scanner]:
    """Return what a document says something of by having no finding."""
    of_packages = PACKAGES if document.vulnerabilities_asked else frozenset()
    return of_packages | (document.scanners & {Scanner.SECRET})


def _is_passed(finding: _Finding) -> bool:
    return isinstance(finding, MisconfigurationFinding) and finding.outcome.passed


def _names(finding: _Finding) -> frozenset[str]:
    """Return the ids of controls that a finding counts for, as `canonical` spells them."""
    match finding:
        case MisconfigurationFinding():
            return frozenset((canonical(finding.outcome.check),))
        case SecretFinding():
            return frozenset((f"SECRET-{finding.severity.name}",))
        case ComponentFinding():
            found = finding.finding
            ids = (found.id, *found.ids, *found.vendor_ids)
            return frozenset((f"VULN-{found.rating.severity.name}", *map(canonical, ids)))
        case LicenseFinding():
            return frozenset()
