"""One licence's SPDX identifier, by any of the names that it goes by.

Identifiers: https://spdx.org/licenses/, from the index that license-expression carries.
"""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from license_expression import vendored_scancode_licensedb_index_location as index_location

from analyzers.spdx import aliases

REFERENCE: Final = "LicenseRef-"
_REFERENCE_LENGTH = 64
_REFERENCE = re.compile(rf"{REFERENCE}[A-Za-z0-9.-]{{1,{2 * _REFERENCE_LENGTH}}}")
_DIGITS = 12
_WITH_EXCEPTION = {
    "eCos-2.0": "GPL-2.0-or-later WITH eCos-exception-2.0",
    "wxWindows": "LGPL-2.0-or-later WITH WxWindows-exception-3.1",
    "GPL-2.0-with-autoconf-exception": "GPL-2.0-only WITH Autoconf-exception-2.0",
    "GPL-2.0-with-bison-exception": "GPL-2.0-only WITH Bison-exception-2.2",
    "GPL-2.0-with-classpath-exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "GPL-2.0-with-font-exception": "GPL-2.0-only WITH Font-exception-2.0",
    "GPL-2.0-with-GCC-exception": "GPL-2.0-only WITH GCC-exception-2.0",
    "GPL-3.0-with-autoconf-exception": "GPL-3.0-only WITH Autoconf-exception-3.0",
    "GPL-3.0-with-GCC-exception": "GPL-3.0-only WITH GCC-exception-3.1",
}
"""Identifiers that SPDX has withdrawn, as it spells them now."""

_LATER = re.compile(
    r",?\s*\(?\s*\b(?:or|and)\b\s*\(?(?:at your (?:option|choice)\)?,?\s*)?(?:any )?"
    r"(?:later|newer|higher|greater|above)\b(?: versions?)?\)?",
)
_AT_LEAST = re.compile(r"\(?>=?\s*v?(\d[\d.]*)\)?")
_NOISE = re.compile(r"[^a-z0-9.+]+")
_DIGIT_AFTER_LETTER = re.compile(r"(?<=[a-z])v(?=\d)|(?<=[a-z])(?=\d)")
_ZEROS = re.compile(r"(?<=\d)(?:\.0)+(?![.\d])")
_LOOSE_DOT = re.compile(r"\.(?!\d)|(?<!\d)\.")
_LOOSE_PLUS = re.compile(r" \+(?= |$)")
_EMPTY_WORDS = frozenset(
    {
        *("the", "license", "licence", "licenses", "licences", "licensed", "version", "ver", "v", "software"),
        *("international", "unported"),
    }
)
_GNU = re.compile(
    r"(?:gnu )?(?:(?P<affero>agpl|(?:gnu )?affero (?:gnu )?(?:general public|gpl))"
    r"|(?P<lesser>lgpl|(?:lesser|library|library or lesser|lesser or library) (?:(?:general )?public|gpl))"
    r"|(?P<docs>gfdl|fdl|free documentation)|(?P<general>gpl|general public))"
    r"v? ?(?P<number>\d(?:\.\d)?)?(?P<later>\+)?(?: only)?"
)
_FAMILIES = {"affero": "AGPL", "lesser": "LGPL", "docs": "GFDL", "general": "GPL"}
_FIRST = {"AGPL": "1.0", "LGPL": "2.0", "GFDL": "1.1", "GPL": "1.0"}
_BRACKETED = re.compile(r"([^()|]+)\(([^()]+)\)([^()|]*)")
_INVARIANTS = re.compile(r"GFDL-NIV-(\d\.\d)(\+?)")
_SCHEME = re.compile(r"(?:https?:)?//(?:www\.)?", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:/|\.(?:txt|html?|php|md|pdf))+$")
_LISTS = re.compile(
    r"(?:opensource\.org/licenses?|spdx\.org/licenses|licenses\.nuget\.org|choosealicense\.com/licenses"
    r"|opensource\.linux-mirror\.org/licenses|gnu\.org/licenses(?:/old-licenses)?|apache\.org/licenses)/(.+)"
)
_CREATIVE = re.compile(r"creativecommons\.org/licenses/([a-z-]+)/([\d.]+).*")


def find(text: str) -> str:
    """Return the SPDX expression that one name, identifier or address stands for; "" when there is none."""
    if text.startswith(REFERENCE) and is_reference(text):
        return text
    found = _identifier(text) or _by_key(text)
    if found or not _SCHEME.match(text):
        return found
    return _by_address(_EXTENSION.sub("", _SCHEME.sub("", text, count=1)).lower())


def says_nothing(text: str) -> bool:
    """Tell whether the text only stands in the place of a licence: "UNKNOWN", "NOASSERTION"."""
    return not any(map(str.isalnum, text)) or key(text) in _nothing()


