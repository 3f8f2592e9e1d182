"""Version order of Debian packages.

Specification: deb-version(7), https://manpages.debian.org/deb-version.7 and
https://www.debian.org/doc/debian-policy/ch-controlfields.html#version
"""

import re

from analyzers.versions.errors import InvalidVersionError

_EPOCH_MAX = 2**31 - 1
_ALTERNATION = re.compile(rb"([^0-9]*)([0-9]*)")
_TILDE = ord("~")


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key.

    Valid is what dpkg compares, with or without a warning: odd characters are, blanks within and a
    missing upstream version or revision are not.

    Raises:
        InvalidVersionError: dpkg would refuse to compare it.
    """
    text = version.strip(" \t")
    if not text or any(char in " \t\n\v\f\r\0" for char in text):
        raise InvalidVersionError(f"{version!r}: a Debian version has no blanks and is not empty")
    epoch, rest = _split_epoch(text)
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    elif not revision:
        raise InvalidVersionError(f"{version!r}: nothing after the last '-', expected a revision")
    if not upstream:
        raise InvalidVersionError(f"{version!r}: expected an upstream version")
    return epoch, _order(upstream), _order(revision)


def _split_epoch(text: str) -> tuple[int, str]:
    epoch, colon, rest = text.partition(":")
    if not colon:
        return 0, text
    if not (epoch.isascii() and epoch.isdigit()) or int(epoch) > _EPOCH_MAX:
        raise InvalidVersionError(f"{text!r}: epoch {epoch!r} is not a number up to {_EPOCH_MAX}")
    return int(epoch), rest


def _order(part: str) -> tuple[int, ...]:
    """Flatten a part so that tuple order is its order.

    Texts and numbers take turns, beginning with a text. The 0 after each text stands for its end: "~"
    sorts before the end, letters after it, all other characters after the letters. A last 0 ends the part.
    """
    flat: list[int] = []
    for text, number in _ALTERNATION.findall(part.encode(errors="surrogatepass")):
        if text or number:
            flat += map(_weight, text)
            flat += (0, int(number or b"0"))
    flat.append(0)
    return tuple(flat) if len(flat) > 1 else (0, 0, 0)  # an absent revision equals revision 0


def _weight(byte: int) -> int:
    if byte == _TILDE:
        return -1
    # dpkg adds 256 to a signed char: bytes above ASCII end up between letters and punctuation
    letter = ord("A") <= byte <= ord("Z") or ord("a") <= byte <= ord("z")
    return byte if letter or byte > 127 else byte + 256  # noqa: PLR2004 - the end of ASCII
