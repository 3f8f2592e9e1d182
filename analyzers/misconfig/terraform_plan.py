"""Plans of Terraform, as `terraform show -json` writes them.

Format: https://developer.hashicorp.com/terraform/internals/json-format
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analyzers.checks.cloud.model import UNKNOWN, Block, Cloud, Resource, Unknown, Value
from analyzers.documents import Value as Document
from analyzers.documents import items, table, text
from analyzers.documents import json as json_document
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Scanner, View
from analyzers.limits import MIB

_FILE_TYPE = "terraformplan"
_MARKS = (b'"terraform_version"', b'"planned_values"')
_INDEX = re.compile(r"\[[^\[\]]*\]")
_DEEPEST = 50
_MOST_BYTES = 64 * MIB


def parse(file: File) -> Iterator[Fact]:
    """Yield an Outcome for each check of each planned resource; nothing of other JSON.

    Raises:
        ParseError: it is no JSON, or too long.
    """
    if not all(mark in file.data for mark in _MARKS):
        return
    if len(file.data) > _MOST_BYTES:
        raise ParseError(f"{file.path}: {len(file.data)} bytes, expected a plan of {_MOST_BYTES} at most")
    plan = json_document.load(file.data, file.path)
    if isinstance(plan, dict) and "planned_values" in plan:
        # A plan has no lines of the configuration it was made of.
        from analyzers.misconfig._terraform_judged import judged  # noqa: PLC0415 - a tenth of a second

        for _, fact in judged(cloud_of(plan, file.path), {}, _FILE_TYPE):
            yield fact


def cloud_of(plan: Mapping[str, Document], path: str) -> Cloud:
    """Return the resources that will be there when a plan was applied."""
    unknowns = {}
    for each in map(table, items(plan.get("resource_changes"))):
        unknowns[text(each.get("address"))] = table(each.get("change")).get("after_unknown")
    configured = table(table(plan.get("configuration")).get("root_module"))
    reader = _Reader(path=path, unknowns=unknowns, expressions=dict(_expressions(configured, "", 0)))
    planned = table(table(plan.get("planned_values")).get("root_module"))
    read = table(table(table(plan.get("prior_state")).get("values")).get("root_module"))
    return Cloud(resources=(*reader.resources(planned, 0), *reader.resources(read, 0, mode="data")))


def _expressions(
    module: Mapping[str, Document], prefix: str, depth: int
) -> Iterator[tuple[str, dict[str, Document]]]:
    """Yield address and expressions of each configured resource, those of called modules, too."""
    for each in map(table, items(module.get("resources"))):
        yield f"{prefix}{text(each.get('address'))}", table(each.get("expressions"))
    if depth < _DEEPEST:
        for name, call in table(module.get("module_calls")).items():
            inner = table(table(call).get("module"))
            yield from _expressions(inner, f"{prefix}module.{name}.", depth + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    path: str
    unknowns: Mapping[str, Document]
    expressions: Mapping[str, dict[str, Document]]

    def resources(
        self, module: Mapping[str, Document], depth: int, *, mode: str = "managed"
    ) -> Iterator[Resource]:
        for each in map(table, items(module.get("resources"))):
            if each.get("mode", "managed") == mode:
                yield self._resource(each)
        if depth < _DEEPEST:
            for child in items(module.get("child_modules")):
                yield from self.resources(table(child), depth + 1, mode=mode)

    def _resource(self, each: Mapping[str, Document]) -> Resource:
        address, kind = text(each.get("address")), text(each.get("type"))
        block = _block(table(each.get("values")), self.unknowns.get(address), depth=0)
        expressions = self.expressions.get(_INDEX.sub("", address))
        values = {
            name: _referring(address, value, table(expressions).get(name))
            for name, value in block.values.items()
            # What is not configured, but known later, is the provider's default.
            if value != UNKNOWN or expressions is None or name in expressions
        }
        return Resource(
            kind=f"data.{kind}" if each.get("mode") == "data" else kind,
            name=address,
            file=self.path,
            attributes=Block(values=values),
        )


def _referring(address: str, value: Value, expression: Document) -> Value:
    """Return a value that is not known with the resources that the configuration takes it from."""
    match value:
        case Unknown():
            names = map(text, items(table(expression).get("references")))
            module = address[: address.rfind(".", 0, address.rfind("."))]
            prefix = f"{module}." if address.startswith("module.") else ""
            return Unknown(tuple(f"{prefix}{each}" for each in names if each))
        case Block():
            inner = table(expression)
            parts = {name: _referring(address, each, inner.get(name)) for name, each in value.values.items()}
            return Block(values=parts)
        case tuple():
            given = items(expression)
            return tuple(
                _referring(address, each, given[index] if index < len(given) else None)
                for index, each in enumerate(value)
            )
        case _:
            return value


def _block(values: Mapping[str, Document], unknown: Document, depth: int) -> Block:
    """Return values with those that are known after the change only in their places."""
    later = table(unknown)
    names = dict.fromkeys([*values, *later])
    found = {name: _value(values.get(name), later.get(name), depth + 1) for name in names}
    return Block(values={name: value for name, value in found.items() if value is not None})


def _value(value: Document, unknown: Document, depth: int) -> Value | None:
    if unknown is True or depth > _DEEPEST:
        return UNKNOWN
    match value:
        case dict():
            return _block(value, unknown, depth)
        case list():
            later = items(unknown)
            elements = (
                _value(each, later[index] if index < len(later) else None, depth + 1)
                for index, each in enumerate(value)
            )
            # A plan has an empty list for each block that is not there.
            return tuple(each for each in elements if each is not None) or None
        case None:
            return None
        case _:
            return value


ANALYZER = Analyzer(
    id="misconfig/terraform_plan",
    version=3,
    scanner=Scanner.MISCONFIG,
    views=frozenset({View.DECLARED, View.INSTALLED}),
    globs=("**/*.json",),
    parse=parse,
)
