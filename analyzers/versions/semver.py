"""Version order of Semantic Versioning with the liberties that registries take.

Specification: https://semver.org/spec/v2.0.0.html#spec-item-11. The liberties: a leading "v" or "=", any
number of numbers (missing ones are 0), leading zeros, a pre-release that begins with a letter and has no "-"
before it.
"""

import re

from analyzers.versions.errors import InvalidVersionError

_IDENTIFIERS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(
    r"[vV=]{0,2}(?P<numbers>[0-9]+(?:\.[0-9]+)*)"
    rf"(?:-(?P<pre>{_IDENTIFIERS})|(?P<loose>[A-Za-z]{_IDENTIFIERS}|[A-Za-z]))?"
    rf"(?:\+(?P<build>{_IDENTIFIERS})?)?"
)
_Identifiers = tuple[tuple[object, ...], ...]


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key; build metadata has no say.

    Raises:
        InvalidVersionError: the text is no semantic version, whatever the leniency.
    """
    numbers, pre, _ = parse(version)
    return numbers, *precedence(pre)


def key_with_build(version: str) -> tuple[object, ...]:
    """Return a sortable key in which build metadata counts, as Julia and Dart's Pub have it: 1.0 < 1.0+1.

    Orders: https://docs.julialang.org/en/v1/base/numbers/#Base.VersionNumber and
    https://pub.dev/packages/pub_semver#semantics

    Raises:
        InvalidVersionError: the text is no semantic version, whatever the leniency.
    """
    numbers, pre, build = parse(version)
    return numbers, *precedence(pre), _identifiers(build)


def parse(version: str) -> tuple[tuple[int, ...], str, str]:
    """Return the numbers without trailing zeros, the pre-release and the build metadata ("" for none).

    Raises:
        InvalidVersionError: the text is no semantic version, whatever the leniency.
    """
    match = _VERSION.fullmatch(version.strip())
    if match is None:
        raise InvalidVersionError(f"{version!r}: expected a semantic version")
    numbers = [int(digits) for digits in match["numbers"].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), match["pre"] or match["loose"] or "", match["build"] or ""


def precedence(pre: str) -> tuple[int, _Identifiers]:
    """Return a sortable pre-release: every one is below none at all."""
    return (0, _identifiers(pre)) if pre else (1, ())


def _identifiers(text: str) -> _Identifiers:
    """Return sortable identifiers: numbers before texts, the shorter list before the longer."""
    return tuple(map(_identifier, text.split("."))) if text else ()


def _identifier(text: str) -> tuple[object, ...]:
    return (0, int(text)) if text.isdigit() else (1, text)
