import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.cli.options import DONE, INCOMPLETE
from tests.crawler.cli.stores import Ran, cleanbill
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.registry import FakeRegistry

DEP5 = (
    b"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
    b"Files: *\nLicense: GPL-3+\n"
)
COPYRIGHT = "usr/share/doc/bash/copyright"


@pytest.fixture(scope="module")
def registry() -> Iterator[FakeRegistry]:
    registry = FakeRegistry()
    with registry.running():
        yield registry


def scan(tmp_path: Path, *args: str) -> Ran:
    return cleanbill(tmp_path / "cache", *args, "--offline-scan")


def in_cyclonedx(ran: Ran) -> dict[str, object]:
    found = json.loads(ran.out)["components"]
    return {each["name"]: each.get("licenses") for each in found if each["type"] == "library"}


def in_spdx(ran: Ran) -> dict[str, str]:
    found = json.loads(ran.out)["packages"]
    return {each["name"]: each["licenseDeclared"] for each in found}


@pytest.mark.parametrize(
    "scanners", [(), ("--scanners", "none"), ("--scanners", "vuln"), ("--license-full",)]
)
def test_a_bill_of_materials_has_the_licences_of_packages(
    tmp_path: Path, registry: FakeRegistry, scanners: tuple[str, ...]
) -> None:
    push(registry, "free", "1", layer(debian(), dpkg(bash="5.2-1", dash="1"), {COPYRIGHT: DEP5}))
    name = f"{registry.host}/free:1"
    scan(tmp_path, "image", "-f", "json", "--scanners", "vuln", name)  # stored without
    for _ in range(2):
        ran = scan(tmp_path, "image", "-f", "cyclonedx", *scanners, "--exit-code", "5", name)
        assert in_cyclonedx(ran) == {"bash": [{"license": {"id": "GPL-3.0-or-later"}}], "dash": None}
        assert ran.code == (INCOMPLETE if "vuln" in scanners else DONE)
    spdx = in_spdx(scan(tmp_path, "sbom", "-f", "spdx-json", *scanners, name))
    assert (spdx["bash"], spdx["dash"]) == ("GPL-3.0-or-later", "NOASSERTION")


NPM = json.dumps(
    {
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "app", "version": "1.0.0", "license": "MIT", "dependencies": {"a": "^1.0.0"}},
            "node_modules/a": {"version": "1.0.0"},
            "node_modules/said": {"version": "1.0.0", "license": "ISC"},
        },
    }
)
YARN = 'a@^1.0.0:\n  version "1.0.0"\n\nsaid@^1.0.0:\n  version "1.0.0"\n'
PNPM = """lockfileVersion: '9.0'
importers:
  .: {dependencies: {a: {specifier: ^1.0.0, version: 1.0.0}, said: {specifier: ^1.0.0, version: 1.0.0}}}
packages:
  a@1.0.0: {resolution: {integrity: sha512-x}}
  said@1.0.0: {resolution: {integrity: sha512-x}}
snapshots: {a@1.0.0: {}, said@1.0.0: {}}
"""
BUN = json.dumps(
    {
        "lockfileVersion": 1,
        "workspaces": {"": {"name": "app", "dependencies": {"a": "^1.0.0", "said": "^1.0.0"}}},
        "packages": {"a": ["a@1.0.0", "", {}, "sha512-x"], "said": ["said@1.0.0", "", {}, "sha512-x"]},
    }
)
LOCK = "package-lock.json"
LOCKS = {LOCK: NPM, "yarn.lock": YARN, "pnpm-lock.yaml": PNPM, "bun.lock": BUN}


def install(folder: Path, name: str, version: str, **more: str) -> None:
    place = folder / "node_modules" / name
    place.mkdir(parents=True)
    (place / "package.json").write_text(json.dumps({"name": name, "version": version, **more}))


def of_packages(ran: Ran) -> dict[str, list[str]]:
    assert ran.code == DONE, ran.err
    found: dict[str, list[str]] = {}
    for part in json.loads(ran.out).get("Results", ()):
        for each in part.get("Licenses", ()):
            names = found.setdefault(each["PkgName"], [])
            names += [] if each["Name"] in names else [each["Name"]]
    return found


@pytest.mark.parametrize(("lock", "content"), LOCKS.items())
def test_installed_packages_tell_the_licences_of_locked_ones(tmp_path: Path, lock: str, content: str) -> None:
    root = tmp_path / "root"
    for project in ("one", "other"):
        (root / project).mkdir(parents=True)
        (root / project / lock).write_text(content)
    install(root / "one", "a", "1.0.0", license="GPL-3.0")
    install(root / "one", "said", "1.0.0", license="GPL-2.0")
    install(root / "one", "nobodys", "1.0.0", license="AGPL-3.0")
    install(root / "other", "a", "2.0.0", license="AGPL-3.0")
    ran = scan(tmp_path, "fs", "-f", "json", "--scanners", "license", str(root))
    found = of_packages(ran)
    assert found.pop("app", ["MIT"]) == ["MIT"]
    assert found == {
        "a": ["GPL-3.0-only"],
        "said": ["GPL-2.0-only"] if lock != LOCK else ["ISC", "GPL-2.0-only"],
    }
    parts = json.loads(ran.out)["Results"]
    stated = [
        each.get("Licenses") for part in parts for each in part.get("Packages", ()) if each["Name"] == "a"
    ]
    assert stated == [["GPL-3.0-only"], None]


def test_who_asks_for_no_licences_has_nothing_of_node_modules(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "yarn.lock").write_text(YARN)
    install(tmp_path / "root", "a", "1.0.0", license="GPL-3.0")
    (tmp_path / "root/node_modules/a/package.json").write_text("broken")
    plain = scan(tmp_path, "fs", "-f", "json", "--scanners", "secret", str(tmp_path / "root"))
    assert (plain.code, json.loads(plain.out)["Cleanbill"].get("Problems")) == (DONE, None)
    asked = scan(tmp_path, "fs", "-f", "json", "--scanners", "license", str(tmp_path / "root"))
    (problem,) = json.loads(asked.out)["Cleanbill"]["Problems"]
    assert (asked.code, problem["Path"]) == (INCOMPLETE, "node_modules/a/package.json")


@pytest.mark.parametrize("form", ["cyclonedx", "spdx-json"])
def test_a_list_without_licences_is_not_called_clean(tmp_path: Path, form: str) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "yarn.lock").write_text(YARN)
    file = tmp_path / "list.json"
    file.write_text(scan(tmp_path, "fs", "-f", form, str(tmp_path / "root")).out)
    table = scan(tmp_path, "sbom", "--scanners", "license", str(file))
    assert "No licences; 2 packages state no licence" in " ".join(table.out.split())
    report = json.loads(scan(tmp_path, "sbom", "-f", "json", "--scanners", "license", str(file)).out)
    (found,) = (each["WithoutLicense"] for each in report["Results"] if each["Class"] == "license")
    assert [(each["PkgName"], each["InstalledVersion"]) for each in found] == [
        ("a", "1.0.0"),
        ("said", "1.0.0"),
    ]
