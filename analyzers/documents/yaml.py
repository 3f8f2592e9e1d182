"""YAML documents, with every scalar as the text that it is.

Lock files quote or do not quote their versions; "1.10" is a version, never a number, and "no" a name.

Format: https://yaml.org/spec/1.1/
"""

from collections.abc import Iterator

from analyzers.documents import Lines, Value
from analyzers.errors import ParseError


class Mapping(dict[str, Value]):
    """A mapping that knows on which lines each of its keys' values stand."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, Lines] = {}


def load(data: bytes, path: str) -> Value:
    """Return the only document's value, None for an empty one: scalars are text, mappings are Mappings.

    Raises:
        ParseError: it is no YAML, holds itself, or is nested too deeply.
    """
    documents = list(load_all(data, path))
    if len(documents) > 1:
        raise ParseError(f"{path}: {len(documents)} documents, expected one")
    return documents[0] if documents else None


def load_all(data: bytes, path: str) -> Iterator[Value]:
    """Yield the value of each document.

    Raises:
        ParseError: as `load`.
    """
    from analyzers.documents import _yaml_nodes  # noqa: PLC0415 - its library takes 20 ms, and is seldom needed

    yield from _yaml_nodes.load_all(data, path)


def lines_of(value: Value, key: str) -> tuple[Lines, ...]:
    """Return the lines on which a mapping's key stands with its value, none when it has no such key."""
    return (value.lines[key],) if isinstance(value, Mapping) and key in value.lines else ()
