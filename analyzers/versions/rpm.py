"""Version order of RPM packages.

Specification: rpm-version(7), https://rpm.org/docs/latest/man/rpm-version.7
"""

import re

from analyzers.versions.errors import InvalidVersionError

_EPOCH = re.compile(r"([0-9]*):")
_SEGMENT = re.compile(r"[~^]|[0-9]+|[A-Za-z]+")

# What may stand at the same place in two versions, lowest first.
_TILDE, _END, _CARET, _LETTERS, _DIGITS = range(5)
_MARKS: dict[str, tuple[object, ...]] = {"~": (_TILDE,), "^": (_CARET,)}


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key of "epoch:version-release"; a missing epoch is 0, a missing release the lowest.

    Raises:
        InvalidVersionError: the text is empty, has blanks, or an epoch and nothing after it.
    """
    if any(char.isspace() or char == "\0" for char in version):
        raise InvalidVersionError(f"{version!r}: an RPM version has no blanks")
    match = _EPOCH.match(version)
    epoch = int(match[1] or "0") if match else 0
    return epoch, *_upstream_and_release(version[match.end() :] if match else version)


def key_without_epoch(version: str) -> tuple[object, ...]:
    """Return the key of a version whose epoch has no say, for feeds that leave epochs out.

    Raises:
        InvalidVersionError: as for `key`.
    """
    return key(version)[1:]


def _upstream_and_release(rest: str) -> tuple[object, object]:
    upstream, dash, release = rest.rpartition("-")
    if not dash:
        upstream, release = rest, ""
    if not upstream:
        raise InvalidVersionError(f"{rest!r}: expected an RPM version, [epoch:]version[-release]")
    return _segments(upstream), _segments(release)


def _segments(part: str) -> tuple[tuple[object, ...], ...]:
    """Return the runs of digits, the runs of letters and the marks; everything else only separates."""
    return *map(_segment, _SEGMENT.findall(part)), (_END,)


def _segment(text: str) -> tuple[object, ...]:
    if text in _MARKS:
        return _MARKS[text]
    if text[0].isdigit():
        return _DIGITS, int(text)
    return _LETTERS, text
