import json as stdlib_json
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.documents import Value, items, json, table, text, toml, xml, yaml
from analyzers.errors import ParseError

READERS: list[Callable[[bytes, str], object]] = [
    json.load,
    toml.load,
    xml.load,
    yaml.load,
]


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.binary(max_size=300) | st.text("{}[]<>&!*:-=\"'\n ax1", max_size=60).map(str.encode))
def test_any_bytes_end_in_a_value_or_parse_error(read: Callable[[bytes, str], object], data: bytes) -> None:
    try:
        read(data, "a/file")
    except ParseError as error:
        assert str(error).startswith("a/file: ")  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize(
    ("read", "deep"),
    [
        (json.load, b"[" * 100_000),
        (yaml.load, b"[" * 5_000 + b"]" * 5_000),
        (toml.load, b"a = " + b"[" * 100_000),
        (xml.load, b"<a>" * 100_000),
    ],
)
def test_nesting_has_an_end(read: Callable[[bytes, str], object], deep: bytes) -> None:
    with pytest.raises(ParseError):
        read(deep, "deep")


def test_json_as_other_parsers_take_it() -> None:
    assert json.load(b'\xef\xbb\xbf{"a": ["\\ud800", "\xff", 1]}', "p") == {"a": ["?", "\ufffd", 1]}
    with pytest.raises(ParseError, match="a list, expected a JSON object"):
        json.load_object(b"[]", "p")


@pytest.mark.parametrize(
    ("load", "data", "message"),
    [
        (json.load, b"", "p: empty, expected JSON"),
        (json.load_object, b"null", "p: empty, expected a JSON object"),
        (json.load, b'{"a":\n]', "p: line 2, column 1: expecting value, expected JSON"),
        (toml.load, b"a b", "p: line 1, column 3: expected '=' after a key"),
        (xml.load, b"", "p: line 1, column 1: no element found, expected XML"),
        (yaml.load, b"a: {\nb", "p: line 3, column 1: did not find expected ',' or '}', expected YAML"),
    ],
)
def test_what_is_broken_is_told_by_its_place(
    load: Callable[[bytes, str], object], data: bytes, message: str
) -> None:
    with pytest.raises(ParseError, match=re.escape(message)):
        load(data, "p")


def test_relaxed_json_keeps_strings_and_lines() -> None:
    source = b'{ // one\n "a//b": "/* no */", /* two\n lines */ "c": [1, 2, ],\n}\n'
    cleaned = json.relaxed(source)
    assert stdlib_json.loads(cleaned) == {"a//b": "/* no */", "c": [1, 2]}
    assert cleaned.count(b"\n") == source.count(b"\n")


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


def places(value: Value, *place: str) -> list[tuple[str, ...]]:
    match value:
        case dict():
            return [place, *(found for key, each in value.items() for found in places(each, *place, key))]
        case list():
            inner = (places(each, *place, str(number)) for number, each in enumerate(value))
            return [place, *(found for each in inner for found in each)]
        case _:
            return []


@settings(max_examples=200, deadline=None, derandomize=True)
@given(value=JSON, indent=st.sampled_from([None, 1]))
def test_json_lines_know_every_object_and_array(value: Value, indent: int | None) -> None:
    source = stdlib_json.dumps(value, indent=indent)
    found = json.lines(source.encode(), 99)
    assert sorted(found) == sorted(set(places(value)))
    for place, (first, last) in found.items():
        part = value
        for key in place:
            part = table(part)[key] if isinstance(part, dict) else items(part)[int(key)]
        rows = stdlib_json.dumps(part, indent=indent).count("\n")
        assert last - first == rows


def test_json_lines_go_no_deeper_than_asked() -> None:
    assert json.lines(b'{"a":\n{"b":\n{}}}', 1) == {(): (1, 3), ("a",): (2, 3)}
    assert json.lines(b"]}", 1) == {}


def test_yaml_scalars_are_their_text() -> None:
    value = yaml.load(b"a: 1.10\nb: no\nc: 2026-01-01\nd: !!python/object:os.system x\ne:\n- 0777\n", "p")
    assert value == {"a": "1.10", "b": "no", "c": "2026-01-01", "d": "x", "e": ["0777"]}
    assert yaml.lines_of(value, "b") == ((2, 2),)
    assert yaml.lines_of(value, "e") == ((5, 6),)
    assert yaml.lines_of(value, "z") == yaml.lines_of("text", "b") == ()


def test_yaml_blocks_end_on_their_last_line() -> None:
    value = table(yaml.load(b"packages:\n  a:\n    v: 1\n\n  b: {\n    v: 2\n  }\n", "p"))["packages"]
    assert [yaml.lines_of(value, key)[0][0] for key in ("a", "b")] == [2, 5]
    assert yaml.lines_of(value, "b") == ((5, 7),)


def test_yaml_aliases_are_shared_and_cannot_hold_themselves() -> None:
    laughs = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 6)
    )
    assert len(table(yaml.load(laughs.encode(), "p"))) == 6
    with pytest.raises(ParseError, match="nested without end"):
        yaml.load(b"a: &a [*a]", "p")
    with pytest.raises(ParseError, match="2 documents, expected one"):
        yaml.load(b"--- 1\n--- 2\n", "p")
    assert yaml.load(b"", "p") is None


