"""Licences of Debian packages, from their copyright files.

Formats: https://www.debian.org/doc/debian-policy/ch-docs.html#copyright-information,
https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
"""

import re
from collections.abc import Iterator

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, License, Problem, Scanner, View
from analyzers.licenses import _dep5, _phrases
from analyzers.spdx import names
from analyzers.spdx.expressions import UNRECOGNISED

READ_CONFIDENCE = 1.0
"""Of what a machine-readable file names."""
RECOGNISED_CONFIDENCE = 0.9
"""Of what is told by the sentences of a file for people."""
MOST_BYTES = 4 * 1024 * 1024
"""Of a file, what is read; the longest of Debian's own have 2 MiB."""
_COMMON = re.compile(rb"/usr/share/common-licenses/([A-Za-z][A-Za-z0-9.-]*[A-Za-z0-9])")


def parse(file: File) -> Iterator[Fact]:
    """Yield each License of the package that `package_of` names.

    A file in which no licence is recognised yields one that is called UNRECOGNISED, with no confidence.

    Raises:
        ParseError: the file is no text.
    """
    if b"\0" in file.data:
        raise ParseError(f"{file.path}: a byte 0 at {file.data.index(0)}, expected text")
    data = file.data[:MOST_BYTES]
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    if read := _dep5.licenses(text) if _dep5.is_machine_readable(text) else ():
        yield from (License(name=name, confidence=READ_CONFIDENCE) for name in read)
    elif recognised := _in_prose(data):
        yield from (License(name=name, confidence=RECOGNISED_CONFIDENCE) for name in recognised)
    elif text.strip():
        yield License(name=UNRECOGNISED, confidence=0.0)
    if len(file.data) > MOST_BYTES:
        reason = f"{len(file.data)} bytes: licences after the first {MOST_BYTES} are not looked for"
        yield Problem(path=file.path, reason=reason)


def _in_prose(data: bytes) -> tuple[str, ...]:
    found = _phrases.recognise(_phrases.plain(data))
    families = {_family(name) for name in found}
    pointed = (names.find(match.decode()) for match in dict.fromkeys(_COMMON.findall(data)))
    return tuple(
        dict.fromkeys([*found, *(name for name in pointed if name and _family(name) not in families)])
    )


def _family(name: str) -> str:
    """Return "GPL" of "GPL-2.0-or-later": a notice says more than the pointer to a text beside it."""
    return name.partition("-")[0]


ANALYZER = Analyzer(
    id="licenses/dpkg_copyright",
    version=1,
    scanner=Scanner.LICENSE,
    views=frozenset({View.INSTALLED}),
    globs=("usr/share/doc/*/copyright",),
    parse=parse,
)
