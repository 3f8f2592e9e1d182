"""Declared cloud resources, in the one form that all checks read.

Kinds and attributes bear the names of Terraform ("aws_s3_bucket", "storage_encrypted"): it has
all three clouds: https://registry.terraform.io/browse/providers. Other formats are translated to them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias, Union

import msgspec

_INDEX = re.compile(r"\[[^\[\]]*\]$")


class Unknown(msgspec.Struct, frozen=True):
    """A value that is known when it is deployed only: a check that needs it neither fails nor passes."""

    refers: tuple[str, ...] = ()
    """Names of the resources and modules that it is taken from; one that has none may be no value at all."""
    written: str = ""
    """The text that it is a part of: "serviceAccount:${google_service_account.a.email}"; "" for none."""
    mentions: tuple[str, ...] = ()
    """Names of the resources that it may be taken from, as of both sides of a condition."""

    def of(self, kind: str) -> tuple[str, ...]:
        """Return the names of the resources of a kind that it is taken from: one, or none that is sure."""
        found = {each for each in self.mentions if f".{each}".rpartition(".")[0].endswith(f".{kind}")}
        return self.refers or (tuple(found) if len(found) == 1 else ())


UNKNOWN = Unknown()

Value: TypeAlias = Union[str, bool, int, float, Unknown, tuple["Value", ...], "Block"]
"""What an attribute is set to. One that is not set is absent (None): the provider's default holds."""

Lines = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Attributes that belong together: those of a resource, or of a part of it."""

    values: Mapping[str, Value] = field(default_factory=dict)
    lines: Lines = (0, 0)
    """First and last line, counted from 1; zeros where the format has none."""
    attribute_lines: Mapping[str, Lines] = field(default_factory=dict)

    def get(self, name: str) -> Value | None:
        """Return what an attribute is set to, None when it is not set."""
        return self.values.get(name)

    def blocks(self, name: str) -> tuple["Block", ...]:
        """Return the parts of that name that are known, however many there are."""
        return tuple(each for each in items(self.get(name)) if isinstance(each, Block))

    def lines_of(self, name: str) -> Lines:
        """Return where an attribute stands, or all of the block."""
        return self.attribute_lines.get(name, self.lines)


class Place(msgspec.Struct, frozen=True):
    """Where an attribute is, or would be."""

    value: Value | None
    lines: Lines


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resource:
    """One declared resource."""

    kind: str
    """Such as "aws_s3_bucket"; with "data." before it what is looked up only."""
    name: str
    """As the file calls it: "module.logs.aws_s3_bucket.this[0]", "LogBucket"."""
    file: str
    attributes: Block

    def get(self, path: str) -> Value | None:
        """Return the first value at a path; see `places`."""
        return next(self.places(path)).value

    def places(self, path: str) -> Iterator[Place]:
        """Yield each place that a path of attributes leads to, one at least.

        Args:
            path: such as "rule.bucket_key_enabled"; "a|b" is a, or b where a is not set.
        """
        for place in _places(self.attributes, path.split(".")):
            known = place.lines if place.lines[0] else self.attributes.lines
            yield Place(place.value, known)


def _places(block: Block, path: list[str]) -> Iterator[Place]:
    names = path[0].split("|")
    name = next((each for each in names if block.get(each) is not None), names[0])
    value = block.get(name)
    if len(path) == 1:
        yield Place(value, block.lines_of(name))
        return
    parts = items(value)
    if not parts:
        yield Place(None, block.lines)
    for part in parts:
        if isinstance(part, Block):
            yield from _places(part, path[1:])
        else:
            yield Place(UNKNOWN, block.lines_of(name))


def items(value: Value | None) -> tuple[Value, ...]:
    """Return the elements of a list; one value is a list of itself, what is absent an empty one."""
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def texts(value: Value | None) -> tuple[str, ...]:
    """Return the strings in a list that are known."""
    return tuple(each for each in items(value) if isinstance(each, str))


def has_unknown(value: Value | None) -> bool:
    """Tell whether a value, or an element of a list, is not known."""
    return any(isinstance(each, Unknown) for each in items(value))


def may_be_anything(value: Value | None) -> bool:
    """Tell whether a value, or an element of a list, is not known, and not that of a resource."""
    return any(isinstance(each, Unknown) and not each.refers for each in items(value))


_TRUE = frozenset({"true", "yes", "on", "1", "enabled"})
_FALSE = frozenset({"false", "no", "off", "0", "disabled"})


def truth(value: Value | None) -> bool | None:
    """Return what a switch is set to, None when that is not known; words of all formats count."""
    match value:
        case bool():
            return value
        case int() | float():
            return bool(value)
        case str() if value.lower() in _TRUE:
            return True
        case str() if value.lower() in _FALSE:
            return False
        case _:
            return None


def number(value: Value | None) -> float | None:
    """Return a number, also one in quotes; None for anything else."""
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?", value):
        return float(value)
    return None


class Linked(msgspec.Struct, frozen=True):
    """Resources that say more about another one."""

    resources: tuple[Resource, ...]
    is_sure: bool
    """Whether there can be no more: False when one of that kind may be about any resource."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cloud:
    """All resources that are deployed together."""

    resources: tuple[Resource, ...]
    _links: dict[tuple[str, str], "_Links"] = field(default_factory=dict, repr=False)

    @cached_property
    def _kinds(self) -> dict[str, list[Resource]]:
        kinds: dict[str, list[Resource]] = {}
        for each in self.resources:
            kinds.setdefault(each.kind, []).append(each)
        return kinds

    @cached_property
    def _names(self) -> dict[str, Resource]:
        return {each.name: each for each in self.resources}

    def of(self, *kinds: str) -> Iterator[Resource]:
        """Yield the resources of some kinds."""
        for kind in kinds:
            yield from self._kinds.get(kind, ())

    def referred(self, value: Value | None) -> Resource | None:
        """Return the resource that a value is taken from, None when it is not among these."""
        names = value.refers if isinstance(value, Unknown) else ()
        return next((self._names[name] for name in names if name in self._names), None)

    def named(self, kind: str, value: Value | None) -> Resource | None:
        """Return the resource of a kind that a value is taken from, or that has it as its name."""
        return next((each for each in self.of(kind) if _means(value, each)), None)

    def linked(self, resource: Resource, kind: str, attribute: str) -> Linked:
        """Return the resources of a kind whose attribute names the given one.

        Args:
            resource: what they are about.
            kind: theirs, "aws_s3_bucket_versioning".
            attribute: of theirs, "bucket".
        """
        key = kind, attribute
        if key not in self._links:
            self._links[key] = _Links(self.of(kind), attribute)
        return self._links[key].to(resource)


