import json
import subprocess
from pathlib import Path

import pytest

from crawler.cli.options import DONE, INCOMPLETE, NOTHING, USAGE
from tests.crawler.cli.stores import Ran, cleanbill
from tests.fakes.disks import MIB, STATUS, Gpt, gpt_disk, make_ext, make_xfs, write_tree
from tests.fakes.osv_mirror import Mirror, record

pytestmark = pytest.mark.program("mke2fs")

TIME = "2024-01-01T00:00:00Z"
LUKS = b"LUKS\xba\xbe\0\1".ljust(MIB, b"\0")
SWAP = (bytes(4086) + b"SWAPSPACE2").ljust(MIB, b"\0")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a Debian system with a Node.js package on it, and a mirror that knows something of both."""
    mirror = Mirror()
    mirror.put("Debian", record("CVE-2024-1", TIME, ("Debian:12", "bash"), fixed="5.3-1"))
    mirror.put("npm", record("GHSA-1", TIME, ("npm", "left-pad"), fixed="2.0.0"))
    mirror.write(tmp_path / "osv")
    (tmp_path / "settings.toml").write_text(f'[advisories]\nosv.url = "{(tmp_path / "osv").as_uri()}"\n')
    files = {
        "etc/os-release": "ID=debian\nVERSION_ID=12\n",
        "var/lib/dpkg/status": STATUS.format("bash"),
        "app/node_modules/left-pad/package.json": '{"name": "left-pad", "version": "1.0.0"}',
    }
    return write_tree(tmp_path / "root", files)


def scan(folder: Path, *args: str) -> Ran:
    return cleanbill(folder / "cache", "--config", str(folder / "settings.toml"), *args)


def found(ran: Ran) -> list[str]:
    results = json.loads(ran.out).get("Results", [])
    return sorted(each["VulnerabilityID"] for part in results for each in part.get("Vulnerabilities", []))


def facts(ran: Ran) -> list[tuple[str, str, list[str]]]:
    """Return the packages, by type and PURL, and what is known against them."""
    return [
        (
            part["Type"],
            each["Identifier"]["PURL"],
            [one["VulnerabilityID"] for one in part["Vulnerabilities"]],
        )
        for part in json.loads(ran.out)["Results"]
        for each in part["Packages"]
    ]


def test_what_is_installed_on_a_disk(tmp_path: Path, root: Path) -> None:
    disk = make_ext(root, tmp_path / "disk")
    ran = scan(tmp_path, "vm", str(disk), "--format", "json")
    report = json.loads(ran.out)
    assert (ran.code, ran.err) == (DONE, "")
    assert found(ran) == ["CVE-2024-1", "GHSA-1"]
    assert (report["ArtifactName"], report["ArtifactType"]) == (str(disk), "vm")
    assert report["Metadata"] == {"OS": {"Family": "debian", "Name": "12"}}
    assert [part["Target"] for part in report["Results"]] == [f"{disk} (debian 12)", "Node.js"]


@pytest.mark.program("qemu-img")
@pytest.mark.program("mkfs.xfs")
@pytest.mark.parametrize("kind", [("qcow2", "-c"), ("vmdk", "-o", "subformat=streamOptimized")])
def test_a_disk_has_what_its_root_has(tmp_path: Path, root: Path, kind: tuple[str, ...]) -> None:
    raw = make_xfs(root, tmp_path / "raw")
    subprocess.run(("qemu-img", "convert", "-O", *kind, raw, tmp_path / "disk"), check=True)
    of_disk, of_root = (
        facts(scan(tmp_path, command, str(tmp_path / name), "--format", "json"))
        for command, name in (("vm", "disk"), ("rootfs", "root"))
    )
    assert len(of_disk) == 2
    assert of_disk == of_root


def test_what_is_left_alone_is_said(tmp_path: Path, root: Path) -> None:
    data = make_ext(root, tmp_path / "ext").read_bytes()
    (tmp_path / "disk").write_bytes(gpt_disk([Gpt(SWAP), Gpt(data)]))
    ran = scan(tmp_path, "vm", str(tmp_path / "disk"), "--format", "json")
    assert ran.code == DONE
    assert ran.err == f"cleanbill: {tmp_path / 'disk'}: partition 1: swap: no packages are looked for there\n"
    assert found(ran) == ["CVE-2024-1", "GHSA-1"]


def test_what_cannot_be_read_makes_it_incomplete(tmp_path: Path, root: Path) -> None:
    data = make_ext(root, tmp_path / "ext").read_bytes()
    (tmp_path / "disk").write_bytes(gpt_disk([Gpt(LUKS), Gpt(data)]))
    ran = scan(tmp_path, "vm", str(tmp_path / "disk"))
    assert ran.code == INCOMPLETE
    assert "encrypted (LUKS), which is not read" in ran.out
    assert "CVE-2024-1" in ran.out


def test_options(tmp_path: Path, root: Path) -> None:
    disk = str(make_ext(root, tmp_path / "disk"))
    assert found(scan(tmp_path, "vm", disk, "-f", "json", "--skip-dirs", "app,srv")) == ["CVE-2024-1"]
    assert found(scan(tmp_path, "vm", disk, "-f", "json", "--skip-files", "**/status")) == ["GHSA-1"]
    assert scan(tmp_path, "vm", disk, "--exit-code", "7").code == 7
    assert scan(tmp_path, "vm", disk, "--skip-dirs", "a**b").code == USAGE


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "no such file, expected the disk image of a virtual machine"),
        (
            b"\x7fELF".ljust(MIB, b"\0"),
            "disk: the file is a program, expected a raw, QCOW2, VMDK, VHD or VHDX image",
        ),
        (LUKS, "no file system that can be read: disk: encrypted (LUKS), which is not read"),
        (
            gpt_disk([Gpt(LUKS)])[: MIB + 5],
            "disk: truncated: it has 1048581 bytes, expected at least 2097152",
        ),
    ],
    ids=["none", "program", "encrypted", "truncated"],
)
def test_nothing_scanned_is_one_sentence(tmp_path: Path, root: Path, data: bytes | None, reason: str) -> None:
    disk = root.parent / "disk"
    if data is not None:
        disk.write_bytes(data)
    ran = scan(tmp_path, "vm", str(disk))
    assert ran.code == NOTHING
    assert ran.err.startswith(f"cleanbill: {disk}: {reason}")
    assert ran.err.count("\n") == 1
    assert ran.out == ""


def test_a_folder_is_no_disk(tmp_path: Path) -> None:
    ran = cleanbill(tmp_path / "cache", "vm", str(tmp_path))
    assert (ran.code, ran.out) == (NOTHING, "")
    assert ran.err == (
        f"cleanbill: {tmp_path}: is a directory, expected the disk image of a virtual machine;"
        f" `cleanbill rootfs {tmp_path}` scans the root directory of a system\n"
    )
    assert "expected a path, got an empty one" in cleanbill(tmp_path / "cache", "vm", "").err


POD = """apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: app, image: nginx:1.27, securityContext: {privileged: true}}]
"""
OWN = """
from analyzers.checks.check import Cause, Check
from analyzers.severity import Severity

