"""Packages that a Swift project is locked to, from Package.resolved.

Format: https://docs.swift.org/swiftpm/documentation/packagemanagerdocs/resolvingpackageversions
(versions 1 to 3 of the file).
"""

import re
from collections.abc import Iterator

from analyzers.documents import Value, json, table, text
from analyzers.documents.wording import kind_of
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, View

_SSH = re.compile(r"(?:[\w.-]+@)?([\w-]+(?:\.[\w-]+)+):(?!//)/?(.+)")
_ADDRESS = re.compile(r"[a-z][a-z+]*://(?:[^/@]*@)?(?P<host>[^/:]+)(?::\d+)?/+(?P<path>.+)", re.IGNORECASE)


def parse(file: File) -> Iterator[Fact]:
    """Yield the Packages: their name is their address without scheme, user and ".git", as in advisories.

    One that follows a branch or a commit has no version; one from a registry is called by its identity.

    Raises:
        ParseError: there are no pins, or one has neither an address nor an identity.
    """
    root = json.load_object(file.data, file.path)
    place: tuple[str, ...] = ("pins",) if "pins" in root else ("object", "pins")
    pins = root.get("pins", table(root.get("object")).get("pins"))
    if not isinstance(pins, list):
        raise ParseError(f"{file.path}: pins is {kind_of(pins)}, expected a list")
    lines = json.lines(file.data, len(place) + 1)
    for index, pin in enumerate(pins):
        entry = table(pin)
        name = name_of(text(entry.get("location") or entry.get("repositoryURL")))
        name = name or text(entry.get("identity")) or text(entry.get("package"))
        if not name:
            raise ParseError(f"{file.path}: pins[{index}] has no location, expected one")
        version, evidence = _version(table(entry.get("state")))
        at = lines.get((*place, str(index)))
        yield Package(kind="swift", name=name, version=version, lines=(at,) if at else (), evidence=evidence)


def name_of(address: str) -> str:
    """Return "github.com/apple/swift-nio" for the address of a repository, "" when it is none."""
    if match := _ADDRESS.fullmatch(address):
        host, path = match["host"], match["path"]
    elif match := _SSH.fullmatch(address):
        host, path = match[1], match[2]
    else:
        return ""
    return f"{host.lower()}/{path.strip('/').removesuffix('.git')}"


def _version(state: dict[str, Value]) -> tuple[str, str]:
    if version := text(state.get("version")):
        return version, ""
    words = ((name, text(state.get(name))) for name in ("branch", "revision"))
    return "", " ".join(f"{name} {value}" for name, value in words if value)


ANALYZER = Analyzer(
    id="languages/swift",
    version=1,
    kinds=(Kind(name="swift", purl_type="swift", ecosystem="SwiftURL"),),
    views=frozenset({View.DECLARED}),
    globs=("**/Package.resolved", "**/.package.resolved"),
    parse=parse,
)
