"""What the workloads of a Kubernetes cluster come to, and its report in the shape of Trivy's.

Specification: https://trivy.dev/latest/docs/target/kubernetes/. `Cleanbill`, of the report and of each
resource, is an addition of ours.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from analyzers.inventory import Scanner
from analyzers.severity import Severity
from reports import trivy_json
from reports.cluster_object import ObjectReport
from reports.context import RenderContext
from reports.coverage import coverage_of
from reports.document import Document
from reports.json_parts import array, formatted

ALL, SUMMARY = "all", "summary"
_FINDINGS = frozenset({"Vulnerabilities", "Misconfigurations", "Secrets", "Licenses"})


class WorkloadImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image of a workload."""

    name: str
    """As the workload has it."""
    containers: tuple[str, ...]
    documents: tuple[Document, ...] = ()
    """What it holds; one for each platform it runs on. Empty when it could not be read."""
    problems: tuple[str, ...] = ()
    """Why it could not be read, or may not be what runs."""


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A workload, or another object that checks have judged."""

    namespace: str
    kind: str
    name: str
    is_workload: bool = True
    images: tuple[WorkloadImage, ...] = ()
    problems: tuple[str, ...] = ()
    """What else of it could not be read."""
    judged: ObjectReport | None = None
    """What checks say of itself; None when that was not asked for."""

    @property
    def failures(self) -> Counter[Severity]:
        """The number of failed checks of each severity, one for each place."""
        return _failures_of((self,), self.documents)

    @property
    def documents(self) -> tuple[Document, ...]:
        """The distinct documents of its images."""
        return distinct(document for image in self.images for document in image.documents)

    @property
    def errors(self) -> tuple[str, ...]:
        """Everything that went wrong with it, with the image it went wrong with."""
        of_images = (f"{image.name}: {problem}" for image in self.images for problem in image.problems)
        return (*self.problems, *of_images)

    @property
    def is_incomplete(self) -> bool:
        """Whether something of it could not be checked."""
        return bool(self.errors) or any(coverage_of(each).is_incomplete for each in self.documents)


class ClusterReport(msgspec.Struct, frozen=True, kw_only=True):
    """The workloads of a cluster, and its other objects when they were to be judged."""

    cluster: str
    version: str
    """Of its API server; empty when it is not known."""
    created_at: str
    resources: tuple[Resource, ...] = ()
    """In the order of namespace, kind and name."""
    problems: tuple[str, ...] = ()
    """What could not be listed, so that something may be missing."""
    may_miss_workloads: bool = True
    """Whether it is workloads that may be missing, when there are problems."""
    may_miss_others: bool = False
    """The same of objects that run nothing."""
    notes: tuple[str, ...] = ()
    """What is worth knowing and takes nothing away."""
    scanners: frozenset[Scanner] = frozenset({Scanner.PACKAGES})
    """What was looked for."""
    asks_images: bool = True
    """False when only the objects of the cluster were to be judged."""
    asks_vulnerabilities: bool = True

    include_passed: bool = False
    """Whether checks that passed are worth showing."""
    show_suppressed: bool = False

    def manifest(self, resource: Resource) -> Document | None:
        """Return what checks say of a workload itself; None when that was not asked for."""
        judged = resource.judged
        if judged is None:
            return None
        return judged.document(
            self.created_at, include_passed=self.include_passed, show_suppressed=self.show_suppressed
        )

    @property
    def failures(self) -> Counter[Severity]:
        """The number of failed checks of each severity, one for each place."""
        return _failures_of(self.resources, self.documents)

    @property
    def others(self) -> int:
        """The number of objects that are no workloads."""
        return sum(not each.is_workload for each in self.resources)

    @property
    def left_out(self) -> int:
        """The number of findings that nobody asked for, of distinct images and of objects."""
        judged = (each.judged.left_out for each in self.resources if each.judged)
        return sum(each.left_out for each in self.documents) + sum(judged)

    @property
    def has_findings(self) -> bool:
        """Whether there is anything of what was looked for."""
        return bool(self.failures) or any(document.has_findings for document in self.documents)

    @property
    def documents(self) -> tuple[Document, ...]:
        """The distinct documents of all images."""
        return distinct(document for resource in self.resources for document in resource.documents)

    @property
    def is_incomplete(self) -> bool:
        """Whether something could not be listed, read or checked."""
        return bool(self.problems) or any(resource.is_incomplete for resource in self.resources)


def distinct(documents: Iterable[Document]) -> tuple[Document, ...]:
    """Return one document of each image, in their order.

    Of one whose repositories have several policies it is the one that they leave most of.
    """
    found: dict[str, Document] = {}
    for document in documents:
        other = found.setdefault(document.manifest_digest, document)
        if len(document.suppressed) < len(other.suppressed):
            found[document.manifest_digest] = document
    return tuple(found.values())


def severities_of(documents: Iterable[Document]) -> Counter[Severity]:
    """Return the number of vulnerabilities of each severity."""
    return Counter(each.finding.rating.severity for document in documents for each in document.findings)


def secrets_of(documents: Iterable[Document]) -> Counter[Severity]:
    """Return the number of secrets of each severity."""
    return Counter(each.severity for document in documents for each in document.secrets)


def licenses_of(documents: Iterable[Document]) -> Counter[Severity]:
    """Return the number of findings of licences of each severity."""
    return Counter(each.severity for document in documents for each in document.licenses)


def _failures_of(resources: Iterable[Resource], documents: Iterable[Document]) -> Counter[Severity]:
    found = Counter(each.severity for document in documents for each in document.failures)
    for resource in resources:
        found.update(resource.judged.failures if resource.judged else ())
    return found


class _ImageReport(msgspec.Struct, frozen=True, rename="pascal"):
    """The parts of an image's report that a resource takes over."""

    metadata: msgspec.Raw
    results: tuple[dict[str, msgspec.Raw], ...] = ()


