"""The same content has the same packages and verdicts as an image, as its SBOM, and as its unpacked root."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from analyzers.catalogue import catalogue
from analyzers.inventory import View
from tests.crawler.cli.stores import Ran, cleanbill
from tests.fakes.images import config
from tests.fakes.layouts import write_layout
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.registry import FakeRegistry, layer_of

TESTS = Path(__file__).parent / "analyzers"
TIME = "2024-01-01T00:00:00Z"
SYSTEMS = {
    "debian": ("dpkg", "ID=debian\nVERSION_ID=12\n"),
    "alpine": ("apk", "ID=alpine\nVERSION_ID=3.18.2\n"),
    "rocky": ("rpm", "ID=rocky\nVERSION_ID=9.2\n"),
}
ADVISED = (
    ("Debian:12", "glibc"),
    ("Alpine:v3.18", "musl"),
    ("Rocky Linux:9", "bash"),
    ("PyPI", "requests"),
    ("npm", "@scope/pkg"),
    ("Go", "golang.org/x/net"),
    ("Maven", "org.example:app"),
)


def samples(analyzer: str) -> dict[str, bytes]:
    folder = TESTS / analyzer.replace("/", "/testdata/") / "good"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def contents(system: str) -> dict[str, bytes]:
    database, release = SYSTEMS[system]
    files = {"etc/os-release": release.encode()}
    for analyzer in catalogue():
        is_other_system = analyzer.id.startswith("os/") and analyzer.id != f"os/{database}"
        if View.INSTALLED in analyzer.views and not is_other_system:
            files = samples(analyzer.id) | files
    return files


def write(folder: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
        (folder / path).chmod(0o755)


@pytest.fixture
def scan(tmp_path: Path) -> Any:  # noqa: ANN401 - a function of any arguments
    mirror = Mirror()
    for number, (ecosystem, name) in enumerate(ADVISED):
        feed = ecosystem.partition(":")[0]
        mirror.put(feed, record(f"X-{number}", TIME, (ecosystem, name), fixed="9999"))
    mirror.write(tmp_path / "osv")
    (tmp_path / "settings.toml").write_text(f'[advisories]\nosv.url = "{(tmp_path / "osv").as_uri()}"\n')

    def run(*args: str) -> Ran:
        # A store of its own each time: nothing is remembered from the other way.
        cache = tmp_path / f"cache {len(list(tmp_path.iterdir()))}"
        return cleanbill(cache, "--config", str(tmp_path / "settings.toml"), *args)

    return run


def facts(ran: Ran) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]:
    """Return the packages and verdicts of a report, without what only an image has."""
    packages: Counter[tuple[str, ...]] = Counter()
    verdicts: Counter[tuple[str, ...]] = Counter()
    for result in json.loads(ran.out)["Results"]:
        for each in result.get("Packages", ()):
            kept = {key: each[key] for key in each.keys() - {"Layer", "Identifier", "DependsOn", "Locations"}}
            purl = each["Identifier"].get("PURL", "")
            packages[(result["Type"], purl, json.dumps(kept, sort_keys=True))] += 1
        for each in result.get("Vulnerabilities", ()):
            keys = ("VulnerabilityID", "PkgName", "InstalledVersion", "FixedVersion", "Status", "Severity")
            verdicts[tuple(each[key] for key in keys if key in each)] += 1
    return packages, verdicts


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_image_its_root_and_its_sboms_are_the_same(tmp_path: Path, system: str, scan: Any) -> None:  # noqa: ANN401 - as above
    files = contents(system)
    registry = FakeRegistry()
    layer = layer_of(files, executable=True)
    image = registry.push_image("app", "1", (layer,), config((layer,)))
    write_layout(tmp_path / "layout", registry, {"1": image})
    write(tmp_path / "root", files)

    of_image = facts(scan("image", "--input", str(tmp_path / "layout"), "-f", "json"))
    assert len(of_image[0]) > 20
    assert len(of_image[1]) >= 4
    assert facts(scan("rootfs", str(tmp_path / "root"), "-f", "json")) == of_image
    for form in ("cyclonedx", "spdx-json", "spdx"):
        bom = tmp_path / f"bom.{form}"
        scan("image", "--input", str(tmp_path / "layout"), "-f", form, "-o", str(bom))
        assert facts(scan("sbom", str(bom), "-f", "json")) == of_image, form