def exception(text: str) -> str:
    """Return the identifier of the exception after a "with"; "" when SPDX lists none of that name."""
    lowered = text.lower()
    known = _exceptions().get(lowered)
    return known or _exceptions().get(key(re.sub(r"\bexceptions?\b", "", lowered)), "")


def reference(text: str) -> str:
    """Return a "LicenseRef-…" for a licence that SPDX does not list, the same for the same text.

    Where its letters, digits, dots and dashes do not say it all, a digest of the text follows.
    """
    words = re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.")
    if words == text.replace(" ", "-") and len(words) <= _REFERENCE_LENGTH:
        return f"{REFERENCE}{words}"
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{REFERENCE}{words[:_REFERENCE_LENGTH]}-{digest}" if words else f"{REFERENCE}{digest}"


def is_reference(text: str) -> bool:
    """Tell whether the text is a "LicenseRef-…" by SPDX's rule, and not beyond measure."""
    return _REFERENCE.fullmatch(text) is not None


def key(text: str) -> str:
    """Return what names of a licence have in common: of "The Apache License, Version 2.0" "apache 2"."""
    text = _AT_LEAST.sub(r" \1+", _LATER.sub("+", text.lower()))
    text = _NOISE.sub(" ", _DIGIT_AFTER_LETTER.sub(" ", text))
    text = " ".join(word for word in _LOOSE_DOT.sub(" ", text).split() if word not in _EMPTY_WORDS)
    return _ZEROS.sub("", _LOOSE_PLUS.sub("+", text))


def _identifier(text: str) -> str:
    known = _identifiers().get(text.lower())
    if known:
        return _WITH_EXCEPTION.get(known, known)
    if text.endswith("+") and (known := _identifiers().get(text[:-1].lower(), "")):
        return known.replace("-only", "-or-later") if known.endswith(("-only", "-or-later")) else f"{known}+"
    return ""


def _by_key(text: str) -> str:
    if niv := _INVARIANTS.fullmatch(text):
        return f"GFDL-{niv[1]}-no-invariants-{'or-later' if niv[2] else 'only'}"
    found = _of_key(key(text))
    if found or not (bracketed := _BRACKETED.fullmatch(text)):
        return found
    before, short, after = bracketed.groups()
    return _of_key(key(f"{before} {after}")) or ("" if after else _of_key(key(short)))


def _of_key(name: str) -> str:
    return _names().get(name) or _gnu(name)


def _gnu(name: str) -> str:
    match = _GNU.fullmatch(name)
    if match is None:
        return ""
    family = next(family for group, family in _FAMILIES.items() if match[group])
    if not match["number"]:  # its text says: any version that was ever published
        return f"{family}-{_FIRST[family]}-or-later"
    number = match["number"] if "." in match["number"] else f"{match['number']}.0"
    return _identifiers().get(f"{family}-{number}-{'or-later' if match['later'] else 'only'}".lower(), "")


def _by_address(address: str) -> str:
    known = aliases.ADDRESSES.get(address)
    if known:
        return known
    if listed := _LISTS.fullmatch(address):
        return _identifier(listed[1]) or _by_key(listed[1])
    if creative := _CREATIVE.fullmatch(address):
        return _identifier(f"CC-{creative[1]}-{creative[2]}")
    return ""


class _Listed(msgspec.Struct, frozen=True):
    """A licence or exception of the index."""

    spdx_license_key: str | None = None
    other_spdx_license_keys: tuple[str, ...] = ()
    is_exception: bool = False


@cache
def _listed() -> tuple[tuple[str, _Listed], ...]:
    """Return what the index has by its identifier.

    The library's own objects for them take ten times as long to make, in every process that reads layers.
    """
    listed = msgspec.json.decode(Path(index_location).read_bytes(), type=tuple[_Listed, ...])
    return tuple((each.spdx_license_key, each) for each in listed if each.spdx_license_key)


@cache
def _identifiers() -> dict[str, str]:
    """Return SPDX's identifiers and their older spellings by themselves in lower case."""
    found: dict[str, str] = {}
    for name, each in _listed():
        if not each.is_exception and not name.startswith(REFERENCE):
            found |= {spelling.lower(): name for spelling in (*each.other_spdx_license_keys, name)}
    return found | {name.lower(): name for name in _WITH_EXCEPTION}


@cache
def _exceptions() -> dict[str, str]:
    own = {name.lower(): name for name, each in _listed() if each.is_exception}
    return own | {key(name): known for known, names in aliases.EXCEPTIONS.items() for name in names}


@cache
def _names() -> dict[str, str]:
    return {key(name): known for known, names in aliases.NAMES.items() for name in names}


@cache
def _nothing() -> frozenset[str]:
    return frozenset(map(key, aliases.SAID_NOTHING))
