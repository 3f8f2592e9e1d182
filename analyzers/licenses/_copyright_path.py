"""Whose copyright a file in a Debian system states."""

from functools import lru_cache

_BEFORE, _AFTER = "usr/share/doc/", "/copyright"


@lru_cache(maxsize=4096)
def package_of(path: str) -> str:
    """Return the name of the binary package whose copyright file lies at the path; "" when it is none's.

    A package whose folder in usr/share/doc is a link to another one's has the other's licences.
    """
    if not (path.startswith(_BEFORE) and path.endswith(_AFTER)):
        return ""
    name = path[len(_BEFORE) : -len(_AFTER)]
    return "" if "/" in name else name
