import tomllib
from pathlib import Path

import pytest

from analyzers.disks.filesystems import EXTRA as DISK
from analyzers.extras import needs_extra
from analyzers.licenses.texts import EXTRA as LICENSES
from analyzers.misconfig._helm_render import MISSING as HELM_MISSING
from analyzers.misconfig._terraform_evaluation import MISSING as TERRAFORM_MISSING
from crawler.sources.containerd import EXTRA as CONTAINERD
from crawler.targets.kubernetes.access import EXTRA as K8S

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def test_the_sentence_says_how_to_install() -> None:
    assert needs_extra("reading a disk", "disk") == (
        "reading a disk needs the extra 'disk', which is not installed: in a checkout,"
        " pip install -r requirements/all.txt, or pip install '.[disk]'"
    )


@pytest.mark.parametrize("extra", [DISK, LICENSES, CONTAINERD, K8S])
def test_extras_are_those_of_the_package(extra: str) -> None:
    assert extra in PROJECT["optional-dependencies"]


@pytest.mark.parametrize(("missing", "extra"), [(HELM_MISSING, "helm"), (TERRAFORM_MISSING, "terraform")])
def test_messages_name_extras_of_the_package(missing: str, extra: str) -> None:
    assert f"'.[{extra}]'" in missing
    assert extra in PROJECT["optional-dependencies"]
