"""Loops of CloudFormation templates, written out.

Format: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from analyzers.documents import Value as Document
from analyzers.documents import items, table, text
from analyzers.documents import yaml as yaml_document
from analyzers.errors import ParseError

_LOOP = "Fn::ForEach::"
_PLACE = re.compile(r"[$&]\{(\w+)\}")
_MOST_VALUES = 50_000
_DEEPEST = 100
Given = Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Loops:
    """Writes loops out; what they stand for is counted over a whole template."""

    path: str
    """Of the template."""
    listed: Callable[[Document], Sequence[str] | None]
    """Returns the texts that a list has, None when that is not known."""
    unknown: list[str] = field(default_factory=list)
    """Names of the loops whose lists are not known: what they make is left out."""
    _values: int = 0

    def written_out(self, value: Document) -> Document:
        """Return a value in which each loop is replaced by what it makes.

        Raises:
            ParseError: it is more than a template may have, or nested too deep.
        """
        return self._value(value, {}, 0)

    def _value(self, value: Document, given: Given, depth: int) -> Document:
        self._values += bool(given)
        if self._values > _MOST_VALUES or (given and depth > _DEEPEST):
            raise ParseError(
                f"{self.path}: Fn::ForEach makes more than {_MOST_VALUES} values or {_DEEPEST} levels"
            )
        match value:
            case list() | dict() if depth > _DEEPEST:
                return value
            case str():
                return _PLACE.sub(lambda match: given.get(match[1], match[0]), value) if given else value
            case list():
                return [self._value(each, given, depth + 1) for each in value]
            case dict() if len(value) == 1 and text(value.get("Ref")) in given:
                return given[text(value["Ref"])]
            case dict():
                return self._mapping(value, given, depth)
            case _:
                return value

    def _mapping(self, value: dict[str, Document], given: Given, depth: int) -> yaml_document.Mapping:
        found = yaml_document.Mapping()
        for key, each in value.items():
            if key.startswith(_LOOP):
                self._loop(found, key.removeprefix(_LOOP), items(each), given, depth)
            else:
                self._put(found, value, key, given, depth)
        return found

    def _put(
        self, found: yaml_document.Mapping, owner: dict[str, Document], key: str, given: Given, depth: int
    ) -> None:
        name = _PLACE.sub(lambda match: _named(match, given), key)
        found[name] = self._value(owner[key], given, depth + 1)
        if isinstance(owner, yaml_document.Mapping) and key in owner.lines:
            found.lines[name] = owner.lines[key]

    def _loop(
        self, found: yaml_document.Mapping, name: str, parts: list[Document], given: Given, depth: int
    ) -> None:
        if len(parts) != 3:  # noqa: PLR2004 - identifier, list, what is repeated
            self.unknown.append(name)
            return
        listed = self.listed(self._value(parts[1], given, depth + 1))
        if listed is None:
            self.unknown.append(name)
            return
        fragment = table(parts[2])
        for each in listed:
            inner = {**given, text(parts[0]): each}
            for key, value in fragment.items():
                if key.startswith(_LOOP):
                    self._loop(found, key.removeprefix(_LOOP), items(value), inner, depth + 1)
                else:
                    self._put(found, fragment, key, inner, depth)


def _named(match: re.Match[str], given: Given) -> str:
    """Return what stands in a name; "&{…}" leaves out what names must not have."""
    value = given.get(match[1])
    if value is None:
        return match[0]
    return re.sub(r"[^A-Za-z0-9]", "", value) if match[0].startswith("&") else value
