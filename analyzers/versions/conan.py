"""Version order of Conan's packages.

Specification: https://docs.conan.io/2/tutorial/versioning/version_ranges.html#range-expressions and
https://docs.conan.io/2/reference/tools/scm/version.html: parts between dots, of which the numbers compare as
numbers; trailing zeros, and what follows "+" only where all else is equal; a "-" begins a pre-release.
"""

import re

from analyzers.versions.errors import InvalidVersionError

_VERSION = re.compile(r"(?P<release>[0-9A-Za-z_.]+)(?:-(?P<pre>[0-9A-Za-z_.+-]*?))?(?:\+(?P<build>\S*))?")
_NUMBER_FIRST = re.compile(r"(?P<number>[0-9]*)(?P<rest>.*)", re.DOTALL)
_Part = tuple[int, int, str]
_ZERO: _Part = (0, 0, "")


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key: 1.1.1 sorts before 1.1.1a, every number before "cci.20200101".

    Raises:
        InvalidVersionError: the text has characters that no version has.
    """
    match = _VERSION.fullmatch(version.strip().lower().removeprefix("v"))
    if match is None:
        raise InvalidVersionError(f"{version!r}: expected parts between dots")
    pre, build = match["pre"], match["build"]
    return (
        _parts(match["release"]),
        (0, _parts(pre)) if pre else (1, ()),
        _parts(build) if build else (),
    )


def _parts(text: str) -> tuple[_Part, ...]:
    parts = [_part(each) for each in text.split(".")]
    while parts and parts[-1] == _ZERO:
        parts.pop()
    return tuple(parts)


def _part(text: str) -> _Part:
    match = _NUMBER_FIRST.fullmatch(text)
    if match is None or not match["number"]:
        return 1, 0, text
    return 0, int(match["number"]), match["rest"]
