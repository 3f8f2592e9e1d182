"""Reads the entries of yarn.lock: the notation of Yarn 1, and the YAML of later ones.

Formats: https://classic.yarnpkg.com/lang/en/docs/yarn-lock/, https://yarnpkg.com/configuration/manifest
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from analyzers.documents import Lines, table, text, yaml
from analyzers.errors import ParseError
from analyzers.languages._npm_names import split_spec

_BERRY = re.compile(rb"^__metadata:", re.MULTILINE)
_PAIR = re.compile(r' *("(?:[^"\\]|\\.)*+"|[^\s"]+)(?: +("(?:[^"\\]|\\.)*+"|\S.*))?')
_SPEC = re.compile(r'"[^"]*+"?|[^",]+')
_GROUPS = ("dependencies:", "optionalDependencies:")
_ALIAS = "npm:"
_LOCAL = ("workspace:", "link:", "portal:")


@dataclass(slots=True, kw_only=True)
class Entry:
    """One package with everything that asked for it."""

    specs: tuple[str, ...]
    """What was asked for: "ms@^2.0.0", "ms@npm:^2.0.0"."""
    name: str = ""
    """The package's own name, whatever the project calls it."""
    version: str = ""
    needs: dict[str, str] = field(default_factory=dict)
    """Names and ranges."""
    lines: Lines = (1, 1)
    folder: str | None = None
    """Of a part of the project, relative to the lock file: "packages/util"; "." for the project itself."""


def read_entries(data: bytes, path: str) -> list[Entry]:
    """Return what the lock file has, in its order.

    Raises:
        ParseError: it is no lock file of Yarn's.
    """
    if _BERRY.search(data):
        return list(_berry(data, path))
    return list(_classic(data, path))


def _berry(data: bytes, path: str) -> Iterator[Entry]:
    lock = table(yaml.load(data, path))
    for key, value in lock.items():
        if key == "__metadata":
            continue
        each = table(value)
        real, wanted = split_spec(text(each.get("resolution")))
        wanted, _, _ = wanted.partition("::")
        (lines,) = yaml.lines_of(lock, key) or ((1, 1),)
        yield Entry(
            specs=tuple(spec.strip() for spec in key.split(", ")),
            name=real or split_spec(key)[0],
            version=text(each.get("version")),
            needs={name: text(wish) for name, wish in table(each.get("dependencies")).items()},
            lines=lines,
            folder=wanted.partition(":")[2] if wanted.startswith(_LOCAL) else None,
        )


def _classic(data: bytes, path: str) -> Iterator[Entry]:
    entry: Entry | None = None
    in_group = False
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            if entry:
                yield entry
            entry, in_group = _heading(line, path, number), False
        elif entry is None:
            raise ParseError(f"{path}: line {number}: {line[:100]!r}, expected a package before it")
        else:
            entry.lines = (entry.lines[0], number)
            in_group = _take(entry, line, in_group=in_group)
    if entry:
        yield entry


def _heading(line: str, path: str, number: int) -> Entry:
    if not line.rstrip().endswith(":"):
        raise ParseError(f"{path}: line {number}: {line[:100]!r}, expected what was asked for and a colon")
    specs = tuple(filter(None, (_unquoted(each.strip()) for each in _SPEC.findall(line.rstrip()[:-1]))))
    first, wanted = split_spec(specs[0] if specs else "")
    return Entry(specs=specs, name=_real_name(first, wanted), lines=(number, number))


def _real_name(name: str, wanted: str) -> str:
    """Return what "npm:left-pad@1" and "npm:left-pad" stand for, the name for anything else."""
    real = split_spec(wanted.removeprefix(_ALIAS))[0] if wanted.startswith(_ALIAS) else ""
    return real if real[:1] == "@" or real[:1].isalpha() else name


def _take(entry: Entry, line: str, *, in_group: bool) -> bool:
    """Take one line of an entry; return whether the next deeper lines are needs."""
    words = line.strip()
    if line.startswith("    "):
        if in_group and (match := _PAIR.fullmatch(words)):
            entry.needs[_unquoted(match[1])] = _unquoted(match[2] or "")
        return in_group
    if words.startswith("version "):
        entry.version = _unquoted(words.removeprefix("version ").strip())
    return words in _GROUPS


def _unquoted(word: str) -> str:
    return word[1:-1] if word.startswith('"') and word.endswith('"') and len(word) > 1 else word
