"""Reads Dockerfiles.

Format: https://docs.docker.com/reference/dockerfile/
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from analyzers.checks.dockerfile._words import flags_and_rest, substituted, unquoted, words
from analyzers.checks.dockerfile.model import Dockerfile, Heredoc, Instruction, Stage
from analyzers.errors import ParseError

_DIRECTIVE = re.compile(r"#[ \t]*(?P<key>[A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*(?P<value>[^ \t].*)", re.ASCII)
_DIRECTIVES = {"syntax", "escape", "check"}
_HEREDOC = re.compile(r"\d{0,9}<<(?P<strip>-?)(?P<name>[^<]+)")
_SHELL_FORM = {"RUN", "CMD", "ENTRYPOINT", "SHELL"}
_PATHS = {"COPY", "ADD", "VOLUME"}
_PAIRS = {"ENV", "LABEL"}
_LINE = {"MAINTAINER", "WORKDIR", "USER", "STOPSIGNAL"}
_WORDS = {"FROM", "ARG", "EXPOSE"}
_KEYWORDS = _SHELL_FORM | _PATHS | _PAIRS | _LINE | _WORDS | {"HEALTHCHECK", "ONBUILD"}
_WITH_HEREDOCS = {"RUN", "COPY", "ADD"}
_WITH_VARIABLES = _PATHS | _PAIRS | {"FROM", "EXPOSE", "WORKDIR", "USER", "STOPSIGNAL"}
_MOST_STAGES = 1000
_STRINGS = msgspec.json.Decoder(list[str])


def parse(data: bytes, path: str) -> Dockerfile:
    """Return what a Dockerfile says; one without instructions has no stages.

    Instructions before the first FROM, as in files that others include, are a stage of their own.

    Raises:
        ParseError: an unknown instruction, or a heredoc or instruction that does not end.
    """
    text = data.decode("utf-8-sig", "replace")
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
    return _staged(_Reader(lines, path).instructions(), path)


def parse_lines(lines: tuple[str, ...], path: str) -> Dockerfile:
    """Return what the lines of an image's history say, as `parse`."""
    read = _staged(_Reader(list(lines), path).instructions(), path)
    empty = Stage(base="", beginning=None, instructions=())  # what says nothing runs as root, for one
    return replace(read, stages=read.stages or (empty,), is_image=True)


class _Reader:
    """Joins lines into instructions."""

    def __init__(self, lines: list[str], path: str) -> None:
        self._lines = lines
        self._path = path
        self._escape = _escape(lines, path)
        token = re.escape(self._escape)
        self._continued = re.compile(rf"(?<!{token}){token}[ \t]*$")
        self._next = 0

    def instructions(self) -> Iterator[Instruction]:
        while self._next < len(self._lines):
            start = self._next + 1
            line = self._logical_line()
            if line:
                yield self._instruction(line, start)

    def _logical_line(self) -> str:
        """Return the next line and those that continue it; comments and empty lines do not end it."""
        parts: list[str] = []
        while self._next < len(self._lines):
            line = self._lines[self._next]
            self._next += 1
            if not line.strip() or line.lstrip().startswith("#"):
                if parts:
                    continue
                return ""
            ended = self._continued.search(line)
            parts.append(line[: ended.start()] if ended else line)
            if not ended:
                break
        return "".join(parts).strip()

    def _instruction(self, line: str, start: int) -> Instruction:
        keyword, rest = _keyword(line)
        on_build = keyword == "ONBUILD"
        if on_build:
            keyword, rest = _keyword(rest)
        if keyword not in _KEYWORDS or (on_build and keyword == "ONBUILD"):
            raise ParseError(
                f"{self._path}: line {start}: {keyword!r:.60}, expected a Dockerfile instruction"
            )
        flags, rest = flags_and_rest(rest, self._escape)
        arguments, is_json = _arguments(keyword, rest, self._escape)
        has_heredocs = keyword in _WITH_HEREDOCS and not is_json and "<<" in rest
        heredocs = tuple(self._heredocs(rest, start)) if has_heredocs else ()
        return Instruction(
            keyword=keyword,
            arguments=arguments,
            flags=flags,
            start_line=start,
            end_line=self._next,
            raw=line,
            is_json=is_json,
            on_build=on_build,
            heredocs=heredocs,
        )

    def _heredocs(self, rest: str, start: int) -> Iterator[Heredoc]:
        for word in words(rest, self._escape):
            match = _HEREDOC.fullmatch(word)
            name = unquoted(match["name"], self._escape) if match else ""
            if match and name:
                yield Heredoc(name=name, text=self._until(name, start, strip=bool(match["strip"])))

    def _until(self, name: str, start: int, *, strip: bool) -> str:
        body: list[str] = []
        while self._next < len(self._lines):
            line = self._lines[self._next]
            self._next += 1
            line = line.lstrip("\t") if strip else line
            if line == name:
                return "".join(body)
            body.append(f"{line}\n")
        raise ParseError(f"{self._path}: line {start}: no line {name!r:.60}, expected it to end the heredoc")


