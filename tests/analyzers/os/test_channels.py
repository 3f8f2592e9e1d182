import runpy
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File, Release
from analyzers.os.channels import ANALYZER

MADE = runpy.run_path(str(Path(__file__).parent / "testdata/channels/make.py"))
SAMPLES: dict[str, bytes] = MADE["SAMPLES"]


def read(sample: str) -> list[object]:
    return list(ANALYZER.parse(File(path=sample.partition("/")[2], data=SAMPLES[sample])))


@pytest.mark.parametrize(
    ("sample", "release"),
    [
        ("good/etc/apk/repositories", Release(id="alpine", channels=("v3.20",))),
        ("odd/etc/apk/repositories", Release(id="alpine", channels=("edge", "v3.18"))),
        (
            "good/var/lib/ubuntu-advantage/status.json",
            Release(id="ubuntu", channels=("esm-apps", "esm-infra")),
        ),
        (
            f"good/{MADE['MANIFESTS']}/ubi9-container-9.4-1123.json",
            Release(
                id="rhel", channels=("rhel-9-for-x86_64-appstream-rpms", "rhel-9-for-x86_64-baseos-rpms")
            ),
        ),
        ("good/usr/share/buildinfo/content-sets.json", Release(id="rhel", channels=("ubi-9-baseos-rpms",))),
    ],
)
def test_channels(sample: str, release: Release) -> None:
    assert read(sample) == [release]


@pytest.mark.parametrize(
    "sample",
    [
        "odd/var/lib/ubuntu-advantage/status.json",
        "empty/etc/apk/repositories",
        "empty/usr/share/buildinfo/content-sets.json",
    ],
)
def test_files_without_a_channel_say_nothing(sample: str) -> None:
    assert read(sample) == []


@pytest.mark.parametrize("sample", [name for name in SAMPLES if name.startswith("broken/")])
def test_files_that_cannot_be_read(sample: str) -> None:
    with pytest.raises(ParseError, match=sample.partition("/")[2]):
        read(sample)


def test_a_file_too_long() -> None:
    with pytest.raises(ParseError, match="expected at most"):
        list(ANALYZER.parse(File(path="etc/apk/repositories", data=bytes(4 * 1024 * 1024 + 1))))
