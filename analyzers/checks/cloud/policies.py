"""Statements of access policies, from JSON text, nested values or policy documents of Terraform.

Format: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from collections.abc import Iterator, Mapping

import msgspec

from analyzers.checks.cloud.model import (
    UNKNOWN,
    Block,
    Resource,
    Subject,
    Unknown,
    Value,
    items,
    texts,
)

DOCUMENT = "data.aws_iam_policy_document"
_OTHERS = ("source_policy_documents", "override_policy_documents", "source_json", "override_json")
_DEEPEST = 10
_PARTS = ("action", "resource", "principal")


class Statement(msgspec.Struct, frozen=True):
    """One statement, as far as it is known."""

    is_allowed: bool
    """Also where that is not known, so that `unknown` has "effect"."""
    actions: tuple[str, ...]
    """Those that are named, "*" where all but some are."""
    resources: tuple[str, ...]
    """As the actions."""
    principals: tuple[str, ...]
    """As the actions; of "*" for everybody; without the kind of principal."""
    has_condition: bool
    unknown: frozenset[str] = frozenset()
    """Which of "effect", "action", "resource" and "principal" may be anything, or have more."""


def statements(subject: Subject, attribute: str) -> Iterator[Statement]:
    """Yield the statements of a policy; what is not known or cannot be read is a doubt of the subject."""
    yield from _statements(subject, attribute, subject.resource.get(attribute), 0)


def _statements(subject: Subject, attribute: str, value: Value | None, depth: int) -> Iterator[Statement]:
    match value:
        case str():
            yield from _of_json(subject, attribute, value)
        case Block():
            yield from _of_document(subject, attribute, value)
        case None:
            return
        case Unknown():
            document = subject.cloud.referred(value)
            if document is not None and document.kind == DOCUMENT and depth < _DEEPEST:
                yield from _of_terraform(subject, attribute, document, depth)
            else:
                subject.doubt(attribute)
        case _:
            subject.doubt(attribute)


def _of_json(subject: Subject, attribute: str, text: str) -> Iterator[Statement]:
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        subject.doubt(attribute)
        return
    value = _value(document)
    if isinstance(value, Block):
        yield from _of_document(subject, attribute, value)
    else:
        subject.doubt(attribute)


def parsed(text: str) -> tuple[Value, ...]:
    """Return the elements of a JSON list, one that is not known for what is none."""
    try:
        found = _value(msgspec.json.decode(text))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return (UNKNOWN,)
    return found if isinstance(found, tuple) else (UNKNOWN,)


def _value(value: object) -> Value:
    """Return a decoded part of a policy; null stands where evaluation knew nothing."""
    match value:
        case str():
            return value
        case list():
            return tuple(_value(each) for each in value)
        case dict():
            return Block(values={str(key): _value(each) for key, each in value.items()})
        case None:
            return UNKNOWN
        case _:
            return ""


def _of_document(subject: Subject, attribute: str, document: Block) -> Iterator[Statement]:
    """Yield those of a policy that is written as nested values, its keys in snake case or as they are."""
    for each in items(_lowered(document).get("statement")):
        if isinstance(each, Block):
            yield _statement(_lowered(each))
        else:
            subject.doubt(attribute)


def _lowered(block: Block) -> dict[str, Value]:
    return {key.lower().replace("_", ""): value for key, value in block.values.items()}


def _statement(parts: Mapping[str, Value]) -> Statement:
    effect = parts.get("effect")
    named = {name: _named(parts, name) for name in _PARTS}
    unknown = {name for name, value in named.items() if any(map(_may_be_all, value))}
    if isinstance(effect, Unknown):
        unknown.add("effect")
    return Statement(
        is_allowed=effect == "Allow" or isinstance(effect, Unknown),
        actions=texts(named["action"]),
        resources=texts(named["resource"]),
        principals=texts(named["principal"]),
        has_condition="condition" in parts,
        unknown=frozenset(unknown),
    )


def _named(parts: Mapping[str, Value], name: str) -> tuple[Value, ...]:
    if f"not{name}" in parts:
        return ("*",)
    return tuple(one for each in items(parts.get(name)) for one in _elements(each))


def _may_be_all(value: Value) -> bool:
    """Tell whether a name is not known, and not that of a resource."""
    return isinstance(value, Unknown) and not value.refers


def _elements(value: Value) -> Iterator[Value]:
    """Yield a value, or those of a mapping from the kind of principal."""
    if isinstance(value, Block):
        for each in value.values.values():
            yield from items(each)
    else:
        yield value


def _of_terraform(subject: Subject, attribute: str, document: Resource, depth: int) -> Iterator[Statement]:
    for each in items(document.attributes.get("statement")):
        if isinstance(each, Block):
            yield _statement(_of_block(each))
        else:
            subject.doubt(attribute)
    for name in _OTHERS:
        for other in items(document.attributes.get(name)):
            yield from _statements(subject, attribute, other, depth + 1)


def _of_block(block: Block) -> dict[str, Value]:
    """Return a statement as policies in JSON have it; Terraform's names are in the plural."""
    parts: dict[str, Value] = {"effect": "Allow"}
    for name, value in block.values.items():
        key = name.replace("_", "").removesuffix("s")
        if key in {"principal", "notprincipal"}:
            value = tuple(_identifiers(value))  # noqa: PLW2901 - the same by another shape
        parts[key] = value
    return parts


def _identifiers(value: Value) -> Iterator[Value]:
    for each in items(value):
        yield from items(each.get("identifiers") or "") if isinstance(each, Block) else (each,)
