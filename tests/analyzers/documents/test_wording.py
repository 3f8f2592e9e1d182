import json
import re
import sys
import tomllib
from datetime import date

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from analyzers.documents.wording import (
    beginning,
    decoding_problem,
    json_problem,
    kind_of,
    shown,
    toml_problem,
    yaml_problem,
)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (None, "empty"),
        (True, "true or false"),
        (3, "a number"),
        (0.5, "a number"),
        ("", "empty"),
        ("no", "text"),
        (b"", "bytes"),
        ([1], "a list"),
        ({}, "a mapping"),
        (date(2026, 1, 1), "a value of another kind"),
    ],
)
def test_kinds(value: object, word: str) -> None:
    assert kind_of(value) == word


def json_error(text: str) -> ValueError | RecursionError:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        return error
    return ValueError("none")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "nothing"),
        (b"Slot", "'Slot'"),
        (b"100\0", "'100'"),
        (b"\x7fELF", "bytes 7f 45 4c 46"),
        (b"\0\0", "bytes 00 00"),
        (b"a\xffb", "bytes 61 ff 62"),
        ("a\u00e9".encode()[:2], "'a'"),
    ],
)
def test_bytes(data: bytes, words: str) -> None:
    assert shown(data) == words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"it's\n", 'begins with "it\'s"'),
        (b"\none\ntwo", "begins with 'one…'"),
        (b"root:x:0:0:root:/root:/usr/bin/long-shell", "begins with 'root:x:0:0:root:/root:/usr/bin/l…'"),
        (b"\x7fELF\nmore", "begins with bytes 7f 45 4c 46 …"),
    ],
)
def test_beginnings(data: bytes, words: str) -> None:
    assert beginning(data) == words


@given(st.binary(max_size=80))
def test_no_bytes_are_shown_as_a_programmer_writes_them(data: bytes) -> None:
    assert not re.search(r"\bb['\"]", beginning(data).partition(" with ")[2][:2])
    assert beginning(data).isprintable()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("<html>", "line 1, column 1: expecting value"),
        ('{"a": 1,\n "b" 2}', "line 2, column 6: expecting ':' delimiter"),
        ('["a]', "line 1, column 2: unterminated string"),
        ('["\x01"]', "line 1, column 3: invalid control character"),
        ("[" * (sys.getrecursionlimit() * 100), "nested too deep"),
        ("9" * 5000, "a number of too many digits"),
    ],
)
def test_json(text: str, problem: str) -> None:
    assert json_problem(json_error(text)) == problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a b", "line 1, column 3: expected '=' after a key in a key/value pair"),
        ("a = [", "end of document: invalid value"),
        ("a = " + "9" * 5000, "a number of too many digits"),
    ],
)
def test_toml(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        tomllib.loads(text)
    assert toml_problem(raised.value) == problem


class Item(msgspec.Struct):
    id: str
    size: int | None = None
    names: dict[str, int] = {}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"[]", "expected an object, got a list"),
        (b"{}", "object missing required field `id`"),
        (b'{"id": 1}', "id: expected text, got a whole number"),
        (b'{"id": "a", "size": true}', "size: expected a whole number or null, got true or false"),
        (b'{"id": "a", "names": {"k": []}}', "names[...]: expected a whole number, got a list"),
        (b"<html>", "byte 0: invalid character"),
        (b"{", "input data was truncated"),
        (b'{"id": "\xff"}', "byte 0 is not UTF-8"),
    ],
)
def test_decoding(data: bytes, problem: str) -> None:
    assert decoding_problem(decoding_error(data)) == problem


def decoding_error(data: bytes) -> Exception:
    try:
        msgspec.json.decode(data, type=Item)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return error
    return ValueError("none")


def test_keys_that_do_not_fit_are_told_by_their_mapping() -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert({"id": "a", "names": {1: 2}}, Item)
    assert decoding_problem(raised.value) == "names: expected text, got a whole number"


def test_what_is_not_utf_8() -> None:
    with pytest.raises(UnicodeDecodeError) as raised:
        b"a = \xff".decode()
    assert toml_problem(raised.value) == "byte 4 is not UTF-8"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"a: {\nb: c\nd", "line 4, column 1: did not find expected ',' or '}'"),
        (b"a: @b", "line 1, column 4: found character that cannot start any token"),
        (b"a: \xff", "byte 3: invalid leading UTF-8 octet"),
        (b"a: \x01", "byte 3: control characters are not allowed"),
        (b"a: !x b", "line 1, column 4: could not determine a constructor for the tag '!x'"),
    ],
)
def test_yaml(data: bytes, problem: str) -> None:
    with pytest.raises(yaml.YAMLError) as raised:
        yaml.load(data, Loader=yaml.CSafeLoader)
    assert yaml_problem(raised.value) == problem


def problem_of_yaml(data: bytes) -> str:
    try:
        for _ in yaml.parse(data, Loader=yaml.CSafeLoader):
            pass
    except yaml.YAMLError as error:
        return yaml_problem(error)
    return "line none"


@given(st.binary(max_size=60))
def test_the_library_s_own_words_for_places_are_never_shown(data: bytes) -> None:
    assert re.match(r"(?:line|byte) (?!.*(?:byte string|\n))", problem_of_yaml(data))
