"""Version order of numbers between dots, as Hackage and CRAN have it.

Specifications: https://pvp.haskell.org/#version-numbers and
https://stat.ethz.ch/R-manual/R-devel/library/base/html/numeric_version.html ("-" separates as "." does).
"""

import re

from analyzers.versions.errors import InvalidVersionError

_VERSION = re.compile(r"[0-9]+(?:[.-][0-9]+)*")
_SEPARATOR = re.compile(r"[.-]")


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key; 1.0 sorts before 1.0.0.

    Raises:
        InvalidVersionError: there is something other than numbers between the separators.
    """
    if _VERSION.fullmatch(version) is None:
        raise InvalidVersionError(f"{version!r}: expected numbers between dots")
    return tuple(map(int, _SEPARATOR.split(version)))