class _Links:
    """Resources by what one of their attributes names, so that many of them are found at once."""

    def __init__(self, resources: Iterable[Resource], attribute: str) -> None:
        self._named: dict[str, list[Resource]] = {}
        self._vague: list[tuple[Unknown, Resource]] = []
        """Those whose attribute names none for sure."""
        for each in resources:
            value = each.attributes.get(attribute)
            if isinstance(value, Unknown) and not value.refers:
                self._vague.append((value, each))
            for name in value.refers if isinstance(value, Unknown) else texts(value)[:1]:
                self._named.setdefault(name, []).append(each)

    def to(self, resource: Resource) -> Linked:
        found = [each for name in _names_of(resource) for each in self._named.get(name, ())]
        found += [each for value, each in self._vague if _means(value, resource)]
        is_sure = all(value.of(resource.kind) for value, _ in self._vague)
        return Linked(tuple({id(each): each for each in found}.values()), is_sure)


def _names_of(resource: Resource) -> tuple[str, ...]:
    """Return what others may call a resource by."""
    own = (resource.attributes.get(name) for name in ("bucket", "name", "id"))
    known = (each for each in own if isinstance(each, str))
    return tuple(dict.fromkeys((resource.name, _INDEX.sub("", resource.name), *known)))


def _means(value: Value | None, resource: Resource) -> bool:
    names = value.of(resource.kind) if isinstance(value, Unknown) else texts(value)[:1]
    return any(name in _names_of(resource) for name in names)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """A resource that is judged by one check, among the others that it is deployed with."""

    resource: Resource
    cloud: Cloud
    doubts: list[str] = field(default_factory=list)
    """What the check could not know: with any, finding nothing wrong is not passing."""

    def doubt(self, what: str) -> None:
        """Say that something is not known which the check has to know, such as an attribute's name."""
        self.doubts.append(what)

    def knows(self, path: str) -> bool:
        """Tell whether an attribute is known, or known to be absent; it is a doubt when it is not."""
        is_known = not any(has_unknown(place.value) for place in self.resource.places(path))
        if not is_known:
            self.doubt(path)
        return is_known

    def linked(self, kind: str, attribute: str) -> tuple[Resource, ...]:
        """Return the resources of a kind that name this one; a doubt where none does, but one may.

        Args:
            kind: theirs, "aws_s3_bucket_versioning".
            attribute: of theirs, "bucket".
        """
        linked = self.cloud.linked(self.resource, kind, attribute)
        if not linked.resources and not linked.is_sure:
            self.doubt(f"{kind}.{attribute}")
        return linked.resources
