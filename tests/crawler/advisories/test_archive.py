import io
import zipfile
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import LimitExceededError, ParseError
from crawler.advisories import archive
from tests.fakes.osv_mirror import record, zipped

RECORDS = {
    f"A-{number}.json": record(f"A-{number}", "2024-01-01T00:00:00Z", ("Debian:12", "x"))
    for number in range(5)
}


def on_disk(folder: Path, body: bytes) -> BinaryIO:
    path = folder / "all.zip"
    path.write_bytes(body)
    return path.open("rb")


def stored(members: dict[str, bytes]) -> bytearray:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        for name, body in members.items():
            made.writestr(name, body)
    return bytearray(out.getvalue())


def test_a_whole_archive_gives_every_record_word_by_word(tmp_path: Path) -> None:
    with on_disk(tmp_path, zipped({"folder/": b"", **RECORDS})) as file:
        assert archive.verify(file) == archive.Verified(records=5, broken={})
        found = list(archive.records(file))
    assert [raw for _, raw in found] == list(RECORDS.values())
    assert [told.id for told, _ in found] == [f"A-{number}" for number in range(5)]


def test_broken_records_are_named_and_left_out(tmp_path: Path) -> None:
    with on_disk(tmp_path, zipped({**RECORDS, "B.json": b"{", "README": b"hello"})) as file:
        verified = archive.verify(file)
        assert len(list(archive.records(file))) == verified.records == 5
    assert sorted(verified.broken) == ["B", "README"]


def test_batches_end_at_a_number_and_at_a_length(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(archive, "BATCH_RECORDS", 2)
    with on_disk(tmp_path, zipped(RECORDS)) as file:
        assert [len(batch) for batch in archive.batched(archive.records(file))] == [2, 2, 1]
        monkeypatch.setattr(archive, "BATCH_BYTES", 1)
        assert [len(batch) for batch in archive.batched(archive.records(file))] == [1, 1, 1, 1, 1]


def flipped(body: bytearray) -> bytes:
    body[body.index(b"A-3") + 60] ^= 1
    return bytes(body)


def encrypted(body: bytearray) -> bytes:
    body[body.index(b"PK\x01\x02") + 8] |= 1
    return bytes(body)


def lzma() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("A.json", b"{}")
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no whole zip archive"),
        (b"<html>not found</html>", "no whole zip archive"),
        (zipped(RECORDS)[:-40], "no whole zip archive"),
        (zipped(RECORDS)[: len(zipped(RECORDS)) * 2 // 3], "no whole zip archive"),
        (zipped(RECORDS)[10:], "damaged"),
        (zipped({}), "without records"),
        (flipped(stored(RECORDS)), "damaged"),
        (encrypted(stored(RECORDS)), "not encrypted"),
        (lzma(), "expected deflated or stored"),
    ],
    ids=["empty", "page", "end cut", "third cut", "start cut", "none", "bit", "encrypted", "method"],
)
def test_damaged_archives_are_refused(tmp_path: Path, body: bytes, words: str) -> None:
    with on_disk(tmp_path, body) as file, pytest.raises(ParseError) as caught:
        archive.verify(file)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("constant", "value", "limit"),
    [
        ("MEMBER_BYTES", 100, "member_bytes"),
        ("TOTAL_BYTES", 400, "total_bytes"),
        ("RECORDS", 4, "records"),
        ("DIRECTORY_BYTES", 200, "directory_bytes"),
    ],
)
def test_limits_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, constant: str, value: int, limit: str
) -> None:
    monkeypatch.setattr(archive, constant, value)
    with on_disk(tmp_path, zipped(RECORDS)) as file, pytest.raises(LimitExceededError) as caught:
        archive.verify(file)
    assert caught.value.limit == limit


WHOLE = zipped(RECORDS)


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=8))
def test_any_damage_ends_in_records_or_a_parse_error(
    tmp_path_factory: pytest.TempPathFactory, at: int, data: bytes
) -> None:
    body = WHOLE[:at] + data + WHOLE[at + len(data) :]
    with on_disk(tmp_path_factory.getbasetemp(), body) as file:
        try:
            verified = archive.verify(file)
        except ParseError:
            return
        assert len(list(archive.records(file))) == verified.records
