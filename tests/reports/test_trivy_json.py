import json
from typing import Any

import msgspec
import pytest

from analyzers.findings import Finding
from analyzers.inventory import Package
from reports import trivy_json
from reports.document import Advice, Component, ComponentFinding, Document, Feed
from tests.reports.documents import CONTEXT, IMAGES, UNCHECKED, debian_image, empty_image, rocky_image

LAYER_1 = {"Digest": "sha256:" + "a1" * 32, "DiffID": "sha256:" + "b1" * 32}


def _report(document: Document) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(trivy_json.render(document, CONTEXT))
    return report


@pytest.fixture(scope="module")
def debian() -> dict[str, Any]:
    return _report(debian_image())


def _package(report: dict[str, Any], name: str) -> dict[str, Any]:
    packages = (package for result in report["Results"] for package in result["Packages"])
    found: dict[str, Any] = next(package for package in packages if package["Name"] == name)
    return found


def _vulnerability(report: dict[str, Any], identifier: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        each
        for result in report["Results"]
        for each in result.get("Vulnerabilities", ())
        if each["VulnerabilityID"] == identifier
    )
    return found


def test_results_are_the_system_then_languages_by_type(debian: dict[str, Any]) -> None:
    assert [(each["Target"], each["Class"], each["Type"]) for each in debian["Results"]] == [
        ("registry.example.com/team/app:1.4 (debian 12)", "os-pkgs", "debian"),
        ("Conda", "lang-pkgs", "conda-pkg"),
        ("usr/local/bin/agent", "lang-pkgs", "gobinary"),
        ("Node.js", "lang-pkgs", "node-pkg"),
        ("Python", "lang-pkgs", "python-pkg"),
    ]


def test_root_says_what_was_scanned(debian: dict[str, Any]) -> None:
    assert {key: debian[key] for key in ("SchemaVersion", "ReportID", "CreatedAt", "ArtifactType")} == {
        "SchemaVersion": 2,
        "ReportID": CONTEXT.report_id,
        "CreatedAt": "2026-11-23T05:00:00Z",
        "ArtifactType": "container_image",
    }
    metadata = debian["Metadata"]
    assert metadata["OS"] == {"Family": "debian", "Name": "12"}
    assert metadata["Size"] == 79_034_567
    assert metadata["RepoTags"] == [
        "registry.example.com/team/app:1.4",
        "registry.example.com/team/app:latest",
    ]
    assert metadata["RepoDigests"] == ["registry.example.com/team/app@sha256:" + "d1" * 32]
    assert metadata["Reference"] == "registry.example.com/team/app:1.4"
    assert metadata["ImageConfig"]["config"] == {"User": "app"}
    assert metadata["Layers"][0] == LAYER_1 | {
        "Size": 77_800_000,
        "CreatedBy": "/bin/sh -c #(nop) ADD file:0a1b in /",
    }


def test_debian_version_is_split_into_epoch_upstream_revision(debian: dict[str, Any]) -> None:
    login = _package(debian, "login")
    assert login["ID"] == "login@1:4.13+dfsg1-1+b1"
    assert (login["Epoch"], login["Version"], login["Release"]) == (1, "4.13+dfsg1", "1+b1")
    assert (login["SrcEpoch"], login["SrcName"], login["SrcVersion"], login["SrcRelease"]) == (
        1,
        "shadow",
        "4.13+dfsg1",
        "1",
    )
    assert login["Identifier"]["PURL"].endswith(
        "login@4.13%2Bdfsg1-1%2Bb1?arch=amd64&distro=debian-12&epoch=1"
    )
    assert login["DependsOn"] == ["libc6@2.36-9+deb12u8"]
    assert login["Layer"] == LAYER_1
    assert login["Maintainer"] == "Maintainers of login <login@packages.example.org>"
    assert "FilePath" not in login


def test_rpm_is_named_without_its_epoch() -> None:
    report = _report(rocky_image())
    nodejs, openssl = _package(report, "nodejs"), _package(report, "openssl-libs")
    assert nodejs["ID"] == "nodejs@18.14.2-2.module+el9.2.0+14760+1f5b3c4e.x86_64"
    assert nodejs["Modularitylabel"] == "nodejs:18:9020020230602130154:rhel9"
    assert nodejs["DependsOn"] == ["openssl-libs@3.0.7-6.el9_2.x86_64"]
    assert (openssl["SrcName"], openssl["SrcEpoch"], openssl["SrcVersion"], openssl["SrcRelease"]) == (
        "openssl",
        1,
        "3.0.7",
        "6.el9_2",
    )
    assert "RepoTags" not in report["Metadata"]


