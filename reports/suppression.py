"""Findings that rules or VEX statements take out of a report."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TypeVar

import msgspec

from analyzers import red_hat
from analyzers.ignore.candidate import Artifact, Candidate, FindingKind, oci_purl
from analyzers.ignore.decision import Decision, Status
from analyzers.ignore.naming import source_purl
from analyzers.ignore.policy import Policy
from reports.document import (
    ComponentFinding,
    Document,
    LicenseFinding,
    MisconfigurationFinding,
    SecretFinding,
    Suppressed,
)

_EXPIRY = re.compile(r"exp:(\d{4}-\d\d-\d\d)")

_Finding = TypeVar("_Finding", ComponentFinding, SecretFinding, LicenseFinding, MisconfigurationFinding)


def suppressed(document: Document, policy: Policy, today: date) -> Document:
    """Return the document without the findings that the policy, or a comment in a file, suppresses.

    They go to `Document.suppressed`, with why.
    """
    artifact, roots = _artifact(document), _roots(document)
    gone: list[Suppressed] = []
    expired: dict[str, None] = {}

    def kept(
        findings: Iterable[_Finding], candidate_of: Callable[[_Finding], Candidate]
    ) -> tuple[_Finding, ...]:
        left: list[_Finding] = []
        for each in findings:
            if _has_passed(each):
                left.append(each)  # where a check passes, whoever ignores it has nothing to say
                continue
            candidate = msgspec.structs.replace(candidate_of(each), artifact=artifact)
            decision = _commented(each, today) or policy.decide(candidate, today)
            if decision and decision.suppresses:
                gone.append(Suppressed(kind=candidate.kind.value, finding=each, decision=decision))
                continue
            if decision and decision.expired:
                expired[f"{decision.source} ({candidate.ids[0]})"] = None
            left.append(each)
        return tuple(left)

    return msgspec.structs.replace(
        document,
        findings=kept(document.findings, lambda each: _vulnerability(document, each, roots)),
        misconfigurations=kept(document.misconfigurations, _misconfiguration),
        secrets=kept(document.secrets, _secret),
        licenses=kept(document.licenses, _license),
        suppressed=tuple(gone),
        expired=tuple(expired),
        unheld=policy.unread,
    )


def _has_passed(finding: object) -> bool:
    return isinstance(finding, MisconfigurationFinding) and finding.outcome.passed


def restored(document: Document) -> Document:
    """Return the document as it was before anything was suppressed, in another order."""
    if not document.suppressed:
        return document
    gone = [each.finding for each in document.suppressed]
    return msgspec.structs.replace(
        document,
        findings=(*document.findings, *_of(ComponentFinding, gone)),
        misconfigurations=(*document.misconfigurations, *_of(MisconfigurationFinding, gone)),
        secrets=(*document.secrets, *_of(SecretFinding, gone)),
        licenses=(*document.licenses, *_of(LicenseFinding, gone)),
        suppressed=(),
    )


def _of(type_: type[_Finding], findings: Iterable[object]) -> list[_Finding]:
    return [each for each in findings if isinstance(each, type_)]


def _commented(
    finding: ComponentFinding | SecretFinding | LicenseFinding | MisconfigurationFinding, today: date
) -> Decision | None:
    """Return what a comment in the configuration file says about a failed check."""
    if not isinstance(finding, MisconfigurationFinding):
        return None
    outcome = finding.outcome
    if outcome.passed or not outcome.ignored:
        return None
    is_over = not is_ignored(outcome.ignored, today)
    return Decision(
        status=Status.UNKNOWN if is_over else Status.IGNORED,
        statement=outcome.ignored,
        source=f"{finding.path}:{outcome.start_line}" if outcome.start_line else finding.path,
        expired=is_over,
    )


def is_ignored(comment: str, today: date) -> bool:
    """Tell whether a comment that says to ignore a check, maybe "exp:2026-12-31", holds on that day."""
    until = _EXPIRY.search(comment)
    return until is None or today.isoformat() < until[1]


def _artifact(document: Document) -> Artifact:
    digests = tuple(filter(None, (document.manifest_digest, document.index_digest)))
    products = (*document.names, *_products(document))
    if not document.repository:
        return Artifact(names=(document.name, *products), digests=digests)
    arch = document.platform.partition("/")[2].partition("/")[0]
    names = (document.name, *(f"{document.repository}:{tag}" for tag in document.tags), *products)
    purls = tuple(
        oci_purl(document.repository, digest, arch, tag)
        for digest in digests
        for tag in document.tags or ("",)
    )
    return Artifact(purls=purls, names=names, digests=digests)


def _products(document: Document) -> tuple[str, ...]:
    """Return the CPEs of the Red Hat products that the system's packages come from."""
    if document.release is None or document.release.id != "rhel":
        return ()
    streams = (red_hat.ecosystem_of(document.release) or "").removeprefix("Red Hat:")
    return tuple(f"cpe:/o:redhat:{stream}" for stream in streams.split("|") if stream)


def _roots(document: Document) -> dict[str, tuple[str, ...]]:
    """Return path → purl of the one project or program that all packages found there are parts of."""
    roots: dict[str, dict[str, None]] = {}
    for each in document.components:
        if each.path and each.package.relationship == "root":
            roots.setdefault(each.path, {})[each.purl] = None
    return {path: tuple(purls) for path, purls in roots.items() if len(purls) == 1}


def _vulnerability(
    document: Document, found: ComponentFinding, roots: Mapping[str, tuple[str, ...]]
) -> Candidate:
    component, finding = document.components[found.component], found.finding
    return Candidate(
        kind=FindingKind.VULNERABILITY,
        ids=tuple(dict.fromkeys((finding.id, *finding.ids, *finding.vendor_ids))),
        paths=tuple(filter(None, (component.path, component.package.inner_path))),
        purls=tuple(
            filter(None, (component.purl, source_purl(component.purl, component.package), *component.names))
        ),
        within=roots.get(component.path, ()),
        severity=finding.rating.severity.name,
    )


def _misconfiguration(found: MisconfigurationFinding) -> Candidate:
    return Candidate(
        kind=FindingKind.MISCONFIGURATION,
        ids=(found.outcome.check,),
        paths=(found.path,),
        severity=found.severity.name,
    )


def _secret(found: SecretFinding) -> Candidate:
    return Candidate(
        kind=FindingKind.SECRET,
        ids=(found.secret.rule,),
        paths=(found.path,),
        severity=found.secret.severity,
    )


def _license(found: LicenseFinding) -> Candidate:
    return Candidate(
        kind=FindingKind.LICENSE, ids=(found.name,), paths=(found.path,), severity=found.severity.name
    )
