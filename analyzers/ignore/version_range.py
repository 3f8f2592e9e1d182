"""Ranges of versions, "vers:npm/>=1.2.0|<2.0.0".

Specification: https://github.com/package-url/vers-spec
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from urllib.parse import unquote

import msgspec

from analyzers import versions
from analyzers.errors import ParseError
from analyzers.versions import InvalidVersionError

_MOST_CONSTRAINTS = 10_000
"""Of one range."""
_RANGE = re.compile(r"vers:(?P<type>[A-Za-z][A-Za-z0-9.-]*)/(?P<constraints>.+)", re.IGNORECASE | re.DOTALL)
_CONSTRAINT = re.compile(r"(?P<comparator>[<>!]=|[<>=]|)(?P<version>[^<>=!*|\s]+)")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BLANK = str.maketrans("", "", " \t")
_ORDERS = {
    "alpine": "Alpine",
    "apk": "Alpine",
    "bitnami": "Bitnami",
    "cargo": "crates.io",
    "composer": "Packagist",
    "conan": "ConanCenter",
    "cran": "CRAN",
    "deb": "Debian",
    "gem": "RubyGems",
    "golang": "Go",
    "hackage": "Hackage",
    "hex": "Hex",
    "julia": "Julia",
    "maven": "Maven",
    "npm": "npm",
    "nuget": "NuGet",
    "pub": "Pub",
    "pypi": "PyPI",
    "rpm": "Red Hat",
    "semver": "npm",
    "swift": "SwiftURL",
}
"""Type of a range → an ecosystem that has its order of versions."""
_SEMANTIC = frozenset(("cargo", "generic", "github", "golang", "hex", "npm", "pub", "swift"))
"""Types of packages that ranges of type "semver" may be about."""


class VersionRange(msgspec.Struct, frozen=True, kw_only=True):
    """A range whose constraints are in order."""

    type: str
    constraints: tuple[tuple[str, str], ...]
    """(comparator, version); none for all versions."""

    def contains(self, version: str) -> bool:
        """Tell whether a version is in it.

        Raises:
            InvalidVersionError: the text is no version in the range's order.
        """
        if self.type == "none":
            return False
        if not self.constraints:
            return True
        tested = _key(self.type, version)
        keys = [(comparator, _key(self.type, each)) for comparator, each in self.constraints]
        equal = [comparator for comparator, key in keys if key == tested]
        if equal:
            return equal[0] in {"=", "<=", ">="}
        bounds = [(comparator[0], key) for comparator, key in keys if comparator[0] in "<>"]
        below = [comparator for comparator, key in bounds if key < tested]
        # Bounds alternate, so those beside the version decide: the last one below it, else the first above.
        return below[-1] == ">" if below else bool(bounds) and bounds[0][0] == "<"

    def speaks_of(self, purl_type: str) -> bool:
        """Tell whether it may be about versions of packages of a type."""
        match self.type:
            case "all" | "none":
                return True
            case "semver":
                return purl_type in _SEMANTIC
            case "alpine":
                return purl_type == "apk"
            case _:
                return purl_type == self.type


@lru_cache(maxsize=65_536)
def parse(text: str) -> VersionRange:
    """Return a range.

    Blanks are passed over, and "=" may stand before a version, as the specification once had it.

    Raises:
        ParseError: it is none, its constraints are out of order or contradict each other, or nobody knows the
            order of its versions.
    """
    match = _RANGE.fullmatch(text.translate(_BLANK))
    if match is None:
        raise ParseError(f"{text!r:.200}: expected a range of versions such as vers:npm/>=1.2.0|<2.0.0")
    type_ = match["type"].lower()
    if type_ == "invalid" or (type_ in {"all", "none"} and match["constraints"] != "*"):
        raise ParseError(f"{text!r:.200}: such a range is invalid")
    if match["constraints"] == "*":
        return VersionRange(type=type_, constraints=())
    if type_ not in _ORDERS:
        raise ParseError(f"{text!r:.200}: no order of versions is known for {type_!r:.40}")
    parts = match["constraints"].split("|", _MOST_CONSTRAINTS)
    if len(parts) > _MOST_CONSTRAINTS:
        raise ParseError(f"{text!r:.200}: more than {_MOST_CONSTRAINTS} constraints")
    constraints = tuple(_constraint(part, text) for part in parts)
    _check(type_, constraints, text)
    return VersionRange(type=type_, constraints=constraints)


def _constraint(part: str, text: str) -> tuple[str, str]:
    match = _CONSTRAINT.fullmatch(part)
    if match is None or _ESCAPE.search(part):
        raise ParseError(f"{text!r:.200}: {part!r:.100}, expected a version after one of =, !=, <, <=, >, >=")
    return match["comparator"] or "=", unquote(match["version"])


def _check(type_: str, constraints: Sequence[tuple[str, str]], text: str) -> None:
    """Make sure that versions rise, and that bounds alternate with nothing but "!=" within an interval."""
    try:
        keys = [_key(type_, version) for _, version in constraints]
    except InvalidVersionError as error:
        raise ParseError(f"{text!r:.200}: {error}") from error
    for number, (one, other) in enumerate(pairwise(keys), 1):
        if not one < other:
            raise ParseError(f"{text!r:.200}: {constraints[number][1]!r:.100} is not above what is before it")
    if not all(_may_follow(*pair) for pair in _pairs([comparator for comparator, _ in constraints])):
        raise ParseError(f"{text!r:.200}: expected intervals that do not overlap")


def _pairs(comparators: Sequence[str]) -> Iterator[tuple[str, str]]:
    kept = [each[0] for each in comparators if each != "!="]
    return pairwise(kept)


def _may_follow(one: str, other: str) -> bool:
    return other == "<" if one == ">" else other in "=>"


def _key(type_: str, version: str) -> versions.Key:
    return versions.key(_ORDERS[type_], version)
