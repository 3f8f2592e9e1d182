import json
from pathlib import Path
from typing import Any

import pytest

from crawler.cli.options import DONE, INCOMPLETE, NOTHING, USAGE
from tests.crawler.cli.stores import Ran, cleanbill
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.layouts import write_layout
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.registry import FakeRegistry

TIME = "2024-01-01T00:00:00Z"
COMPONENT = {"type": "library", "name": "left-pad", "version": "1.0.0", "purl": "pkg:npm/left-pad@1.0.0"}


def document(*components: dict[str, Any]) -> str:
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": components})


def scan(folder: Path, content: str | bytes, *args: str) -> Ran:
    mirror = Mirror()
    mirror.put("npm", record("GHSA-1", TIME, ("npm", "left-pad"), fixed="2.0.0"))
    mirror.write(folder / "osv")
    (folder / "settings.toml").write_text(f'[advisories]\nosv.url = "{(folder / "osv").as_uri()}"\n')
    (folder / "bom").write_bytes(content.encode() if isinstance(content, str) else content)
    options = ("--config", str(folder / "settings.toml"))
    return cleanbill(folder / "cache", *options, "sbom", str(folder / "bom"), *args)


def test_what_is_known_against_a_list_of_packages(tmp_path: Path) -> None:
    ran = scan(tmp_path, document(COMPONENT), "-f", "json")
    report = json.loads(ran.out)
    assert ran.code == DONE
    assert (report["ArtifactName"], report["ArtifactType"]) == (str(tmp_path / "bom"), "cyclonedx")
    (result,) = report["Results"]
    assert [each["VulnerabilityID"] for each in result["Vulnerabilities"]] == ["GHSA-1"]


SERIAL = "3e671687-395b-41f5-a30f-a58921a69b79"
NAMED = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "serialNumber": f"urn:uuid:{SERIAL}",
    "version": 2,
    "metadata": {
        "component": {
            "type": "application",
            "bom-ref": "app",
            "name": "app",
            "version": "1",
            "purl": "pkg:oci/app",
        }
    },
    "components": [COMPONENT | {"bom-ref": "left pad", "purl": "pkg:npm/left-pad@1.0.0?package-id=7"}],
}


OTHER = {"serialNumber": "", "metadata": {"component": {"type": "application", "name": "other"}}}


def statements(ref: str, **more: object) -> dict[str, object]:
    analysis = {"state": "not_affected", "justification": "code_not_reachable"}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "vulnerabilities": [{"id": "GHSA-1", "analysis": analysis, "affects": [{"ref": ref} | more]}],
    }


@pytest.mark.parametrize(
    ("vex", "is_left"),
    [
        (statements(f"urn:cdx:{SERIAL}/2#left pad"), False),
        (statements(f"urn:cdx:{SERIAL.upper()}/2#left%20pad"), False),
        (statements(f"urn:cdx:{SERIAL}/2#app"), False),
        (statements(f"urn:cdx:{SERIAL}/2"), False),
        (statements(f"urn:cdx:{SERIAL}/1#left pad"), True),
        (statements(f"urn:cdx:{SERIAL}/2#right pad"), True),
        (statements("urn:cdx:00000000-395b-41f5-a30f-a58921a69b79/2#left pad"), True),
        (statements("pkg:npm/left-pad?package-id=7"), False),
        (statements("pkg:npm/left-pad?package-id=8"), True),
        (statements("pkg:npm/left-pad", versions=[{"range": "vers:npm/<2"}]), False),
        (statements("pkg:npm/left-pad", versions=[{"range": "vers:npm/>=2"}]), True),
        (statements("pkg:oci/app"), False),
        (NAMED | statements("left pad"), False),
        (NAMED | statements("app"), False),
        (NAMED | statements("nowhere"), True),
        (NAMED | statements("left pad") | OTHER, True),
    ],
)
def test_statements_may_point_to_the_list(tmp_path: Path, vex: dict[str, object], *, is_left: bool) -> None:
    (tmp_path / "vex.json").write_text(json.dumps(vex))
    ran = scan(tmp_path, json.dumps(NAMED), "-f", "json", "--vex", str(tmp_path / "vex.json"))
    assert ran.code == DONE
    assert any("Vulnerabilities" in each for each in json.loads(ran.out).get("Results", ())) is is_left


LICENSED = {
    "usr/share/doc/bash/copyright": b"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
    b"\n\nFiles: *\nCopyright: x\nLicense: GPL-3+\n\nFiles: doc/*\nCopyright: y\nLicense: GFDL-NIV-1.3+\n",
    "usr/share/doc/libc6/copyright": b"All rights are with somebody whom nobody knows.\n",
    "srv/node_modules/one/package.json": b'{"name": "one", "version": "1", "license": "(MIT OR CC0-1.0)"}',
    "srv/node_modules/two/package.json": b'{"name": "two", "version": "1", "license": ["MIT", "Zlib"]}',
    "srv/node_modules/four/package.json": b'{"name": "four", "version": "1", "license": "House  v2"}',
    "usr/lib/python3/dist-packages/a-1.dist-info/METADATA": b"Name: a\nVersion: 1\nLicense: GPLv2+ and MIT\n",
    "usr/lib/python3/dist-packages/b-1.dist-info/METADATA": b"Name: b\nVersion: 1\nLicense: Apache 2.0\n",
}


