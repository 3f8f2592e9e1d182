"""What a bill of materials says, whatever its format."""

from enum import StrEnum

import msgspec

from analyzers.inventory import Package, Problem, Release

INCOMPLETE = "the document calls its list of components incomplete"
"""`Problem.reason` of one that says so itself."""


class Format(StrEnum):
    """A format that bills of materials are read in."""

    CYCLONEDX_JSON = "CycloneDX JSON"
    CYCLONEDX_XML = "CycloneDX XML"
    SPDX_JSON = "SPDX JSON"
    SPDX_TAG_VALUE = "SPDX tag-value"


class SbomLayer(msgspec.Struct, frozen=True):
    """A layer of the image that the document describes; "" for a digest that it does not tell."""

    digest: str
    diff_id: str


class SbomPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A package that the document lists."""

    package: Package
    purl: str
    """As the document writes it; "" without one."""
    path: str
    """The file in the described target that tells of it; "" when the document does not say."""
    layer: int = -1
    """Index into `Sbom.layers`; -1 when the document does not say."""
    needs: tuple[int, ...] = ()
    """Indexes into `Sbom.packages` of those it depends on."""


class Naming(msgspec.Struct, frozen=True, kw_only=True):
    """How others may speak of the document and of what it describes; "" for what it does not say."""

    serial: str = ""
    """"urn:uuid:3e671687-…"."""
    revision: str = ""
    """"1"."""
    ref: str = ""
    """What the document calls its subject."""
    name: str = ""
    version: str = ""
    purl: str = ""


class Sbom(msgspec.Struct, frozen=True, kw_only=True):
    """One bill of materials."""

    format: Format
    version: str
    """Of the format's specification: "1.6", "2.3"."""
    tool: str
    """What wrote it: "trivy 0.59.1"; "" when it does not say."""
    name: str
    """What it describes, in its words."""
    release: Release | None
    layers: tuple[SbomLayer, ...]
    """Bottom up when the document tells the image's layers, else in the order in which packages name them."""
    packages: tuple[SbomPackage, ...]
    """In the document's order; no two are equal."""
    problems: tuple[Problem, ...]
    """What it lacks for its packages to be judged, and what is in `unread`."""
    unread: tuple[Problem, ...] = ()
    """What its author could not read, or was not written as the format has it."""
    naming: Naming = Naming()
    refs: tuple[tuple[str, ...], ...] = ()
    """What the document calls each of its packages; more than one where they are equal."""
    remarks: tuple[str, ...] = ()
    """What it does not tell and no verdict needs, as sentences."""
