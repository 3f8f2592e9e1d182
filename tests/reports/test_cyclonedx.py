import json
from datetime import date
from typing import Any

import msgspec
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzers.findings import Finding
from analyzers.ignore.decision import Status
from analyzers.ignore.policy import Policy
from analyzers.ignore.rule import Rule
from analyzers.ignore.statement import Statement
from analyzers.ignore.vex import read_vex
from analyzers.inventory import Package
from reports import cyclonedx, spdx
from reports.document import Advice, Component, ComponentFinding
from reports.suppression import suppressed
from tests.reports.documents import CONTEXT, IMAGES, UNCHECKED, debian_image, empty_image

TODAY = date(2026, 11, 23)
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


@pytest.fixture(scope="module")
def debian() -> dict[str, Any]:
    bom: dict[str, Any] = json.loads(cyclonedx.render(debian_image(), CONTEXT))
    return bom


def _properties(part: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in part["properties"]}


def _ref(bom: dict[str, Any], ref: str) -> set[str]:
    return set(next(each for each in bom["dependencies"] if each["ref"] == ref).get("dependsOn", ()))


@pytest.mark.parametrize("image", IMAGES)
def test_bill_of_materials_follows_the_schema(image: str) -> None:
    assert VALIDATOR.validate_str(cyclonedx.render(IMAGES[image](), CONTEXT)) is None


def test_every_package_is_a_component_with_a_reference_of_its_own(debian: dict[str, Any]) -> None:
    libraries = [each for each in debian["components"] if each["type"] == "library"]
    assert len(libraries) == len(debian_image().components)
    assert len({each["bom-ref"] for each in debian["components"]}) == len(debian["components"])


def test_same_package_in_two_places_is_two_components(debian: dict[str, Any]) -> None:
    lodash = [each for each in debian["components"] if each["name"] == "lodash"]
    assert [each["bom-ref"] for each in lodash] == ["pkg:npm/lodash@4.17.20", "pkg:npm/lodash@4.17.20#2"]
    assert len({_properties(each)["cleanbill:path"] for each in lodash}) == 2


def test_dependencies_go_from_image_to_system_to_packages(debian: dict[str, Any]) -> None:
    root = _ref(debian, "image")
    system = _ref(debian, "os")
    assert {"os", "pkg:pypi/flask@2.3.2", "pkg:golang/golang.org/x/net@v0.14.0"} <= root
    assert all(ref.startswith("pkg:deb/") for ref in system)
    assert system.isdisjoint(root)


def test_names_needed_are_found_where_their_manager_looks(debian: dict[str, Any]) -> None:
    assert _ref(debian, "pkg:npm/%40babel/code-frame@7.22.5") == {"pkg:npm/chalk@2.4.2"}
    assert _ref(debian, "pkg:pypi/flask@2.3.2") == {"pkg:pypi/urllib3@1.26.15", "pkg:pypi/werkzeug@2.3.4"}
    # golang.org/x/text is not linked in
    assert _ref(debian, "pkg:golang/golang.org/x/net@v0.14.0") == set()


def test_package_without_feed_and_unread_file_are_told(debian: dict[str, Any]) -> None:
    numpy = next(each for each in debian["components"] if each["name"] == "numpy")
    assert _properties(numpy)["cleanbill:unchecked"] == UNCHECKED
    facts = _properties(debian["metadata"])
    assert facts["cleanbill:incomplete"] == "true"
    assert facts["cleanbill:problem"].startswith("usr/bin/tool: executable packed")
    assert debian["compositions"] == [{"aggregate": "incomplete", "assemblies": ["image"]}]


@pytest.mark.parametrize(
    ("name", "licenses"),
    [
        ("code-frame", [{"license": {"id": "MIT"}}]),
        ("Flask", [{"license": {"name": "BSD License"}}]),
        ("urllib3", [{"license": {"id": "MIT"}}, {"license": {"name": "Some licence"}}]),
    ],
)
def test_licences_are_ids_where_spdx_knows_them(
    debian: dict[str, Any], name: str, licenses: list[dict[str, Any]]
) -> None:
    assert next(each for each in debian["components"] if each["name"] == name)["licenses"] == licenses


