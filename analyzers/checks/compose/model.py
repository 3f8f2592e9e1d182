"""The services of a Compose file.

Format: https://docs.docker.com/reference/compose-file/services/
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzers.checks import source_lines
from analyzers.documents import Lines, Value, items, table, text, yaml
from analyzers.documents.wording import kind_of
from analyzers.errors import ParseError

_TRUE = {"true", "yes", "on", "y"}
_DEEPEST = 8
_NEAR = 20
"""Lines below an item of a list in which the next one is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A part of a service, and where it stands."""

    value: Value
    lines: Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service, with what it takes from others of the same file."""

    name: str
    lines: Lines
    entries: dict[str, Entry]
    source: Sequence[str]
    """The lines of the file."""

    def value(self, key: str) -> Value:
        """Return what stands behind a key, None without it."""
        return self.entries[key].value if key in self.entries else None

    def is_whole(self) -> bool:
        """Tell whether it says what to run; services of overriding files say only what they change."""
        return "image" in self.entries or "build" in self.entries

    def text(self, key: str) -> str:
        """Return the text behind a key, "" without it."""
        return text(self.value(key)).strip()

    def is_on(self, key: str) -> bool:
        """Tell whether a key is true."""
        return self.text(key).lower() in _TRUE

    def place(self, key: str, part: str = "") -> Lines:
        """Return the lines of a key, or of the part of it that has a text; the service's without the key."""
        if key not in self.entries:
            return self.lines[0], self.lines[0]
        return source_lines.within(self.source, self.entries[key].lines, part)

    def each(self, key: str) -> Iterator[tuple[Value, Lines]]:
        """Yield the items of a list with their lines, as far as these can be told."""
        start, last = self.place(key)
        for item in items(self.value(key)):
            found = [line for each in table(item) for line in yaml.lines_of(item, each)]
            whole = (min(first for first, _ in found), max(last for _, last in found)) if found else None
            if whole is None:
                whole = source_lines.within(self.source, (start, min(last, start + _NEAR)), text(item))
                start = whole[0]
            yield item, whole

    def pairs(self, *keys: str) -> Iterator[tuple[str, str, Lines]]:
        """Yield name, value and lines of a mapping or of a list of "name=value", below one or more keys."""
        value = self.value(keys[0])
        for key in keys[1:]:
            value = table(value).get(key)
        if isinstance(value, dict):
            for name, each in value.items():
                found = yaml.lines_of(value, name)
                yield name, text(each), found[0] if found else self.place(keys[0], name)
        start, last = self.place(keys[0])
        for item in items(value):
            name, _, each_text = text(item).partition("=")
            lines = source_lines.within(self.source, (start, min(last, start + _NEAR)), text(item))
            start = lines[0]
            yield name, each_text, lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Compose:
    """A Compose file."""

    services: tuple[Service, ...]


def parse(data: bytes, path: str) -> Compose:
    """Return the services of a Compose file.

    Raises:
        ParseError: it is no YAML, or its services are no mapping of mappings.
    """
    root = yaml.load(data, path)
    if root is None:
        return Compose(services=())
    if not isinstance(root, dict):
        raise ParseError(f"{path}: {kind_of(root)}, expected a mapping")
    services = root.get("services")
    if services and not isinstance(services, dict):
        raise ParseError(f"{path}: services: {kind_of(services)}, expected a mapping")
    source = source_lines.split(data)
    return Compose(services=tuple(_services(table(services), source, path)))


def _services(services: dict[str, Value], source: Sequence[str], path: str) -> Iterator[Service]:
    for name, value in services.items():
        if name == "<<":
            continue
        if value and not isinstance(value, dict):
            raise ParseError(f"{path}: services.{name:.100}: {kind_of(value)}, expected a mapping")
        found = yaml.lines_of(services, name)
        entries = _extended(value, services)
        yield Service(name=name, lines=found[0] if found else (1, 1), entries=entries, source=source)


def _extended(value: Value, services: dict[str, Value]) -> dict[str, Entry]:
    """Return a service's entries, over those of the services in the file that it extends."""
    found = _entries(value, _DEEPEST)
    for _ in range(_DEEPEST):
        extends = found["extends"].value if "extends" in found else None
        if table(extends).get("file"):
            break
        other = services.get(text(extends) or text(table(extends).get("service")))
        if other is None:
            break
        found = {key: each for key, each in found.items() if key != "extends"}
        found = _entries(other, _DEEPEST) | found
    return found


def _entries(value: Value, deepest: int) -> dict[str, Entry]:
    """Return a mapping's entries, over those that `<<` merges into it."""
    mapping = table(value)
    merge = mapping.get("<<")
    found: dict[str, Entry] = {}
    for merged in reversed([merge] if isinstance(merge, dict) else items(merge)):
        if deepest:
            found |= _entries(merged, deepest - 1)
    own = {
        key: Entry(value=each, lines=(yaml.lines_of(mapping, key) or ((1, 1),))[0])
        for key, each in mapping.items()
        if key != "<<"
    }
    return found | own
