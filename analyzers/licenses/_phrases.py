"""Licences recognised by the sentences that grant them.

Texts: https://spdx.org/licenses/, notices as their authors recommend them, such as
https://www.gnu.org/licenses/gpl-howto.html.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from analyzers.spdx import names
from analyzers.spdx.aliases import PERL

PUBLIC_DOMAIN: Final = "LicenseRef-public-domain"
_KEPT = b"abcdefghijklmnopqrstuvwxyz0123456789.+"
_PLAIN = bytes(
    code if code in _KEPT else code + 32 if 65 <= code <= 90 else 32  # noqa: PLR2004 - A to Z
    for code in range(256)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phrase:
    """What a text has to say, in plain words, to be under a licence."""

    license: str
    has: tuple[bytes, ...]
    lacks: tuple[bytes, ...] = ()

    def is_in(self, plain: bytes) -> bool:
        return all(each in plain for each in self.has) and not any(each in plain for each in self.lacks)


_ANY_PERSON = b"permission is hereby granted free of charge to any person obtaining a copy"
_DEAL_WITH = b"deal with the software without restriction"
_CONTAINED = b"except as contained in this notice the name"
_NOTICE_KEPT = b"permission notice shall be included"
_GOOD = b"shall be used for good not evil"
_FORMS = b"redistribution and use in source and binary forms"
_BINARY = b"in binary form must reproduce"
_ADVERTISING = b"advertising materials mentioning"
_ENDORSE = b"endorse or promote"
_WITHOUT_FEE = b"for any purpose with or without fee is hereby granted"
_ABOVE = b"provided that the above copyright"
_UNENCUMBERED = b"this is free and unencumbered software released into the public domain"
_PHRASES: tuple[_Phrase, ...] = (
    _Phrase(license="MIT", has=(_ANY_PERSON, _NOTICE_KEPT), lacks=(_DEAL_WITH, _CONTAINED, _GOOD)),
    _Phrase(
        license="MIT-0", has=(_ANY_PERSON,), lacks=(_NOTICE_KEPT, _DEAL_WITH, _CONTAINED, _GOOD, _BINARY)
    ),
    _Phrase(license="X11", has=(_ANY_PERSON, _CONTAINED)),
    _Phrase(license="JSON", has=(_ANY_PERSON, _GOOD)),
    _Phrase(license="NCSA", has=(_ANY_PERSON, _DEAL_WITH)),
    _Phrase(license="BSL-1.0", has=(b"free of charge to any person or organization obtaining a copy",)),
    _Phrase(license="BSL-1.0", has=(b"distributed under the boost software license version 1.0",)),
    _Phrase(license="BSD-4-Clause", has=(_FORMS, _ADVERTISING)),
    _Phrase(license="BSD-3-Clause", has=(_FORMS, _BINARY, _ENDORSE), lacks=(_ADVERTISING,)),
    _Phrase(license="BSD-2-Clause", has=(_FORMS, _BINARY), lacks=(_ENDORSE, _ADVERTISING)),
    _Phrase(license="BSD-1-Clause", has=(_FORMS, b"must retain the above"), lacks=(_BINARY,)),
    _Phrase(license="ISC", has=(_WITHOUT_FEE, _ABOVE)),
    _Phrase(license="0BSD", has=(_WITHOUT_FEE,), lacks=(_ABOVE,)),
    _Phrase(
        license="HPND",
        has=(b"distribute this software and its documentation for any purpose", b"above copyright notice"),
        lacks=(b"without a written agreement",),
    ),
    _Phrase(
        license="HPND-sell-variant",
        has=(b"and sell this software and its documentation for any purpose is hereby granted without fee",),
    ),
    _Phrase(license="TCL", has=(b"distribute and license this software and its documentation for any",)),
    _Phrase(license="Info-ZIP", has=(b"info zip copyright and license",)),
    _Phrase(license="OLDAP-2.8", has=(b"openldap public license version 2.8",)),
    _Phrase(license="PostgreSQL", has=(b"without fee and without a written agreement is hereby granted",)),
    _Phrase(license="Zlib", has=(b"altered source versions must be plainly marked as such",)),
    _Phrase(license="Apache-2.0", has=(b"apache license version 2.0",)),
    _Phrase(license="Apache-1.1", has=(b"apache software license version 1.1",)),
    _Phrase(license="OpenSSL", has=(b"includes software developed by the openssl project",)),
    _Phrase(license="PSF-2.0", has=(b"psf license agreement for python",)),
    _Phrase(license="OFL-1.1", has=(b"sil open font license version 1.1",)),
    _Phrase(license="FSFAP", has=(b"permitted in any medium without royalty provided the copyright notice",)),
    _Phrase(license="FSFULLR", has=(b"gives unlimited permission to copy and or distribute it",)),
    _Phrase(license="WTFPL", has=(b"do what the fuck you want to public license",)),
    _Phrase(license="SSPL-1.0", has=(b"server side public license",)),
    _Phrase(license="BUSL-1.1", has=(b"business source license 1.1",)),
    _Phrase(license="Elastic-2.0", has=(b"elastic license 2.0",)),
    _Phrase(license="LicenseRef-Commons-Clause", has=(b"commons clause license condition",)),
    _Phrase(license="CC0-1.0", has=(b"cc0 1.0 universal",)),
    _Phrase(license="CDDL-1.0", has=(b"common development and distribution license",)),
    _Phrase(license=PERL, has=(b"same terms as perl",)),
    _Phrase(license="Ruby", has=(b"same terms as ruby",)),
    _Phrase(license="Vim", has=(b"vim license",)),
    _Phrase(license="Artistic-2.0", has=(b"artistic license 2.0",)),
    _Phrase(license="Unlicense", has=(_UNENCUMBERED,)),
    *(
        _Phrase(license=PUBLIC_DOMAIN, has=(phrase,), lacks=(_UNENCUMBERED, b"cc0 1.0 universal"))
        for phrase in (
            b"is in the public domain",
            b"are in the public domain",
            b"in the public domain and",
            b"placed in the public domain",
            b"placed into the public domain",
            b"released to the public domain",
            b"released into the public domain",
            b"dedicated to the public domain",
        )
    ),
)
_FIRST_WORDS = (
    *(b"permission is hereby", b"redistribution", b"for any purpose", b"free of charge", b" license"),
    *(
        b"this software and its documentation",
        b"public domain",
        b"unlimited permission",
        b"any medium",
        b"plainly marked",
        b"same terms",
        b"openssl",
    ),
    b"cc0",
)
_KIND = (
    rb"gnu (?P<kind>affero |lesser |library |library or lesser |free documentation )?"
    rb"(?:general public )?license"
)
_NUMBER = rb"(?P<number>[1-3](?:\.[1-3])?)(?![0-9])"
_GNU_BEFORE = re.compile(
    _KIND + rb"(?: [al]?gpl)?(?: as published by the free software foundation(?: inc.?)?)?(?: either| under)?"
    rb"(?: the)?(?: terms of)?(?: only)? (?:version |v\.? ?)" + _NUMBER + rb"(?P<rest>.{0,90})"
)
_GNU_AFTER = re.compile(
    rb"version " + _NUMBER + rb"(?P<rest>.{0,50}?) of the " + _KIND,
)
_FAMILIES = {b"": "GPL", b"affero": "AGPL", b"free documentation": "GFDL"}
_MOZILLA = re.compile(rb"mozilla public license(?: mpl)? (?:version|v\.?) ?([12]\.[01])")
_ECLIPSE = re.compile(rb"eclipse public license(?: epl)? (?:version|v\.?) ?([12]\.0)")
_CREATIVE = re.compile(rb"creativecommons.org licenses (by(?: nc)?(?: sa| nd)?) ([1-4]\.[05])")


def plain(data: bytes) -> bytes:
    """Return the text's words in lower case with a space between: no punctuation, no marks of comments."""
    return b" ".join(data.translate(_PLAIN).split())