def test_lone_expression_stays_one(debian: dict[str, Any]) -> None:
    chalk = [each for each in debian["components"] if each["name"] == "chalk"]
    assert chalk[1]["licenses"] == [{"expression": "(MIT OR CC0-1.0)"}]


def test_vulnerability_is_told_once_with_all_it_is_in(debian: dict[str, Any]) -> None:
    ssl = debian["vulnerabilities"][0]
    assert ssl["id"] == "CVE-2024-6119"
    assert [each["ref"].partition("@")[0] for each in ssl["affects"]] == [
        "pkg:deb/debian/libssl3",
        "pkg:deb/debian/openssl",
    ]
    assert ssl["ratings"] == [
        {
            "source": {"name": "National Vulnerability Database", "url": "https://nvd.nist.gov/"},
            "score": 9.1,
            "severity": "critical",
            "method": "CVSSv31",
            "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:H",
        }
    ]
    assert ssl["cwes"] == [843]
    assert [each["id"] for each in ssl["references"]] == ["DSA-5764-1"]
    assert ssl["recommendation"] == "upgrade libssl3 to 3.0.14-1~deb12u2; upgrade openssl to 3.0.14-1~deb12u2"


def test_undecided_finding_is_unknown_not_affected(debian: dict[str, Any]) -> None:
    hostile = next(each for each in debian["vulnerabilities"] if each["id"] == "CVE-2020-1")
    assert hostile["affects"][0]["versions"] == [{"version": "2.3.4", "status": "unknown"}]
    assert "published" not in hostile


def test_every_reference_leads_to_a_component(debian: dict[str, Any]) -> None:
    refs = {each["bom-ref"] for each in debian["components"]} | {"image"}
    used = {each["ref"] for vulnerability in debian["vulnerabilities"] for each in vulnerability["affects"]}
    needed = {ref for each in debian["dependencies"] for ref in (each["ref"], *each.get("dependsOn", ()))}
    assert used | needed <= refs


def test_plain_bill_of_materials_says_nothing_of_vulnerabilities() -> None:
    document = msgspec.structs.replace(debian_image(), vulnerabilities_asked=False)
    text = cyclonedx.render(document, CONTEXT)
    bom = json.loads(text)
    assert "vulnerabilities" not in bom
    assert "unchecked" not in text
    assert VALIDATOR.validate_str(text) is None


def test_asked_and_nothing_found_is_an_empty_list() -> None:
    assert json.loads(cyclonedx.render(empty_image(), CONTEXT))["vulnerabilities"] == []


def test_every_licence_id_is_one_of_the_schema() -> None:
    document = empty_image()
    package = Package(kind="apk", name="all", version="1", licenses=tuple(spdx.IDS))
    component = Component(package=package, purl="pkg:apk/all@1", path="lib/apk/db/installed", layer=0)
    text = cyclonedx.render(msgspec.structs.replace(document, components=(component,)), CONTEXT)
    assert VALIDATOR.validate_str(text) is None


