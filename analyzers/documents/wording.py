"""What messages say of documents: where they break off, and what stands where something else belongs."""

import json
import re
from collections.abc import Mapping, Sequence

_BEGINNING = 32
"""Bytes of a file's first line that are shown."""
_TEXT = re.compile(r"[\w -~\t\r\n]+")
_PLACED = re.compile(r"(?s)(?P<problem>.*) \(at (?P<place>[^()]*)\)")
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (type(None), "empty"),
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "text"),
    (bytes, "bytes"),
    (Mapping, "a mapping"),
    (Sequence, "a list"),
)
_MSGSPEC_PLACE = re.compile(r"(?s)(?P<problem>.*) - at (?:`key` in )?`\$\.?(?P<place>.*)`")
_MSGSPEC_BYTE = re.compile(r"JSON is malformed: (?P<problem>.*) \(byte (?P<byte>\d+)\)")
_MSGSPEC_WORDS = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "null": "null",
    "object": "an object",
    "str": "text",
}
_MSGSPEC_TYPE = rf"(?:{'|'.join(_MSGSPEC_WORDS)})"
_MSGSPEC_TYPES = re.compile(rf"`({_MSGSPEC_TYPE}(?: \| {_MSGSPEC_TYPE})*)`")
_TOO_LONG = "Exceeds the limit"
"""Begins what Python says of numbers that it refuses to read; the rest is advice to programmers."""


def kind_of(value: object) -> str:
    """Return what a document's value is, in words such as "empty", "text", "a number", "a list"."""
    if value == "":  # as nothing is read from YAML, whose scalars are kept as text
        return "empty"
    return next((word for types, word in _KINDS if isinstance(value, types)), "a value of another kind")


def shown(data: bytes) -> str:
    """Return a few bytes for a message: 'text' in quotes, or else "bytes 7f 45 4c 46"; "nothing" for none."""
    if not data:
        return "nothing"
    try:
        text = data.decode().rstrip("\0")
    except UnicodeDecodeError as error:
        # cut within a letter, the text before it is still one
        text = data[: error.start].decode() if error.reason == "unexpected end of data" else ""
    return repr(text) if text and _TEXT.fullmatch(text) else f"bytes {data.hex(' ')}"


def beginning(data: bytes) -> str:
    """Return how a file begins, for a message: "begins with 'root:x…'", or "empty" when it has but blanks."""
    whole = data.strip()
    start = whole.partition(b"\n")[0][:_BEGINNING]
    said = shown(start)
    if len(start) < len(whole):
        said = f"{said[:-1]}…{said[-1]}" if said.endswith(("'", '"')) else f"{said} …"
    return f"begins with {said}" if whole else "empty"


def json_problem(error: ValueError | RecursionError) -> str:
    """Return why `json.loads` failed: "line 1, column 5: expecting value"; "empty" without any text."""
    if not isinstance(error, json.JSONDecodeError):
        return _plain_problem(error)
    if not error.doc.strip():
        return "empty"
    problem = error.msg.removesuffix(" at").removesuffix(" starting")
    return f"line {error.lineno}, column {error.colno}: {_lower(problem)}"


def decoding_problem(error: Exception) -> str:
    """Return why msgspec failed to decode or convert, place first: "a[0].id: expected text, got a number"."""
    import msgspec  # noqa: PLC0415 - whoever has such an error has it loaded

    if not isinstance(error, msgspec.MsgspecError):
        return _plain_problem(error)
    match = _MSGSPEC_PLACE.fullmatch(str(error))
    problem, place = (match["problem"], match["place"]) if match else (str(error), "")
    if malformed := _MSGSPEC_BYTE.fullmatch(problem):
        problem, place = malformed["problem"], f"byte {malformed['byte']}"
    return f"{place and f'{place}: '}{in_words(problem)}"


def in_words(problem: str) -> str:
    """Return what msgspec says with "text" for "`str`" and the like."""
    return _lower(_MSGSPEC_TYPES.sub(_type_words, problem))


def _type_words(match: re.Match[str]) -> str:
    return " or ".join(_MSGSPEC_WORDS[each] for each in match[1].split(" | "))


def toml_problem(error: ValueError | RecursionError) -> str:
    """Return why `tomllib.loads` failed, or the decoding before it, place first as in `json_problem`."""
    match = _PLACED.fullmatch(str(error))
    return f"{match['place']}: {_lower(match['problem'])}" if match else _plain_problem(error)


def xml_problem(error: Exception) -> str:
    """Return why expat failed, place first."""
    from xml.parsers import expat  # noqa: PLC0415 - as below

    if not isinstance(error, expat.ExpatError):
        return _plain_problem(error)
    return f"line {error.lineno}, column {error.offset + 1}: {expat.ErrorString(error.code)}"


def yaml_problem(error: Exception) -> str:
    """Return why a YAML library's reader failed: "line 4, column 5: did not find expected ',' or '}'"."""
    import yaml  # noqa: PLC0415 - whoever has such an error has it loaded

    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    if isinstance(error, yaml.reader.ReaderError):
        return f"byte {error.position}: {error.reason}"
    if isinstance(error, yaml.YAMLError):
        return " ".join(str(error).split())
    return _plain_problem(error)


def _plain_problem(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    if isinstance(error, RecursionError):
        return "nested too deep"
    text = " ".join(str(error).split())
    return "a number of too many digits" if text.startswith(_TOO_LONG) else _lower(text)


def _lower(text: str) -> str:
    is_word = not text[1:2].isupper()  # "JSON" keeps its capital
    return text[:1].lower() + text[1:] if is_word else text
