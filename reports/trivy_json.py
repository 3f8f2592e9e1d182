"""The report that programs made for Trivy read.

Specification: https://trivy.dev/latest/docs/configuration/reporting/#json
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from analyzers.distributions import is_extended
from analyzers.documents.wording import decoding_problem
from analyzers.inventory import Package, Problem
from analyzers.purl import family_of, split_epoch
from analyzers.severity import Severity
from reports import sources
from reports import trivy_schema as schema
from reports.context import RenderContext
from reports.coverage import coverage_of
from reports.dependencies import resolve
from reports.document import ArtifactType, Component, ComponentFinding, Document, Revision
from reports.json_parts import formatted
from reports.support import ended_on
from reports.targets import Target, is_of_system, targets_of
from reports.trivy_contents import content_results, layer_reference, suppressed_results

_CVSS_VERSIONS = (("CVSS:4", "v40"), ("CVSS:3", "v3"))


def render(document: Document, context: RenderContext) -> str:
    """Return the report, indented by two spaces."""
    return formatted(_report(document, context)) + "\n"


def _report(document: Document, context: RenderContext) -> schema.Report:
    artifact_id = _artifact_id(document)
    config, problems = _config(document)
    return schema.Report(
        schema_version=2,
        report_id=context.report_id,
        created_at=document.created_at,
        artifact_id=artifact_id,
        artifact_name=document.name,
        artifact_type=document.artifact_type,
        metadata=_metadata(document, config),
        results=tuple(_results(document, artifact_id)),
        cleanbill=_cleanbill(document, context, (*document.problems, *problems)),
    )


def _artifact_id(document: Document) -> str:
    """Return what stays the same for the same artifact; there is nothing like that for files and disks."""
    if revision := document.revision:
        artifact = f"{revision.url or document.name} {revision.commit}"
    elif document.artifact_type is ArtifactType.IMAGE:
        artifact = f"{document.config_digest} {document.repository}"
    else:
        return ""
    return f"sha256:{hashlib.sha256(artifact.encode()).hexdigest()}"


def _config(document: Document) -> tuple[dict[str, object], tuple[Problem, ...]]:
    try:
        return msgspec.json.decode(document.config, type=dict[str, object]), ()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return {}, (
            Problem(path=document.config_digest, reason=f"image configuration: {decoding_problem(error)}"),
        )


def _metadata(document: Document, config: dict[str, object]) -> schema.Metadata:
    system = _system(document)
    if document.artifact_type is not ArtifactType.IMAGE:
        return _plain_metadata(system, document.revision or Revision())
    repository = document.repository
    tags = tuple(f"{repository}:{tag}" for tag in document.tags) if repository else document.tags
    digest = f"{repository}@{document.manifest_digest}" if repository else ""
    return schema.Metadata(
        size=sum(layer.size_bytes for layer in document.layers),
        os=system,
        image_id=document.config_digest,
        diff_ids=tuple(layer.diff_id for layer in document.layers),
        repo_tags=tags,
        repo_digests=tuple(filter(None, (digest,))),
        reference=tags[0] if tags and repository else digest,
        image_config=config,
        layers=tuple(
            schema.LayerReference(
                size=layer.size_bytes,
                digest=layer.digest,
                diff_id=layer.diff_id,
                created_by=layer.created_by,
            )
            for layer in document.layers
        ),
    )


def _system(document: Document) -> schema.System | None:
    release = document.release
    if release is None:
        return None
    return schema.System(
        family=family_of(release),
        name=release.version_id,
        eosl=ended_on(document) is not None,
        extended=is_extended(release),
    )


def _plain_metadata(system: schema.System | None, revision: Revision) -> schema.Metadata:
    return schema.Metadata(
        os=system,
        repo_url=revision.url,
        branch=revision.branch,
        tags=revision.tags,
        commit=revision.commit,
        commit_msg=revision.message,
        author=revision.author,
        committer=revision.committer,
    )


def _cleanbill(document: Document, context: RenderContext, problems: tuple[Problem, ...]) -> schema.Cleanbill:
    coverage = coverage_of(document)
    findings = document.findings if document.vulnerabilities_asked else ()
    severities = Counter(each.finding.rating.severity for each in findings)
    return schema.Cleanbill(
        version=context.version,
        incomplete=coverage.is_incomplete or bool(problems),
        counts=schema.Counts(
            packages=coverage.packages,
            unchecked=coverage.unchecked_packages,
            findings=len(findings),
            undecided=coverage.undecided,
            severities={severity.name: severities[severity] for severity in reversed(Severity)},
        ),
        problems=tuple(schema.ProblemEntry(path=each.path, reason=each.reason) for each in problems),
        feeds=tuple(
            schema.FeedEntry(name=feed.name, state=feed.state, reason=feed.reason, current_at=feed.current_at)
            for feed in document.feeds
        ),
        expired=document.expired,
    )


def _results(document: Document, artifact_id: str) -> Iterator[schema.Result]:
    needs = resolve(document.components)
    entries: dict[int, tuple[schema.PackageEntry, Target]] = {}
    by_component: dict[int, list[ComponentFinding]] = {}
    if document.vulnerabilities_asked:
        for finding in document.findings:
            by_component.setdefault(finding.component, []).append(finding)

    def vulnerability(found: ComponentFinding) -> schema.VulnerabilityEntry:
        package, target = entries[found.component]
        return _vulnerability(document.components[found.component], package, found, target, artifact_id)

    for target in targets_of(document):
        packages = {index: _package(document, target, index, needs[index]) for index in target.components}
        entries |= {index: (package, target) for index, package in packages.items()}
        found = (vulnerability(each) for index in packages for each in by_component.get(index, ()))
        yield schema.Result(
            target=target.title,
            class_="os-pkgs" if target.is_os else "lang-pkgs",
            type=target.type,
            packages=tuple(packages.values()),
            vulnerabilities=tuple(sorted(found, key=_order)),
        )
    yield from content_results(document)
    yield from suppressed_results(document, vulnerability)


def _package(document: Document, target: Target, index: int, needs: Sequence[int]) -> schema.PackageEntry:
    component = document.components[index]
    package, identifier = component.package, _id(component.package)
    epoch, version, release = _split(package.kind, package.version)
    source_epoch, source_version, source_release = _source(package)
    uid = hashlib.blake2b(f"{component.path} {component.purl} {identifier}".encode(), digest_size=8)
    return schema.PackageEntry(
        id=identifier,
        name=package.name,
        identifier=schema.Identifier(purl=component.purl, uid=uid.hexdigest()),
        version=version,
        release=release,
        epoch=epoch,
        arch=package.arch,
        dev=package.dev,
        src_name=(package.source_name or package.name) if target.is_os else "",
        src_version=source_version,
        src_release=source_release,
        src_epoch=source_epoch,
        licenses=package.licenses,
        maintainer=package.maintainer,
        modularitylabel=package.modularity_label,
        indirect=package.relationship == "indirect",
        relationship=package.relationship,
        depends_on=tuple(sorted({_id(document.components[need].package) for need in needs})),
        layer=layer_reference(document, component.layer),
        file_path=component.path if target.is_aggregated else "",
        locations=tuple(schema.Location(start_line=first, end_line=last) for first, last in package.lines),
        unchecked=component.unchecked if document.vulnerabilities_asked else "",
    )


def _id(package: Package) -> str:
    if not package.version:
        return package.name
    if package.kind == "rpm":
        return ".".join(filter(None, (f"{package.name}@{split_epoch(package.version)[1]}", package.arch)))
    return f"{package.name}@{package.version}"


def _split(kind: str, version: str) -> tuple[int, str, str]:
    """Return epoch, version and release of the formats that have them."""
    if kind not in ("dpkg", "rpm"):
        return 0, version, ""
    epoch, rest = split_epoch(version)
    upstream, dash, release = rest.rpartition("-")
    return (epoch, upstream, release) if dash else (epoch, rest, "")


def _source(package: Package) -> tuple[int, str, str]:
    if not is_of_system(package):
        return 0, "", ""
    epoch, version, release = _split(package.kind, package.source_version or package.version)
    if package.kind == "rpm" and not epoch:
        # the name of a source rpm has no epoch; it is that of the packages built from it
        epoch = split_epoch(package.version)[0]
    return epoch, version, release


def _vulnerability(
    component: Component,
    package: schema.PackageEntry,
    found: ComponentFinding,
    target: Target,
    artifact_id: str,
) -> schema.VulnerabilityEntry:
    finding, advice = found.finding, found.advice
    source = sources.advisory_source(finding)
    rated_by = sources.source_of(finding.rating.origin).id if finding.rating.origin else ""
    identity = f"{artifact_id}\n{target.title}\n{package.id}\n{finding.id}"
    return schema.VulnerabilityEntry(
        vulnerability_id=finding.id,
        vendor_ids=sources.other_ids(finding),
        pkg_id=package.id,
        pkg_name=package.name,
        pkg_path=package.file_path,
        pkg_identifier=package.identifier,
        installed_version=_without_zero_epoch(component.package.version),
        fixed_version=_without_zero_epoch(finding.fixed),
        status=finding.status,
        layer=package.layer,
        severity_source=rated_by,
        primary_url=sources.page_of(finding, advice.references),
        data_source=schema.DataSource(id=source.id, name=source.name, url=source.url),
        fingerprint=f"sha256:{hashlib.sha256(identity.encode()).hexdigest()}",
        title=advice.title,
        description=advice.description,
        severity=finding.rating.severity.name,
        cwe_ids=advice.cwes,
        vendor_severity={rated_by: int(finding.rating.severity)} if rated_by else {},
        cvss=_cvss(advice.cvss),
        references=advice.references,
        published_date=advice.published,
        last_modified_date=advice.modified,
    )


def _cvss(scores: Sequence[tuple[str, str, float]]) -> dict[str, schema.Cvss]:
    """Return each source's vectors; of two by the same source in the same version the first counts."""
    vectors: dict[str, dict[str, tuple[str, float]]] = {}
    for origin, vector, score in scores:
        version = next((name for prefix, name in _CVSS_VERSIONS if vector.startswith(prefix)), "v2")
        vectors.setdefault(sources.source_of(origin).id, {}).setdefault(version, (vector, score))
    return {source: _vectors(by_version) for source, by_version in vectors.items()}


def _vectors(by_version: dict[str, tuple[str, float]]) -> schema.Cvss:
    nothing = ("", None)
    v2, v3, v40 = (by_version.get(version, nothing) for version in ("v2", "v3", "v40"))
    return schema.Cvss(
        v2_vector=v2[0],
        v3_vector=v3[0],
        v40_vector=v40[0],
        v2_score=v2[1],
        v3_score=v3[1],
        v40_score=v40[1],
    )


def _without_zero_epoch(version: str) -> str:
    return version.removeprefix("0:")


def _order(entry: schema.VulnerabilityEntry) -> tuple[str, str, str, int, str, str]:
    falling = -Severity[entry.severity]
    return (
        entry.pkg_name,
        entry.pkg_id,
        entry.installed_version,
        falling,
        entry.vulnerability_id,
        entry.pkg_path,
    )
