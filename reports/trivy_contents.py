"""Misconfigurations, secrets and licences, in the form of Trivy's reports."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from analyzers.inventory import CodeLine
from reports import trivy_schema as schema
from reports.contents import without_license
from reports.document import (
    ArtifactType,
    Component,
    ComponentFinding,
    Document,
    LicenseFinding,
    MisconfigurationFinding,
    SecretFinding,
)
from reports.targets import is_system_kind, title_of

_SYSTEM = "OS Packages"
_TITLES = {
    "azure-arm": "Azure ARM",
    "cloudformation": "CloudFormation",
    "compose": "Compose",
    "dockerfile": "Dockerfile",
    "github-actions": "GitHub Actions",
    "helm": "Helm",
    "kubernetes": "Kubernetes",
    "terraform": "Terraform",
    "terraformplan": "Terraform Plan",
}


def content_results(document: Document) -> Iterator[schema.Result]:
    """Yield a result for each file with findings other than vulnerabilities, configurations first."""
    yield from _configurations(document)
    yield from _secrets(document)
    yield from _licenses(document)


def suppressed_results(
    document: Document, vulnerability: Callable[[ComponentFinding], schema.VulnerabilityEntry]
) -> Iterator[schema.Result]:
    """Yield what rules and VEX statements left out, when that is to be shown.

    Args:
        document: the document.
        vulnerability: gives the entry of a vulnerability.
    """
    if not (document.show_suppressed and document.suppressed):
        return
    yield schema.Result(
        target="",
        class_="custom",
        experimental_modified_findings=tuple(
            schema.ModifiedFinding(
                type=each.kind,
                status=each.decision.status.value,
                statement=each.decision.statement,
                source=each.decision.origin,
                finding=_entry(document, each.finding, vulnerability),
            )
            for each in document.suppressed
        ),
    )


def _entry(
    document: Document,
    finding: ComponentFinding | SecretFinding | LicenseFinding | MisconfigurationFinding,
    vulnerability: Callable[[ComponentFinding], schema.VulnerabilityEntry],
) -> schema.VulnerabilityEntry | schema.SecretEntry | schema.LicenseEntry | schema.MisconfigurationEntry:
    match finding:
        case ComponentFinding():
            return vulnerability(finding)
        case SecretFinding():
            return _secret(document, finding)
        case LicenseFinding():
            return _license(finding)
        case MisconfigurationFinding():
            return _misconfiguration(document, finding)


def _configurations(document: Document) -> Iterator[schema.Result]:
    def place(each: MisconfigurationFinding) -> tuple[str, str]:
        return each.outcome.file_type, each.path

    for (file_type, path), group in groupby(sorted(document.misconfigurations, key=place), place):
        found = list(group)
        failed = {each.outcome.check for each in found if not each.outcome.passed}
        passed = {each.outcome.check for each in found} - failed
        yield schema.Result(
            target=path or document.name,
            class_="config",
            type=file_type,
            misconf_summary=schema.MisconfigurationSummary(successes=len(passed), failures=len(failed)),
            misconfigurations=tuple(
                _misconfiguration(document, each)
                for each in found
                if document.include_passed or not each.outcome.passed
            ),
        )


def _misconfiguration(document: Document, found: MisconfigurationFinding) -> schema.MisconfigurationEntry:
    outcome = found.outcome
    return schema.MisconfigurationEntry(
        type=f"{_TITLES.get(outcome.file_type, outcome.file_type)} Security Check",
        id=outcome.check,
        title=found.title,
        description=found.description,
        message=outcome.message,
        resolution=found.resolution,
        severity=found.severity.name,
        primary_url=found.link,
        references=(found.link,) if found.link else (),
        status="PASS" if outcome.passed else "FAIL",
        layer=layer_reference(document, found.layer),
        cause_metadata=schema.CauseEntry(
            resource=outcome.resource,
            provider=found.provider,
            service=found.service,
            start_line=outcome.start_line,
            end_line=outcome.end_line,
            code=_code(outcome.code),
        ),
    )


def _secrets(document: Document) -> Iterator[schema.Result]:
    def place(each: SecretFinding) -> str:
        return each.path

    root = "/" if document.artifact_type is ArtifactType.IMAGE else ""
    for path, group in groupby(sorted(document.secrets, key=place), place):
        yield schema.Result(
            target=f"{root}{path}" if path else document.name,
            class_="secret",
            secrets=tuple(_secret(document, each) for each in group),
        )


def _secret(document: Document, found: SecretFinding) -> schema.SecretEntry:
    secret = found.secret
    return schema.SecretEntry(
        rule_id=secret.rule,
        category=secret.category,
        severity=secret.severity,
        title=secret.title,
        start_line=secret.start_line,
        end_line=secret.end_line,
        code=_code(secret.code),
        match=secret.match,
        layer=_made_by(document, found.layer),
        offset=secret.offset,
        deleted=found.is_deleted,
        replaced=found.is_replaced,
    )


def _licenses(document: Document) -> Iterator[schema.Result]:
    files = tuple(_license(each) for each in document.licenses if not each.package)
    stated: dict[str, list[schema.LicenseEntry]] = {}
    silent: dict[str, list[schema.PackageWithoutLicense]] = {}
    for each in document.licenses:
        if each.package:
            stated.setdefault(_target(each.kind, each.path), []).append(_license(each))
    for one in without_license(document):
        silent.setdefault(_target(one.package.kind, one.path), []).append(_without_license(one))
    for name in sorted(stated.keys() | silent.keys(), key=lambda name: (name != _SYSTEM, name)):
        yield schema.Result(
            target=name,
            class_="license",
            licenses=tuple(stated.get(name, ())),
            without_license=tuple(silent.get(name, ())),
        )
    if files:
        yield schema.Result(target="Loose File License(s)", class_="license-file", licenses=files)


def _target(kind: str, path: str) -> str:
    return _SYSTEM if is_system_kind(kind) else title_of(kind) or path


def _without_license(component: Component) -> schema.PackageWithoutLicense:
    package = component.package
    path = component.path if title_of(package.kind) else ""
    return schema.PackageWithoutLicense(
        pkg_name=package.name, installed_version=package.version, pkg_path=path
    )


def _license(found: LicenseFinding) -> schema.LicenseEntry:
    is_listed = found.name.replace("-", "").replace(".", "").replace("+", "").isalnum()
    link = f"https://spdx.org/licenses/{found.name}.html"
    return schema.LicenseEntry(
        severity=found.severity.name,
        category=found.category,
        pkg_name=found.package,
        file_path="" if found.package else found.path,
        name=found.name,
        confidence=found.confidence,
        link=link if is_listed and not found.name.startswith("LicenseRef-") else "",
    )


def layer_reference(document: Document, layer: int) -> schema.LayerReference:
    """Return the reference to one of an image's layers; an empty one for none of them."""
    if not 0 <= layer < len(document.layers):
        return schema.LayerReference()
    found = document.layers[layer]
    return schema.LayerReference(digest=found.digest, diff_id=found.diff_id)


def _made_by(document: Document, layer: int) -> schema.LayerReference:
    reference = layer_reference(document, layer)
    if not reference.diff_id:
        return reference
    return msgspec.structs.replace(reference, created_by=document.layers[layer].created_by)


def _code(lines: Sequence[CodeLine]) -> schema.Code:
    causes = [line.number for line in lines if line.is_cause]
    return schema.Code(lines=tuple(_lines(lines, causes)))


def _lines(lines: Iterable[CodeLine], causes: Sequence[int]) -> Iterator[schema.LineEntry]:
    for line in lines:
        yield schema.LineEntry(
            number=line.number,
            content=line.content,
            is_cause=line.is_cause,
            highlighted=line.content if line.is_cause else "",
            first_cause=bool(causes) and line.number == causes[0],
            last_cause=bool(causes) and line.number == causes[-1],
        )
