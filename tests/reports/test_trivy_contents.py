import json
from typing import Any

import msgspec
import pytest

from analyzers.inventory import Scanner
from reports import trivy_json
from reports.document import Document
from tests.reports.contents_documents import secret, source_files, with_contents
from tests.reports.documents import CONTEXT

MISCONFIGURATION = {
    *("Type", "ID", "Title", "Description", "Message", "Resolution", "Severity", "PrimaryURL", "References"),
    *("Status", "Layer", "CauseMetadata"),
}
CAUSE = {"Resource", "Provider", "Service", "StartLine", "EndLine", "Code"}
LINE = {"Number", "Content", "IsCause", "Annotation", "Truncated", "Highlighted", "FirstCause", "LastCause"}
SECRET = {
    "RuleID",
    "Category",
    "Severity",
    "Title",
    "StartLine",
    "EndLine",
    "Code",
    "Match",
    "Layer",
    "Offset",
}
LICENSE = {"Severity", "Category", "PkgName", "FilePath", "Name", "Text", "Confidence", "Link"}
MODIFIED = {"Type", "Status", "Statement", "Source", "Finding"}


def results(document: Document, name: str) -> list[dict[str, Any]]:
    report = json.loads(trivy_json.render(document, CONTEXT))
    return [each for each in report["Results"] if each["Class"] == name]


def test_a_result_for_each_file_in_trivys_order() -> None:
    report = json.loads(trivy_json.render(with_contents(), CONTEXT))
    others = [(each["Class"], each["Target"]) for each in report["Results"] if "pkgs" not in each["Class"]]
    assert others == [
        ("config", "srv/pod.yaml"),
        ("secret", "registry.example.com/team/app:1.4"),
        ("secret", "/srv/app.ini"),
        ("license", "OS Packages"),
        *(("license", target) for target in ("Conda", "Node.js", "Python", "usr/local/bin/agent")),
        ("license-file", "Loose File License(s)"),
    ]


def test_misconfigurations() -> None:
    (result,) = results(with_contents(), "config")
    assert result["Type"] == "kubernetes"
    assert result["MisconfSummary"] == {"Successes": 1, "Failures": 2}
    placed, whole = result["Misconfigurations"]
    assert placed.keys() == MISCONFIGURATION
    assert placed["CauseMetadata"].keys() == CAUSE
    assert (placed["Type"], placed["ID"], placed["Status"]) == (
        "Kubernetes Security Check",
        "KSV-0001",
        "FAIL",
    )
    assert placed["Message"] == "KSV-0001 fails here"
    assert placed["Layer"] == {"Digest": "sha256:" + "a2" * 32, "DiffID": "sha256:" + "b2" * 32}
    lines = placed["CauseMetadata"]["Code"]["Lines"]
    assert all(line.keys() == LINE for line in lines)
    assert [(line["Number"], line["FirstCause"], line["LastCause"]) for line in lines] == [
        (7, True, False),
        (8, False, True),
    ]
    assert whole["CauseMetadata"].keys() == CAUSE - {"StartLine", "EndLine"}
    assert whole["CauseMetadata"]["Resource"] == "Pod/web"


def test_passed_checks_when_they_are_asked_for() -> None:
    (result,) = results(msgspec.structs.replace(with_contents(), include_passed=True), "config")
    assert [each["Status"] for each in result["Misconfigurations"]] == ["FAIL", "FAIL", "PASS"]


def test_secrets() -> None:
    of_image, of_file = (result["Secrets"][0] for result in results(with_contents(), "secret"))
    assert of_image.keys() == SECRET
    assert of_file.keys() == SECRET | {"Deleted"}
    assert (of_file["RuleID"], of_file["Severity"], of_file["Offset"]) == ("acme-token", "CRITICAL", 17)
    assert of_file["Layer"]["CreatedBy"] == "/bin/sh -c #(nop) ADD file:0a1b in /"
    assert [line["IsCause"] for line in of_file["Code"]["Lines"]] == [False, True, False]
    assert all(line.keys() == LINE for line in of_file["Code"]["Lines"])


def test_a_secret_of_a_file_that_was_replaced() -> None:
    document = msgspec.structs.replace(with_contents(), secrets=(secret("srv/app.ini", 0, is_replaced=True),))
    (result,) = results(document, "secret")
    (found,) = result["Secrets"]
    assert found.keys() == SECRET | {"Replaced"}


def test_licences() -> None:
    (packages, *_), (files,) = (results(with_contents(), name) for name in ("license", "license-file"))
    assert [each["PkgName"] for each in packages["Licenses"]] == ["bash", "apt"]
    (file,) = files["Licenses"]
    assert file == {
        "Severity": "LOW",
        "Category": "notice",
        "PkgName": "",
        "FilePath": "srv/LICENSE",
        "Name": "MIT",
        "Text": "",
        "Confidence": 0.95,
        "Link": "https://spdx.org/licenses/MIT.html",
    }
    assert all(each.keys() == LICENSE for each in packages["Licenses"])


def test_packages_that_state_no_licence() -> None:
    silent = {each["Target"]: each["WithoutLicense"] for each in results(with_contents(), "license")}
    assert [each["PkgName"] for each in silent["OS Packages"]] == ["libc6", "libssl3", "login", "openssl"]
    assert silent["OS Packages"][0] == {"PkgName": "libc6", "InstalledVersion": "2.36-9+deb12u8"}
    path = "srv/app/node_modules/old/node_modules/lodash/package.json"
    (of_node,) = silent["Node.js"]
    assert of_node == {"PkgName": "lodash", "InstalledVersion": "4.17.20", "PkgPath": path}
    others = msgspec.structs.replace(with_contents(), scanners=frozenset({Scanner.SECRET}), licenses=())
    assert results(others, "license") == []


def test_suppressed_findings_when_they_are_asked_for() -> None:
    assert results(with_contents(), "custom") == []
    (result,) = results(msgspec.structs.replace(with_contents(), show_suppressed=True), "custom")
    modified = result["ExperimentalModifiedFindings"]
    assert all(each.keys() == MODIFIED for each in modified)
    assert {each["Type"]: next(iter(each["Finding"].values())) for each in modified} == {
        "secret": "acme-token",
        "misconfiguration": "Kubernetes Security Check",
        "license": "CRITICAL",
    }
    assert {(each["Status"], each["Source"]) for each in modified} == {
        ("ignored", "file .trivyignore:2, team-a")
    }


@pytest.mark.parametrize("name", ["config", "secret"])
def test_files_have_no_layers(name: str) -> None:
    assert all(entry["Layer"] == {} for result in results(source_files(), name) for entry in entries(result))


def entries(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [*result.get("Misconfigurations", ()), *result.get("Secrets", ())]
