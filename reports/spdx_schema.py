"""The part of SPDX 2.3 that our reports use.

Specification: https://spdx.github.io/spdx-spec/v2.3/, in the JSON of
https://github.com/spdx/spdx-spec/blob/v2.3/schemas/spdx-schema.json
"""

import msgspec

NOASSERTION = "NOASSERTION"


class _Object(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An object whose empty fields are left out."""


class CreationInfo(_Object, frozen=True, kw_only=True):
    """When and by what the document was made."""

    created: str
    creators: tuple[str, ...]


class Annotation(_Object, frozen=True, kw_only=True):
    """A remark about an element."""

    annotator: str
    annotation_date: str
    annotation_type: str
    comment: str


class ExternalRef(_Object, frozen=True, kw_only=True):
    """What the package is called elsewhere."""

    reference_category: str
    reference_type: str
    reference_locator: str


class Package(_Object, frozen=True, kw_only=True):
    """The target, its operating system, or a package."""

    spdx_id: str = msgspec.field(name="SPDXID")
    name: str
    version_info: str = ""
    supplier: str = ""
    download_location: str
    files_analyzed: bool | None = None
    source_info: str = ""
    license_concluded: str
    license_declared: str
    copyright_text: str
    external_refs: tuple[ExternalRef, ...] = ()
    primary_package_purpose: str = ""
    annotations: tuple[Annotation, ...] = ()


class Relationship(_Object, frozen=True, kw_only=True):
    """What one element is to another."""

    spdx_element_id: str
    relationship_type: str
    related_spdx_element: str


class ExtractedLicense(_Object, frozen=True, kw_only=True):
    """A licence that is not on SPDX's list."""

    license_id: str
    name: str
    extracted_text: str


class Document(_Object, frozen=True, kw_only=True):
    """The root object."""

    spdx_version: str
    data_license: str
    spdx_id: str = msgspec.field(name="SPDXID")
    name: str
    document_namespace: str
    creation_info: CreationInfo
    packages: tuple[Package, ...]
    has_extracted_licensing_infos: tuple[ExtractedLicense, ...] = ()
    relationships: tuple[Relationship, ...]
    annotations: tuple[Annotation, ...] = ()
