"""Bills of materials in CycloneDX 1, written in XML.

Specification: https://cyclonedx.org/docs/1.6/xml/
"""

import re

from analyzers.documents import xml
from analyzers.documents.xml import Element
from analyzers.errors import ParseError
from analyzers.sboms import cyclonedx_parts as parts
from analyzers.sboms.cyclonedx import listing_of
from analyzers.sboms.document import Format
from analyzers.sboms.listing import Listing

_ROOT = re.compile(rb"<(?:[\w.-]{1,40}:)?bom[\s>/]")
_REVISION = re.compile(r"[0-9]{1,9}")
_NAMESPACE = re.compile(rb"http://cyclonedx\.org/schema/bom/([0-9.]{1,8})[\"']")


def listing(data: bytes, path: str) -> Listing:
    """Return what an XML document lists.

    Raises:
        ParseError: it is no XML, declares a document type or entities, or is of another major version.
    """
    root_tag = _ROOT.search(data)
    if b"<!DOCTYPE" in data[: root_tag.start() if root_tag else None]:
        raise ParseError(f"{path}: a document type declaration, expected none in CycloneDX")
    namespace = _NAMESPACE.search(data)
    root = xml.load(data, path)
    revision = root.attributes.get("version", "1")
    bom = parts.Bom(
        spec_version=namespace[1].decode() if namespace else "",
        serial_number=root.attributes.get("serialNumber", ""),
        version=int(revision) if _REVISION.fullmatch(revision) else 1,
        metadata=_metadata(root.first("metadata")),
        components=_components(root, "components"),
        dependencies=tuple(map(_dependency, root.all("dependencies", "dependency"))),
        compositions=tuple(
            parts.Composition(aggregate=each.text_of("aggregate"))
            for each in root.all("compositions", "composition")
        ),
    )
    return listing_of(bom, Format.CYCLONEDX_XML, path)


def _metadata(element: Element | None) -> parts.Metadata:
    if element is None:
        return parts.Metadata()
    subject = element.first("component")
    older = tuple(map(_component, element.all("tools", "tool")))
    return parts.Metadata(
        tools=older or tuple(map(_component, element.all("tools", "components", "component"))),
        component=_component(subject) if subject else None,
        properties=_properties(element),
    )


def _components(element: Element, *names: str) -> tuple[parts.Component, ...]:
    return tuple(map(_component, element.all(*names, "component")))


def _component(element: Element) -> parts.Component:
    supplier = element.text_of("supplier", "name")
    return parts.Component(
        type=element.attributes.get("type", "library"),
        bom_ref=element.attributes.get("bom-ref", ""),
        supplier=parts.Organization(name=supplier) if supplier else None,
        publisher=element.text_of("publisher"),
        author=element.text_of("author"),
        group=element.text_of("group"),
        name=element.text_of("name"),
        version=element.text_of("version"),
        licenses=tuple(_licenses(element)),
        purl=element.text_of("purl"),
        properties=_properties(element),
        components=_components(element, "components"),
    )


def _licenses(element: Element) -> list[parts.LicenseChoice]:
    named = [
        parts.LicenseChoice(license=parts.License(id=each.text_of("id"), name=each.text_of("name")))
        for each in element.all("licenses", "license")
    ]
    whole = [parts.LicenseChoice(expression=each.text) for each in element.all("licenses", "expression")]
    return named + whole


def _properties(element: Element) -> tuple[parts.Property, ...]:
    return tuple(
        parts.Property(
            name=each.attributes.get("name", ""), value=each.text or each.attributes.get("value", "")
        )
        for each in element.all("properties", "property")
    )


def _dependency(element: Element) -> parts.Dependency:
    return parts.Dependency(
        ref=element.attributes.get("ref", ""),
        depends_on=tuple(each.attributes.get("ref", "") for each in element.all("dependency")),
    )
