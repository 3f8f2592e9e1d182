"""The target's bill of materials in SPDX 2.3, before it is written in one of its notations.

Specification: https://spdx.github.io/spdx-spec/v2.3/. Facts that it has no field for are in one annotation of
each element, as a JSON object.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import msgspec

from analyzers.inventory import Package, Release
from analyzers.osv import normalise_time
from analyzers.purl import family_of
from reports import spdx
from reports import spdx_schema as schema
from reports.bill_of_materials import Facts, facts_of, image_facts, image_purl, refs_of, system_facts
from reports.context import RenderContext
from reports.dependencies import resolve
from reports.document import ArtifactType, Component, Document
from reports.printable import harmless_json, one_line
from reports.spdx_licenses import expression_of, extracted
from reports.spdx_schema import NOASSERTION
from reports.targets import is_of_system

_DOCUMENT = "SPDXRef-DOCUMENT"
_ROOT = "SPDXRef-Target"
_SYSTEM = "SPDXRef-OperatingSystem"
_PURPOSES = {
    ArtifactType.IMAGE: "CONTAINER",
    ArtifactType.FILESYSTEM: "SOURCE",
    ArtifactType.REPOSITORY: "SOURCE",
    ArtifactType.DISK: "DEVICE",
    ArtifactType.CYCLONEDX: "OTHER",
    ArtifactType.SPDX: "OTHER",
}
_ADDRESS = re.compile(r"([^<>()]+) <([^<>()\s]+)>")
_BRACKETS = str.maketrans("()", "[]")
_NAME_LENGTH = 100
_DIGITS = 32


def spdx_of(document: Document, context: RenderContext) -> schema.Document:
    """Return the document; its namespace is told by everything else in it."""
    return _Writing(document, context).document()


class _Writing:
    """Writes one document: what all of its elements have in common."""

    def __init__(self, document: Document, context: RenderContext) -> None:
        self._document = document
        self._tool = f"Tool: cleanbill-{context.version}"
        self._created = f"{normalise_time(document.created_at)[:19]}Z"
        self._refs = [f"SPDXRef-Package-{_digest(ref)}" for ref in refs_of(document.components)]

    def document(self) -> schema.Document:
        document = self._document
        system = (self._system(document.release),) if document.release else ()
        packages = map(self._package, document.components, self._refs)
        licenses = (name for component in document.components for name in component.package.licenses)
        whole = schema.Document(
            spdx_version="SPDX-2.3",
            data_license="CC0-1.0",
            spdx_id=_DOCUMENT,
            name=one_line(document.name) or "unnamed",
            document_namespace="",
            creation_info=schema.CreationInfo(created=self._created, creators=(self._tool,)),
            packages=(self._target(), *system, *packages),
            has_extracted_licensing_infos=extracted(licenses),
            relationships=tuple(self._relationships()),
            annotations=self._annotations(self._problems()),
        )
        name = quote(whole.name[:_NAME_LENGTH], safe="")
        digest = hashlib.sha256(msgspec.json.encode(whole)).hexdigest()[:_DIGITS]
        namespace = f"https://spdx.org/spdxdocs/{name}-{digest}"
        return msgspec.structs.replace(whole, document_namespace=namespace)

    def _problems(self) -> Facts:
        pairs = [(problem.path, problem.reason) for problem in self._document.problems]
        return [("problems", msgspec.json.encode(pairs).decode() if pairs else "")]

    def _target(self) -> schema.Package:
        document = self._document
        layers = " ".join(f"{layer.digest}/{layer.diff_id}" for layer in document.layers)
        return schema.Package(
            spdx_id=_ROOT,
            name=one_line(document.name) or "unnamed",
            version_info=document.manifest_digest,
            download_location=NOASSERTION,
            files_analyzed=False,
            license_concluded=NOASSERTION,
            license_declared=NOASSERTION,
            copyright_text=NOASSERTION,
            external_refs=_purl_refs(image_purl(document)),
            primary_package_purpose=_PURPOSES[document.artifact_type],
            annotations=self._annotations([*image_facts(document), ("layers", layers)]),
        )

    def _system(self, release: Release) -> schema.Package:
        return schema.Package(
            spdx_id=_SYSTEM,
            name=one_line(family_of(release)) or "unknown",
            version_info=one_line(release.version_id),
            download_location=NOASSERTION,
            files_analyzed=False,
            license_concluded=NOASSERTION,
            license_declared=NOASSERTION,
            copyright_text=NOASSERTION,
            primary_package_purpose="OPERATING_SYSTEM",
            annotations=self._annotations(system_facts(release)),
        )

    def _package(self, component: Component, ref: str) -> schema.Package:
        package = component.package
        supplier = _supplier(package.maintainer)
        facts = [*_unlike_fields(package, supplier), *facts_of(self._document, component)]
        return schema.Package(
            spdx_id=ref,
            name=one_line(package.name) or "unnamed",
            version_info=one_line(package.version),
            supplier=supplier,
            download_location=NOASSERTION,
            files_analyzed=False,
            source_info=_source_info(component),
            license_concluded=NOASSERTION,
            license_declared=expression_of(package.licenses),
            copyright_text=NOASSERTION,
            external_refs=_purl_refs(component.purl),
            primary_package_purpose="LIBRARY",
            annotations=self._annotations(facts),
        )

    def _annotations(self, facts: Facts) -> tuple[schema.Annotation, ...]:
        told = {name: value for name, value in facts if value}
        if not told:
            return ()
        # nothing but printable ASCII, so that every notation writes it as it is, which ends at "</text>"
        comment = harmless_json(json.dumps(told, separators=(",", ":"))).replace("</", "<\\/")
        return (
            schema.Annotation(
                annotator=self._tool,
                annotation_date=self._created,
                annotation_type="OTHER",
                comment=comment,
            ),
        )

    def _relationships(self) -> Iterator[schema.Relationship]:
        components = self._document.components
        has_system = self._document.release is not None
        yield _relationship(_DOCUMENT, "DESCRIBES", _ROOT)
        if has_system:
            yield _relationship(_ROOT, "CONTAINS", _SYSTEM)
        for component, ref in zip(components, self._refs, strict=True):
            is_system = has_system and is_of_system(component.package)
            yield _relationship(_SYSTEM if is_system else _ROOT, "CONTAINS", ref)
        for ref, needs in zip(self._refs, resolve(components), strict=True):
            for need in needs:
                yield _relationship(ref, "DEPENDS_ON", self._refs[need])


def _relationship(one: str, kind: str, other: str) -> schema.Relationship:
    return schema.Relationship(spdx_element_id=one, relationship_type=kind, related_spdx_element=other)


def _purl_refs(purl: str) -> tuple[schema.ExternalRef, ...]:
    if not purl:
        return ()
    return (
        schema.ExternalRef(
            reference_category="PACKAGE-MANAGER", reference_type="purl", reference_locator=purl
        ),
    )


def _supplier(maintainer: str) -> str:
    """Return the maintainer in SPDX's form, "Organization: name (address)"; "" without one."""
    text = one_line(maintainer)
    if not text:
        return ""
    if match := _ADDRESS.fullmatch(text):
        return f"Organization: {match[1]} ({match[2]})"
    return f"Organization: {text.translate(_BRACKETS)}"


def _unlike_fields(package: Package, supplier: str) -> Facts:
    """Return what the fields of SPDX cannot hold as it is, such as control characters."""
    written = supplier.removeprefix("Organization: ")
    as_read = re.sub(r" \(([^()]*)\)$", r" <\1>", written)
    plain = all(name in spdx.IDS for name in package.licenses)
    version_fits = one_line(package.version) == package.version and package.version not in (
        NOASSERTION,
        "NONE",
    )
    return [
        ("name", package.name if one_line(package.name) != package.name else ""),
        ("version", "" if version_fits else package.version),
        ("maintainer", package.maintainer if as_read != package.maintainer else ""),
        ("licenses", "" if plain else msgspec.json.encode(package.licenses).decode()),
    ]


def _source_info(component: Component) -> str:
    package = component.package
    if is_of_system(package):
        name, version = package.source_name or package.name, package.source_version or package.version
        return f"built package from: {one_line(name)} {one_line(version)}".rstrip()
    return f"package found in: {one_line(component.path)}" if component.path else ""


def _digest(ref: str) -> str:
    return hashlib.sha256(ref.encode("utf-8", "replace")).hexdigest()[:_DIGITS]
