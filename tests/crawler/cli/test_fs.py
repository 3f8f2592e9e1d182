import json
import os
from pathlib import Path

import pytest

from crawler.cli.options import DONE, INCOMPLETE, NOTHING, USAGE
from tests.crawler.cli.stores import Ran, cleanbill
from tests.fakes.osv_mirror import Mirror, record

TIME = "2024-01-01T00:00:00Z"
STATUS = "Package: openssl\nStatus: install ok installed\nVersion: 3.0.11-1\nArchitecture: amd64\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a Debian system with a Node.js package on it, and a mirror that knows something of both."""
    mirror = Mirror()
    mirror.put("Debian", record("CVE-2024-1", TIME, ("Debian:12", "openssl"), fixed="3.0.12-1"))
    mirror.put("npm", record("GHSA-1", TIME, ("npm", "left-pad"), fixed="2.0.0"))
    mirror.write(tmp_path / "osv")
    root = tmp_path / "root"
    for path, content in {
        "etc/os-release": "ID=debian\nVERSION_ID=12\n",
        "var/lib/dpkg/status": STATUS,
        "app/node_modules/left-pad/package.json": '{"name": "left-pad", "version": "1.0.0"}',
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    return root


def scan(root: Path, *args: str) -> Ran:
    settings = root.parent / "settings.toml"
    settings.write_text(f'[advisories]\nosv.url = "{(root.parent / "osv").as_uri()}"\n')
    return cleanbill(root.parent / "cache", "--config", str(settings), *args)


def found(ran: Ran) -> list[str]:
    results = json.loads(ran.out).get("Results", [])
    return sorted(each["VulnerabilityID"] for part in results for each in part.get("Vulnerabilities", []))


def test_what_is_installed_below_a_root(root: Path) -> None:
    ran = scan(root, "rootfs", str(root), "--format", "json")
    report = json.loads(ran.out)
    assert (ran.code, ran.err) == (DONE, "")
    assert found(ran) == ["CVE-2024-1", "GHSA-1"]
    assert report["ArtifactType"] == "filesystem"
    assert report["Metadata"] == {"OS": {"Family": "debian", "Name": "12"}}
    assert "ArtifactID" not in report
    assert [part["Target"] for part in report["Results"]] == [f"{root} (debian 12)", "Node.js"]


def test_a_project_shows_what_it_declares(root: Path) -> None:
    ran = scan(root, "filesystem", str(root), "--format", "json")
    assert found(ran) == ["CVE-2024-1"]


def test_what_changed_is_seen_at_once(root: Path) -> None:
    scan(root, "rootfs", str(root))
    (root / "var/lib/dpkg/status").write_text(STATUS.replace("3.0.11", "3.0.13"))
    assert found(scan(root, "rootfs", str(root), "-f", "json")) == ["GHSA-1"]


def test_options(root: Path) -> None:
    assert found(scan(root, "rootfs", str(root), "-f", "json", "--skip-dirs", "app,srv")) == ["CVE-2024-1"]
    assert found(scan(root, "rootfs", str(root), "-f", "json", "--skip-files", "**/status")) == ["GHSA-1"]
    (root / "app/own.json").write_text('{"name": "left-pad", "version": "1.1.0"}')
    ran = scan(root, "rootfs", str(root), "-f", "json", "--file-patterns", r"node-pkg:own\.json$")
    assert found(ran) == ["CVE-2024-1", "GHSA-1", "GHSA-1"]
    assert scan(root, "rootfs", str(root), "--exit-code", "7").code == 7


PIPFILE = """{"_meta": {"pipfile-spec": 6},
"default": {"left-pad-py": {"version": "==1.0"}}, "develop": {"right-pad-py": {"version": "==1.0"}}}"""


def names(ran: Ran) -> list[str]:
    results = json.loads(ran.out).get("Results", [])
    return sorted(each["Name"] for part in results for each in part.get("Packages", []))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ["left-pad-py", "openssl"]),
        (["--include-dev-deps"], ["left-pad-py", "openssl", "right-pad-py"]),
        (["--pkg-types", "os"], ["openssl"]),
        (["--pkg-types", "library"], ["left-pad-py"]),
        (["--pkg-relationships", "direct"], []),
        (["--pkg-relationships", "direct,unknown"], ["left-pad-py", "openssl"]),
    ],
)
def test_which_packages(root: Path, options: list[str], expected: list[str]) -> None:
    (root / "Pipfile.lock").write_text(PIPFILE)
    assert names(scan(root, "fs", str(root), "-f", "json", "--offline-scan", *options)) == expected


