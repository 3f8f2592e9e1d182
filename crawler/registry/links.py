"""The next page of a list.

Specs: https://www.rfc-editor.org/rfc/rfc8288#section-3 and
https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
"""

import re
from collections.abc import Iterable

from crawler.registry.errors import ProtocolError
from crawler.registry.origins import absolute, origin_of

# A quote without end goes on to the end of the header: if it were left out, each of many would be looked for.
_LINK = re.compile(r"""<(?P<url>[^<>]*)>(?P<parameters>(?:[^,<>"]|"(?:[^"\\]|\\.?)*+(?:"|$))*+)""", re.DOTALL)
_PARAMETER = re.compile(
    r""";[ \t]*(?P<name>[^\s=;,"]+)[ \t]*=[ \t]*(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<plain>[^\s;,"]+))"""
)


def next_page(headers: Iterable[str], current: str) -> str | None:
    """Return the absolute URL of the page after `current`; None when this is the last one.

    Raises:
        ProtocolError: the link leads to another origin, is the page itself, or is malformed, as without a
            relation. A list that cannot be followed to its end is no list.
    """
    for header in headers:
        target = _next_target(header, current)
        if target is not None:
            return _checked(target, current)
    return None


def _next_target(header: str, current: str) -> str | None:
    links = [(link["url"], _relations(link["parameters"])) for link in _LINK.finditer(header)]
    for url, relations in links:
        if "next" in relations:
            return url
    if _LINK.sub("", header).strip(", \t") or not all(relations for _, relations in links):
        raise ProtocolError(f"{origin_of(current)}: expected Link: <url>; rel=..., got {header!r:.200}")
    return None


def _relations(parameters: str) -> list[str]:
    for parameter in _PARAMETER.finditer(parameters):
        if parameter["name"].lower() == "rel":
            return (parameter["quoted"] or parameter["plain"] or "").lower().split()
    return []


def _checked(target: str, current: str) -> str:
    url = absolute(target, current)
    if origin_of(url) != origin_of(current):
        raise ProtocolError(
            f"{origin_of(current)}: the next page is at {origin_of(url)}, expected the same origin"
        )
    if url == current:
        raise ProtocolError(f"{origin_of(current)}: a page names itself as the next one")
    return url
