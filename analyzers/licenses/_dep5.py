"""The licences in a machine-readable copyright file.

Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from analyzers.licenses import _phrases
from analyzers.spdx import expressions, names

_FORMAT = re.compile(r"^Format(?:-Specification)?:", re.IGNORECASE | re.MULTILINE)
_HEADER_LENGTH = 4096
_BLANK_LINES = re.compile(r"\n(?:[ \t\r]*\n)+")
_LICENSE = re.compile(r"^License[ \t]*:[ \t]*(.*)((?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_FILES = re.compile(r"^Files[ \t]*:", re.IGNORECASE | re.MULTILINE)
_SHORT_NAME = re.compile(r"[^\s,;()|]+")


class _Stanza(NamedTuple):
    names: str
    """The field's first line."""
    text: str
    has_files: bool


def is_machine_readable(text: str) -> bool:
    """Tell whether a copyright file says so of itself."""
    return _FORMAT.search(text, 0, _HEADER_LENGTH) is not None


def licenses(text: str) -> tuple[str, ...]:
    """Return the SPDX expression of each group of files, and of the whole, each once.

    A stanza that only tells the text of a licence tells of no file under it, unless there are no others.
    Short names of the packager's own are read by that text.
    """
    stanzas = list(_stanzas(text))
    own = {each.names: found for each in stanzas if (found := _by_text(each))}
    with_files = [each for each in stanzas if each.has_files] or stanzas
    return tuple(dict.fromkeys(filter(None, (_expression(each, own) for each in with_files))))


def _stanzas(text: str) -> Iterator[_Stanza]:
    for number, stanza in enumerate(_BLANK_LINES.split(text)):
        has_files = number == 0 or _FILES.search(stanza) is not None
        for match in _LICENSE.finditer(stanza):
            yield _Stanza(match[1].strip(), match[2], has_files)


def _by_text(stanza: _Stanza) -> str:
    """Return what the text says a name of the packager's own stands for."""
    if not stanza.text or not stanza.names or _SHORT_NAME.fullmatch(stanza.names) is None:
        return ""
    if names.find(stanza.names):
        return ""
    return _recognised(stanza.text)


def _recognised(text: str) -> str:
    return expressions.together(_phrases.recognise(_phrases.plain(text.encode("utf-8", "replace"))))


def _expression(stanza: _Stanza, own: dict[str, str]) -> str:
    if not stanza.names:
        return _recognised(stanza.text)

    def spelled(match: re.Match[str]) -> str:
        found = own.get(match[0])
        return match[0] if found is None else f"({found})" if " " in found else found

    return expressions.expression(_SHORT_NAME.sub(spelled, stanza.names))
