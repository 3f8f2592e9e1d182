"""Values of expressions in templates of the Azure Resource Manager, as far as a template tells them.

Format: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from analyzers.checks.cloud.model import UNKNOWN, Block, Lines, Value
from analyzers.documents import Value as Document
from analyzers.documents import table
from analyzers.documents import yaml as yaml_document
from analyzers.misconfig._cloud import snake_case

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d{1,15})|(?P<name>[A-Za-z_]\w*)|(?P<sign>.))"
)
_DEEPEST = 60
_LONGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What the expressions of one template refer to."""

    parameters: Mapping[str, Document]
    variables: Mapping[str, Document]
    _known: dict[str, Value] = field(default_factory=dict)

    def value(self, given: Document, lines: Lines, depth: int = 0) -> Value | None:
        """Return a value with its expressions evaluated; None for null."""
        if depth > _DEEPEST:
            return UNKNOWN
        match given:
            case str():
                return self.text(given)
            case dict():
                return self.block(given, lines, depth)
            case list():
                found = (self.value(each, lines, depth + 1) for each in given)
                return tuple(each for each in found if each is not None)
            case _:
                return given

    def block(self, given: dict[str, Document], lines: Lines, depth: int = 0) -> Block:
        """Return an object by names in snake case; what is in its "properties" counts as its own."""
        values: dict[str, Value] = {}
        places: dict[str, Lines] = {}
        for owner in (given, table(given.get("properties"))):
            for key, each in owner.items():
                name = snake_case(key)
                places[name] = next(iter(yaml_document.lines_of(owner, key)), lines)
                value = None if key == "properties" else self.value(each, places[name], depth + 1)
                if value is not None:
                    values[name] = value
        return Block(values=values, lines=lines, attribute_lines=places)

    def text(self, given: str) -> Value:
        """Return what a string stands for."""
        if not given.startswith("[") or not given.endswith("]"):
            return given
        if given.startswith("[["):
            return given[1:]
        if len(given) > _LONGEST:
            return UNKNOWN
        return _Expression(self, given[1:-1]).value()

    def named(self, function: str, name: str) -> Value:
        """Return a parameter's default or a variable, each evaluated once."""
        key = f"{function}.{name}"
        if key not in self._known:
            self._known[key] = UNKNOWN  # also for one that is about itself
            given = self.variables.get(name)
            if function == "parameters":
                given = table(self.parameters.get(name)).get("defaultValue")
            value = self.value(given, (0, 0), 1)
            self._known[key] = UNKNOWN if value is None else value
        return self._known[key]


class _Expression:
    """Reads one expression; what it does not know makes the whole unknown."""

    def __init__(self, template: Template, source: str) -> None:
        self._template = template
        self._tokens = list(_tokens(source))
        self._place = 0

    def value(self) -> Value:
        found = self._operand(0)
        return found if self._place == len(self._tokens) else UNKNOWN

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._place] if self._place < len(self._tokens) else ("", "")
        self._place += 1
        return token

    def _operand(self, depth: int) -> Value:
        kind, word = self._next()
        if kind == "text":
            return word[1:-1].replace("''", "'")
        if kind == "number":
            return int(word)
        if kind != "name" or self._next() != ("sign", "(") or depth > _DEEPEST:
            return UNKNOWN
        return self._called(word.lower(), list(self._arguments(depth)))

    def _arguments(self, depth: int) -> Iterator[Value]:
        if self._place < len(self._tokens) and self._tokens[self._place] == ("sign", ")"):
            self._place += 1
            return
        while True:
            yield self._operand(depth + 1)
            if self._next() != ("sign", ","):
                return

    def _called(self, function: str, arguments: list[Value]) -> Value:
        match function, arguments:
            case (("true" | "false"), []):
                return function == "true"
            case (("parameters" | "variables"), [str(name)]):
                return self._template.named(function, name)
            case (("tolower" | "toupper"), [str(word)]):
                return word.lower() if function == "tolower" else word.upper()
            case "concat", _ if all(isinstance(each, str | int) for each in arguments):
                return "".join(map(str, arguments))[:_LONGEST]
            case _:
                return UNKNOWN


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(source.strip()):
        if match.lastgroup:
            yield match.lastgroup, match[match.lastgroup]
