"""Version order of Ruby gems.

Specification: https://docs.ruby-lang.org/en/master/Gem/Version.html
"""

import re
from collections.abc import Iterator

from analyzers.versions.errors import InvalidVersionError

_VERSION = re.compile(r"[0-9]+(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")
_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+")
_TEXT, _END, _NUMBER = range(3)


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key.

    Raises:
        InvalidVersionError: the text is not what RubyGems takes for a version.
    """
    text = version.strip()
    if _VERSION.fullmatch(text) is None:
        raise InvalidVersionError(f"{version!r}: expected a gem version, numbers and words between dots")
    return *_weigh(_SEGMENT.findall(text.replace("-", ".pre."))), (_END,)


def _weigh(segments: list[str]) -> Iterator[tuple[object, ...]]:
    """Yield every segment that is not zero, with the zeros before it.

    Missing segments count as zeros, without end. A text is below zero, so the fewer zeros come before it the
    lower the version; any other number is above, so the fewer the higher. Zeros directly before the first
    text are dropped: 1.0.0.a equals 1.a.
    """
    zeros = 0
    release = True
    for segment in segments:
        if segment.isdigit():
            number = int(segment)
            if number == 0:
                zeros += 1
                continue
            yield _NUMBER, -zeros, number
        else:
            yield _TEXT, 0 if release else zeros, segment
            release = False
        zeros = 0
