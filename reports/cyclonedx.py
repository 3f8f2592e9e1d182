"""The target's bill of materials in CycloneDX 1.6, with its vulnerabilities when they were asked for.

Specification: https://cyclonedx.org/docs/1.6/json/. Facts that it has no field for are properties whose
names begin with "cleanbill:".
"""

from collections.abc import Sequence

import msgspec

from analyzers.catalogue import kinds
from analyzers.inventory import Package
from analyzers.purl import family_of
from analyzers.spdx.expressions import expression
from reports import cyclonedx_schema as schema
from reports import spdx
from reports.bill_of_materials import facts_of, image_facts, image_purl, refs_of, system_facts
from reports.context import RenderContext
from reports.coverage import coverage_of
from reports.cyclonedx_vulnerabilities import vulnerabilities_of
from reports.dependencies import resolve
from reports.document import ArtifactType, Component, Document
from reports.json_parts import formatted
from reports.targets import is_of_system

_ROOT = "image"
_GROUPED = {"maven": ":", "npm": "/"}
_TYPES = {
    ArtifactType.IMAGE: "container",
    ArtifactType.FILESYSTEM: "application",
    ArtifactType.REPOSITORY: "application",
    ArtifactType.DISK: "device",
    ArtifactType.CYCLONEDX: "application",
    ArtifactType.SPDX: "application",
}
_SYSTEM = "os"


def render(document: Document, context: RenderContext) -> str:
    """Return the bill of materials, indented by two spaces."""
    return formatted(_bom(document, context)) + "\n"


def _bom(document: Document, context: RenderContext) -> schema.Bom:
    refs = refs_of(document.components)
    system = _system(document)
    libraries = map(_library, [document] * len(refs), document.components, refs)
    unread = schema.Composition(aggregate="incomplete", assemblies=(_ROOT,))
    return schema.Bom(
        schema_="http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format="CycloneDX",
        spec_version="1.6",
        serial_number=f"urn:uuid:{context.report_id}",
        version=1,
        metadata=_metadata(document, context),
        components=(*system, *libraries),
        dependencies=_dependencies(document, refs, has_system=bool(system)),
        compositions=(unread,) if document.problems else (),
        vulnerabilities=vulnerabilities_of(document, refs) if document.vulnerabilities_asked else None,
    )


def _metadata(document: Document, context: RenderContext) -> schema.Metadata:
    tool = schema.Component(type="application", name="cleanbill", version=context.version)
    coverage = coverage_of(document)
    facts = [
        ("incomplete", "true" if coverage.is_incomplete else "false"),
        *(("problem", f"{problem.path}: {problem.reason}") for problem in document.problems),
    ]
    if document.vulnerabilities_asked:
        feeds = (msgspec.json.encode(feed).decode() for feed in document.feeds)
        facts += [("feed", feed) for feed in feeds]
    return schema.Metadata(
        timestamp=document.created_at,
        tools=schema.Tools(components=(tool,)),
        component=_image(document),
        properties=_properties(facts),
    )


def _image(document: Document) -> schema.Component:
    layers = [("image:diffId", layer.diff_id) for layer in document.layers]
    layers += [("image:layer", layer.digest) for layer in document.layers]
    return schema.Component(
        type=_TYPES[document.artifact_type],
        bom_ref=_ROOT,
        name=document.name,
        version=document.manifest_digest,
        purl=image_purl(document),
        properties=_properties([*image_facts(document), *layers]),
    )


def _system(document: Document) -> tuple[schema.Component, ...]:
    release = document.release
    if release is None:
        return ()
    return (
        schema.Component(
            type="operating-system",
            bom_ref=_SYSTEM,
            name=family_of(release),
            version=release.version_id,
            properties=_properties(system_facts(release)),
        ),
    )


def _library(document: Document, component: Component, ref: str) -> schema.Component:
    package = component.package
    group, name = _name(package)
    return schema.Component(
        type="library",
        bom_ref=ref,
        supplier=schema.Organization(name=package.maintainer) if package.maintainer else None,
        group=group,
        name=name,
        version=package.version,
        licenses=_licenses(package.licenses) if package.licenses else (),
        purl=component.purl,
        properties=_properties(facts_of(document, component)),
    )


def _name(package: Package) -> tuple[str, str]:
    """Split off a Node.js package's scope and a Java artifact's group; other names stay whole."""
    kind = kinds().get(package.kind)
    separator = _GROUPED.get(kind.purl_type, "") if kind else ""
    if not separator or (separator == "/" and not package.name.startswith("@")):
        return "", package.name
    group, _, name = package.name.rpartition(separator)
    return (group, name) if name else ("", package.name)


def _licenses(names: tuple[str, ...]) -> tuple[schema.LicenseChoice, ...]:
    """Return SPDX identifiers where they are, and a lone expression; anything else is a name.

    Names stay as they are written, so that reading them gives the same package again.
    """
    if len(names) == 1 and _is_expression(names[0]):
        return (schema.LicenseChoice(expression=names[0]),)
    return tuple(
        schema.LicenseChoice(
            license=schema.License(id=name) if name in spdx.IDS else schema.License(name=name)
        )
        for name in names
        if name
    )


def _is_expression(name: str) -> bool:
    """Tell whether a name is an expression of more than one word, be it of rare licences or references."""
    return spdx.is_expression(name) or (" " in name and expression(name) == name)


def _properties(facts: Sequence[tuple[str, str]]) -> tuple[schema.Property, ...]:
    return tuple(schema.Property(name=f"cleanbill:{name}", value=value) for name, value in facts if value)


def _dependencies(
    document: Document, refs: Sequence[str], *, has_system: bool
) -> tuple[schema.Dependency, ...]:
    of_system: list[str] = []
    direct: list[str] = [_SYSTEM] if has_system else []
    for component, ref in zip(document.components, refs, strict=True):
        is_system = has_system and is_of_system(component.package)
        (of_system if is_system else direct).append(ref)
    needs = resolve(document.components)
    packages = (
        schema.Dependency(ref=ref, depends_on=tuple(refs[index] for index in indexes))
        for ref, indexes in zip(refs, needs, strict=True)
    )
    system = (schema.Dependency(ref=_SYSTEM, depends_on=tuple(of_system)),) if has_system else ()
    return (schema.Dependency(ref=_ROOT, depends_on=tuple(direct)), *system, *packages)
