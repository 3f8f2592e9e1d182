"""The target's bill of materials in SPDX 2.3, as tags and values.

Specification: https://spdx.github.io/spdx-spec/v2.3/, beside each field.
"""

from collections.abc import Iterable, Iterator

from reports import spdx_schema as schema
from reports.context import RenderContext
from reports.document import Document
from reports.printable import printable
from reports.spdx_document import spdx_of

_Line = tuple[str, str]


def render(document: Document, context: RenderContext) -> str:
    """Return the bill of materials, a paragraph for each package."""
    spdx = spdx_of(document, context)
    parts = [_head(spdx), *map(_package, spdx.packages), *map(_license, spdx.has_extracted_licensing_infos)]
    relationships = [("Relationship", _relationship(each)) for each in spdx.relationships]
    return "\n".join(map(_paragraph, (*parts, relationships)))


def _paragraph(lines: Iterable[_Line]) -> str:
    return "".join(f"{tag}: {printable(value)}\n" for tag, value in lines if value)


def _head(spdx: schema.Document) -> Iterator[_Line]:
    yield "SPDXVersion", spdx.spdx_version
    yield "DataLicense", spdx.data_license
    yield "SPDXID", spdx.spdx_id
    yield "DocumentName", spdx.name
    yield "DocumentNamespace", spdx.document_namespace
    for creator in spdx.creation_info.creators:
        yield "Creator", creator
    yield "Created", spdx.creation_info.created
    yield from _annotations(spdx.annotations, spdx.spdx_id)


def _package(package: schema.Package) -> Iterator[_Line]:
    yield "PackageName", package.name
    yield "SPDXID", package.spdx_id
    yield "PackageVersion", package.version_info
    yield "PackageSupplier", package.supplier
    yield "PackageDownloadLocation", package.download_location
    yield "FilesAnalyzed", "false"
    yield "PackageSourceInfo", package.source_info and f"<text>{_ended(package.source_info)}</text>"
    yield "PackageLicenseConcluded", package.license_concluded
    yield "PackageLicenseDeclared", package.license_declared
    yield "PackageCopyrightText", package.copyright_text
    for ref in package.external_refs:
        yield "ExternalRef", f"{ref.reference_category} {ref.reference_type} {ref.reference_locator}"
    yield "PrimaryPackagePurpose", package.primary_package_purpose.replace("_", "-")
    yield from _annotations(package.annotations, package.spdx_id)


def _annotations(annotations: Iterable[schema.Annotation], ref: str) -> Iterator[_Line]:
    for each in annotations:
        yield "Annotator", each.annotator
        yield "AnnotationDate", each.annotation_date
        yield "AnnotationType", each.annotation_type
        yield "SPDXREF", ref
        yield "AnnotationComment", f"<text>{each.comment}</text>"


def _license(each: schema.ExtractedLicense) -> Iterator[_Line]:
    yield "LicenseID", each.license_id
    yield "ExtractedText", f"<text>{_ended(each.extracted_text)}</text>"
    yield "LicenseName", each.name


def _relationship(each: schema.Relationship) -> str:
    return f"{each.spdx_element_id} {each.relationship_type} {each.related_spdx_element}"


def _ended(text: str) -> str:
    """Return the text without what would end the value before its end."""
    return text.replace("</text>", "< /text>")
