import uuid
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from reports.context import new_report_id


@given(moment=st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)), randomness=st.binary(min_size=10))  # noqa: DTZ001 - hypothesis wants them naive
def test_report_id_is_a_uuid_of_version_7(moment: datetime, randomness: bytes) -> None:
    unix_ms = int(moment.replace(tzinfo=UTC).timestamp() * 1000)
    report_id = new_report_id(unix_ms, randomness)
    value = uuid.UUID(report_id)
    assert str(value) == report_id
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert value.int >> 80 == unix_ms


def test_report_ids_sort_by_time_and_differ_by_randomness() -> None:
    assert new_report_id(1, b"\xff" * 10) < new_report_id(2, b"\0" * 10)
    assert new_report_id(1, b"a" * 10) != new_report_id(1, b"b" * 10)
