"""Package URLs that people ask for.

Specification: https://github.com/package-url/purl-spec
"""

from urllib.parse import unquote

import msgspec

_ANY_NAMESPACE = frozenset(("apk", "deb", "rpm"))


class Purl(msgspec.Struct, frozen=True, kw_only=True):
    """A package URL without qualifiers; an empty version means any."""

    type: str
    namespace: str
    name: str
    version: str


def without_qualifiers(purl: str) -> str:
    """Return what stands before the qualifiers and the subpath."""
    return purl.partition("#")[0].partition("?")[0]


def is_wanted(wanted: Purl, purl: str, version: str) -> bool:
    """Tell whether a component's purl, or the version that its package manager has, is the one wanted."""
    kind, _, rest = without_qualifiers(purl).removeprefix("pkg:").partition("/")
    path, _, encoded = rest.partition("@")
    namespace, _, name = path.rpartition("/")
    same_namespace = unquote(namespace).lower() == wanted.namespace.lower() or (
        not wanted.namespace and kind in _ANY_NAMESPACE
    )
    return (
        same_namespace
        and kind == wanted.type
        and unquote(name).lower() == wanted.name.lower()
        and (not wanted.version or wanted.version in {unquote(encoded), version})
    )
