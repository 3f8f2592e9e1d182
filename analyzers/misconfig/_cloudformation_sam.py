"""Resources of the Serverless Application Model, as far as they are not written down.

Format: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html
"""

from collections.abc import Iterator, Mapping

from analyzers.checks.cloud.model import Block, items
from analyzers.documents import Value as Document
from analyzers.documents import table, text
from analyzers.documents import yaml as yaml_document

_PREFIX = "AWS::Serverless::"
_SILENT = frozenset({"LayerVersion", "Connector", "GraphQLApi", "CapacityProvider"})
"""Types of which no check knows anything."""
_DEEPEST = 20


def is_unknown(kind: str) -> bool:
    """Tell whether a type is of the model, but none that is known here."""
    known = {"Function", "Api", "HttpApi", "SimpleTable", "StateMachine", "Application", *_SILENT}
    return kind.startswith(_PREFIX) and kind.removeprefix(_PREFIX) not in known


def with_globals(template: Mapping[str, Document], kind: str, own: dict[str, Document]) -> Document:
    """Return a resource's properties with those that the template has for all of its type."""
    shared = table(table(template.get("Globals")).get(kind.removeprefix(_PREFIX)))
    return _merged(shared, own, 0) if kind.startswith(_PREFIX) and shared else own


def _merged(shared: Document, own: Document, depth: int) -> Document:
    if isinstance(shared, list) and isinstance(own, list):
        return [*shared, *own]
    if not isinstance(shared, dict) or not isinstance(own, dict) or depth > _DEEPEST:
        return own
    found = yaml_document.Mapping()
    for owner in (shared, own):
        for key, each in owner.items():
            found[key] = _merged(found[key], each, depth + 1) if key in found else each
            if isinstance(owner, yaml_document.Mapping) and key in owner.lines:
                found.lines[key] = owner.lines[key]
    return found


def implied(resources: Mapping[str, Document]) -> Iterator[tuple[str, str]]:
    """Yield name and type of each API that is made because a function has an event of one."""
    names = {"Api": ("ServerlessRestApi", "RestApiId"), "HttpApi": ("ServerlessHttpApi", "ApiId")}
    found: dict[str, str] = {}
    for resource in map(table, resources.values()):
        if text(resource.get("Type")) == f"{_PREFIX}Function":
            for event in map(table, table(table(resource.get("Properties")).get("Events")).values()):
                kind = text(event.get("Type"))
                name, reference = names.get(kind, ("", ""))
                if name and reference not in table(event.get("Properties")):
                    found[name] = f"{_PREFIX}{kind}"
    yield from found.items()


def policies(kind: str, block: Block) -> Iterator[Block]:
    """Yield the policies that stand in a function or state machine, in whose role they become."""
    if kind in {f"{_PREFIX}Function", f"{_PREFIX}StateMachine"}:
        for each in items(block.get("policies")):
            if isinstance(each, Block) and each.get("statement") is not None:
                yield each
