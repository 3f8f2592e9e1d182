import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ply.yacc import NullLogger  # type: ignore[import-untyped]  # has no types
from spdx_tools.spdx.model.document import Document as SpdxDocument
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.parser.tagvalue.parser import Parser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from analyzers.inventory import Package, Problem, Release
from reports import render
from reports.document import ArtifactType, Component, Document
from reports.spdx_licenses import expression_of, extracted
from tests.reports.documents import CONTEXT, IMAGES, debian_image, empty_image

FORMATS = ("spdx-json", "spdx")


def parsed(document: Document, format_name: str) -> SpdxDocument:
    text = render(document, format_name, CONTEXT)
    found: SpdxDocument
    if format_name == "spdx":
        parser = Parser(  # type: ignore[no-untyped-call]  # has no types
            debug=False,
            write_tables=False,
            errorlog=NullLogger(),
        )
        found = parser.parse(text)  # type: ignore[no-untyped-call]  # as above
    else:
        found = JsonLikeDictParser().parse(json.loads(text))  # type: ignore[no-untyped-call]  # as above
    return found


def complaints(document: Document, format_name: str) -> list[str]:
    found = validate_full_spdx_document(parsed(document, format_name), "SPDX-2.3")
    return [each.validation_message for each in found]


@pytest.fixture(scope="module")
def debian() -> dict[str, Any]:
    spdx: dict[str, Any] = json.loads(render(debian_image(), "spdx-json", CONTEXT))
    return spdx


def _package(spdx: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in spdx["packages"] if each["name"] == name)
    return found


def _related(spdx: dict[str, Any], one: str, kind: str) -> list[str]:
    names = {each["SPDXID"]: each["name"] for each in spdx["packages"]}
    return [
        names[each["relatedSpdxElement"]]
        for each in spdx["relationships"]
        if names.get(each["spdxElementId"], each["spdxElementId"]) == one and each["relationshipType"] == kind
    ]


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("image", IMAGES)
def test_documents_are_valid(image: str, format_name: str) -> None:
    assert complaints(IMAGES[image](), format_name) == []


@pytest.mark.parametrize("image", IMAGES)
def test_both_notations_say_the_same(image: str) -> None:
    document = IMAGES[image]()
    one, other = parsed(document, "spdx-json"), parsed(document, "spdx")
    assert one.packages == other.packages
    assert one.relationships == other.relationships
    assert one.annotations == other.annotations
    assert one.creation_info == other.creation_info


def test_the_image_holds_its_system_which_holds_its_packages(debian: dict[str, Any]) -> None:
    name = debian_image().name
    assert _related(debian, "SPDXRef-DOCUMENT", "DESCRIBES") == [name]
    assert _related(debian, name, "CONTAINS")[0] == "debian"
    assert "lodash" in _related(debian, name, "CONTAINS")
    assert _related(debian, "debian", "CONTAINS") == ["bash", "libc6", "libssl3", "login", "openssl"]
    assert _related(debian, "Flask", "DEPENDS_ON") == ["werkzeug", "urllib3"]


def test_a_package_has_its_purl_source_and_supplier(debian: dict[str, Any]) -> None:
    ssl = _package(debian, "libssl3")
    assert ssl["externalRefs"] == [
        {
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": "pkg:deb/debian/libssl3@3.0.13-1~deb12u1?arch=amd64&distro=debian-12",
        }
    ]
    assert ssl["sourceInfo"] == "built package from: openssl 3.0.13-1~deb12u1"
    assert ssl["supplier"] == "Organization: Maintainers of libssl3 (libssl3@packages.example.org)"


def test_what_spdx_does_not_list_is_a_licence_of_the_document(debian: dict[str, Any]) -> None:
    (reference,) = [
        each["licenseId"]
        for each in debian["hasExtractedLicensingInfos"]
        if each["extractedText"] == "Some licence"
    ]
    assert _package(debian, "urllib3")["licenseDeclared"] == f"MIT AND {reference}"
    assert _package(debian, "libc6")["licenseDeclared"] == "NOASSERTION"


