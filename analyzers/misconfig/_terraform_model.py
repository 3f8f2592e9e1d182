"""Turns what a Terraform root module evaluates to into the resources that checks read."""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from analyzers.checks.cloud.model import UNKNOWN, Block, Cloud, Lines, Resource, Unknown, Value
from analyzers.documents import Value as Document
from analyzers.documents import table, text
from analyzers.misconfig._terraform_repeated import Place

_ATTRIBUTE = re.compile(r"\s*\"?([\w-]+)\"?\s*[=:](?![=>])\s*(.*)")
_DYNAMIC = re.compile(r"\s*\"?dynamic\"?\s*:?\s*\{?\s*\"([\w-]+)\"")
_TEMPLATE = re.compile(r'"((?:[^"\\$]|\$\{[^"{}]*\})*)"')
_PART = re.compile(r"\$\{\s*([\w.-]+)\s*\}|\$\{[^{}]*\}")
_MENTION = re.compile(r"(?<![\w.\"])((?:data\.)?[a-z]\w*\.[A-Za-z_][\w-]*)(?=[.\[])")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RANDOM = re.compile(r"(random_\w+\.[\w-]+)(?:\[[^\[\]]*\])?\.\w+")
_INDEX = re.compile(r"\[[^\[\]]*\]")
_META = frozenset({"__tfmeta", "count", "for_each", "depends_on", "lifecycle", "provider"})
_NAMES_NOTHING = frozenset({"var", "local", "each", "count", "self", "path", "terraform"})
_NO_RESOURCES = frozenset(
    {"variable", "locals", "output", "provider", "terraform", "module", "moved", "import"}
)


class Model(msgspec.Struct, frozen=True):
    """What a root module declares."""

    cloud: Cloud
    open_blocks: tuple[tuple[str, int], ...]
    """File and line of each dynamic block of which there is nothing, though there may be some."""


def model_of(
    value: Mapping[str, object],
    root: str,
    lines: Mapping[str, Sequence[str]],
    empty: Collection[Place] = (),
) -> Model:
    """Return the resources of a root module.

    Args:
        value: resource kind → resources, as the library gives them.
        root: directory of the root module, "" for the topmost.
        lines: of each file, by its path.
        empty: dynamic blocks of which there are none.
    """
    reader = _Reader(
        root=root, lines=lines, names=dict(_names(value)), nulls=frozenset(_nulls(value)), empty=empty
    )
    cloud = Cloud(resources=tuple(reader.resources(value)))
    return Model(cloud, tuple(reader.open_blocks))


def missing_modules(value: Mapping[str, object], root: str) -> Iterator[tuple[str, str]]:
    """Yield file and name of each module that is called, but is not among the files."""
    known = {
        ".".join(path.split(".")[:end])
        for path in (_INDEX.sub("", each) for each in _paths(value))
        for end in range(2, path.count(".") + 1)
    }
    for each in _listed(value, "module"):
        path = _INDEX.sub("", text(table(each.get("__tfmeta")).get("path")))
        if path and path not in known:
            yield _file(table(each.get("__tfmeta")), root), path


def _paths(value: Mapping[str, object]) -> Iterator[str]:
    for kind in value:
        for each in _listed(value, kind):
            yield text(table(each.get("__tfmeta")).get("path"))


def _listed(value: Mapping[str, object], kind: str) -> Iterator[dict[str, Document]]:
    found = value.get(kind)
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict):
            yield each


def _file(meta: Mapping[str, Document], root: str) -> str:
    return posixpath.normpath(posixpath.join(root, text(meta.get("filename")) or "?"))


