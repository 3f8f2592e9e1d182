"""Turns CycloneDX documents written in XML into the values that the same documents have in JSON.

Specification: https://cyclonedx.org/docs/1.6/xml/#bom_vulnerabilities
"""

import re

from analyzers.documents import Value, xml
from analyzers.documents.xml import Element
from analyzers.errors import ParseError

_NUMBER = re.compile(r"[0-9]{1,9}")
_NAMESPACE = re.compile(rb"http://cyclonedx\.org/schema/bom/([0-9.]{1,8})[\"']")


def value_of(data: bytes, source: str) -> dict[str, Value]:
    """Return the part of a document that statements are read from.

    Raises:
        ParseError: it is no XML, declares a document type or entities, or is no CycloneDX.
    """
    namespace = _NAMESPACE.search(data)
    root = xml.load(data, source)
    if root.name != "bom" or namespace is None:
        raise ParseError(f"{source}: <{root.name[:100]}>, expected CycloneDX's <bom>")
    version = root.attributes.get("version", "1")
    metadata = root.first("metadata")
    return {
        "specVersion": namespace[1].decode(),
        "serialNumber": root.attributes.get("serialNumber", ""),
        "version": int(version) if _NUMBER.fullmatch(version) else 1,
        "metadata": _metadata(metadata) if metadata else {},
        "components": [_component(each) for each in root.all("components", "component")],
        "vulnerabilities": [_vulnerability(each) for each in root.all("vulnerabilities", "vulnerability")],
    }


def _metadata(element: Element) -> dict[str, Value]:
    component = element.first("component")
    return {
        "timestamp": element.text_of("timestamp"),
        "authors": [{"name": each.text_of("name")} for each in element.all("authors", "author")],
        "supplier": {"name": element.text_of("supplier", "name")},
        "manufacturer": {"name": element.text_of("manufacturer", "name")},
        "component": _component(component) if component else None,
    }


def _component(element: Element) -> dict[str, Value]:
    return {
        "bom-ref": element.attributes.get("bom-ref", ""),
        "name": element.text_of("name"),
        "version": element.text_of("version"),
        "purl": element.text_of("purl"),
        "hashes": [
            {"alg": each.attributes.get("alg", ""), "content": each.text}
            for each in element.all("hashes", "hash")
        ],
        "components": [_component(each) for each in element.all("components", "component")],
    }


def _vulnerability(element: Element) -> dict[str, Value]:
    analysis = element.first("analysis")
    return {
        "id": element.text_of("id"),
        "references": [{"id": each.text_of("id")} for each in element.all("references", "reference")],
        "updated": element.text_of("updated"),
        "analysis": _analysis(analysis) if analysis else None,
        "affects": [_target(each) for each in element.all("affects", "target")],
    }


def _analysis(element: Element) -> dict[str, Value]:
    return {
        "state": element.text_of("state"),
        "justification": element.text_of("justification"),
        "detail": element.text_of("detail"),
        "lastUpdated": element.text_of("lastUpdated"),
    }


def _target(element: Element) -> dict[str, Value]:
    versions: list[Value] = [
        {key: each.text_of(key) for key in ("version", "range", "status")}
        for each in element.all("versions", "version")
    ]
    return {"ref": element.text_of("ref"), "versions": versions}
