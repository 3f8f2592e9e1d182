import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from license_expression import get_spdx_licensing

from analyzers.spdx import aliases, names
from analyzers.spdx.expressions import LONGEST, expression, licensing, normalise, together

CLASSIFIER = "License :: OSI Approved ::"
PERL = "GPL-1.0-or-later OR Artistic-1.0-Perl"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # PyPI
        (f"{CLASSIFIER} MIT License", "MIT"),
        (f"{CLASSIFIER} GNU General Public License v2 or later (GPLv2+)", "GPL-2.0-or-later"),
        (f"{CLASSIFIER} GNU Library or Lesser General Public License (LGPL)", "LGPL-2.0-or-later"),
        (f"{CLASSIFIER} GNU Affero General Public License v3", "AGPL-3.0-only"),
        (f"{CLASSIFIER} Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
        (f"{CLASSIFIER} Python Software Foundation License", "PSF-2.0"),
        (f"{CLASSIFIER} Apache Software License", "Apache-2.0"),
        ("License :: CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"),
        ("License :: Other/Proprietary License", "LicenseRef-Proprietary"),
        ("License :: OSI Approved", ""),
        ('BSD 3-Clause "New" or "Revised" License', "BSD-3-Clause"),
        # npm
        ("(MIT OR CC0-1.0)", "MIT OR CC0-1.0"),
        ("UNLICENSED", "LicenseRef-UNLICENSED"),
        ("SEE LICENSE IN LICENSE.md", "LicenseRef-SEE-LICENSE-IN-LICENSE.md"),
        ("mit", "MIT"),
        # rpm
        ("GPLv2+ and MIT", "GPL-2.0-or-later AND MIT"),
        ("LGPLv2+ and (GPLv3+ or MPLv1.1)", "LGPL-2.0-or-later AND (GPL-3.0-or-later OR MPL-1.1)"),
        ("GPLv3+ with exceptions", "GPL-3.0-or-later"),
        ("BSD with advertising", "BSD-4-Clause"),
        ("MIT and ASL 2.0 and ISC", "MIT AND Apache-2.0 AND ISC"),
        ("GPL+ or Artistic", PERL),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", "GPL-3.0-or-later WITH GCC-exception-3.1"),
        # Debian
        ("GPL-2+ or Artistic, and Expat", f"(GPL-2.0-or-later OR {PERL.split()[2]}) AND MIT"),
        ("MIT, BSD-2-clause, or Apache-2.0", "MIT OR BSD-2-Clause OR Apache-2.0"),
        ("Perl", PERL),
        ("GPL-2+ with OpenSSL exception", "GPL-2.0-or-later"),
        ("GPL-2-with-Classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
        ("public-domain", "LicenseRef-public-domain"),
        # apk, portage, pacman, CRAN
        ("BSD GPL-2.0-or-later", "BSD-3-Clause AND GPL-2.0-or-later"),
        ("|| ( GPL-2+ ( MIT BSD ) ) ssl? ( openssl )", None),
        ("custom:foo", "LicenseRef-custom-foo-6c94038addda"),
        ("GPL (>= 2)", "GPL-2.0-or-later"),
        ("GPL-2 | GPL-3", "GPL-2.0-only OR GPL-3.0-only"),
        ("MIT + file LICENSE", "MIT"),
        # Maven, NuGet
        ("The Apache Software License, Version 2.0", "Apache-2.0"),
        ("http://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("https://opensource.org/license/bsd-3-clause/", "BSD-3-Clause"),
        ("http://www.gnu.org/licenses/old-licenses/lgpl-2.1.html", "LGPL-2.1-only"),
        ("https://creativecommons.org/licenses/by-sa/4.0/", "CC-BY-SA-4.0"),
        ("https://licenses.nuget.org/MIT", "MIT"),
        ("MIT https://opensource.org/licenses/MIT", "MIT"),
        ("Eclipse Public License - v 2.0", "EPL-2.0"),
        ("Apache License Version 2.0, January 2004", "Apache-2.0"),
        ("Creative Commons Attribution 4.0 International", "CC-BY-4.0"),
        ("http://www.mozilla.org/MPL/2.0/index.txt", "MPL-2.0"),
        ("GNU Lesser Public License", "LGPL-2.0-or-later"),
        ("EPL 2.0 OR GPL2 w/ CPE", "EPL-2.0 OR GPL-2.0-only WITH Classpath-exception-2.0"),
        ("CDDL+GPL License", "CDDL-1.1 OR GPL-2.0-only WITH Classpath-exception-2.0"),
        (
            "GNU General Public License, version 2 (GPL2), with the classpath exception",
            "GPL-2.0-only WITH Classpath-exception-2.0",
        ),
        # cargo
        ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
        ("MIT/X11", "MIT"),
        ("MIT/Apache-2.0 and BSD", "(MIT OR Apache-2.0) AND BSD-3-Clause"),
        ("MIT/X11 or ISC", "MIT OR ISC"),
        ("MIT and/or ISC", "MIT OR ISC"),
        ("Unlicense/MIT", "Unlicense OR MIT"),
        # withdrawn identifiers
        ("GPL-2.0", "GPL-2.0-only"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("MPL-1.1+", "MPL-1.1+"),
        # nothing, and strangers
        ("", ""),
        ("UNKNOWN", ""),
        ("NOASSERTION", ""),
        ("()", ""),
        ("AND", "LicenseRef-AND"),
        ("MIT AND", "LicenseRef-MIT-AND"),
        ("Dual License", "LicenseRef-Dual-License"),
        ("商用", "LicenseRef-a80f2a2ab980"),
        ("LicenseRef-Foo", "LicenseRef-Foo"),
        ("BSD-3-Clause OR MIT AND ISC", "BSD-3-Clause OR (MIT AND ISC)"),
        ("(MIT OR ISC) AND (MIT OR ISC)", "MIT OR ISC"),
    ],
)
def test_what_fields_say(text: str, expected: str | None) -> None:
    if expected is None:
        expected = "(GPL-2.0-or-later OR (MIT AND BSD-3-Clause)) AND OpenSSL"
    assert expression(text) == expected


def test_many_texts_are_told_once() -> None:
    assert normalise(["MIT", "MIT License", "UNKNOWN", "ISC"]) == ("MIT", "ISC")


def test_several_licences_in_one_expression() -> None:
    assert together(["MIT OR ISC", "Zlib", "Zlib", ""]) == "(MIT OR ISC) AND Zlib"
    assert together(["MIT AND ISC", "Zlib"], "OR") == "(MIT AND ISC) OR Zlib"
    assert together([]) == ""


def test_a_whole_text_is_a_reference() -> None:
    text = "Permission is granted. " * 400
    assert len(text) > LONGEST
    assert names.is_reference(expression(text))
    assert expression(text) != expression(f"{text}.")


PIECES = st.sampled_from(
    [
        *("MIT", "GPL-2+", "Apache 2.0", "BSD", "and", "OR", "with", "(", ")", "||", "|", "/", ",", ", and"),
        *(
            "+",
            "or later",
            "Classpath exception",
            "Foo-1",
            "LicenseRef-a",
            "https://",
            "::",
            ">= 2",
            "-with-",
        ),
        *("w/", "file LICENSE", "unknown", "GPL-2.0-with-bison-exception", '"', "\u0130", "DocumentRef-a:"),
    ]
)
TEXTS = (
    st.lists(PIECES, max_size=14).map(" ".join)
    | st.lists(PIECES, max_size=6).map("".join)
    | st.text(max_size=40)
)
KNOWN = get_spdx_licensing().known_symbols


def is_sound(text: str) -> bool:
    tree = licensing().parse(text, simple=True)
    parts = {part for symbol in tree.symbols for part in str(symbol).split(" WITH ")}
    return all(names.is_reference(part) or part.removesuffix("+") in KNOWN for part in parts)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_any_text_ends_in_an_expression_that_stays(text: str) -> None:
    found = expression(text)
    assert expression(found) == found
    assert not found or is_sound(found)


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXTS, max_size=4))
def test_normal_forms_stay(texts: list[str]) -> None:
    found = normalise(texts)
    assert normalise(found) == found


@pytest.mark.parametrize(
    "text", ["(" * 400 + "MIT" + ")" * 400, "(MIT OR " * 80 + "ISC" + ")" * 80, "MIT OR " * 99]
)
def test_deep_and_long_fields_end(text: str) -> None:
    assert expression(expression(text)) == expression(text) != ""


def test_every_alias_leads_to_what_spdx_lists() -> None:
    targets = {*aliases.NAMES, *aliases.ADDRESSES.values()}
    assert [target for target in targets if expression(target) != target] == []
    assert all(is_sound(target) for target in targets)
    assert all(names.find(alias) == target for target, known in aliases.NAMES.items() for alias in known)
    assert [name for name in aliases.EXCEPTIONS if names.exception(name) != name] == []


def test_no_alias_stands_for_two() -> None:
    pairs = {(names.key(alias), target) for target, known in aliases.NAMES.items() for alias in known}
    assert len({key for key, _ in pairs}) == len(pairs)
