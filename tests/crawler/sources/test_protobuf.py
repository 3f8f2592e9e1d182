import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.sources import _protobuf
from crawler.sources._protobuf import Message, WireError, encode_integer, encode_text, parse

INT64 = st.integers(-(2**63), 2**63 - 1)


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (encode_integer(1, 150), "089601"),
        (encode_integer(1, -2), "08feffffffffffffffff01"),
        (encode_text(2, "testing"), "120774657374696e67"),
        (encode_integer(1, 0) + encode_text(2, ""), ""),
        (encode_text(16, "x"), "82010178"),
    ],
)
def test_the_examples_of_the_specification(encoded: bytes, expected: str) -> None:
    assert encoded.hex() == expected


def test_what_is_absent_is_the_default() -> None:
    message = parse(b"")
    assert (message.integer(1), message.text(1), message.chunk(1)) == (0, "", b"")
    assert (message.messages(1), message.message(1)) == ([], Message({}, {}))


def test_several_of_one_field() -> None:
    inner = encode_integer(1, 7), encode_text(2, "b")
    both = b"".join(bytes([0x1A, len(each)]) + each for each in inner)
    message = parse(encode_text(1, "a") + encode_text(1, "z") + both)
    assert message.text(1) == "z"
    assert (message.message(3).integer(1), message.message(3).text(2)) == (7, "b")
    assert [each.text(2) for each in message.messages(3)] == ["", "b"]


def test_unknown_fields_are_passed_over() -> None:
    fixed = bytes.fromhex("09 0102030405060708 1d 01020304")
    assert parse(fixed + encode_text(2, "after")).text(2) == "after"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("08", "a number that does not end"),
        ("ffffffffffffffffffff01", "byte 0: a number that does not end"),
        ("0001", "byte 0: field number 0"),
        ("0b", "wire type 3 of field 1"),
        ("0c", "wire type 4 of field 1"),
        ("0f", "wire type 7 of field 1"),
        ("0a05616263", "field 1 has 5 bytes, only 3 are left"),
        ("0affffffffffffffff7f", "field 1 has 9223372036854775807 bytes, only 0 are left"),
        ("0901", "field 1 has 8 bytes, only 1 are left"),
        ("0d01", "field 1 has 4 bytes, only 1 are left"),
    ],
)
def test_no_message(data: str, reason: str) -> None:
    with pytest.raises(WireError, match=reason):
        parse(bytes.fromhex(data))


def test_text_that_is_none() -> None:
    message = parse(bytes.fromhex("0a01ff"))
    assert message.chunk(1) == b"\xff"
    with pytest.raises(WireError, match="field 1: expected UTF-8 text"):
        message.text(1)


def test_more_fields_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_protobuf, "FIELDS", 3)
    assert parse(encode_integer(1, 1) * 3).integer(1) == 1
    with pytest.raises(WireError, match="more than the limit of 3 fields"):
        parse(encode_integer(1, 1) * 4)


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_message_or_in_its_error(data: bytes) -> None:
    try:
        message = parse(data)
        for number in (*message.integers, *message.chunks):
            message.text(number)
            message.messages(number)
    except WireError:
        return
    assert sum(len(chunk) for chunks in message.chunks.values() for chunk in chunks) < max(len(data), 1)


@given(st.dictionaries(st.integers(1, 2**29 - 1), INT64), st.dictionaries(st.integers(1, 99), st.text()))
def test_what_is_written_is_read(integers: dict[int, int], texts: dict[int, str]) -> None:
    data = b"".join(encode_integer(number, value) for number, value in integers.items())
    message = parse(data + b"".join(encode_text(number, value) for number, value in texts.items()))
    assert {number: message.integer(number) for number in integers} == integers
    assert {number: message.text(number) for number in texts} == texts
