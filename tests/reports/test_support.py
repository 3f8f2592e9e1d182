import json
from datetime import date

import msgspec
import pytest

from analyzers.inventory import Release
from reports import render
from reports.document import Document
from reports.support import ended_on
from tests.reports.documents import CONTEXT, debian_image


def image_of(release: Release | None, created_at: str = "2026-11-23T05:00:00Z") -> Document:
    return msgspec.structs.replace(debian_image(), release=release, created_at=created_at)


STRETCH = Release(id="debian", version_id="9", pretty_name="Debian GNU/Linux 9 (stretch)")
BIONIC = Release(id="ubuntu", version_id="18.04")


@pytest.mark.parametrize(
    ("document", "day"),
    [
        (image_of(STRETCH), date(2022, 7, 1)),
        (image_of(STRETCH, "2022-07-02T00:00:00Z"), date(2022, 7, 1)),
        (image_of(STRETCH, "2022-07-01T23:59:59Z"), None),
        (image_of(BIONIC), date(2023, 5, 31)),
        (image_of(msgspec.structs.replace(BIONIC, channels=("esm-infra",))), None),
        (image_of(Release(id="wolfi", version_id="20230201")), None),
        (image_of(None), None),
    ],
)
def test_ended_on(document: Document, day: date | None) -> None:
    assert ended_on(document) == day


def test_the_table_says_so() -> None:
    ended = "Debian GNU/Linux 9 (stretch), past its end of life on 2022-07-01"
    context = msgspec.structs.replace(CONTEXT, width=160)
    assert ended in render(image_of(STRETCH), "table", context)
    assert "end of life" not in render(debian_image(), "table", context)


@pytest.mark.parametrize(
    ("release", "system"),
    [
        (STRETCH, {"Family": "debian", "Name": "9", "EOSL": True}),
        (BIONIC, {"Family": "ubuntu", "Name": "18.04", "EOSL": True}),
        (
            msgspec.structs.replace(BIONIC, channels=("esm-infra",)),
            {"Family": "ubuntu", "Name": "18.04", "extended": True},
        ),
    ],
)
def test_the_json_says_so(release: Release, system: dict[str, object]) -> None:
    report = json.loads(render(image_of(release), "json", CONTEXT))
    assert report["Metadata"]["OS"] == system


@pytest.mark.parametrize(
    ("release", "day"), [(STRETCH, "2022-07-01"), (Release(id="wolfi", version_id="20230201"), "unknown")]
)
def test_bills_of_materials_tell_the_day(release: Release, day: str) -> None:
    bom = json.loads(render(image_of(release), "cyclonedx", CONTEXT))
    (system,) = (each for each in bom["components"] if each["type"] == "operating-system")
    assert {"name": "cleanbill:os:endOfLife", "value": day} in system["properties"]