def licenses(ran: Ran) -> list[tuple[str, str, str, str]]:
    assert ran.code in {DONE, INCOMPLETE}, ran.err
    found = (each for part in json.loads(ran.out)["Results"] for each in part.get("Licenses", ()))
    return sorted((each["PkgName"], each["Name"], each["Category"], each["Severity"]) for each in found)


@pytest.mark.parametrize("format_name", ["cyclonedx", "spdx-json", "spdx"])
def test_an_image_and_its_own_list_have_the_same_licences(tmp_path: Path, format_name: str) -> None:
    held = FakeRegistry()
    image = push(held, "x", "1", layer({**debian(), **dpkg(bash="5.2-1", libc6="2.36-9"), **LICENSED}))
    write_layout(tmp_path / "layout", held, {"1": image})
    asked = ("--offline-scan", "--scanners", "license", "-f")
    named = ("image", "--input", f"{tmp_path}/layout:1", *asked)
    (tmp_path / "list").write_text(cleanbill(tmp_path, *named, format_name).out)
    found = licenses(cleanbill(tmp_path, *named, "json"))
    assert [each[1] for each in found if each[0] == "bash"] == [
        "GFDL-1.3-no-invariants-or-later",
        "GPL-3.0-or-later",
    ]
    assert {each[0] for each in found} == {"bash", "libc6", "one", "two", "four", "a", "b"}
    assert licenses(cleanbill(tmp_path, "sbom", str(tmp_path / "list"), *asked, "json")) == found


def test_spdx_is_called_so(tmp_path: Path) -> None:
    tags = (
        "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: x\n"
        "DocumentNamespace: https://example.com/x\nPackageName: left-pad\nSPDXID: SPDXRef-1\n"
        "PackageVersion: 1.0.0\nPackageDownloadLocation: NOASSERTION\n"
        "ExternalRef: PACKAGE-MANAGER purl pkg:npm/left-pad@1.0.0\n"
    )
    report = json.loads(scan(tmp_path, tags, "-f", "json").out)
    assert report["ArtifactType"] == "spdx"
    assert len(report["Results"][0]["Vulnerabilities"]) == 1


def test_what_it_lacks_is_said(tmp_path: Path) -> None:
    ran = scan(tmp_path, document(COMPONENT, {"type": "library", "name": "nameless"}))
    assert ran.code == INCOMPLETE
    assert "nameless" in ran.out


@pytest.mark.parametrize("content", ["", "{}", "hello", b"\xff\x00"])
def test_what_is_no_list(tmp_path: Path, content: str | bytes) -> None:
    ran = scan(tmp_path, content)
    assert ran.code == NOTHING
    assert "expected a bill of materials in CycloneDX or SPDX 2" in ran.err


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    ran = cleanbill(tmp_path / "cache", "sbom", str(tmp_path / "none"))
    assert (ran.code, ran.err) == (NOTHING, f"cleanbill: {tmp_path}/none: no such file or directory\n")


def test_what_is_too_long_for_a_file_and_an_image(tmp_path: Path) -> None:
    ran = cleanbill(tmp_path / "cache", "sbom", "x" * 5000)
    assert ran.code == USAGE
    assert ran.err.startswith("cleanbill: reference 'xxx")


def test_a_device_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzers.sboms.SBOM_BYTES", 1000)
    monkeypatch.setattr("crawler.targets.sbom.SBOM_BYTES", 1000)
    ran = cleanbill(tmp_path / "cache", "sbom", "/dev/zero")
    assert (ran.code, ran.err) == (NOTHING, "cleanbill: /dev/zero: more than 1000 bytes (sbom_bytes)\n")


def test_an_image_has_its_list_written(tmp_path: Path) -> None:
    registry = FakeRegistry()
    with registry.running():
        push(registry, "team/app", "1.0", layer(debian(), dpkg(bash="5.2-1")))
        name = f"{registry.host}/team/app:1.0"
        written = cleanbill(tmp_path / "cache", "sbom", name)
        spdx = cleanbill(tmp_path / "cache", "sbom", name, "--format", "spdx-json", "--image-src", "remote")
    assert json.loads(written.out)["bomFormat"] == "CycloneDX"
    assert json.loads(spdx.out)["spdxVersion"] == "SPDX-2.3"
    packages = json.loads(scan(tmp_path, written.out, "-f", "json").out)["Results"][0]["Packages"]
    assert [each["Name"] for each in packages] == ["bash"]


def test_what_looks_like_a_file_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = cleanbill(tmp_path / "cache", "sbom", "app.cdx.json")
    assert (ran.code, ran.err) == (NOTHING, "cleanbill: app.cdx.json: no such file or directory\n")
