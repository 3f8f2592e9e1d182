"""Templates of the Azure Resource Manager.

Format: https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from analyzers.checks.cloud.model import Block, Cloud, Lines, Resource, Value
from analyzers.documents import Value as Document
from analyzers.documents import items, table, text
from analyzers.documents import json as json_document
from analyzers.documents import yaml as yaml_document
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Problem, Scanner, View
from analyzers.limits import MIB
from analyzers.misconfig._arm_expressions import Template
from analyzers.misconfig._arm_types import SHAPES
from analyzers.misconfig._cloud import judged, lines_of, with_lines

_FILE_TYPE = "azure-arm"
_DEEPEST = 10
_MOST_RESOURCES = 5000
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
        reader = _Reader(path=file.path)
        functions = Template(
            parameters=table(template.get("parameters")), variables=table(template.get("variables"))
        )
        cloud = Cloud(resources=tuple(reader.listed(template, functions, "", "", 0)))
        yield from (Problem(file.path, f"{file.path}: {each}") for each in dict.fromkeys(reader.unread))
        yield from judged(cloud, file.path, lines_of(file.data), _FILE_TYPE)


@dataclass(slots=True, kw_only=True)
class _Reader:
    path: str
    unread: list[str] = field(default_factory=list)
    """Why there may be more resources, in a sentence each."""
    _made: int = 0

    def listed(
        self, owner: Mapping[str, Document], functions: Template, kind: str, name: str, depth: int
    ) -> Iterator[Resource]:
        """Yield the resources in a template, or in another resource, whose type and name go before theirs."""
        given = owner.get("resources")
        found = given.values() if isinstance(given, dict) else items(given)
        if found and depth > _DEEPEST:
            self.unread.append(f"{name}: nested deeper than {_DEEPEST} levels, what is in it is not judged")
            return
        for each in found:
            if isinstance(each, dict) and each.get("existing") is not True:
                for turn in self._turns(each, functions):
                    yield from self._resource(each, turn, kind, name, depth)

    def _turns(self, each: Mapping[str, Document], functions: Template) -> Iterator[Template]:
        """Yield the template as seen from each turn of a resource's loop, or as it is, without one.

        Format: https://learn.microsoft.com/azure/azure-resource-manager/templates/copy-resources
        """
        loop = table(each.get("copy"))
        if functions.value(each.get("condition"), (0, 0)) is False:
            return
        turns = functions.turns(loop) if loop else [functions]
        if turns is None or self._made + len(turns) > _MOST_RESOURCES:
            name = text(each.get("name"))
            self.unread.append(f"{name!r:.100}: how often it is made is not known, it is judged once")
            turns = [functions]
        self._made += len(turns)
        yield from turns

    def _resource(
        self, each: dict[str, Document], functions: Template, outer_kind: str, outer_name: str, depth: int
    ) -> Iterator[Resource]:
        kind, name = text(each.get("type")).lower(), _shown(functions.value(each.get("name"), (0, 0)), each)
        if outer_kind and not kind.startswith("microsoft."):
            kind, name = f"{outer_kind}/{kind}", f"{outer_name}/{name}"
        if kind in SHAPES:
            shape = SHAPES[kind]
            block = functions.block({key: one for key, one in each.items() if key != "copy"}, _lines(each))
            attributes = shape.shaped(_named(block, name))
            yield Resource(kind=shape.kind, name=name, file=self.path, attributes=attributes)
        if kind == _DEPLOYMENT:
            yield from self._deployed(table(each.get("properties")), functions, name, depth)
        yield from self.listed(each, functions, kind, name, depth + 1)

    def _deployed(
        self, properties: Mapping[str, Document], functions: Template, name: str, depth: int
    ) -> Iterator[Resource]:
        """Yield what a nested template makes; its expressions are the outer one's, unless it says otherwise.

        Format: https://learn.microsoft.com/azure/azure-resource-manager/templates/linked-templates
        """
        inner = table(properties.get("template"))
        if not inner and "relativePath" not in table(properties.get("templateLink")):
            self.unread.append(
                f"{name}: its template is not among the files, so its resources are not judged"
            )
        options = table(properties.get("expressionEvaluationOptions"))
        if text(options.get("scope")).lower() == "inner":
            given = table(properties.get("parameters"))
            values = {key: functions.value(table(one).get("value"), (0, 0)) for key, one in given.items()}
            functions = functions.nested(
                table(inner.get("parameters")), table(inner.get("variables")), values
            )
        yield from self.listed(inner, functions, "", "", depth + 1)


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
