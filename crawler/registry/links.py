"""The next page of a list.

Specs: https://www.rfc-editor.org/rfc/rfc8288#section-3 and
https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
"""

import re
from collections.abc import Iterable

from crawler.registry.errors import ProtocolError
from crawler.registry.origins import absolute, origin_of

HEADER_CHARACTERS = 16 * 1024
"""Length of one Link header."""

_LINK = re.compile(r"""<(?P<url>[^<>]*)>(?P<parameters>(?:[^,<>"]|"(?:[^"\\]|\\.)*+")*+)""")
_REL = re.compile(r""";[ \t]*rel[ \t]*=[ \t]*(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s;,"]+))""", re.IGNORECASE)


def next_page(headers: Iterable[str], current: str) -> str | None:
    """Return the absolute URL of the page after `current`; None when this is the last one.

    Raises:
        ProtocolError: the link leads to another origin, is the page itself, or is malformed. A list that
            cannot be followed to its end is no list.
    """
    for header in headers:
        target = _next_target(header, current)
        if target is not None:
            return _checked(target, current)
    return None


def _next_target(header: str, current: str) -> str | None:
    if len(header) > HEADER_CHARACTERS:
        raise ProtocolError(
            f"{origin_of(current)}: Link header of {len(header)} characters, expected {HEADER_CHARACTERS}"
        )
    found = False
    for match in _LINK.finditer(header):
        found = True
        if "next" in _relations(match["parameters"]):
            return match["url"]
    if not found and header.strip():
        raise ProtocolError(f"{origin_of(current)}: expected Link: <url>; rel=..., got {header!r:.200}")
    return None


def _relations(parameters: str) -> list[str]:
    match = _REL.search(parameters)
    return (match["quoted"] or match["plain"] or "").lower().split() if match else []


def _checked(target: str, current: str) -> str:
    url = absolute(target, current)
    if origin_of(url) != origin_of(current):
        raise ProtocolError(
            f"{origin_of(current)}: the next page is at {origin_of(url)}, expected the same origin"
        )
    if url == current:
        raise ProtocolError(f"{origin_of(current)}: a page names itself as the next one")
    return url
