"""What the policies of the settings are asked about: findings as the store has them."""

from collections.abc import Iterable
from datetime import date

from analyzers.findings import Finding
from analyzers.ignore.candidate import Candidate, FindingKind
from analyzers.ignore.naming import source_purl
from analyzers.ignore.policy import Policy as Rules
from analyzers.inventory import Package
from store.content_sets import ContentFinding


def vulnerability(finding: Finding, purl: str, package: Package, paths: Iterable[str]) -> Candidate:
    """Return a package's finding; `paths` are the files that tell of the package."""
    return Candidate(
        kind=FindingKind.VULNERABILITY,
        ids=(finding.id, *finding.ids, *finding.vendor_ids),
        paths=tuple(filter(None, (*paths, package.inner_path))),
        purls=tuple(filter(None, (purl, source_purl(purl, package)))),
        severity=finding.rating.severity.name,
    )


def content(kind: FindingKind, found: ContentFinding, severity: str) -> Candidate:
    """Return a secret, a failed check or a licence; `severity` is the name of one."""
    return Candidate(kind=kind, ids=(found.id,), paths=(found.path,), severity=severity)


def ignores(rules: Rules, candidate: Candidate, today: date) -> bool:
    """Tell whether the rules leave it out on that day."""
    decision = rules.decide(candidate, today)
    return decision is not None and decision.suppresses