@pytest.mark.parametrize(
    ("command", "expected"), [("fs", ["openssl"]), ("rootfs", ["StyleCop", "left-pad", "openssl"])]
)
def test_what_is_installed_is_told_whatever_it_is_for(root: Path, command: str, expected: list[str]) -> None:
    listed = '<packages><package id="StyleCop" version="1.0" developmentDependency="true"/></packages>'
    (root / "packages.config").write_text(listed)
    assert names(scan(root, command, str(root), "-f", "json", "--offline-scan")) == expected


def test_a_table_says_what_was_scanned(root: Path) -> None:
    ran = scan(root, "rootfs", str(root))
    assert str(root) in ran.out
    assert "Digest" not in ran.out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--skip-dirs", "a**b"], "glob 'a**b': 'a**b', expected a name"),
        (["--file-patterns", "pip"], "'pip': expected TYPE:REGEX"),
        (["--file-patterns", "node-pkg:("], "'node-pkg:(': missing ), unterminated subpattern"),
        (["--file-patterns", "cobol:x"], "type 'cobol': expected one of "),
        (["--pkg-types", "cobol"], "'cobol': expected some of os,library"),
    ],
)
def test_wrong_usage(root: Path, args: list[str], said: str) -> None:
    ran = scan(root, "rootfs", str(root), *args)
    assert ran.code == USAGE
    assert said in ran.err


def test_nothing_there(root: Path) -> None:
    ran = scan(root, "fs", str(root / "none"))
    assert (ran.code, ran.err) == (NOTHING, f"cleanbill: {root}/none: no such file or directory\n")


def test_files_alone(root: Path) -> None:
    lock = root / "Pipfile.lock"
    lock.write_text(PIPFILE)
    # The name is the link's: nobody would read a file called "kept".
    lock.rename(root / "kept")
    lock.symlink_to("kept")
    assert names(scan(root, "fs", str(lock), "-f", "json", "--offline-scan")) == ["left-pad-py"]
    kept = root / "kept"
    ran = scan(root, "fs", str(kept))
    said = "nothing is read from files of this name: expected one that lists packages"
    assert (ran.code, ran.err) == (NOTHING, f"cleanbill: {kept}: {said}\n")


def test_names_that_are_not_utf_8(root: Path) -> None:
    folder = root / os.fsdecode(b"\xfe")
    folder.mkdir()
    (folder / "Pipfile.lock").write_text(PIPFILE)
    ran = scan(root, "fs", str(folder), "-f", "json", "--offline-scan")
    assert names(ran) == ["left-pad-py"]
    assert json.loads(ran.out)["ArtifactName"] == f"{root}/\\xfe"
    assert names(scan(root, "fs", str(root), "-f", "json", "--skip-dirs", folder.name)) == ["openssl"]
    ran = scan(root, "fs", str(root), "--file-patterns", f"pip:{folder.name}")
    assert ran.code == USAGE


def test_what_is_neither_file_nor_directory(root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "away").symlink_to("nowhere")
    for path, said in {
        root / "pipe": "expected a directory or a regular file",
        Path("/dev/null"): "expected a directory or a regular file",
        root / "away": "no such file or directory",
        root / ("x" * 300): "file name too long",
    }.items():
        ran = scan(root, "fs", str(path))
        assert (ran.code, ran.err) == (NOTHING, f"cleanbill: {path}: {said}\n")
    assert scan(root, "fs", "").code == USAGE
    (root / "pipe").unlink()


def test_what_could_not_be_read_is_said(root: Path) -> None:
    (root / "app/node_modules/left-pad/package.json").write_text("{")
    ran = scan(root, "rootfs", str(root))
    assert ran.code == INCOMPLETE
    assert "app/node_modules/left-pad/package.json" in ran.out
    assert scan(root, "rootfs", str(root), "--exit-incomplete", "0").code == DONE
    assert scan(root, "rootfs", str(root), "--exit-incomplete", "9").code == 9


@pytest.mark.parametrize("before", ["", "./", "{root}/"])
def test_what_to_skip_may_be_named_with_the_path_before_it(root: Path, before: str) -> None:
    ran = scan(root, "rootfs", str(root), "-f", "json", "--skip-dirs", before.format(root=root) + "app")
    assert found(ran) == ["CVE-2024-1"]
