import json
from pathlib import Path
from typing import Any

import pytest

from crawler.cli.options import DONE, INCOMPLETE, NOTHING, USAGE
from tests.crawler.cli.stores import Ran, cleanbill
from tests.fakes.images import debian, dpkg, layer, push
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
