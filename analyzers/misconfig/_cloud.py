"""What the formats that declare cloud resources share: names in snake case, and outcomes of one file."""

import re
from collections.abc import Iterator, Mapping, Sequence

from analyzers.checks.cloud.model import Cloud
from analyzers.documents import Lines
from analyzers.documents import Value as Document
from analyzers.documents import json as json_document
from analyzers.documents import yaml as yaml_document
from analyzers.inventory import Outcome, Problem

_LINES_DEPTH = 12
_ACRONYM = re.compile(r"([A-Z]+)([A-Z][a-z])")
_WORD = re.compile(r"([a-z0-9])([A-Z])")


def snake_case(name: str) -> str:
    """Return "KMSMasterKeyID" as "kms_master_key_id"."""
    return _WORD.sub(r"\1_\2", _ACRONYM.sub(r"\1_\2", name)).lower()


def lines_of(data: bytes) -> list[str]:
    """Return a file's lines, as its reports show them."""
    return data.decode("utf-8", "replace").splitlines()


def judged(cloud: Cloud, path: str, lines: Sequence[str], file_type: str) -> Iterator[Outcome | Problem]:
    """Yield what the checks say of the resources of one file."""
    from analyzers.checks.cloud import catalogue  # noqa: PLC0415 - a tenth of a second that few need

    for _, fact in catalogue.judge(cloud, {path: lines}, file_type):
        yield fact


def with_lines(value: Document, data: bytes) -> Document:
    """Return the value of a JSON document with the lines of its members, as YAML's has them."""
    return _with_lines(value, json_document.lines(data, _LINES_DEPTH), ())


def _with_lines(value: Document, lines: Mapping[tuple[str, ...], Lines], place: tuple[str, ...]) -> Document:
    if len(place) > _LINES_DEPTH:
        return value
    if isinstance(value, list):
        return [_with_lines(each, lines, (*place, str(index))) for index, each in enumerate(value)]
    if not isinstance(value, dict):
        return value
    known = yaml_document.Mapping()
    own = lines.get(place)
    for key, each in value.items():
        known[key] = _with_lines(each, lines, (*place, key))
        found = lines.get((*place, key), own)
        if found:
            known.lines[key] = found
    return known
