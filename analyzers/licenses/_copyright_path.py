"""Whose copyright a file in a Debian system states."""

import re

_PATH = re.compile(r"usr/share/doc/([^/]+)/copyright")


def package_of(path: str) -> str:
    """Return the name of the binary package whose copyright file lies at the path; "" when it is none's.

    A package whose folder in usr/share/doc is a link to another one's has the other's licences.
    """
    match = _PATH.fullmatch(path)
    return match[1] if match else ""
