"""What a cluster comes to by the controls of a standard."""

from collections.abc import Collection, Iterator

from analyzers.checks.check import canonical
from analyzers.checks.compliance import Control, Spec, evaluate
from analyzers.checks.dockerfile import CHECKS as DOCKERFILE
from analyzers.inventory import Scanner
from reports.cluster import ClusterReport
from reports.cluster_object import ObjectReport
from reports.compliance import ComplianceReport, wanted
from reports.compliance_tally import Counts, about, gaps_of
from reports.document import Document


def compliance_of_cluster(
    spec: Spec, report: ClusterReport, severities: Collection[str], *, is_summary: bool
) -> ComplianceReport:
    """Return what a cluster comes to by a standard.

    Args:
        spec: the standard.
        report: with findings of all severities; of images the configurations that they are started with, but
            not files that lie in them, which no pod need ever use.
        severities: of the controls that are wanted.
        is_summary: whether to leave out what fails.
    """
    return ComplianceReport(
        spec=spec,
        name=f"cluster {report.cluster}",
        results=wanted(evaluate(spec, _counts(spec, report).tallies()), severities),
        documents=lambda control: _documents(report, control),
        gaps=tuple(dict.fromkeys(_gaps(report))),
        show_suppressed=report.show_suppressed,
        is_summary=is_summary,
    )


def _counts(spec: Spec, report: ClusterReport) -> Counts:
    counts = Counts(checks=spec.checks)
    for resource in report.resources:
        if resource.judged:
            counts.add_numbers(resource.judged.passed, resource.judged.failed, resource.judged.suppressed)
    for document in report.documents:
        counts.add(document)
    of_files = frozenset(counts.about(Scanner.MISCONFIG))
    of_images = of_files & frozenset(canonical(check.id) for check in DOCKERFILE)
    unread = {image.name for each in report.resources for image in each.images if not image.documents}
    counts.add_gap(spec.checks - (of_files - of_images), "image", len(unread))
    unjudged = sum(each.judged is None for each in report.resources)
    counts.add_gap(of_files - of_images, "object", unjudged)
    counts.add_gap(spec.checks, "list", len(report.problems))
    return counts


def _documents(report: ClusterReport, control: Control) -> Iterator[Document]:
    """Yield what was found for a control: of the objects, then of the images."""
    ids = frozenset(map(canonical, control.checks))
    for resource in report.resources:
        if resource.judged and _speaks(resource.judged, ids, with_passed=report.include_passed):
            manifest = report.manifest(resource)
            if manifest:
                yield about(control, manifest)
    for document in report.documents:
        found = about(control, document)
        if found.has_findings or found.suppressed:
            yield found


def _speaks(judged: ObjectReport, ids: Collection[str], *, with_passed: bool) -> bool:
    named = (check for check, _ in (*judged.failed, *judged.suppressed))
    return any(canonical(check) in ids for check in (*named, *(judged.passed if with_passed else ())))


def _gaps(report: ClusterReport) -> Iterator[str]:
    yield from report.problems
    for resource in report.resources:
        name = "/".join(filter(None, (resource.namespace, resource.kind, resource.name)))
        yield from (f"{name}: {error}" for error in resource.errors)
    for document in report.documents:
        yield from (f"{document.name}: {gap}" for gap in gaps_of(document))
