"""Values of CloudFormation's functions, as far as a template itself tells them.

Format: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from analyzers.checks.cloud.model import UNKNOWN, Block, Lines, Unknown, Value
from analyzers.documents import Value as Document
from analyzers.documents import items, table, text
from analyzers.documents import yaml as yaml_document
from analyzers.misconfig._cloud import snake_case

_VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")
_DEEPEST = 60
_PLAIN: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None}
"""Words of YAML, whose values are texts here."""
_NO_VALUE = "AWS::NoValue"
_SURROUNDINGS = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "stack",
    "AWS::URLSuffix": "amazonaws.com",
}
"""What a part of a text may be, of those that depend on where it is deployed: checks say the same of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What the functions of one template refer to."""

    parameters: Mapping[str, Document]
    mappings: Mapping[str, Document]
    conditions: Mapping[str, Document]
    resources: Mapping[str, Document] = field(default_factory=dict)
    _held: dict[str, bool | None] = field(default_factory=dict)

    def value(self, given: Document, lines: Lines, depth: int = 0) -> Value | None:
        """Return a value with its functions resolved; None for what is left out."""
        if depth > _DEEPEST:
            return UNKNOWN
        match given:
            case dict() if len(given) == 1 and _is_function(next(iter(given))):
                return self._called(*next(iter(given.items())), lines, depth + 1)
            case dict():
                return self.block(given, lines, depth)
            case list():
                found = (self.value(each, lines, depth + 1) for each in given)
                return tuple(each for each in found if each is not None)
            case str():
                return _PLAIN.get(given.lower(), given)
            case _:
                return given

    def block(self, given: Mapping[str, Document], lines: Lines, depth: int = 0) -> Block:
        """Return a mapping by names in snake case."""
        values: dict[str, Value] = {}
        places: dict[str, Lines] = {}
        for key, each in given.items():
            name = snake_case(key)
            places[name] = next(iter(yaml_document.lines_of(dict_of(given), key)), lines)
            value = self.value(each, places[name], depth + 1)
            if value is not None:
                values[name] = value
        return Block(values=values, lines=lines, attribute_lines=places)

    def holds(self, name: str, depth: int = 0) -> bool | None:
        """Tell whether a condition holds, None when that is not known."""
        if name not in self._held:
            self._held[name] = None  # also for one that is about itself
            self._held[name] = self._condition(self.conditions.get(name), depth + 1)
        return self._held[name]

    def _condition(self, given: Document, depth: int) -> bool | None:
        function, argument = next(iter(table(given).items()), ("", None))
        if depth > _DEEPEST:
            return None
        if function == "Condition":
            return self.holds(text(argument), depth)
        if function == "Fn::Equals":
            values = [self.value(each, (0, 0), depth) for each in items(argument)]
            known = [str(each) for each in values if isinstance(each, str | bool | int)]
            return known[0] == known[1] if len(known) == len(values) == 2 else None  # noqa: PLR2004 - a pair
        parts = [self._condition(each, depth + 1) for each in items(argument)]
        if function == "Fn::Not" and parts:
            return None if parts[0] is None else not parts[0]
        return _joined(function, parts)

    def _called(self, function: str, argument: Document, lines: Lines, depth: int) -> Value | None:
        first = text(argument) or text(next(iter(items(argument)), ""))
        match function:
            case "Ref":
                return self._reference(first)
            case "Fn::GetAtt":
                return Unknown((first.partition(".")[0],))
            case "Fn::Sub":
                return self._substituted(first)
            case _:
                return self._of_list(function, argument, lines, depth)

    def _of_list(self, function: str, argument: Document, lines: Lines, depth: int) -> Value | None:
        match function:
            case "Fn::Join":
                return self._joined(items(argument), lines, depth)
            case "Fn::If":
                return self._chosen(items(argument), lines, depth)
            case "Fn::FindInMap":
                return self._found(items(argument), lines, depth)
            case "Fn::Base64" | "Fn::ToJsonString":
                return self.value(argument, lines, depth)
            case _:
                return UNKNOWN

    def _reference(self, name: str) -> Value | None:
        if name == _NO_VALUE:
            return None
        if name in self.resources:
            return Unknown((name,))
        parameter = table(self.parameters.get(name))
        value = _literal(parameter.get("Default"))
        is_list = "List" in text(parameter.get("Type"))
        if is_list and isinstance(value, str):
            return tuple(each.strip() for each in value.split(","))
        return value

    def _substituted(self, pattern: str) -> Value:
        refers: list[str] = []

        def put(match: re.Match[str]) -> str:
            if match[1] in _SURROUNDINGS:
                return _SURROUNDINGS[match[1]]
            value = self._reference(match[1].partition(".")[0].strip())
            if isinstance(value, str | int) and "." not in match[1]:
                return str(value)
            refers.extend(value.refers if isinstance(value, Unknown) else ())
            return "\0"

        found = _VARIABLE.sub(put, pattern)
        return Unknown(tuple(refers)) if "\0" in found else found

    def _joined(self, argument: list[Document], lines: Lines, depth: int) -> Value:
        given = [_surrounding(each) for each in items(argument[1])] if len(argument) > 1 else []
        parts = self.value(given or argument[-1], lines, depth) if len(argument) > 1 else None
        known = [each for each in parts if isinstance(each, str)] if isinstance(parts, tuple) else []
        if not isinstance(parts, tuple) or len(known) < len(parts):
            return UNKNOWN
        return text(argument[0]).join(known)

    def _chosen(self, argument: list[Document], lines: Lines, depth: int) -> Value | None:
        if len(argument) != 3:  # noqa: PLR2004 - condition, value if it holds, value if not
            return UNKNOWN
        holds = self.holds(text(argument[0]), depth)
        return UNKNOWN if holds is None else self.value(argument[1 if holds else 2], lines, depth)

    def _found(self, argument: list[Document], lines: Lines, depth: int) -> Value | None:
        place: Document = dict_of(self.mappings)
        for each in argument[:3]:
            key = self.value(each, lines, depth)
            place = table(place).get(str(key)) if isinstance(key, str | int) else None
        if isinstance(place, list):
            return tuple(_literal(each) for each in place)
        return _literal(place)


def _surrounding(given: Document) -> Document:
    return _SURROUNDINGS.get(text(table(given).get("Ref")), given)


def dict_of(given: Mapping[str, Document]) -> dict[str, Document]:
    """Return a mapping as the dictionary that it is."""
    return given if isinstance(given, dict) else dict(given)


def _literal(given: Document) -> Value:
    """Return a value that cannot have functions, as those of parameters and mappings."""
    if isinstance(given, str) and given.lower() in {"true", "false"}:
        return given.lower() == "true"
    return given if isinstance(given, str | bool | int | float) else UNKNOWN


def _is_function(name: str) -> bool:
    return name == "Ref" or name.startswith("Fn::")


def _joined(function: str, parts: list[bool | None]) -> bool | None:
    """Return what "and" or "or" of conditions is, some of which may not be known."""
    decisive = {"Fn::And": False, "Fn::Or": True}.get(function)
    if decisive is None:
        return None
    if decisive in parts:
        return decisive
    return None if None in parts or not parts else not decisive
