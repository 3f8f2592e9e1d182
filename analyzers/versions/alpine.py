"""Version order of apk packages (Alpine, Wolfi, Chainguard).

Specification: apk-package(5),
https://gitlab.alpinelinux.org/alpine/apk-tools/-/blob/master/doc/apk-package.5.scd
"""

import re

from analyzers.versions.errors import InvalidVersionError

_BEFORE = {"alpha": 0, "beta": 1, "pre": 2, "rc": 3}
_AFTER = {"cvs": 0, "svn": 1, "git": 2, "hg": 3, "p": 4}
_VERSION = re.compile(
    r"(?P<first>[0-9]+)"
    r"(?P<rest>(?:\.[0-9]+)*)"
    r"(?:(?P<letter>[a-z])(?P<more>[0-9]+(?:\.[0-9]+)*)?)?"
    r"(?P<suffixes>(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*)"
    r"(?:~(?P<hash>[0-9a-f]+))?"
    r"(?:-r(?P<revision>[0-9]+))?"
)
_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")

# What may stand at the same place in two versions, lowest first. A version that ends is above one that
# goes on with a pre-release suffix and below one that goes on with anything else.
_PRE_RELEASE, _END, _REVISION, _HASH, _SUFFIX_NUMBER, _POST_RELEASE, _LETTER, _NUMBER = range(8)


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key.

    Raises:
        InvalidVersionError: the text is not number{.number}{letter}{_suffix{number}}{~hash}{-r#}.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        raise InvalidVersionError(
            f"{version!r}: expected an apk version, number{{.number}}{{letter}}{{_suffix}}{{-r#}}"
        )
    parts: list[tuple[object, ...]] = [_number(digits) for digits in match["rest"].split(".")[1:]]
    if match["letter"]:
        parts.append((_LETTER, match["letter"]))
    if match["more"]:  # apk-tools before 3.0 knew numbers after the letter: opensmtpd 6.6.2p1
        parts += map(_number, match["more"].split("."))
    for name, number in _SUFFIX.findall(match["suffixes"]):
        parts.append((_PRE_RELEASE, _BEFORE[name]) if name in _BEFORE else (_POST_RELEASE, _AFTER[name]))
        if number:
            parts.append((_SUFFIX_NUMBER, int(number)))
    if match["hash"]:
        parts.append((_HASH, match["hash"]))
    if match["revision"]:
        parts.append((_REVISION, int(match["revision"])))
    return int(match["first"]), *parts, (_END,)


def _number(digits: str) -> tuple[object, ...]:
    # As in Gentoo's order: 1.05 < 1.5. A number with a leading zero is compared as text, which puts all
    # of them before those without one. The first number is always compared as a number.
    if digits[0] == "0":
        return _NUMBER, 0, digits
    return _NUMBER, 1, int(digits)
