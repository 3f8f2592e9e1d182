"""Blocks with `for_each` of which evaluation leaves nothing: are there none, or is it not known?

Format: https://developer.hashicorp.com/terraform/language/meta-arguments/for_each
"""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzers.documents import Value as Document
from analyzers.documents import json as json_document
from analyzers.documents import table, text
from analyzers.errors import ParseError

_HEADER = re.compile(
    r'^([ \t]*)(?:resource[ \t]+"([\w-]+)"[ \t]+"([\w-]+)"|module[ \t]+"([\w-]+)")[ \t]*\{[ \t]*\r?$'
)
_EACH = re.compile(r"[ \t]*for_each[ \t]*=[ \t]*(.*)", re.DOTALL)
_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|#[^\n]*|//[^\n]*|/\*.*?\*/|[\[({]|[\])}]|\n', re.DOTALL)
_OUTPUT = re.compile(r"((?:.*\.)?)output\.unmade_(\d+)")
_OF_THE_RESOURCE = re.compile(r"(?<![\w.])(?:each|count|self)\.")
_JSON_DEPTH = 4
_MOST_LINES = 400
"""Of a block's head, in which its `for_each` stands."""
_LONGEST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A block that is made for each of some values."""

    path: str
    line: int
    """Where it begins, counted from 1."""
    name: str
    """As in "module.keys", "aws_ebs_volume.data"."""
    expression: str
    """What the values are."""
    is_dynamic: bool = False
    """Whether it is a part of a resource."""


Place = tuple[str, str, int]
"""Module, "" or "module.logs.", with the file and line of a dynamic block in it."""


def unmade(
    value: Mapping[str, object], root: str, lines: Mapping[str, Sequence[str]]
) -> tuple[Repeated, ...]:
    """Return the blocks of a root module, and of those that it calls, of which there is nothing.

    Args:
        value: kind → blocks, as the library gives them.
        root: directory of the root module.
        lines: of each file.
    """
    made = set(_made(value, root))
    directories = {root, *(posixpath.dirname(path) for path, _ in made)}
    return tuple(
        each
        for path, own in lines.items()
        if path.endswith((".tf", ".tf.json")) and posixpath.dirname(path) in directories
        for each in (_repeated(path, own) if path.endswith(".tf") else _repeated_in_json(path, own))
        if (path, each.line) not in made
    )


def dynamic(path: str, lines: Sequence[str], line: int) -> Repeated | None:
    """Return the dynamic block that begins at a line, None where only its resource knows its values."""
    header = lines[line - 1] if line <= len(lines) else ""
    indent = header[: len(header) - len(header.lstrip())]
    expression = _values(lines[line : line + _MOST_LINES], indent)
    if not expression or _OF_THE_RESOURCE.search(expression):
        return None
    return Repeated(path=path, line=line, name=header.strip(), expression=expression, is_dynamic=True)


def _made(value: Mapping[str, object], root: str) -> Iterator[tuple[str, int]]:
    for each in _blocks(value):
        meta = table(each.get("__tfmeta"))
        line = meta.get("line_start")
        if isinstance(line, int):
            yield posixpath.normpath(posixpath.join(root, text(meta.get("filename")) or "?")), line


def _blocks(value: Mapping[str, object]) -> Iterator[dict[str, Document]]:
    for blocks in value.values():
        for each in blocks if isinstance(blocks, list) else ():
            if isinstance(each, dict):
                yield each


def _repeated(path: str, lines: Sequence[str]) -> Iterator[Repeated]:
    for number, line in enumerate(lines):
        header = _HEADER.match(line)
        if header:
            expression = _values(lines[number + 1 : number + _MOST_LINES], header[1])
            if expression:
                name = f"module.{header[4]}" if header[4] else f"{header[2]}.{header[3]}"
                yield Repeated(path=path, line=number + 1, name=name, expression=expression)


def _repeated_in_json(path: str, lines: Sequence[str]) -> Iterator[Repeated]:
    """Yield as `_repeated`: https://developer.hashicorp.com/terraform/language/syntax/json."""
    if not any('"for_each"' in line for line in lines):
        return
    data = "\n".join(lines).encode("utf-8", "replace")
    try:
        document = table(json_document.load(data, path))
    except ParseError:
        return  # which the evaluation tells
    places = json_document.lines(data, _JSON_DEPTH)
    for place, body in _bodies(document):
        expression = body.get("for_each")
        if expression is not None:
            written = json.dumps(expression, ensure_ascii=False)[:_LONGEST]
            line = places.get(place, (1, 1))[0]
            names = [each for each in place if not each.isdecimal()]
            name = ".".join(names[1:] if names[0] == "resource" else names)
            yield Repeated(path=path, line=line, name=name, expression=written)


