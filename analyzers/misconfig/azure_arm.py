"""Templates of the Azure Resource Manager.

Format: https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from analyzers.checks.cloud.model import Block, Cloud, Lines, Resource, Value
from analyzers.documents import Value as Document
from analyzers.documents import items, table, text
from analyzers.documents import json as json_document
from analyzers.documents import yaml as yaml_document
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Scanner, View
from analyzers.limits import MIB
from analyzers.misconfig._arm_expressions import Template
from analyzers.misconfig._arm_types import SHAPES
from analyzers.misconfig._cloud import judged, lines_of, with_lines

_FILE_TYPE = "azure-arm"
_DEEPEST = 10
_MOST_BYTES = 8 * MIB
_DEPLOYMENT = "microsoft.resources/deployments"
_SCHEMA = "deploymenttemplate.json"


def parse(file: File) -> Iterator[Fact]:
    """Yield an Outcome for each check of each resource; nothing of other JSON.

    Raises:
        ParseError: it is a template by its schema, but no JSON, or too long.
    """
    if b"eploymentTemplate.json" not in file.data or b"$schema" not in file.data:
        return
    if len(file.data) > _MOST_BYTES:
        raise ParseError(f"{file.path}: {len(file.data)} bytes, expected a template of {_MOST_BYTES} at most")
    data = json_document.relaxed(file.data)
    template = table(with_lines(json_document.load(data, file.path), data))
    if _SCHEMA in text(template.get("$schema")).lower():
        cloud = Cloud(resources=tuple(_resources(template, file.path, 0)))
        yield from judged(cloud, file.path, lines_of(file.data), _FILE_TYPE)


def _resources(template: Mapping[str, Document], path: str, depth: int) -> Iterator[Resource]:
    """Yield the resources of a template, and of those that it deploys in turn."""
    reader = _Reader(
        path=path,
        depth=depth,
        functions=Template(
            parameters=table(template.get("parameters")), variables=table(template.get("variables"))
        ),
    )
    yield from reader.listed(template, "", "", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    path: str
    depth: int
    functions: Template

    def listed(self, owner: Mapping[str, Document], kind: str, name: str, depth: int) -> Iterator[Resource]:
        """Yield the resources in a template, or in another resource, whose type and name go before theirs."""
        given = owner.get("resources")
        for each in given.values() if isinstance(given, dict) else items(given):
            if isinstance(each, dict) and depth <= _DEEPEST:
                yield from self._resource(each, kind, name, depth)

    def _resource(
        self, each: dict[str, Document], outer_kind: str, outer_name: str, depth: int
    ) -> Iterator[Resource]:
        block = self.functions.block(each, _lines(each))
        kind, name = text(each.get("type")).lower(), _shown(block.get("name"), each)
        if outer_kind and not kind.startswith("microsoft."):
            kind, name = f"{outer_kind}/{kind}", f"{outer_name}/{name}"
        if kind in SHAPES:
            shape = SHAPES[kind]
            attributes = shape.shaped(_named(block, name))
            yield Resource(kind=shape.kind, name=name, file=self.path, attributes=attributes)
        if kind == _DEPLOYMENT and self.depth < _DEEPEST:
            inner = table(table(each.get("properties")).get("template"))
            yield from _resources(inner, self.path, self.depth + 1)
        yield from self.listed(each, kind, name, depth + 1)


def _shown(name: Value | None, each: Mapping[str, Document]) -> str:
    """Return a resource's name, as it is written where it is not known."""
    return name if isinstance(name, str) else text(each.get("name"))


def _named(block: Block, name: str) -> Block:
    """Return a child with the last part of its name, and the server that it belongs to."""
    server, _, own = name.rpartition("/")
    if not server:
        return block
    values: dict[str, Value] = {**block.values, "name": own, "server_id": server}
    return replace(block, values=values)


def _lines(each: Mapping[str, Document]) -> Lines:
    """Return where an object of a list stands: its members' lines, without its braces."""
    known = each.lines.values() if isinstance(each, yaml_document.Mapping) else ()
    return min((first for first, _ in known), default=0), max((last for _, last in known), default=0)


ANALYZER = Analyzer(
    id="misconfig/azure_arm",
    version=2,
    scanner=Scanner.MISCONFIG,
    views=frozenset({View.DECLARED, View.INSTALLED}),
    globs=("**/*.json",),
    parse=parse,
)