def recognise(text: bytes) -> tuple[str, ...]:
    """Return the expressions of the licences that a `plain` text grants, each once."""
    if not any(each in text for each in _FIRST_WORDS):
        return ()
    found = [phrase.license for phrase in _PHRASES if phrase.is_in(text)]
    every = dict.fromkeys([*found, *_numbered(text)])
    # a notice of "any later version" goes on to say where the text of this very version is
    return tuple(name for name in every if name.replace("-only", "-or-later") not in every.keys() - {name})


def _numbered(text: bytes) -> Iterator[str]:
    if b"gnu" in text:
        yield from gnu(text)
    for pattern, prefix in ((_MOZILLA, "MPL-"), (_ECLIPSE, "EPL-"), (_CREATIVE, "CC-")):
        for match in pattern.finditer(text):
            yield names.find(prefix + b"-".join(match.groups()).decode().replace(" ", "-"))


def gnu(text: bytes) -> Iterator[str]:
    """Yield the identifiers of GNU's licences whose notices stand in a `plain` text."""
    for pattern in (_GNU_BEFORE, _GNU_AFTER):
        for match in pattern.finditer(text):
            kind = (match["kind"] or b"").strip()
            later = "+" if b"later" in match["rest"] else ""
            number = match["number"].decode()
            if found := names.find(f"{_FAMILIES.get(kind, 'LGPL')}-{number}{later}"):
                yield found
