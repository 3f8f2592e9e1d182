"""Documents of a file with Kubernetes objects, YAML or JSON, with the lines of their parts.

References: https://kubernetes.io/docs/concepts/overview/working-with-objects/, https://yaml.org/spec/1.1/,
https://yaml.org/type/merge.html
"""

import codecs
import re
from collections.abc import Iterator

from analyzers.documents import Lines, Value, json, yaml
from analyzers.errors import ParseError

_Places = dict[tuple[str, ...], Lines]
_DEEPEST = 200
_JSON_DEPTH = 14
"""Levels whose lines are told: a container of a cron job in a list is at 11."""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_API_VERSION = rb"""^[-"' \t{[,]*apiVersion["']?\s*:"""
_KIND = rb"""^[-"' \t{[,]*kind["']?\s*:"""
_STATED = tuple(re.compile(name, re.MULTILINE) for name in (_API_VERSION, _KIND))
_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # as YAML 1.1 counts lines


def in_utf8(data: bytes) -> bytes:
    """Return a document as UTF-8: shells of Windows write redirected output as UTF-16."""
    return data.decode("utf-16", "replace").encode() if data.startswith(_UTF16) else data


def may_have_objects(data: bytes) -> bool:
    """Tell whether bytes name an apiVersion and a kind anywhere; quick, as nearly all files do not."""
    return b"apiVersion" in data and b"kind" in data


def states_an_object(data: bytes) -> bool:
    """Tell whether a document that cannot be read has lines that make it an object."""
    return all(name.search(data) for name in _STATED)


def source_lines(data: bytes) -> list[str]:
    """Return a file's lines without their ends, counted as YAML does."""
    return _LINE_END.split(data.decode("utf-8", "replace"))


def documents(data: bytes, path: str) -> Iterator[Value]:
    """Yield the documents of a file in UTF-8.

    Raises:
        ParseError: it is not what its extension says; what was before the error has been yielded.
    """
    if path.endswith(".json"):
        yield _with_lines(
            json.load(data, path), json.lines(data, _JSON_DEPTH), (), (1, data.count(b"\n") + 1)
        )
        return
    for value in yaml.load_all(data, path):
        if b"{{" in data and (line := _action_line(value)):
            raise ParseError(f"{path}: line {line}: a template's action, expected YAML")
        yield _merged(value, {}) if b"<<" in data else value


def _action_line(document: Value) -> int:
    """Return the line of the first "{{ … }}" that stands for a value, 0 when there is none.

    YAML takes it for a mapping whose key is a mapping; the reader calls such a key "?".
    """
    pending, seen = [document], set[int]()
    while pending:
        value = pending.pop()
        if not isinstance(value, list | dict) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, yaml.Mapping) and "?" in value:
            return value.lines["?"][0]
        pending.extend(reversed(value if isinstance(value, list) else [*value.values()]))
    return 0


def _with_lines(value: Value, lines: _Places, place: tuple[str, ...], own: Lines) -> Value:
    """Return a JSON value whose objects know their members' lines; scalars have those of their object."""
    if len(place) > _DEEPEST:
        raise ParseError(f"nested without end, expected at most {_DEEPEST} levels")
    own = lines.get(place, own)
    if isinstance(value, list):
        return [_with_lines(each, lines, (*place, str(number)), own) for number, each in enumerate(value)]
    if not isinstance(value, dict):
        return value
    built = yaml.Mapping()
    for key, each in value.items():
        built[key] = _with_lines(each, lines, (*place, key), own)
        built.lines[key] = lines.get((*place, key), own)
    return built


def _merged(value: Value, done: dict[int, Value]) -> Value:
    """Return a value whose "<<" keys are replaced by what they stand for; aliases are done once."""
    if not isinstance(value, list | dict):
        return value
    if id(value) not in done:
        done[id(value)] = _merged_part(value, done)
    return done[id(value)]


def _merged_part(value: list[Value] | dict[str, Value], done: dict[int, Value]) -> Value:
    if isinstance(value, list):
        return [_merged(each, done) for each in value]
    built = yaml.Mapping()
    named = value.get("<<")
    for source in (*(reversed(named) if isinstance(named, list) else (named,)), value):
        if not isinstance(source, yaml.Mapping):
            continue
        for key, each in source.items():
            if key != "<<":
                built[key] = _merged(each, done)
                built.lines[key] = source.lines[key] if source is value else _place(value, source, key)
    return built


def _place(value: dict[str, Value], source: yaml.Mapping, key: str) -> Lines:
    """Return where a merged key stands: at the "<<" that brings it."""
    return value.lines["<<"] if isinstance(value, yaml.Mapping) else source.lines[key]
