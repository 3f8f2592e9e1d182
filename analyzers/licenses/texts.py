"""Licences by their texts in files of their own, by notices and tags at the head of source files.

Formats: https://spdx.org/licenses/ (texts),
https://spdx.github.io/spdx-spec/v2.3/using-SPDX-short-identifiers-in-source-files/ (tags).
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Protocol

from analyzers.errors import ParseError
from analyzers.extras import needs_extra
from analyzers.inventory import Analyzer, Fact, File, License, Problem, Scanner, View
from analyzers.licenses import _phrases
from analyzers.licenses._names import LICENSE_GLOBS, SOURCE_ENDS, SOURCE_GLOBS
from analyzers.spdx import names
from analyzers.spdx.expressions import UNRECOGNISED, expression

EXTRA = "licenses"
"""The extra that brings the texts."""
HEAD_BYTES = 4096
"""Of a source file, what is read."""
TEXT_CHARACTERS = 2 * 1024 * 1024
"""Of a licence file, what is read."""
WHOLE_TEXT = 1.0
"""Confidence in a text that is there from its first word to its last, and in a tag."""
NOTICE = 0.9
"""Confidence in a sentence that grants, or in a notice that points to a licence."""
_WINDOW = 256 * 1024  # longer ones need more time than their length
_OVERLAP = 64 * 1024  # no text in SPDX's list is longer
_SHORTEST_TEXT = 400
_LONGEST_FIELD = 200
_IS_LICENSE = re.compile("licen[cs]e|copying", re.IGNORECASE)
_TAG = re.compile(rb"SPDX-License-Identifier:[ \t]*([^\r\n]{1,400})")
_AFTER_TAG = re.compile(r"\s*(?:\*/|-->|--%>|%>|\*\)|#\}|-\}|\"\"\"|'''|[\"'`,;]|\\n|</).*")
_UNICODE = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class _Match(Protocol):
    """One licence in a text, by the characters that it takes."""

    @property
    def id(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def parse(file: File) -> Iterator[Fact]:
    """Yield each License that the file states, once.

    A LICENSE or COPYING in which none is recognised yields one called UNRECOGNISED, with no confidence;
    a NOTICE need not have any.

    Raises:
        ParseError: a licence file is no text, or what knows the texts is not installed.
    """
    if file.path.rpartition(".")[2] in SOURCE_ENDS:
        yield from _once(_head(file.data[:HEAD_BYTES]))
        return
    text = _decoded(file)
    yield from _once(_licenses(file, text))
    if len(text) > TEXT_CHARACTERS:
        reason = f"{len(text)} characters: licences after the first {TEXT_CHARACTERS} are not looked for"
        yield Problem(path=file.path, reason=reason)


def _once(found: Iterator[License]) -> Iterator[License]:
    """Yield each licence once, as confident as it gets, and "-only" not beside the same "-or-later"."""
    best: dict[str, License] = {}
    for each in found:
        if each.name not in best or best[each.name].confidence < each.confidence:
            best[each.name] = each
    for name, each in best.items():
        if not name.endswith("-only") or name.replace("-only", "-or-later") not in best:
            yield each


def _head(data: bytes) -> Iterator[License]:
    tags = [_tagged(match) for match in _TAG.findall(data)]
    if any(tags):
        yield from (License(name=name, confidence=WHOLE_TEXT, is_header=True) for name in tags if name)
        return
    for name in _phrases.recognise(_phrases.plain(data)):
        yield License(name=name, confidence=NOTICE, is_header=True)


def _tagged(tag: bytes) -> str:
    return expression(_AFTER_TAG.sub("", tag.decode("utf-8", "replace")))


def _decoded(file: File) -> str:
    encoding = next((name for mark, name in _UNICODE if file.data.startswith(mark)), "utf-8")
    if encoding != "utf-16" and b"\0" in file.data:
        raise ParseError(f"{file.path}: a byte 0 at {file.data.index(0)}, expected text")
    return file.data.decode(encoding, "replace")


def _licenses(file: File, text: str) -> Iterator[License]:
    """Yield the licences of a file that has their texts."""
    if len(text) <= _LONGEST_FIELD and "LicenseRef-" not in (name := expression(text)) and name:
        yield License(name=name, confidence=NOTICE)
        return
    found = [*_tags(text), *_by_text(text)] or [*_by_sentence(text)]
    yield from found
    if not found and text.strip() and _IS_LICENSE.search(file.path.rpartition("/")[2]):
        yield License(name=UNRECOGNISED, confidence=0.0)


def _tags(text: str) -> Iterator[License]:
    for match in _TAG.findall(text[:HEAD_BYTES].encode("utf-8", "replace")):
        if name := _tagged(match):
            yield License(name=name, confidence=WHOLE_TEXT)


def _by_text(text: str) -> Iterator[License]:
    for match in _texts(text):
        is_text = match.end - match.start >= _SHORTEST_TEXT
        name = names.find(match.id) or names.reference(match.id)
        yield License(name=name, confidence=WHOLE_TEXT if is_text else NOTICE)


def _by_sentence(text: str) -> Iterator[License]:
    for name in _phrases.recognise(_phrases.plain(text[:TEXT_CHARACTERS].encode("utf-8", "replace"))):
        yield License(name=name, confidence=NOTICE)


def _texts(text: str) -> Iterator[_Match]:
    for start in range(0, min(len(text), TEXT_CHARACTERS), _WINDOW - _OVERLAP):
        yield from _identified(text[start : start + _WINDOW])
        if start + _WINDOW >= len(text):
            return


@lru_cache(maxsize=64)  # the same few texts lie beside hundreds of packages
def _identified(text: str) -> Sequence[_Match]:
    try:
        from licenseclassifier import identify_license  # noqa: PLC0415 - an extra, and 20 ms to import
    except ModuleNotFoundError as error:
        if error.name != "licenseclassifier":
            raise
        raise ParseError(needs_extra("the text of a licence", EXTRA)) from error
    return identify_license(text, coverage_threshold=0.0)


ANALYZER = Analyzer(
    id="licenses/texts",
    version=1,
    scanner=Scanner.LICENSE_TEXT,
    views=frozenset(View),
    globs=(*LICENSE_GLOBS, *SOURCE_GLOBS),
    parse=parse,
)
