"""Statements of access policies, from JSON text, nested values or policy documents of Terraform.

Format: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from collections.abc import Iterator

import msgspec

from analyzers.checks.cloud.model import Block, Cloud, Unknown, Value, items, texts

DOCUMENT = "data.aws_iam_policy_document"


class Statement(msgspec.Struct, frozen=True):
    """One statement, as far as it is known."""

    is_allowed: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[str, ...]
    """Of "*" for everybody; without the kind of principal."""
    has_condition: bool


def statements(cloud: Cloud, value: Value | None) -> Iterator[Statement]:
    """Yield the statements of a policy; nothing of what is not known or cannot be read."""
    match value:
        case str():
            yield from _of_json(value)
        case Block():
            yield from _of_document(value)
        case Unknown():
            document = cloud.referred(value)
            if document is not None and document.kind == DOCUMENT:
                yield from map(_of_terraform, document.attributes.blocks("statement"))
        case _:
            return


def _of_json(text: str) -> Iterator[Statement]:
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return
    found = document.get("Statement") if isinstance(document, dict) else None
    for each in found if isinstance(found, list) else [found]:
        if isinstance(each, dict):
            yield _statement({str(key).lower(): _value(one) for key, one in each.items()})


def _value(value: object) -> Value:
    """Return a decoded part of a policy; objects are only asked for their values."""
    match value:
        case str():
            return value
        case list():
            return tuple(_value(each) for each in value if isinstance(each, str))
        case dict():
            return Block(values={str(key): _value(each) for key, each in value.items()})
        case _:
            return ""


def _of_document(document: Block) -> Iterator[Statement]:
    """Yield those of a policy that is written as nested values, its keys in snake case or as they are."""
    lowered = {key.lower(): value for key, value in document.values.items()}
    for each in items(lowered.get("statement")):
        if isinstance(each, Block):
            yield _statement({key.lower(): value for key, value in each.values.items()})


def _statement(parts: dict[str, Value]) -> Statement:
    return Statement(
        is_allowed=parts.get("effect") == "Allow",
        actions=texts(parts.get("action")),
        resources=texts(parts.get("resource")),
        principals=tuple(_principals(parts.get("principal"))),
        has_condition="condition" in parts,
    )


def _principals(value: Value | None) -> Iterator[str]:
    if isinstance(value, Block):
        for each in value.values.values():
            yield from texts(each)
    else:
        yield from texts(value)


def _of_terraform(block: Block) -> Statement:
    principals = (texts(each.get("identifiers")) for each in block.blocks("principals"))
    return Statement(
        is_allowed=block.get("effect") in (None, "Allow"),
        actions=texts(block.get("actions")),
        resources=texts(block.get("resources")),
        principals=tuple(name for names in principals for name in names),
        has_condition=block.get("condition") is not None,
    )
