import runpy
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.inventory import File, License, Problem
from analyzers.licenses._copyright_path import package_of
from analyzers.licenses.dpkg_copyright import ANALYZER, MOST_BYTES
from analyzers.spdx.expressions import expression

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/dpkg_copyright/make.py"))[
    "SAMPLES"
]
DOC = "usr/share/doc"


def read(data: bytes) -> list[License]:
    return [
        fact
        for fact in ANALYZER.parse(File(path=f"{DOC}/x/copyright", data=data))
        if isinstance(fact, License)
    ]


def licenses_of(name: str) -> list[tuple[str, float]]:
    (data,) = (data for path, data in SAMPLES.items() if f"/{name}/" in path)
    return [(each.name, each.confidence) for each in read(data)]


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (
            "perl-like",
            [
                ("GPL-1.0-or-later OR Artistic-1.0-Perl", 1.0),
                ("GPL-2.0-or-later", 1.0),
                ("(BSD-2-Clause OR MIT) AND Zlib", 1.0),
            ],
        ),
        ("prose", [("GPL-2.0-or-later", 0.9), ("Artistic-1.0-Perl", 0.9)]),
        ("house", [("LicenseRef-unrecognised", 0.0)]),
        ("nameless", [("Zlib", 1.0)]),
        ("empty", []),
    ],
)
def test_licences_of_a_package(sample: str, expected: list[tuple[str, float]]) -> None:
    assert licenses_of(sample) == expected


def test_what_is_no_text_is_an_error() -> None:
    with pytest.raises(ParseError, match="a byte 0 at 11, expected text"):
        licenses_of("broken")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("covered by the GNU LGPL, see /usr/share/common-licenses/LGPL-2.1.", ["LGPL-2.1-only"]),
        ("see /usr/share/common-licenses/GPL for the license", ["GPL-1.0-or-later"]),
        ("version 3 or later of the GNU Lesser General Public License", ["LGPL-3.0-or-later"]),
        ("GNU Affero General Public License, version 3", ["AGPL-3.0-only"]),
        ("GNU Free Documentation License, Version 1.3 or any later version", ["GFDL-1.3-or-later"]),
        ("Licensed under the Apache License, Version 2.0 (the", ["Apache-2.0"]),
        ("under the Mozilla Public License Version 1.1", ["MPL-1.1"]),
        ("under the same terms as Perl itself, license", ["GPL-1.0-or-later OR Artistic-1.0-Perl"]),
        ("This work has been placed in the public domain.", ["LicenseRef-public-domain"]),
        ("https://creativecommons.org/licenses/by-nc/4.0/ license", ["CC-BY-NC-4.0"]),
        ("under the Eclipse Public License v. 2.0", ["EPL-2.0"]),
    ],
)
def test_sentences_that_grant(text: str, expected: list[str]) -> None:
    assert [each.name for each in read(text.encode())] == expected


def test_what_is_not_looked_at_is_a_problem() -> None:
    data = b"License: MIT\n" + b" " * MOST_BYTES
    facts = list(ANALYZER.parse(File(path=f"{DOC}/x/copyright", data=data)))
    reason = f"{len(data)} bytes: licences after the first {MOST_BYTES} are not looked for"
    assert facts[-1] == Problem(path=f"{DOC}/x/copyright", reason=reason)


def test_many_fields_in_one_stanza_cost_no_more_than_their_length() -> None:
    started_s = process_time()
    assert [each.name for each in read(b"Format: x\n\nFiles: *\n" + b"License: MIT\n" * 60_000)] == ["MIT"]
    assert process_time() - started_s < 5


def test_package_of_a_path() -> None:
    assert package_of(f"{DOC}/libc6/copyright") == "libc6"
    assert package_of(f"{DOC}/libc6/examples/copyright") == ""


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "Format: x\n",
                "Files: *\n",
                "License: ",
                "GPL-2+",
                " or ",
                "MIT\n",
                "\n\n",
                " gnu general public license version 3 ",
                "\0",
                "(",
                "\xff",
            ]
        ),
        max_size=20,
    ).map("".join)
)
def test_any_text_ends_in_expressions(text: str) -> None:
    try:
        found = read(text.encode("latin-1"))
    except ParseError:
        return
    assert [expression(each.name) for each in found] == [each.name for each in found]
    assert len({each.name for each in found}) == len(found)