@pytest.mark.parametrize(
    ("names", "choices"),
    [
        (("MIT OR LicenseRef-House",), [{"expression": "MIT OR LicenseRef-House"}]),
        (("GPL-2.0-only WITH Libtool-exception",), [{"expression": "GPL-2.0-only WITH Libtool-exception"}]),
        (("Info-ZIP AND HPND-sell-variant",), [{"expression": "Info-ZIP AND HPND-sell-variant"}]),
        (("GPLv2+ and MIT",), [{"license": {"name": "GPLv2+ and MIT"}}]),
        (("LicenseRef-House",), [{"license": {"name": "LicenseRef-House"}}]),
        (("MIT OR ISC", "Zlib"), [{"license": {"name": "MIT OR ISC"}}, {"license": {"id": "Zlib"}}]),
    ],
)
def test_an_expression_stands_alone(names: tuple[str, ...], choices: list[dict[str, Any]]) -> None:
    package = Package(kind="apk", name="all", version="1", licenses=names)
    component = Component(package=package, purl="pkg:apk/all@1", path="lib/apk/db/installed", layer=0)
    text = cyclonedx.render(msgspec.structs.replace(empty_image(), components=(component,)), CONTEXT)
    assert VALIDATOR.validate_str(text) is None
    assert json.loads(text)["components"][-1]["licenses"] == choices


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MIT OR Apache-2.0", True),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0", True),
        ("(MIT AND (BSD-3-Clause OR ISC)) AND Zlib", True),
        ("MIT", False),
        ("MIT and Apache-2.0", False),
        ("MIT OR", False),
        ("(MIT OR ISC", False),
        ("MIT OR Nonsense-1.0", False),
        ("MIT ISC", False),
        ("", False),
    ],
)
def test_expressions_are_told_from_names(text: str, *, expected: bool) -> None:
    assert spdx.is_expression(text) is expected


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@settings(max_examples=40, deadline=None)
@given(strings=st.lists(TEXT, min_size=7, max_size=7))
@example(["", "", "", "", "::", "", ""])
@example(["", "", "", "", "a?b#c#d", "", ""])
def test_strangers_strings_never_break_the_schema(strings: list[str]) -> None:
    name, version, license_name, title, url, time, cwe = strings
    package = Package(kind="python-pkg", name=name or "x", version=version, licenses=(license_name,))
    advice = Advice(
        title=title,
        references=(url, f"https://{url}"),
        cwes=(cwe, f"CWE-{cwe}"),
        published=time,
        modified=time,
    )
    document = msgspec.structs.replace(
        empty_image(),
        components=(Component(package=package, purl="", path=title, layer=7, unchecked=title),),
        findings=(ComponentFinding(component=0, finding=Finding(id="X-1", ids=("X-1",)), advice=advice),),
    )
    text = cyclonedx.render(document, CONTEXT)
    assert VALIDATOR.validate_str(text) is None
    assert "\x9b" not in text


def _said(status: Status, id_: str) -> Statement:
    return Statement(
        vulnerabilities=(id_,),
        product=("pkg:deb/debian/openssl?arch=source",),
        status=status,
        statement="not reached",
        author="team",
        source="a.json",
    )


@pytest.mark.parametrize(
    ("policy", "analysis"),
    [
        (
            Policy(vex=[[_said(Status.NOT_AFFECTED, "CVE-2024-6119")]]),
            {"state": "not_affected", "detail": "not reached; a.json, team"},
        ),
        (
            Policy(vex=[[_said(Status.FIXED, "CVE-2024-6119")]]),
            {"state": "resolved", "detail": "not reached; a.json, team"},
        ),
        (
            Policy([Rule(id="CVE-2024-6119", statement="not reached", source="file:1")]),
            {"response": ["will_not_fix"], "detail": "not reached; file:1"},
        ),
    ],
)
def test_what_is_suppressed_has_an_analysis_when_it_is_asked_for(
    policy: Policy, analysis: dict[str, object]
) -> None:
    left = suppressed(debian_image(), policy, TODAY)
    assert "CVE-2024-6119" not in cyclonedx.render(left, CONTEXT)
    text = cyclonedx.render(msgspec.structs.replace(left, show_suppressed=True), CONTEXT)
    assert VALIDATOR.validate_str(text) is None
    (found,) = [each for each in json.loads(text)["vulnerabilities"] if each["id"] == "CVE-2024-6119"]
    assert found["analysis"] == analysis
    assert sorted(each["ref"].partition("@")[0] for each in found["affects"]) == [
        "pkg:deb/debian/libssl3",
        "pkg:deb/debian/openssl",
    ]
    again = suppressed(debian_image(), Policy(vex=[read_vex(text.encode(), "bom")]), TODAY)
    assert again.findings == (left.findings if "state" in analysis else debian_image().findings)
