"""The part of CycloneDX that bills of materials are read for.

Specification: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import msgspec


class _Object(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """An object whose other keys are passed over."""


class Property(_Object, frozen=True, kw_only=True):
    """A fact that the format has no field for."""

    name: str = ""
    value: str = ""


class License(_Object, frozen=True, kw_only=True):
    """A licence by SPDX identifier, or by any name."""

    id: str = ""
    name: str = ""


class LicenseChoice(_Object, frozen=True, kw_only=True):
    """A licence or an expression."""

    license: License | None = None
    expression: str = ""


class Organization(_Object, frozen=True, kw_only=True):
    """Who supplied something."""

    name: str = ""


class Component(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A component; those within it are members of it."""

    type: str = "library"
    bom_ref: str = msgspec.field(default="", name="bom-ref")
    supplier: Organization | None = None
    publisher: str = ""
    author: str = ""
    group: str = ""
    name: str = ""
    version: str = ""
    licenses: tuple[LicenseChoice, ...] = ()
    purl: str = ""
    properties: tuple[Property, ...] = ()
    components: tuple[Component, ...] = ()


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What wrote the document, as of CycloneDX 1.5."""

    components: tuple[Component, ...] = ()


class Metadata(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the document is about. Before CycloneDX 1.5, tools are a list."""

    tools: Tools | tuple[Component, ...] = ()
    component: Component | None = None
    properties: tuple[Property, ...] = ()


class Dependency(_Object, frozen=True, kw_only=True):
    """What one component needs, by reference."""

    ref: str = ""
    depends_on: tuple[str, ...] = ()


class Composition(_Object, frozen=True, kw_only=True):
    """How complete a list is."""

    aggregate: str = ""


class Bom(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The root object."""

    spec_version: str = ""
    serial_number: str = ""
    version: int = 1
    metadata: Metadata = Metadata()
    components: tuple[Component, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    compositions: tuple[Composition, ...] = ()