def _key(name: str) -> str:
    """Return a field's key: "cluster_name" is "ClusterName"."""
    return "".join(word.capitalize() for word in name.split("_"))


class _Object(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=_key):
    """An object whose empty fields are left out."""


class _Counts(_Object, frozen=True, kw_only=True):
    images: int
    incomplete: bool
    severities: dict[str, int]
    secrets: dict[str, int]
    misconfigurations: dict[str, int]
    licenses: dict[str, int] | None = None
    """None when nobody asked for them."""


class _Resource(_Object, frozen=True, kw_only=True):
    namespace: str = ""
    kind: str
    name: str
    metadata: tuple[msgspec.Raw, ...] = ()
    results: tuple[dict[str, msgspec.Raw], ...] = ()
    error: str = ""
    cleanbill: _Counts


class _Cleanbill(_Object, frozen=True, kw_only=True):
    version: str
    server_version: str = ""
    incomplete: bool
    workloads: int
    objects: int = 0
    """Others that were judged."""
    images: int
    severities: dict[str, int]
    secrets: dict[str, int]
    misconfigurations: dict[str, int]
    licenses: dict[str, int] | None = None
    """None when nobody asked for them."""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _Head(_Object, frozen=True, kw_only=True):
    schema_version: int
    created_at: str
    cluster_name: str
    cleanbill: _Cleanbill


def render_json(report: ClusterReport, style: str, context: RenderContext) -> Iterator[str]:
    """Yield the report: with `Resources` and all packages ("all"), or `Findings` without ("summary").

    Each resource is a part: all of them together would take more room than all that is known of a cluster.
    """
    start, cleanbill, end = formatted(_head(report, context)).partition(',\n  "Cleanbill": {')
    yield start
    if report.resources:
        yield f',\n  "{"Resources" if style == ALL else "Findings"}": '
        rendered, with_packages = _Rendered(report.resources, context), style == ALL
        resources = (
            _resource(report, each, rendered, with_packages=with_packages) for each in report.resources
        )
        yield from array((formatted(each, 4) for each in resources), 2)
    yield f"{cleanbill}{end}\n"


def _head(report: ClusterReport, context: RenderContext) -> _Head:
    documents = report.documents
    return _Head(
        schema_version=2,
        created_at=report.created_at,
        cluster_name=report.cluster,
        cleanbill=_Cleanbill(
            version=context.version,
            server_version=report.version,
            incomplete=report.is_incomplete,
            workloads=len(report.resources) - report.others,
            objects=report.others,
            images=len(documents),
            severities=_named(severities_of(documents)),
            secrets=_named(secrets_of(documents)),
            misconfigurations=_named(report.failures),
            licenses=_licenses(report, documents),
            problems=report.problems,
            notes=report.notes,
        ),
    )


class _Rendered:
    """The reports on images, each rendered once and kept until the last workload has it."""

    def __init__(self, resources: Iterable[Resource], context: RenderContext) -> None:
        self._context = context
        self._kept: dict[tuple[str, str], _ImageReport] = {}
        self._uses = Counter(_called(document) for each in resources for document in each.documents)

    def of(self, document: Document) -> _ImageReport:
        """Return the report on an image."""
        key = _called(document)
        report = self._kept.pop(key, None) or self.once(document)
        self._uses[key] -= 1
        if self._uses[key]:
            self._kept[key] = report
        return report

    def once(self, document: Document) -> _ImageReport:
        """Return the report on what nobody asks for again."""
        return msgspec.json.decode(trivy_json.render(document, self._context), type=_ImageReport)


def _called(document: Document) -> tuple[str, str]:
    return document.name, document.manifest_digest


def _resource(
    report: ClusterReport, resource: Resource, rendered: _Rendered, *, with_packages: bool
) -> _Resource:
    documents, manifest = resource.documents, report.manifest(resource)
    images = [rendered.of(document) for document in documents]
    own = [rendered.once(manifest)] if manifest else []
    results = (result for each in (*own, *images) for result in each.results)
    return _Resource(
        namespace=resource.namespace,
        kind=resource.kind,
        name=resource.name,
        metadata=tuple(each.metadata for each in images),
        results=tuple(results if with_packages else _without_packages(results)),
        error="; ".join(resource.errors),
        cleanbill=_Counts(
            images=len(resource.images),
            incomplete=resource.is_incomplete,
            severities=_named(severities_of(documents)),
            secrets=_named(secrets_of(documents)),
            misconfigurations=_named(resource.failures),
            licenses=_licenses(report, documents),
        ),
    )


def _without_packages(results: Iterable[dict[str, msgspec.Raw]]) -> Iterator[dict[str, msgspec.Raw]]:
    for result in results:
        if not _FINDINGS.isdisjoint(result):
            yield {key: value for key, value in result.items() if key != "Packages"}


def _licenses(report: ClusterReport, documents: Iterable[Document]) -> dict[str, int] | None:
    return _named(licenses_of(documents)) if Scanner.LICENSE in report.scanners else None


def _named(severities: Counter[Severity]) -> dict[str, int]:
    return {severity.name: severities[severity] for severity in reversed(Severity)}
