"""Strangers' strings, made harmless for a terminal."""

import re

_INVISIBLE_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_LAST_BYTE = 0xFF
_LAST_BMP = 0xFFFF


def printable(text: str) -> str:
    r"""Return the text with everything that a terminal would obey or hide written out: \x1b, \u202e.

    These are control characters (also C1 and line ends), marks of direction, zero-width characters,
    surrogates, and characters that no font has. Spaces of any width become spaces.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _written_out(char) for char in text)


def one_line(text: str) -> str:
    """Return the text `printable`, each run of white space, line ends included, as one space."""
    return printable(" ".join(text.split()))


def harmless_json(text: str) -> str:
    """Return the same JSON with characters that a terminal would obey or hide as escapes.

    JSON's own rules leave DEL, C1 and the marks of direction as they are. Outside of strings there are none.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    return _INVISIBLE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _written_out(char: str) -> str:
    code = ord(char)
    if code <= _LAST_BYTE:
        return " " if char == "\xa0" else f"\\x{code:02x}"
    if char.isspace() and char not in "\u2028\u2029":
        return " "
    return f"\\u{code:04x}" if code <= _LAST_BMP else f"\\U{code:08x}"