def test_language_packages_tell_their_file(debian: dict[str, Any]) -> None:
    assert _package(debian, "urllib3")["FilePath"].endswith("urllib3-1.26.15.dist-info/METADATA")
    assert "FilePath" not in _package(debian, "golang.org/x/net")
    assert _package(debian, "golang.org/x/net")["ID"] == "golang.org/x/net@v0.14.0"


def test_vulnerability_has_every_field_that_is_known(debian: dict[str, Any]) -> None:
    found = _vulnerability(debian, "CVE-2023-43804")
    fingerprint = found.pop("Fingerprint")
    assert fingerprint.startswith("sha256:")
    assert len(fingerprint) == 71
    identifier = found.pop("PkgIdentifier")
    assert identifier["PURL"] == "pkg:pypi/urllib3@1.26.15"
    vector = "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:N"
    assert found == {
        "VulnerabilityID": "CVE-2023-43804",
        "VendorIDs": ["GHSA-v845-jxx5-vc9f", "PYSEC-2023-192"],
        "PkgID": "urllib3@1.26.15",
        "PkgName": "urllib3",
        "PkgPath": "usr/local/lib/python3.11/site-packages/urllib3-1.26.15.dist-info/METADATA",
        "InstalledVersion": "1.26.15",
        "FixedVersion": "1.26.17",
        "Status": "fixed",
        "Layer": {"Digest": "sha256:" + "a2" * 32, "DiffID": "sha256:" + "b2" * 32},
        "SeveritySource": "ghsa",
        "PrimaryURL": "https://avd.aquasec.com/nvd/cve-2023-43804",
        "DataSource": {
            "ID": "ghsa",
            "Name": "GitHub Security Advisory",
            "URL": "https://github.com/advisories",
        },
        "Title": "urllib3: Cookie request header isn't stripped during cross-origin redirects",
        "Description": "urllib3 does not treat `Cookie` as special.\n\nUpgrade, or disable redirects.",
        "Severity": "HIGH",
        "CweIDs": ["CWE-200"],
        "VendorSeverity": {"ghsa": 3},
        "CVSS": {
            "ghsa": {"V3Vector": vector, "V3Score": 8.1},
            "nvd": {"V2Vector": "AV:N/AC:L/Au:N/C:P/I:N/A:N", "V2Score": 5.0},
        },
        "References": [
            "https://github.com/urllib3/urllib3/security/advisories/GHSA-v845-jxx5-vc9f",
            "not a link",
        ],
        "PublishedDate": "2023-10-02T23:28:00Z",
        "LastModifiedDate": "2024-11-19T20:06:12.123456Z",
    }


@pytest.mark.parametrize(
    ("identifier", "page", "source", "vendor_ids"),
    [
        ("CVE-2024-6119", "https://avd.aquasec.com/nvd/cve-2024-6119", "debian", ["DSA-5764-1"]),
        ("GHSA-35jh-r3h4-6jhm", "https://github.com/advisories/GHSA-35jh-r3h4-6jhm", "ghsa", None),
        (
            "TEMP-0841856-B18BAF",
            "https://security-tracker.debian.org/tracker/TEMP-0841856-B18BAF",
            "debian",
            None,
        ),
        (
            "CVE-2023-44487",
            "https://avd.aquasec.com/nvd/cve-2023-44487",
            "ghsa",
            ["GHSA-qppj-fm5r-hxr3", "GO-2023-2102"],
        ),
    ],
)
def test_publisher_and_page_follow_the_ids(
    debian: dict[str, Any], identifier: str, page: str, source: str, vendor_ids: list[str] | None
) -> None:
    found = _vulnerability(debian, identifier)
    assert (found["PrimaryURL"], found["DataSource"]["ID"]) == (page, source)
    assert found.get("VendorIDs") == vendor_ids


def test_unrated_finding_has_severity_unknown_and_no_source(debian: dict[str, Any]) -> None:
    found = _vulnerability(debian, "TEMP-0841856-B18BAF")
    assert (found["Severity"], found["Status"]) == ("UNKNOWN", "affected")
    assert "SeveritySource" not in found


def test_vulnerabilities_are_sorted_by_package_then_severity() -> None:
    document = debian_image()
    low = ComponentFinding(
        component=15, finding=Finding(id="CVE-2000-1", ids=("CVE-2000-1",)), advice=Advice()
    )
    report = _report(msgspec.structs.replace(document, findings=(low, *document.findings)))
    assert [each["VulnerabilityID"] for each in report["Results"][-1]["Vulnerabilities"]] == [
        "CVE-2023-43804",
        "CVE-2000-1",
        "CVE-2020-1",
    ]


