"""Values of expressions in templates of the Azure Resource Manager, as far as a template tells them.

Format: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from analyzers.checks.cloud.model import UNKNOWN, Block, Lines, Unknown, Value
from analyzers.documents import Value as Document
from analyzers.documents import items, table, text
from analyzers.documents import yaml as yaml_document
from analyzers.misconfig._arm_functions import call
from analyzers.misconfig._cloud import snake_case

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d{1,15})|(?P<name>[A-Za-z_]\w*)|(?P<sign>.))"
)
_DEEPEST = 60
_LONGEST = 4096
_MOST_TURNS = 800
"""Of a loop, as the manager itself has it."""
_MOST_TURNS_IN_ALL = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What the expressions of one template refer to."""

    parameters: Mapping[str, Document]
    variables: Mapping[str, Document]
    given: Mapping[str, Value] = field(default_factory=dict)
    """Parameters as the deployment of a nested template has them."""
    indexes: Mapping[str, int] = field(default_factory=dict)
    """Of the loops around, by their names; that of the innermost one also by ""."""
    _known: dict[str, Value] = field(default_factory=dict)
    _spent: list[int] = field(default_factory=lambda: [0])
    """Turns of all loops so far, those of nested templates, too."""

    def nested(
        self,
        parameters: Mapping[str, Document],
        variables: Mapping[str, Document],
        given: Mapping[str, Value | None],
    ) -> "Template":
        """Return a template that this one deploys, with expressions of its own."""
        known = {key: _or_unknown(value) for key, value in given.items()}
        return Template(parameters=parameters, variables=variables, given=known, _spent=self._spent)

    def within(self, loop: str, index: int) -> "Template":
        """Return the template as seen from one turn of a loop."""
        return replace(self, indexes={**self.indexes, loop: index, "": index})

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
                place = next(iter(yaml_document.lines_of(owner, key)), lines)
                if key == "copy" and isinstance(each, list):
                    self._loops(each, place, depth + 1, values, places)
                    continue
                value = None if key == "properties" else self.value(each, place, depth + 1)
                places[name] = place
                if value is not None:
                    values[name] = value
        return Block(values=values, lines=lines, attribute_lines=places)

    def _loops(
        self,
        loops: list[Document],
        lines: Lines,
        depth: int,
        values: dict[str, Value],
        places: dict[str, Lines],
    ) -> None:
        """Put what the loops of an object make where they say.

        Format: https://learn.microsoft.com/azure/azure-resource-manager/templates/copy-properties
        """
        for loop in map(table, loops):
            name = text(loop.get("name"))
            turns = self.turns(loop)
            places[snake_case(name)] = lines
            if turns is None:
                values[snake_case(name)] = UNKNOWN
                continue
            found = (each.value(loop.get("input"), lines, depth) for each in turns)
            values[snake_case(name)] = tuple(each for each in found if each is not None)

    def turns(self, loop: Mapping[str, Document]) -> list["Template"] | None:
        """Return the template as seen from each turn of a loop, None when their number is not known."""
        count = self.value(loop.get("count"), (0, 0))
        if not isinstance(count, int) or not 0 <= count <= _MOST_TURNS:
            return None
        self._spent[0] += count
        if self._spent[0] > _MOST_TURNS_IN_ALL:
            return None
        return [self.within(text(loop.get("name")).lower(), index) for index in range(count)]

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
        """Return a parameter's value or a variable, each evaluated once."""
        key = f"{function}.{name}"
        if key not in self._known:
            self._known[key] = UNKNOWN  # also for one that is about itself
            self._known[key] = self._evaluated(function, name)
        return self._known[key]

    def _evaluated(self, function: str, name: str) -> Value:
        if function == "parameters":
            if name in self.given:
                return self.given[name]
            return _or_unknown(self.value(table(self.parameters.get(name)).get("defaultValue"), (0, 0), 1))
        for loop in map(table, items(self.variables.get("copy"))):
            if loop.get("name") == name:
                turns = self.turns(loop)
                found = [each.value(loop.get("input"), (0, 0), 1) for each in turns or ()]
                return UNKNOWN if turns is None else tuple(map(_or_unknown, found))
        return _or_unknown(self.value(self.variables.get(name), (0, 0), 1))


def _or_unknown(value: Value | None) -> Value:
    return UNKNOWN if value is None else value


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

    def _takes(self, sign: str) -> bool:
        """Take a sign if it is the next one."""
        is_next = self._place < len(self._tokens) and self._tokens[self._place] == ("sign", sign)
        self._place += is_next
        return is_next

    def _operand(self, depth: int) -> Value:
        kind, word = self._next()
        if kind == "text":
            return word[1:-1].replace("''", "'")
        if kind == "number":
            return int(word)
        if kind != "name" or self._next() != ("sign", "(") or depth > _DEEPEST:
            return UNKNOWN
        found = self._called(word.lower(), list(self._arguments(depth)))
        return self._part(found, depth)

    def _called(self, function: str, arguments: list[Value]) -> Value:
        match function, arguments:
            case (("parameters" | "variables"), [str(name)]):
                return self._template.named(function, name)
            case "copyindex", _:
                return _index(self._template, arguments)
            case _:
                return call(function, arguments)

    def _part(self, value: Value, depth: int) -> Value:
        """Return what is picked out of a value: ".name", "[index]"."""
        while True:
            if self._takes("."):
                value = _member(value, snake_case(self._next()[1]))
            elif self._takes("["):
                value = _member(value, self._operand(depth + 1))
                if not self._takes("]"):
                    return UNKNOWN
            else:
                return value

    def _arguments(self, depth: int) -> Iterator[Value]:
        if self._takes(")"):
            return
        while True:
            yield self._operand(depth + 1)
            if self._next() != ("sign", ","):
                return


def _member(value: Value, key: Value) -> Value:
    match value, key:
        case Block(), str():
            return _or_unknown(value.get(snake_case(key)))
        case tuple(), int() if 0 <= key < len(value):
            return value[key]
        case _:
            return UNKNOWN


def _index(template: Template, arguments: list[Value]) -> Value:
    """Return "copyIndex('name', offset)", both of which may be left out."""
    name = next((each.lower() for each in arguments if isinstance(each, str)), "")
    offset = next((each for each in arguments if isinstance(each, int)), 0)
    index = template.indexes.get(name)
    is_known = index is not None and not any(isinstance(each, Unknown) for each in arguments)
    return index + offset if is_known and index is not None else UNKNOWN


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(source.strip()):
        if match.lastgroup:
            yield match.lastgroup, match[match.lastgroup]