def test_what_could_not_be_read_is_told(debian: dict[str, Any]) -> None:
    told = json.loads(debian["annotations"][0]["comment"])
    assert json.loads(told["problems"]) == [
        ["usr/bin/tool", "executable packed by UPX: what is linked into it is not known"]
    ]


def test_the_namespace_follows_the_content() -> None:
    document = debian_image()
    one, again = (json.loads(render(document, "spdx-json", CONTEXT)) for _ in range(2))
    later = msgspec.structs.replace(document, created_at="2026-11-24T05:00:00.5+01:00")
    other = json.loads(render(later, "spdx-json", CONTEXT))
    assert one == again
    assert one["documentNamespace"].startswith("https://spdx.org/spdxdocs/registry.example.com%2Fteam%2Fapp")
    assert other["documentNamespace"] != one["documentNamespace"]
    assert other["creationInfo"]["created"] == "2026-11-24T04:00:00Z"


@pytest.mark.parametrize("kind", ArtifactType)
def test_every_target_has_a_purpose(kind: ArtifactType) -> None:
    document = msgspec.structs.replace(empty_image(), artifact_type=kind)
    assert complaints(document, "spdx-json") == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), "NOASSERTION"),
        (("MIT",), "MIT"),
        (("MIT OR ISC",), "MIT OR ISC"),
        (("MIT OR ISC", "Zlib"), "(MIT OR ISC) AND Zlib"),
        (("", "MIT"), "MIT"),
        (("BSD",), "BSD-3-Clause"),
        (("GPLv2+ and MIT",), "GPL-2.0-or-later AND MIT"),
        (("Example Licence",), "LicenseRef-Example-Licence"),
        (("MIT OR Example", "Zlib"), "(MIT OR LicenseRef-Example) AND Zlib"),
        (("UNKNOWN",), "NOASSERTION"),
        (("LicenseRef-House",), "LicenseRef-House"),
    ],
)
def test_expressions(names: tuple[str, ...], expected: str) -> None:
    assert expression_of(names) == expected


def test_each_unknown_licence_is_told_once() -> None:
    told = extracted(("House", "MIT", "Example Licence", "House", "", "MIT OR House", "BSD"))
    assert [(each.license_id, each.name, each.extracted_text) for each in told] == [
        ("LicenseRef-Example-Licence", "Example Licence", "Example Licence"),
        ("LicenseRef-House", "House", "House"),
    ]
    (part,) = extracted(("MIT OR House",))
    assert (part.name, part.extracted_text) == ("House", "MIT OR House")


@pytest.mark.parametrize("format_name", FORMATS)
def test_fields_of_any_dialect_are_valid(format_name: str) -> None:
    fields = (
        "GPLv2+ and MIT",
        "GPLv2 with classpath exception",
        "MIT OR House rules",
        "(a) & b",
        "商用",
    )
    package = Package(kind="apk", name="all", version="1", licenses=fields)
    component = Component(package=package, purl="pkg:apk/all@1", path="lib/apk/db/installed", layer=0)
    document = msgspec.structs.replace(empty_image(), components=(component,))
    assert complaints(document, format_name) == []


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=25, deadline=None)
@given(
    strings=st.lists(TEXT | st.just("</text>"), min_size=7, max_size=7), format_name=st.sampled_from(FORMATS)
)
def test_strangers_strings_never_break_the_notation(strings: list[str], format_name: str) -> None:
    name, version, license_name, maintainer, path, reason, system = strings
    package = Package(
        kind="dpkg", name=name, version=version, licenses=(license_name,), maintainer=maintainer
    )
    document = msgspec.structs.replace(
        empty_image(),
        name=path,
        release=Release(id=system, version_id=version),
        components=(Component(package=package, purl="", path=path, layer=7),),
        problems=(Problem(path=path, reason=reason),),
    )
    assert complaints(document, format_name) == []
    assert not {"\x9b", "\x1b", "\u202e"} & {*render(document, format_name, CONTEXT)}
