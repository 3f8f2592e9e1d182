"""JSON documents: their values, and the lines on which their parts stand.

Format: https://www.rfc-editor.org/rfc/rfc8259; with comments and trailing commas: https://jsonc.org.
"""

import json
import re

import msgspec

from analyzers.documents import Lines, Value
from analyzers.documents.wording import json_problem, kind_of
from analyzers.errors import ParseError

_BOM = b"\xef\xbb\xbf"
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
# Members whose value is no part are passed over together: a lock file is mostly these.
_SCALARS = rb"(?:" + _STRING + rb"\s*+:\s*+(?:" + _STRING + rb"|[-+.\w]++)\s*+,?+\s*+)++"
_TOKEN = re.compile(
    rb"(?P<key>" + _STRING + rb")\s*+:\s*+(?P<member>[{\[])"
    rb"|" + _SCALARS + rb"|" + _STRING + rb"|(?P<element>[{\[])|(?P<end>[}\]])|(?P<comma>,)",
    re.DOTALL,
)
_COMMENT = rb"//[^\n]*+|/\*.*?(?:\*/|\Z)"
_RELAXED = re.compile(
    rb'("(?:[^"\\]|\\.)*+"?)|' + _COMMENT + rb"|,(?=(?:\s|" + _COMMENT + rb")*+[}\]])", re.DOTALL
)


def load(data: bytes, path: str) -> Value:
    """Return the document's value; lone surrogates and broken UTF-8 become "\ufffd" or "?".

    Raises:
        ParseError: it is no JSON.
    """
    data = data.removeprefix(_BOM)
    try:
        value: Value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _load_odd(data, path)
    return value


def load_object(data: bytes, path: str) -> dict[str, Value]:
    """Return the document's value, which has to be an object.

    Raises:
        ParseError: it is no JSON, or another value.
    """
    value = load(data, path)
    if not isinstance(value, dict):
        raise ParseError(f"{path}: {kind_of(value)}, expected a JSON object")
    return value


def relaxed(data: bytes) -> bytes:
    """Return a document without the comments and trailing commas that some programs allow, lines kept."""
    return _RELAXED.sub(_kept, data)


def _kept(match: re.Match[bytes]) -> bytes:
    return match[1] or b"\n" * match[0].count(b"\n")


def _load_odd(data: bytes, path: str) -> Value:
    """Read what other parsers accept as well."""
    try:
        value: Value = json.loads(data.decode("utf-8", "replace"))
        return _printable(value)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{path}: {json_problem(error)}, expected JSON") from error


def _printable(value: Value) -> Value:
    """Return the value with lone surrogates replaced: they cannot be stored."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case list():
            return [_printable(each) for each in value]
        case dict():
            return {str(_printable(key)): _printable(each) for key, each in value.items()}
        case _:
            return value


def lines(data: bytes, depth: int) -> dict[tuple[str, ...], Lines]:
    """Return where the objects and arrays at up to `depth` levels stand, by the keys that lead to them.

    Elements of arrays are "0", "1" …: {"a": [{}]} has ("a",) and ("a", "0"). The document is one that `load`
    took; of equal keys the last one counts.
    """
    found = _Lines(data, depth)
    for match in _TOKEN.finditer(data):
        found.take(match)
    return found.lines


class _Lines:
    """Follows the tokens of a document."""

    def __init__(self, data: bytes, depth: int) -> None:
        self.lines: dict[tuple[str, ...], Lines] = {}
        self._data, self._depth = data, depth
        self._line, self._counted = 1, 0
        self._place: list[str] = []
        self._open: list[tuple[int, bool]] = []
        """First line of each part that is not closed yet, and whether it is an array."""

    def take(self, match: re.Match[bytes]) -> None:
        match match.lastgroup:
            case "comma" if self._open and self._open[-1][1]:
                self._place[-1] = str(int(self._place[-1]) + 1)
            case "member" | "element" as kind:
                self._enter(match, kind)
            case "end" if self._open:
                self._leave(match.start())
            case _:
                pass

    def _enter(self, match: re.Match[bytes], kind: str) -> None:
        first = 0
        if len(self._place) <= self._depth:  # of those deeper down nobody asks
            first = self._line_at(match.start(kind))
            if kind == "member" and self._open:
                self._place[-1] = _key(match["key"])
        self._open.append((first, match[kind] == b"["))
        self._place.append("0")

    def _leave(self, place: int) -> None:
        self._place.pop()
        first, _ = self._open.pop()
        if len(self._place) <= self._depth:
            self.lines[tuple(self._place)] = first, self._line_at(place)

    def _line_at(self, place: int) -> int:
        self._line += self._data.count(b"\n", self._counted, place)
        self._counted = place
        return self._line


def _key(token: bytes) -> str:
    try:
        return str(msgspec.json.decode(token))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return token[1:-1].decode("utf-8", "replace")
