"""Vulnerabilities as CycloneDX 1.6 has them: each once, with all the components it is in.

Specification: https://cyclonedx.org/docs/1.6/json/#vulnerabilities
"""

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from analyzers.ignore.decision import Decision, Status
from analyzers.severity import Severity
from reports import cyclonedx_schema as schema
from reports import sources
from reports.coverage import UNDECIDED
from reports.document import ComponentFinding, Document

_STATES = {Status.NOT_AFFECTED: "not_affected", Status.FIXED: "resolved"}
_METHODS = (("CVSS:4", "CVSSv4"), ("CVSS:3.1", "CVSSv31"), ("CVSS:3", "CVSSv3"))
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
# https://www.rfc-editor.org/rfc/rfc3986#appendix-A without user names and addresses of IPv6
_NAME = r"[A-Za-z0-9._~!$&'()*+,;=%-]"
_URL = re.compile(
    rf"https?://{_NAME}+(?::[0-9]*)?"
    rf"(?:/(?:{_NAME}|[:@/])*)?(?:\?(?:{_NAME}|[:@/?])*)?(?:#(?:{_NAME}|[:@/?])*)?"
)
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CWE = re.compile(r"CWE-([1-9][0-9]{0,8})", re.ASCII)


def vulnerabilities_of(document: Document, refs: Sequence[str]) -> list[schema.Vulnerability]:
    """Return one entry for each vulnerability, the most severe first; `refs` are those of the components."""
    by_id: dict[str, list[ComponentFinding]] = {}
    for found in document.findings:
        by_id.setdefault(found.finding.id, []).append(found)
    ordered = sorted(by_id.items(), key=lambda item: (-_severity(item[1]), item[0]))
    counted = [_vulnerability(document, refs, all_found) for _, all_found in ordered]
    return [*counted, *(_suppressed(document, refs) if document.show_suppressed else ())]


def _suppressed(document: Document, refs: Sequence[str]) -> Iterator[schema.Vulnerability]:
    """Yield an entry for each vulnerability and each decision that leaves it out."""
    by_decision: dict[tuple[str, Decision], list[ComponentFinding]] = {}
    for each in document.suppressed:
        if isinstance(each.finding, ComponentFinding):
            by_decision.setdefault((each.finding.finding.id, each.decision), []).append(each.finding)
    for number, ((id_, decision), all_found) in enumerate(by_decision.items(), 1):
        made = _vulnerability(document, refs, all_found)
        yield replace(made, bom_ref=f"suppressed:{number}:{id_}", analysis=_analysis(decision))


def _analysis(decision: Decision) -> schema.Analysis:
    detail = "; ".join(filter(None, (decision.statement, decision.origin)))
    if decision.status is Status.IGNORED:
        # Nobody has said that it does no harm: it is known, and is left as it is.
        return schema.Analysis(response=("will_not_fix",), detail=detail)
    return schema.Analysis(state=_STATES.get(decision.status, "in_triage"), detail=detail)


def _severity(all_found: Sequence[ComponentFinding]) -> Severity:
    return max(found.finding.rating.severity for found in all_found)


def _vulnerability(
    document: Document, refs: Sequence[str], all_found: Sequence[ComponentFinding]
) -> schema.Vulnerability:
    finding, advice = all_found[0].finding, all_found[0].advice
    names = dict.fromkeys(name for found in all_found for name in sources.other_ids(found.finding))
    return schema.Vulnerability(
        bom_ref=f"vulnerability:{finding.id}",
        id=finding.id,
        source=_source(finding.id),
        references=tuple(schema.Reference(id=name, source=_source(name)) for name in names),
        ratings=tuple(dict.fromkeys(_ratings(all_found))),
        cwes=tuple(dict.fromkeys(int(match[1]) for cwe in advice.cwes if (match := _CWE.fullmatch(cwe)))),
        description=advice.title,
        detail=advice.description,
        recommendation=_recommendation(document, all_found),
        advisories=tuple(schema.Advisory(url=url) for url in advice.references if _is_url(url)),
        published=_time(advice.published),
        updated=_time(advice.modified),
        affects=tuple(_affects(document, refs, found) for found in all_found),
    )


def _affects(document: Document, refs: Sequence[str], found: ComponentFinding) -> schema.Affects:
    version = document.components[found.component].package.version
    status = "unknown" if found.finding.status == UNDECIDED else "affected"
    # a version is what the schema wants at least one character of
    versions = (schema.AffectedVersion(version=version, status=status),) if version else ()
    return schema.Affects(ref=refs[found.component], versions=versions)


def _ratings(all_found: Sequence[ComponentFinding]) -> Iterator[schema.Rating]:
    """Yield the ratings that were chosen, then every vector of the records."""
    for found in all_found:
        rating = found.finding.rating
        yield schema.Rating(
            source=_source(rating.origin) if rating.origin else None,
            score=rating.score,
            severity=rating.severity.name.lower(),
            method=_method(rating.vector),
            vector=rating.vector,
        )
    for found in all_found:
        chosen = found.finding.rating.vector
        for origin, vector, score in found.advice.cvss:
            if vector != chosen:
                yield schema.Rating(
                    source=_source(origin), score=score, method=_method(vector), vector=vector
                )


def _method(vector: str) -> str:
    if not vector:
        return ""
    return next((method for prefix, method in _METHODS if vector.startswith(prefix)), "CVSSv2")


def _source(record_id: str) -> schema.Source:
    source = sources.source_of(record_id)
    return schema.Source(name=source.name, url=source.url)


def _recommendation(document: Document, all_found: Sequence[ComponentFinding]) -> str:
    upgrades = dict.fromkeys(
        f"upgrade {document.components[found.component].package.name} to {found.finding.fixed}"
        for found in all_found
        if found.finding.fixed
    )
    return "; ".join(upgrades)


def _is_url(text: str) -> bool:
    """Accept the plain addresses that every reader of the format accepts."""
    return _URL.fullmatch(text) is not None and not _BROKEN_ESCAPE.search(text)


def _time(text: str) -> str:
    return text if _TIME.fullmatch(text) else ""
