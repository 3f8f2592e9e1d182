"""Moves attributes of other formats to where Terraform's names have them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from analyzers.checks.cloud.model import Block, Lines, Value, items


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a type of another format becomes a kind of Terraform's."""

    kind: str
    moves: tuple[tuple[str, str], ...] = ()
    """Paths in snake case, "a.b", and where they go, in this order."""
    mend: Callable[[Block], Block] | None = None
    """What moves cannot say."""

    def shaped(self, block: Block) -> Block:
        """Return a resource's attributes by Terraform's names."""
        for source, target in self.moves:
            block = moved(block, source, target)
        return self.mend(block) if self.mend else block


def moved(block: Block, source: str, target: str) -> Block:
    """Return a block with an attribute at another path; lists on the way that both share are gone through."""
    first, _, rest = source.partition(".")
    into, _, onward = target.partition(".")
    if first == into and rest and onward:
        value = block.get(first)
        if value is None:
            return block
        inner = tuple(moved(each, rest, onward) if isinstance(each, Block) else each for each in items(value))
        return with_value(
            block, first, inner if isinstance(value, tuple) else inner[0], block.lines_of(first)
        )
    value, lines = _taken(block, source.split("."))
    return block if value is None else with_value(block, target, value, lines)


def _taken(block: Block, path: list[str]) -> tuple[Value | None, Lines]:
    """Return the value at a path, in lists that of their first element that has it."""
    lines = block.lines_of(path[0])
    value = block.get(path[0])
    if len(path) == 1 or value is None:
        return value, lines
    for each in items(value):
        if not isinstance(each, Block):
            return each, lines
        found = _taken(each, path[1:])
        if found[0] is not None:
            return found
    return None, lines


def with_value(block: Block, path: str, value: Value, lines: Lines) -> Block:
    """Return a block with an attribute set, in blocks that are made where they are missing."""
    first, _, rest = path.partition(".")
    if rest:
        inner = next((each for each in block.blocks(first)), Block(lines=lines))
        value = with_value(inner, rest, value, lines)
    return replace(
        block, values={**block.values, first: value}, attribute_lines={**block.attribute_lines, first: lines}
    )
