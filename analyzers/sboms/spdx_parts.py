"""The part of SPDX 2 that bills of materials are read for.

Specification: https://spdx.github.io/spdx-spec/v2.3/, in the JSON of
https://github.com/spdx/spdx-spec/blob/v2.3/schemas/spdx-schema.json
"""

import msgspec


class _Object(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """An object whose other keys are passed over."""


class ExternalRef(_Object, frozen=True, kw_only=True):
    """What the package is called elsewhere."""

    reference_type: str = ""
    reference_locator: str = ""


class Annotation(_Object, frozen=True, kw_only=True):
    """A remark about an element."""

    annotator: str = ""
    comment: str = ""


class Package(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A package, or anything else that the document treats as one."""

    spdx_id: str = msgspec.field(default="", name="SPDXID")
    name: str = ""
    version_info: str = ""
    supplier: str = ""
    source_info: str = ""
    license_concluded: str = ""
    license_declared: str = ""
    primary_package_purpose: str = ""
    external_refs: tuple[ExternalRef, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    attribution_texts: tuple[str, ...] = ()
    has_files: tuple[str, ...] = ()


class File(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A file."""

    spdx_id: str = msgspec.field(default="", name="SPDXID")
    file_name: str = ""
    comment: str = ""


class Relationship(_Object, frozen=True, kw_only=True):
    """What one element is to another."""

    spdx_element_id: str = ""
    relationship_type: str = ""
    related_spdx_element: str = ""
    comment: str = ""


class ExtractedLicense(_Object, frozen=True, kw_only=True):
    """A licence that is not on SPDX's list."""

    license_id: str = ""
    name: str = ""
    extracted_text: str = ""


class CreationInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Who made the document."""

    creators: tuple[str, ...] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The root object."""

    spdx_version: str = ""
    name: str = ""
    creation_info: CreationInfo = CreationInfo()
    packages: tuple[Package, ...] = ()
    files: tuple[File, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    document_describes: tuple[str, ...] = ()
    has_extracted_licensing_infos: tuple[ExtractedLicense, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    lost: tuple[str, ...] = ()
    """Places of what could not be read; no field of the format."""
