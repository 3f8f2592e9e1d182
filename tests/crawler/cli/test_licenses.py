import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.cli.options import DONE, INCOMPLETE
from tests.crawler.cli.stores import Ran, cleanbill
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.registry import FakeRegistry

DEP5 = b"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-3+\n"
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