@pytest.mark.parametrize(
    "aliases",
    [
        ["[x, x]"] + [f"[{', '.join([f'*a{number}'] * 9)}]" for number in range(39)],
        [f"[{'x, ' * 2_000}]", f"[{'*a0, ' * 2_000}]"],
        [f"{{{', '.join(map(str, range(2_000)))}}}", f"[{'*a0, ' * 2_000}]"],
    ],
)
def test_yaml_aliases_stand_for_no_more_than_can_be_read(aliases: list[str]) -> None:
    text = "".join(f"a{number}: &a{number} {value}\n" for number, value in enumerate(aliases))
    with pytest.raises(ParseError, match="p: aliases of more than 1000000 values"):
        yaml.load(text.encode(), "p")


@pytest.mark.parametrize("number", ["9223372036854775808", "-9223372036854775809", "0x" + "f" * 5_000])
def test_toml_integers_have_64_bits(number: str) -> None:
    with pytest.raises(ParseError, match="p: an integer of more than 64 bits, expected TOML"):
        toml.load(f"a = [9223372036854775807, {number}]".encode(), "p")


@pytest.mark.parametrize("part", ["1", '"a"', "'b' ", " c"])
@pytest.mark.parametrize("line", ["{}d = 1", "[{}d]", "[[{}d]]", "a = {{{}d = 1}}"])
def test_keys_of_many_parts_are_no_toml(line: str, part: str) -> None:
    with pytest.raises(ParseError, match="p: line 2: more than 200 dots outside of strings"):
        toml.load(f"\n{line.format(f'{part}.' * 300)}".encode(), "p")


def test_dots_in_strings_are_none_of_keys() -> None:
    strings = f"""'{"." * 300}', "{"." * 300}\\"{"." * 300}" """
    assert len(items(toml.load(f"a = [{strings}]".encode(), "p")["a"])) == 2


def test_toml_dates_are_text() -> None:
    value = toml.load(b"\xef\xbb\xbfa = 2026-01-01\n[[b]]\nc = [1, true, 'x']\n", "p")
    assert value == {"a": "2026-01-01", "b": [{"c": [1, True, "x"]}]}


def test_xml_elements() -> None:
    root = xml.load(
        b'<?xml version="1.0"?>\n<p:project xmlns:p="urn:x" p:a="1">\n <p:id> b<i/>c </p:id>\n'
        b" <d><id>2</id></d>"
        b"<d/></p:project>",
        "p",
    )
    assert (root.name, root.attributes, root.first_line, root.last_line) == ("project", {"a": "1"}, 2, 4)
    assert root.text_of("id") == "bc"
    assert root.text_of("d", "id") == "2"
    assert root.text_of("no", "id") == ""
    assert len(root.all("d")) == 2
    assert [each.text for each in root.all("d", "id")] == ["2"]


@pytest.mark.parametrize(
    "declaration", [b'<!ENTITY e "x">', b'<!ENTITY e SYSTEM "file:///etc/passwd">', b'<!ENTITY % e "x">']
)
def test_xml_entities_are_refused(declaration: bytes) -> None:
    with pytest.raises(ParseError, match="entity 'e'"):
        xml.load(b"<!DOCTYPE a [" + declaration + b"]><a>&e;</a>", "p")


def test_xml_attributes_that_every_element_would_have_are_refused() -> None:
    with pytest.raises(ParseError, match="attributes of 'a', expected a document that declares none"):
        xml.load(b"<!DOCTYPE a [<!ATTLIST a b CDATA 'c'>]><a><a/></a>", "p")


def test_values_of_other_types_are_empty() -> None:
    assert (text(1), table([]), items({})) == ("", {}, [])
    assert (text("a"), table({"a": 1}), items([1])) == ("a", {"a": 1}, [1])


@pytest.mark.parametrize("unit", [b"[", b"- ", b"? ", b"{a: ", b"[["])
def test_yaml_of_any_depth_ends_in_an_error(unit: bytes) -> None:
    with pytest.raises(ParseError, match="nested without end"):  # a reader that recurses ends the process
        yaml.load(unit * 100_000, "p")


def test_yaml_parts_end_on_their_own_last_line() -> None:
    value = yaml.load(b"a:\n  b: 1\n  c:\n  - 2\n\n\nd: |\n  x\n\n  y\ne: [\n  1\n]\nf:\n", "p")
    assert [yaml.lines_of(value, key) for key in "adef"] == [((1, 4),), ((7, 10),), ((11, 13),), ((14, 14),)]


def test_yaml_aliases_mean_the_last_anchor_of_their_name() -> None:
    assert yaml.load(b"- &a [1]\n- &a [2]\n- *a\n", "p") == [["1"], ["2"], ["2"]]
    with pytest.raises(ParseError, match="alias 'gone', expected an anchor before it"):
        yaml.load(b"a: *gone", "p")


def test_open_strings_cost_no_more_than_their_length() -> None:
    assert json.relaxed(b'"\\' * 200_000) == b'"\\' * 200_000