def _escape(lines: list[str], path: str) -> str:
    """Return the character that the directive `escape` names, among the comments that a file begins with."""
    for number, line in enumerate(lines, 1):
        match = _DIRECTIVE.fullmatch(line.strip())
        if match is None or match["key"].lower() not in _DIRECTIVES:
            break
        if match["key"].lower() == "escape":
            if match["value"].strip() not in ("\\", "`"):
                raise ParseError(
                    f"{path}: line {number}: escape {match['value']!r:.20}, expected '\\' or '`'"
                )
            return match["value"].strip()
    return "\\"


def _keyword(line: str) -> tuple[str, str]:
    first, *rest = line.split(maxsplit=1) or [""]
    return first.upper(), rest[0] if rest else ""


def _arguments(keyword: str, rest: str, escape: str) -> tuple[tuple[str, ...], bool]:
    if keyword == "HEALTHCHECK":
        kind, command = _keyword(rest)
        arguments, is_json = _arguments("CMD", command, escape)
        return (kind, *arguments), is_json
    if keyword in _SHELL_FORM | _PATHS and rest.startswith("["):
        listed = _strings(rest)
        if listed is not None:
            return listed, True
    if keyword in _SHELL_FORM:
        return ((rest,) if rest else ()), False
    if keyword in _LINE:
        return ((unquoted(rest, escape),) if rest else ()), False
    split = list(words(rest, escape))
    if keyword in _PAIRS and split and "=" not in split[0]:
        name, value = _split_once(rest)
        return (f"{name}={value}",), False
    return tuple(unquoted(each, escape) for each in split), False


def _strings(text: str) -> tuple[str, ...] | None:
    try:
        return tuple(_STRINGS.decode(text))
    except msgspec.MsgspecError:
        return None  # then it is a command that begins with "[", as BuildKit takes it


def _split_once(text: str) -> tuple[str, str]:
    name, *value = text.split(maxsplit=1)
    return name, value[0] if value else ""


@dataclass(slots=True)
class _Open:
    """A stage that is being read."""

    beginning: Instruction | None
    base: str
    name: str
    known: dict[str, str]
    instructions: list[Instruction]

    def closed(self) -> Stage:
        return Stage(
            base=self.base, name=self.name, beginning=self.beginning, instructions=tuple(self.instructions)
        )


def _staged(instructions: Iterator[Instruction], path: str) -> Dockerfile:
    arguments: list[Instruction] = []
    defaults: dict[str, str] = {}
    stages: list[_Open] = []
    for each in instructions:
        if each.keyword == "FROM":
            stages.append(_opened(each, defaults, stages))
            if len(stages) > _MOST_STAGES:
                raise ParseError(f"{path}: line {each.start_line}: more than {_MOST_STAGES} stages")
        elif each.keyword == "ARG" and not stages:
            arguments.append(each)
            defaults |= {name: substituted(value, defaults) for name, value in each.pairs() if value}
        else:
            if not stages:
                stages.append(_Open(None, "", "", dict(defaults), []))
            _take(stages[-1], each, defaults)
    return Dockerfile(stages=tuple(stage.closed() for stage in stages), arguments=tuple(arguments))


def _opened(instruction: Instruction, defaults: dict[str, str], earlier: list[_Open]) -> _Open:
    arguments = tuple(substituted(each, defaults) for each in instruction.arguments)
    base = arguments[0] if arguments else ""
    named = len(arguments) >= len(("base", "AS", "name")) and arguments[1].lower() == "as"
    known = next((stage.known for stage in reversed(earlier) if stage.name == base.lower() != ""), {})
    name = arguments[2].lower() if named else ""
    return _Open(replace(instruction, arguments=arguments), base, name, dict(known), [])


def _take(stage: _Open, instruction: Instruction, defaults: dict[str, str]) -> None:
    """Add an instruction, with the variables in it that the ones before it define."""
    if instruction.keyword in _WITH_VARIABLES:
        arguments = tuple(substituted(each, stage.known) for each in instruction.arguments)
        instruction = replace(instruction, arguments=arguments)
    if instruction.keyword == "ENV":
        stage.known |= dict(instruction.pairs())
    if instruction.keyword == "ARG":
        given = {name: value or defaults.get(name, "") for name, value in instruction.pairs()}
        stage.known |= {name: substituted(value, stage.known) for name, value in given.items() if value}
    stage.instructions.append(instruction)