FAMILY = "kubernetes"
CHECKS = (
    Check(id="ACME-0001", title="Pods of disks", severity=Severity.LOW, description="So we agreed.",
          resolution="Remove it.", link="", judge=lambda manifest: [Cause("there is one")]),
)
"""
CHART = {
    "srv/chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "srv/chart/values.yaml": "privileged: true\n",
    "srv/chart/templates/pod.yaml": POD.replace("true", "{{ .Values.privileged }}"),
}


def failed(ran: Ran) -> set[tuple[str, str]]:
    results = json.loads(ran.out).get("Results", [])
    return {(part["Target"], each["ID"]) for part in results for each in part.get("Misconfigurations", [])}


def test_configurations_on_a_disk(tmp_path: Path, root: Path) -> None:
    write_tree(root, {"etc/pod.yaml": POD, "srv/Dockerfile": "FROM alpine:3.20\n", **CHART})
    disk = make_ext(root, tmp_path / "disk")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "pods.py").write_text(OWN)

    def judged(*args: str) -> set[tuple[str, str]]:
        return failed(scan(tmp_path, "vm", str(disk), "--scanners", "misconfig", "-f", "json", *args))

    everything = judged()
    pod, chart = ("etc/pod.yaml", "KSV-0017"), ("srv/chart/templates/pod.yaml", "KSV-0017")
    assert {pod, chart, ("srv/Dockerfile", "DS-0002")} <= everything
    assert judged("--misconfig-scanners", "dockerfile") == {
        each for each in everything if each[0] == "srv/Dockerfile"
    }
    own = judged("--config-check", str(tmp_path / "own"))
    assert own - everything == {(path, "ACME-0001") for path, _ in (pod, chart)}
    assert everything - judged("--helm-set", "privileged=false") == {chart}


def test_a_standard_of_a_disk(tmp_path: Path, root: Path) -> None:
    write_tree(root, {"etc/pod.yaml": POD})
    disk = make_ext(root, tmp_path / "disk")
    standard = ("--compliance", "k8s-pss-baseline-0.1", "--report", "summary", "-f", "json")
    ran = scan(tmp_path, "vm", str(disk), *standard, "--exit-code", "7")
    statuses = {each["ID"]: each["Status"] for each in json.loads(ran.out)["SummaryControls"]}
    assert (ran.code, statuses["3"], statuses["6"]) == (7, "FAIL", "PASS")
