from collections.abc import Iterator

import pytest

from analyzers import severity
from analyzers.osv import Record, Score
from analyzers.severity import Rating

V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
FULL_V4 = (
    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:A/CR:H/IR:H/AR:H/MAV:N/MAC:L/MAT:N"
    "/MPR:N/MUI:N/MVC:H/MVI:H/MVA:H/MSC:H/MSI:S/MSA:S/S:P/AU:Y/R:I/V:C/RE:H/U:Amber"
)


def rated(method: str, vector: str) -> Rating:
    return severity.of_record(Record(id="X-1", modified="", severity=(Score(method, vector),)))


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    severity._scored.cache_clear()  # noqa: SLF001 - what other tests asked, and what this one did
    yield
    severity._scored.cache_clear()  # noqa: SLF001 - as above


def test_a_vector_with_every_metric_is_no_long_one() -> None:
    assert rated("CVSS_V4", FULL_V4).score == 10.0


@pytest.mark.parametrize(("too_long", "score"), [(0, 9.8), (1, None)])
def test_a_vector_may_be_as_long_as_the_limit(
    monkeypatch: pytest.MonkeyPatch, too_long: int, score: float | None
) -> None:
    monkeypatch.setattr(severity, "_LONGEST_VECTOR", len(V3) - too_long)
    assert rated("CVSS_V3", V3).score == score
