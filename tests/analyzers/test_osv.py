import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import osv
from analyzers.errors import ParseError

GHSA = {
    "schema_version": "1.7.0",
    "id": "GHSA-35jh-r3h4-6jhm",
    "modified": "2024-04-17T18:39:19Z",
    "aliases": ["CVE-2021-23337"],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H", "source": "x"}],
    "affected": [
        {
            "package": {"ecosystem": "npm", "name": "lodash"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "4.17.21"}]}],
            "database_specific": {"last_known_affected_version_range": "<= 4.17.20"},
        }
    ],
    "database_specific": {"severity": "HIGH"},
    "credits": [{"name": "someone"}],
    "invented_later": {"a": [1]},
}


def test_a_record_is_read() -> None:
    record = osv.parse_record(json.dumps(GHSA).encode())

    assert record.id == "GHSA-35jh-r3h4-6jhm"
    assert record.aliases == ("CVE-2021-23337",)
    assert record.affected[0].package.name == "lodash"
    assert record.affected[0].ranges[0].events == (osv.Event(introduced="0"), osv.Event(fixed="4.17.21"))
    assert record.severity[0].type == "CVSS_V3"
    assert record.database_specific == {"severity": "HIGH"}
    assert record.withdrawn == ""


def test_nulls_are_as_good_as_nothing() -> None:
    record = osv.parse_record(
        json.dumps(
            {
                "id": "X-1",
                "modified": "2024-01-01T00:00:00Z",
                "aliases": None,
                "withdrawn": None,
                "severity": None,
                "affected": [
                    {"package": None, "versions": None, "ranges": [{"type": "GIT", "events": None}]}
                ],
                "database_specific": {"severity": None},
            }
        ).encode()
    )

    assert record.aliases == ()
    assert record.affected[0].versions == ()
    assert record.affected[0].package.name == ""


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"id": 7}, r"^OSV record: id"),
        ({"id": ""}, r"^OSV record: id"),
        ({"modified": None}, "modified"),
        ({"aliases": "CVE-1"}, r"^OSV record: aliases"),
        ({"affected": [{"ranges": [{"events": [{"fixed": 1}]}]}]}, r"affected\[0\]\.ranges\[0\]"),
    ],
)
def test_an_error_names_the_place(change: dict[str, object], place: str) -> None:
    with pytest.raises(ParseError, match=place):
        osv.parse_record(json.dumps(GHSA | change).encode())


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text(), st.lists).map(lambda x: json.dumps(x).encode())
)
def test_any_bytes_are_a_record_or_an_error(data: bytes) -> None:
    with pytest.raises(ParseError):
        osv.parse_record(data)


@given(
    st.fixed_dictionaries(
        {"id": st.text(min_size=1), "modified": st.text()},
        optional={
            key: st.none()
            | st.text()
            | st.lists(st.none() | st.text() | st.dictionaries(st.text(), st.text()))
            for key in ("aliases", "affected", "severity", "summary", "references")
        },
    )
)
def test_any_json_is_a_record_or_an_error(values: dict[str, object]) -> None:
    try:
        record = osv.parse_record(json.dumps(values).encode())
    except ParseError as error:
        assert str(error).startswith("OSV record: ")  # noqa: PT017 - both outcomes are right
    else:
        assert record.id == values["id"]


def test_deep_nesting_is_an_error() -> None:
    with pytest.raises(ParseError):
        osv.parse_record(b'{"id": "X", "modified": "", "affected": ' + b"[" * 100_000)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("2024-01-31T08:15:00Z", "2024-01-31T08:15:00.000000Z"),
        ("2024-01-31T08:15:00.5Z", "2024-01-31T08:15:00.500000Z"),
        ("2024-01-31T08:15:00.123456789Z", "2024-01-31T08:15:00.123456Z"),
        ("2024-01-31t08:15:00z", "2024-01-31T08:15:00.000000Z"),
        ("2024-01-31T08:15:00+02:00", "2024-01-31T06:15:00.000000Z"),
        ("2024-01-31T23:15:00-02:30", "2024-02-01T01:45:00.000000Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_times_sort(text: str, normal: str) -> None:
    assert osv.normalise_time(text) == normal
    assert osv.normalise_time(normal) == normal


@pytest.mark.parametrize(
    "text",
    ["", "2024-01-31", "2024-13-01T00:00:00Z", "2024-01-31T08:15:00", "0001-01-01T00:00:00+01:00", "now"],
)
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ParseError, match="time"):
        osv.normalise_time(text)


@given(st.datetimes(), st.datetimes())
def test_times_sort_as_the_moments_do(one: datetime, other: datetime) -> None:
    texts = [f"{moment}Z".replace(" ", "T") for moment in (one, other)]

    assert sorted(map(osv.normalise_time, texts)) == [
        osv.normalise_time(f"{moment}Z".replace(" ", "T")) for moment in sorted((one, other))
    ]


@pytest.mark.parametrize(
    ("summary", "details", "title"),
    [
        ("short", "long\ntext", "short"),
        ("", "\n first line \nsecond", "first line"),
        ("", "", ""),
        ("", "x" * 121, "x" * 119 + "…"),
        ("", f"{'x' * 60} {'y' * 60}", f"{'x' * 60} …"),
    ],
)
def test_title(summary: str, details: str, title: str) -> None:
    assert osv.Record(id="A-1", modified="", summary=summary, details=details).title == title