def test_same_finding_in_two_places_has_two_paths_and_identities(debian: dict[str, Any]) -> None:
    found = debian["Results"][3]["Vulnerabilities"]
    assert [each["PkgPath"] for each in found] == [
        "srv/app/node_modules/lodash/package.json",
        "srv/app/node_modules/old/node_modules/lodash/package.json",
    ]
    assert len({each["PkgIdentifier"]["UID"] for each in found}) == 2


def test_what_was_not_checked_stands_in_keys_of_our_own(debian: dict[str, Any]) -> None:
    assert _package(debian, "numpy")["Unchecked"] == UNCHECKED
    ours = debian["Cleanbill"]
    assert ours["Incomplete"] is True
    assert ours["Counts"] == {
        "Packages": 17,
        "Unchecked": 1,
        "Findings": 8,
        "Undecided": 1,
        "Severities": {"CRITICAL": 2, "HIGH": 2, "MEDIUM": 2, "LOW": 0, "UNKNOWN": 2},
    }
    assert [feed["State"] for feed in ours["Feeds"]] == ["ok", "partial", "failed"]
    assert [problem["Path"] for problem in ours["Problems"]] == ["usr/bin/tool"]


def test_image_with_everything_checked_is_complete() -> None:
    assert _report(rocky_image())["Cleanbill"]["Incomplete"] is False


@pytest.mark.parametrize("config", [b"not json", b"[1]", b'{"a": "\xff"}', b"{" * 9000])
def test_broken_configuration_is_a_problem(config: bytes) -> None:
    report = _report(msgspec.structs.replace(empty_image(), config=config))
    assert report["Cleanbill"]["Incomplete"] is True
    assert report["Cleanbill"]["Problems"][0]["Reason"].startswith("image configuration: ")


def test_failed_feed_alone_makes_the_report_incomplete() -> None:
    failed = Feed(name="Rocky Linux:9", state="failed", reason="timed out", current_at="")
    assert _report(msgspec.structs.replace(rocky_image(), feeds=(failed,)))["Cleanbill"]["Incomplete"] is True


def test_plain_bill_of_materials_has_no_findings() -> None:
    report = _report(msgspec.structs.replace(debian_image(), vulnerabilities_asked=False))
    assert not any("Vulnerabilities" in result for result in report["Results"])
    assert "Unchecked" not in _package(report, "numpy")


def test_packages_without_a_release_still_show() -> None:
    report = _report(msgspec.structs.replace(rocky_image(), release=None))
    assert [(each["Target"], len(each["Packages"])) for each in report["Results"]] == [
        ("rocky.tar (unknown)", 3)
    ]
    assert "OS" not in report["Metadata"]


def test_system_without_packages_is_still_a_result() -> None:
    document = msgspec.structs.replace(rocky_image(), components=())
    assert _report(document)["Results"] == [
        {"Target": "rocky.tar (rocky 9.2)", "Class": "os-pkgs", "Type": "rocky"}
    ]


@pytest.mark.parametrize("image", IMAGES)
def test_strangers_escape_sequences_are_escaped(image: str) -> None:
    text = trivy_json.render(IMAGES[image](), CONTEXT)
    assert {"\x1b", "\x9b", "\u202e"}.isdisjoint(text)


def test_packages_of_a_lock_file_tell_their_place_in_the_project() -> None:
    path = "srv/app/package-lock.json"
    packages = (
        Package(kind="npm", name="debug", version="4.3.4", relationship="direct", depends_on=("ms@2.1.2",)),
        Package(kind="npm", name="mocha", version="9.0.0", relationship="direct", dev=True),
        Package(
            kind="npm",
            name="ms",
            version="2.1.2",
            relationship="indirect",
            licenses=("MIT",),
            lines=((3, 5), (9, 9)),
        ),
    )
    components = tuple(Component(package=each, purl="", path=path, layer=1) for each in packages)
    document = msgspec.structs.replace(debian_image(), components=components, findings=())
    (result,) = (each for each in _report(document)["Results"] if each["Type"] == "npm")
    assert (result["Target"], result["Class"]) == (path, "lang-pkgs")
    debug, mocha, ms = result["Packages"]
    assert (debug["Relationship"], debug["DependsOn"]) == ("direct", ["ms@2.1.2"])
    assert not {"Dev", "Indirect", "Locations", "Licenses"} & set(debug)
    assert (mocha["Relationship"], mocha["Dev"]) == ("direct", True)
    assert {key: ms[key] for key in ("Relationship", "Indirect", "Licenses", "Locations")} == {
        "Relationship": "indirect",
        "Indirect": True,
        "Licenses": ["MIT"],
        "Locations": [{"StartLine": 3, "EndLine": 5}, {"StartLine": 9, "EndLine": 9}],
    }