def _names(value: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield id and name of each resource: the library puts ids where a resource is referred to."""
    for kind in value:
        for each in _listed(value, kind):
            yield text(each.get("id")), text(table(each.get("__tfmeta")).get("path"))


def _nulls(value: Mapping[str, object]) -> Iterator[str]:
    """Yield the variables that are not set unless a caller does: "module.x.var.name"."""
    calls = {text(table(each.get("__tfmeta")).get("path")): each for each in _listed(value, "module")}
    for each in _listed(value, "variable"):
        module, _, name = text(table(each.get("__tfmeta")).get("path")).rpartition("variable.")
        if "default" in each and each["default"] is None and name not in calls.get(module[:-1], {}):
            yield f"{module}var.{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    root: str
    lines: Mapping[str, Sequence[str]]
    names: Mapping[str, str]
    nulls: frozenset[str]
    empty: Collection[Place]
    open_blocks: dict[tuple[str, int], None] = field(default_factory=dict)
    made_up: dict[str, bool] = field(default_factory=dict)

    def resources(self, value: Mapping[str, object]) -> Iterator[Resource]:
        for kind in value:
            if kind not in _NO_RESOURCES:
                for each in _listed(value, kind):
                    yield self._resource(kind, each)

    def _resource(self, kind: str, each: Mapping[str, Document]) -> Resource:
        meta = table(each.get("__tfmeta"))
        name, file = text(meta.get("path")), _file(meta, self.root)
        module = name[: name.find(kind)] if kind in name else ""
        own = {key: one for key, one in each.items() if key not in _META}
        attributes = self._block(own, _lines(meta), file, module.removesuffix("data."))
        is_data = meta.get("type") == "data"
        return Resource(kind=f"data.{kind}" if is_data else kind, name=name, file=file, attributes=attributes)

    def _block(self, each: Mapping[str, Document], lines: Lines, file: str, module: str) -> Block:
        written = _Written(self.lines.get(file, ()), lines, _parts(each))
        values: dict[str, Value] = {}
        for name, one in each.items():
            if name == "__tfmeta" or (name == "id" and _UUID.fullmatch(text(one))):
                continue  # of what the library adds to each block
            found = self._value(one, file, module)
            if found == UNKNOWN:
                found = written.value(name, module)
            if found is not None:
                values[name] = found
        for name, line in written.dynamic:
            if name not in values and (module, file, line) not in self.empty:
                values[name] = UNKNOWN
                self.open_blocks[file, line] = None
        return Block(values=values, lines=lines, attribute_lines=written.lines)

    def _value(self, value: Document, file: str, module: str) -> Value | None:
        match value:
            case None:
                return UNKNOWN
            case str():
                return self._text(value)
            case list():
                found = (self._value(each, file, module) for each in value)
                return tuple(each for each in found if each is not None) or None
            case dict() if "__attribute__" in value:
                return self._attribute(text(value["__attribute__"]), module)
            case dict():
                return self._block(value, _lines(table(value.get("__tfmeta"))), file, module)
            case _:
                return value

    def _attribute(self, path: str, module: str) -> Value | None:
        """Return what a reference that was not followed is: "var.name", "module.keys.arn"."""
        if f"{module}{path}" in self.nulls:
            return None
        name = _referred(path, module)
        return Unknown((name,)) if name else UNKNOWN

    def _text(self, value: str) -> Value:
        if value in self.names:
            return Unknown((self.names[value],))
        if _UUID.fullmatch(value) and self._is_made_up(value):
            return UNKNOWN
        return UNKNOWN if "${" in value and not value.lstrip().startswith(("{", "[")) else value

    def _is_made_up(self, value: str) -> bool:
        """Tell whether a text is in no file: the library makes up what some resources will be given."""
        if value not in self.made_up:
            self.made_up[value] = not any(value in line for lines in self.lines.values() for line in lines)
        return self.made_up[value]


def _lines(meta: Mapping[str, Document]) -> Lines:
    first, last = meta.get("line_start"), meta.get("line_end")
    return (first, last) if isinstance(first, int) and isinstance(last, int) else (0, 0)


def _parts(each: Mapping[str, Document]) -> list[Lines]:
    """Return where the blocks inside of one stand."""
    inner = [one for value in each.values() for one in (value if isinstance(value, list) else [value])]
    return [_lines(table(one["__tfmeta"])) for one in inner if isinstance(one, dict) and "__tfmeta" in one]


class _Written:
    """How a block is written, for what evaluation does not tell: lines of attributes, dynamic blocks."""

    def __init__(self, lines: Sequence[str], block: Lines, parts: Sequence[Lines]) -> None:
        self.lines: dict[str, Lines] = {}
        self.dynamic: list[tuple[str, int]] = []
        self._texts: dict[str, str] = {}
        for number in range(block[0] + 1, min(block[1], len(lines) + 1)) if block[0] else ():
            if not any(first <= number <= last for first, last in parts):
                self._take(number, lines[number - 1])

    def _take(self, number: int, line: str) -> None:
        if match := _ATTRIBUTE.match(line):
            self.lines.setdefault(match[1], (number, number))
            self._texts.setdefault(match[1], match[2].split("#")[0].split("//")[0].strip(" \t,"))
        elif match := _DYNAMIC.match(line):
            self.dynamic.append((match[1], number))

    def value(self, name: str, module: str) -> Unknown | None:
        """Return what an attribute that could not be evaluated is, as far as its line tells."""
        text = self._texts.get(name, "")
        if made := _RANDOM.fullmatch(text):
            return Unknown((f"{module}{made[1]}",))
        template = _TEMPLATE.fullmatch(text)
        names = [_referred(each, module) for each in _PART.findall(template[1])] if template else []
        if not template or None in names:
            mentioned = (_referred(each, module) for each in _MENTION.findall(text))
            return None if text == "null" else Unknown(mentions=tuple(filter(None, mentioned)))
        return Unknown(tuple(filter(None, names)), template[1])


def _referred(path: str, module: str) -> str | None:
    """Return the name of the resource or module that a reference is to, None for variables and the like."""
    kind, _, rest = path.partition(".")
    if kind in _NAMES_NOTHING or not rest:
        return None
    return f"{module}{kind}.{'.'.join(rest.split('.')[: 2 if kind == 'data' else 1])}"