def _bodies(document: dict[str, Document]) -> Iterator[tuple[tuple[str, ...], dict[str, Document]]]:
    """Yield where in a document each resource and module is, and what it says."""
    for kind, bodies in table(document.get("resource")).items():
        for name, body in table(bodies).items():
            yield from _each(("resource", kind, name), body)
    for name, body in table(document.get("module")).items():
        yield from _each(("module", name), body)


def _each(place: tuple[str, ...], body: Document) -> Iterator[tuple[tuple[str, ...], dict[str, Document]]]:
    if isinstance(body, list):
        for index, each in enumerate(body):
            yield (*place, str(index)), table(each)
    else:
        yield place, table(body)


def _values(lines: Sequence[str], outer: str) -> str:
    """Return what a block is repeated for, "" when it is not: deeper ones have a `for_each` of their own."""
    own = next((line[: -len(line.lstrip(" \t"))] for line in lines if line.strip()), "")
    for number, line in enumerate(lines):
        if line.startswith(f"{outer}}}"):
            return ""
        match = _EACH.match(line) if line.startswith(f"{own}for_each") else None
        if match:
            return _expression("\n".join([match[1], *lines[number + 1 :]])[:_LONGEST])
    return ""


def _expression(source: str) -> str:
    """Return the expression at the beginning of a text, which ends where its line and brackets do."""
    depth = 0
    for token in _TOKEN.finditer(source):
        if token[0] in "[({":
            depth += 1
        elif token[0] in "])}":
            depth -= 1
        elif token[0] == "\n" and depth <= 0:
            return source[: token.start()]
    return source


def probed(files: Mapping[str, bytes], blocks: Sequence[Repeated]) -> dict[str, bytes]:
    """Return files with an output for each block at their ends, that says what it is repeated for."""
    found = dict(files)
    for index, each in enumerate(blocks):
        probe = f'\noutput "unmade_{index}" {{\n  value = {each.expression}\n}}\n'
        # JSON has no place for one, but a file beside it has.
        path = f"{each.path}.unmade.tf" if each.path.endswith(".json") else each.path
        found[path] = found.get(path, b"") + probe.encode("utf-8", "replace")
    return found


def unknown(value: Mapping[str, object], blocks: Sequence[Repeated]) -> Iterator[Repeated]:
    """Yield the resources and modules whose values are not known, of what files with probes evaluate to."""
    answers = {index: True for _, index, _ in _answers(value)}
    for _, index, one in _answers(value):
        answers[index] = answers[index] and _is_known(one)
    for index, each in enumerate(blocks):
        if not each.is_dynamic and not answers.get(index):
            yield each


def empty(value: Mapping[str, object], blocks: Sequence[Repeated]) -> frozenset[Place]:
    """Return the dynamic blocks of which there are none, of what files with probes evaluate to."""
    return frozenset(
        (module, blocks[index].path, blocks[index].line)
        for module, index, one in _answers(value)
        if _is_known(one) and not one and blocks[index].is_dynamic
    )


def _answers(value: Mapping[str, object]) -> Iterator[tuple[str, int, Document]]:
    outputs = value.get("output")
    for each in outputs if isinstance(outputs, list) else ():
        match = _OUTPUT.fullmatch(text(table(table(each).get("__tfmeta")).get("path")))
        if match:
            yield match[1], int(match[2]), table(each).get("value")


def _is_known(value: Document) -> bool:
    return isinstance(value, list) or (isinstance(value, dict) and "__attribute__" not in value)
