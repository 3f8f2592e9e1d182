"""Builds values from the nodes of a YAML document.

Format: https://yaml.org/spec/1.1/
"""

from collections.abc import Iterator

import yaml
from yaml import nodes

from analyzers.documents import Value
from analyzers.documents.yaml import Mapping
from analyzers.errors import ParseError

_DEEPEST = 200


def load_all(data: bytes, path: str) -> Iterator[Value]:
    """Yield the value of each document, as `analyzers.documents.yaml.load_all`."""
    try:
        for node in yaml.compose_all(data, Loader=yaml.CSafeLoader):
            yield _Values(path).value(node, 0)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"{path}: {' '.join(str(error).split())}, expected YAML") from error


class _Values:
    """Builds values; what an alias repeats is built once, so that aliases of aliases cost nothing."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._built: dict[int, Value] = {}
        self._open: set[int] = set()

    def value(self, node: nodes.Node, depth: int) -> Value:
        if isinstance(node, nodes.ScalarNode):
            return str(node.value)
        if id(node) in self._open or depth > _DEEPEST:
            raise ParseError(f"{self._path}: nested without end, expected at most {_DEEPEST} levels")
        if id(node) not in self._built:
            self._open.add(id(node))
            self._built[id(node)] = self._collection(node, depth + 1)
            self._open.remove(id(node))
        return self._built[id(node)]

    def _collection(self, node: nodes.Node, depth: int) -> Value:
        if isinstance(node, nodes.SequenceNode):
            return [self.value(each, depth) for each in node.value]
        mapping = Mapping()
        for key, each in node.value:
            name = key.value if isinstance(key, nodes.ScalarNode) else "?"
            mapping[name] = self.value(each, depth)
            last = each.end_mark.line + (each.end_mark.column > 0 or isinstance(each, nodes.ScalarNode))
            mapping.lines[name] = (key.start_mark.line + 1, max(last, key.start_mark.line + 1))
        return mapping
