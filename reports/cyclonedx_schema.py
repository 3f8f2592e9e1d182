"""The part of CycloneDX 1.6 that our reports use.

Specification: https://cyclonedx.org/docs/1.6/json/
"""

import msgspec


class _Object(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An object whose empty fields are left out."""


class Property(_Object, frozen=True, kw_only=True):
    """A fact that the format has no field for."""

    name: str
    value: str


class License(_Object, frozen=True, kw_only=True):
    """A licence by SPDX identifier, or by any name."""

    id: str = ""
    name: str = ""


class LicenseChoice(_Object, frozen=True, kw_only=True):
    """A licence, or an SPDX expression that stands alone."""

    license: License | None = None
    expression: str = ""


class Organization(_Object, frozen=True, kw_only=True):
    """Who supplied something."""

    name: str


class Component(_Object, frozen=True, kw_only=True):
    """The image, its operating system, a package, or the tool that wrote the report."""

    type: str
    bom_ref: str = msgspec.field(default="", name="bom-ref")
    supplier: Organization | None = None
    group: str = ""
    name: str
    version: str = ""
    licenses: tuple[LicenseChoice, ...] = ()
    purl: str = ""
    properties: tuple[Property, ...] = ()


class Tools(_Object, frozen=True, kw_only=True):
    """What wrote the report."""

    components: tuple[Component, ...]


class Metadata(_Object, frozen=True, kw_only=True):
    """What the report is about, and when."""

    timestamp: str = ""
    tools: Tools
    component: Component
    properties: tuple[Property, ...] = ()


class Dependency(_Object, frozen=True, kw_only=True):
    """What one component needs, by reference."""

    ref: str
    depends_on: tuple[str, ...] = ()


class Source(_Object, frozen=True, kw_only=True):
    """Who published something."""

    name: str
    url: str = ""


class Reference(_Object, frozen=True, kw_only=True):
    """The same vulnerability under another name."""

    id: str
    source: Source


class Rating(_Object, frozen=True, kw_only=True):
    """One opinion of the severity."""

    source: Source | None = None
    score: float | None = None
    severity: str = ""
    method: str = ""
    vector: str = ""


class Advisory(_Object, frozen=True, kw_only=True):
    """A page about the vulnerability."""

    url: str


class AffectedVersion(_Object, frozen=True, kw_only=True):
    """A version, and whether it is affected: "affected" or "unknown"."""

    version: str
    status: str


class Affects(_Object, frozen=True, kw_only=True):
    """A component that the vulnerability is in."""

    ref: str
    versions: tuple[AffectedVersion, ...] = ()


class Analysis(_Object, frozen=True, kw_only=True):
    """Why the vulnerability does not count."""

    state: str = ""
    response: tuple[str, ...] = ()
    detail: str = ""


class Vulnerability(_Object, frozen=True, kw_only=True):
    """A vulnerability and the components it is in."""

    bom_ref: str = msgspec.field(default="", name="bom-ref")
    id: str
    source: Source
    references: tuple[Reference, ...] = ()
    ratings: tuple[Rating, ...] = ()
    cwes: tuple[int, ...] = ()
    description: str = ""
    detail: str = ""
    recommendation: str = ""
    advisories: tuple[Advisory, ...] = ()
    published: str = ""
    updated: str = ""
    analysis: Analysis | None = None
    affects: tuple[Affects, ...] = ()


class Composition(_Object, frozen=True, kw_only=True):
    """How complete the list of what something is made of is."""

    aggregate: str
    assemblies: tuple[str, ...]


class Bom(_Object, frozen=True, kw_only=True):
    """The root object."""

    schema_: str = msgspec.field(name="$schema")
    bom_format: str
    spec_version: str
    serial_number: str
    version: int
    metadata: Metadata
    components: tuple[Component, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    compositions: tuple[Composition, ...] = ()
    vulnerabilities: list[Vulnerability] | None = None
