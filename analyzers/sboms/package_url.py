"""Reads package URLs.

Specification: https://github.com/package-url/purl-spec/blob/main/PURL-SPECIFICATION.rst
"""

import re
from urllib.parse import unquote

import msgspec

from analyzers.errors import ParseError

_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9.+-]*")
_SEPARATORS = {"maven": ":"}


class PackageUrl(msgspec.Struct, frozen=True, kw_only=True):
    """A package URL in its parts, percent-encoding undone."""

    type: str
    namespace: str = ""
    name: str
    version: str = ""
    qualifiers: dict[str, str] = {}
    subpath: str = ""


def parse(text: str) -> PackageUrl:
    """Return the parts of `pkg:type/namespace/name@version?qualifiers#subpath`.

    Raises:
        ParseError: it has another scheme, no type or no name.
    """
    scheme, colon, rest = text.strip().partition(":")
    rest, _, subpath = rest.partition("#")
    rest, _, query = rest.partition("?")
    type_, _, rest = rest.strip("/").partition("/")
    if not colon or scheme.lower() != "pkg" or not _TYPE.fullmatch(type_):
        raise ParseError(f"{text!r:.200}: expected a package URL, such as pkg:npm/lodash@4.17.21")
    rest, version = _version(rest)
    segments = [unquote(segment) for segment in rest.split("/") if segment]
    if not segments:
        raise ParseError(f"{text!r:.200}: no name, expected pkg:type/name")
    return PackageUrl(
        type=type_.lower(),
        namespace="/".join(segments[:-1]),
        name=segments[-1],
        version=unquote(version),
        qualifiers=_qualifiers(query) if query else {},
        subpath=unquote(subpath.strip("/")),
    )


def full_name(purl: PackageUrl) -> str:
    """Return the name as advisories of the purl's type have it: "org.slf4j:slf4j-api", "@babel/core".

    The namespace of system packages is their distribution, and no part of the name.
    """
    match purl.type:
        case "apk" | "deb" | "rpm" | "alpm":
            return purl.name
        case "cocoapods" if purl.subpath:
            return f"{purl.name}/{purl.subpath}"
        case _:
            return joined(purl.type, purl.namespace, purl.name)


def joined(type_: str, namespace: str, name: str) -> str:
    """Return namespace and name as packages of the type write them together."""
    return f"{namespace}{_SEPARATORS.get(type_, '/')}{name}" if namespace else name


def _version(rest: str) -> tuple[str, str]:
    """Part the version from the path; the "@" of a Node.js scope, which some leave unescaped, is none."""
    path, at, version = rest.rpartition("@")
    return (path, version) if at and path and not path.endswith("/") else (rest, "")


def _qualifiers(query: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in query.split("&"))
    return {key.lower(): unquote(value) for key, _, value in pairs if key and value}
