"""docs/settings.md says what the settings are."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import TypeAdapter

from config.settings import Settings

PAGE = Path(__file__).parents[2] / "docs/settings.md"
ROW = re.compile(r"^\| `(?P<key>[a-z_.]+)` \| (?:`(?P<default>.+?)`|required) \| [^|]+ \| [A-Z`][^|]+ \|$")


def documented() -> dict[str, dict[str, str | None]]:
    sections: dict[str, dict[str, str | None]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"^## `\[+([a-z]+)\]+`$", line):
            sections[heading[1]] = {}
        elif line.startswith("| `"):
            row = ROW.match(line)
            assert row is not None, f"not a row of key, default, unit, sentence: {line}"
            sections[list(sections)[-1]][row["key"]] = row["default"]
    return sections


def keys(table: type, prefix: str = "") -> Iterator[tuple[str, Any, Field[Any]]]:
    hints = get_type_hints(table, include_extras=True)
    for entry in fields(table):
        if is_dataclass(hints[entry.name]):
            yield from keys(hints[entry.name], f"{entry.name}.")
        else:
            yield prefix + entry.name, hints[entry.name], entry


def tables() -> dict[str, type]:
    hints = get_type_hints(Settings)
    return {name: (get_args(hint) or (hint,))[0] for name, hint in hints.items() if not name.startswith("_")}


def test_every_section() -> None:
    assert list(documented()) == list(tables())


@pytest.mark.parametrize("section", tables())
def test_every_key_with_its_default(section: str) -> None:
    rows = documented()[section]
    entries = list(keys(tables()[section]))
    assert list(rows) == [key for key, _, _ in entries]
    for key, annotation, entry in entries:
        default = rows[key]
        if default is None:
            assert entry.default is MISSING, key
        else:
            value = tomllib.loads(f"x = {default}")["x"]
            assert TypeAdapter(annotation).validate_python(value) == entry.default, key
