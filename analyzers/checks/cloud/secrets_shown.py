"""Secrets that stand in declared resources: reports show their lines without them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from analyzers.checks.cloud.credentials import secrets_of
from analyzers.checks.cloud.model import Block, Lines, Resource, Value, items
from analyzers.checks.cloud.policies import parsed
from analyzers.checks.secret_names import hidden, is_secret_name, is_switch

_TEXTS = frozenset({"user_data", "user_data_base64", "custom_data", "metadata"})
"""Attributes that hold programs or settings, with whatever is in them."""
_DEEPEST = 20


def without_secrets(
    lines: Mapping[str, Sequence[str]], resources: Iterable[Resource]
) -> Mapping[str, Sequence[str]]:
    """Return the lines of each file with "*" for each character of the secrets in its resources."""
    found: dict[str, list[tuple[int, int, str]]] = {}
    for each in resources:
        own = lines.get(each.file, ())
        for place, secret in _secrets(each.attributes, each.attributes.lines, 0):
            if own and _is_written(own, place, secret):
                found.setdefault(each.file, []).append((*place, secret))
    return {path: hidden(own, found[path]) if path in found else own for path, own in lines.items()}


def _secrets(block: Block, within: Lines, depth: int) -> Iterator[tuple[Lines, str]]:
    whole = block.lines if block.lines[0] else within
    name, value = block.get("name"), block.get("value")
    if isinstance(name, str) and isinstance(value, str) and _is_secret(name) and not is_switch(value):
        yield whole, value
    for name, value in block.values.items():
        own = block.attribute_lines.get(name, whole)
        for each in items(value) if depth <= _DEEPEST else ():
            yield from _of(name, each, own, whole, depth)


def _of(name: str, value: Value, own: Lines, whole: Lines, depth: int) -> Iterator[tuple[Lines, str]]:
    match value:
        case Block():
            yield from _secrets(value, own, depth + 1)
        case str() if name == "container_definitions":
            for each in parsed(value):
                if isinstance(each, Block):
                    yield from _secrets(each, whole, depth + 1)
        case str() if name in _TEXTS:
            yield from ((whole, each) for each in secrets_of(value))
        case str() if _is_secret(name) and not is_switch(value):
            yield own, value
        case _:
            return


@cache
def _is_secret(name: str) -> bool:
    return is_secret_name(name)


def _is_written(lines: Sequence[str], place: Lines, secret: str) -> bool:
    """Tell whether a value may stand in these lines, and not only a reference to it."""
    shown = lines[place[0] - 1 : place[1]] if place[0] else ()
    return any(secret in line for line in shown) or (len(shown) == 1 and shown[0].rstrip(", ").endswith('"'))
