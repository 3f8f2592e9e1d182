"""Version order of Composer packages.

Specification: https://getcomposer.org/doc/articles/versions.md; the order within a normalised version is that
of https://www.php.net/manual/en/function.version-compare.php
"""

import re

from analyzers.versions.errors import InvalidVersionError

_MODIFIER = (
    r"[._-]?(?:(?P<word>stable|beta|b|rc|alpha|a|patch|pl|p)(?P<numbers>(?:[.-]?[0-9]++)*+))?"
    r"(?P<dev>[.-]?dev)?"
)
_FLAGS = re.IGNORECASE | re.ASCII
_CLASSIC = re.compile(rf"v?([0-9]{{1,5}}(?:\.[0-9]+){{0,3}}){_MODIFIER}", _FLAGS)
_DATE = re.compile(
    rf"v?([0-9]{{4}}(?:[.:-]?[0-9]{{2}}){{1,6}}(?:[.:-]?[0-9]{{1,3}})?){_MODIFIER}", re.IGNORECASE | re.ASCII
)
_BRANCH = re.compile(r"v?([0-9]+(?:\.(?:[0-9]+|[xX*])){0,3})[.-]?dev", _FLAGS)
_FLAG = re.compile(r"@(?:stable|rc|beta|alpha|dev)$", _FLAGS)
_BUILD = re.compile(r"\+\S+$")
_WILDCARD = 9_999_999
_CLASSIC_LENGTH = 4

# What may stand at the same place in two versions, lowest first.
_DEV, _ALPHA, _BETA, _RC, _END, _NUMBER, _PATCH = range(7)
_WORDS = {"a": _ALPHA, "alpha": _ALPHA, "b": _BETA, "beta": _BETA, "rc": _RC}


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key.

    Raises:
        InvalidVersionError: Composer cannot normalise it, or it is a branch ("dev-main"), which has no order.
    """
    text = _BUILD.sub("", _FLAG.sub("", version.strip()))
    if match := _CLASSIC.fullmatch(text):
        return *_padded(match[1]), *_modifier(match), (_END,)
    if match := _DATE.fullmatch(text):
        return *_numbers(match[1]), *_modifier(match), (_END,)
    if match := _BRANCH.fullmatch(text):
        return *_branch(match[1]), (_DEV,), (_END,)
    raise InvalidVersionError(f"{version!r}: expected a Composer version that is not a branch")


def _numbers(text: str) -> list[tuple[int, int]]:
    return [(_NUMBER, int(digits)) for digits in re.findall(r"[0-9]+", text)]


def _padded(text: str) -> list[tuple[int, int]]:
    numbers = _numbers(text)
    return numbers + [(_NUMBER, 0)] * (_CLASSIC_LENGTH - len(numbers))


def _branch(text: str) -> list[tuple[int, int]]:
    # "2.1.x-dev" stands for everything that 2.1 will ever be
    numbers = [(_NUMBER, int(part) if part.isdigit() else _WILDCARD) for part in text.split(".")]
    return numbers + [(_NUMBER, _WILDCARD)] * (_CLASSIC_LENGTH - len(numbers))


def _modifier(match: re.Match[str]) -> list[tuple[int, ...]]:
    word = (match["word"] or "stable").lower()
    if word == "stable" and match["word"]:
        return []
    parts: list[tuple[int, ...]] = []
    if word != "stable":
        parts = [(_WORDS.get(word, _PATCH),), *_numbers(match["numbers"])]
    return [*parts, (_DEV,)] if match["dev"] else parts
