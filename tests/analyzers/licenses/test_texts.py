import runpy
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.catalogue import Dispatch
from analyzers.errors import ParseError
from analyzers.inventory import File, License, Problem
from analyzers.licenses.texts import ANALYZER, TEXT_CHARACTERS
from analyzers.spdx.expressions import expression

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/texts/make.py"))["SAMPLES"]
APACHE = (Path(__file__).parents[3] / "LICENSE").read_bytes()
MIT = (distribution("pytest").read_text("licenses/LICENSE") or "").encode()


def read(path: str, data: bytes) -> list[tuple[str, float, bool]]:
    facts = ANALYZER.parse(File(path=path, data=data))
    return [(fact.name, fact.confidence, fact.is_header) for fact in facts if isinstance(fact, License)]


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("good/opt/app/main.c", [("GPL-2.0-only WITH Linux-syscall-note OR MIT", 1.0, True)]),
        ("good/opt/app/tool.sh", [("Apache-2.0", 0.9, True)]),
        ("good/opt/app/COPYING", [("LGPL-3.0-or-later", 0.9, False)]),
        ("odd/opt/app/LICENSE", [("LicenseRef-unrecognised", 0.0, False)]),
        ("odd/opt/app/NOTICE", []),
        ("odd/opt/app/LICENSE.txt", [("MIT", 0.9, False)]),
        ("odd/opt/app/plain.js", []),
        ("empty/opt/app/LICENSE.md", []),
    ],
)
def test_samples(sample: str, expected: list[tuple[str, float, bool]]) -> None:
    assert read(sample.partition("/")[2], SAMPLES[sample]) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (APACHE, ["Apache-2.0"]),
        (MIT, ["MIT"]),
        (APACHE.replace(b"\n", b"\r\n"), ["Apache-2.0"]),
        (b"\xef\xbb\xbf" + MIT, ["MIT"]),
        (MIT.decode().encode("utf-16"), ["MIT"]),
        (MIT + b"\n\nParts are of others:\n\n" + APACHE, ["MIT", "Apache-2.0"]),
        (b"# about us\n" * 30_000 + MIT, ["MIT"]),
    ],
)
def test_whole_texts(data: bytes, expected: list[str]) -> None:
    assert read("opt/LICENSE", data) == [(name, 1.0, False) for name in expected]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# SPDX-License-Identifier: MIT", ["MIT"]),
        ("/* SPDX-License-Identifier: GPL-2.0+ */", ["GPL-2.0-or-later"]),
        ("<!-- SPDX-License-Identifier: CC0-1.0 -->", ["CC0-1.0"]),
        ("// SPDX-License-Identifier: Apache-2.0 OR MIT\r", ["Apache-2.0 OR MIT"]),
        ("{# SPDX-License-Identifier: ISC #}", ["ISC"]),
        ('x = "SPDX-License-Identifier: Zlib"', ["Zlib"]),
        ("(* SPDX-License-Identifier: LicenseRef-House *)", ["LicenseRef-House"]),
        ("# SPDX-License-Identifier:", []),
        ("x" * 4096 + "\n# SPDX-License-Identifier: MIT", []),
    ],
)
def test_tags(line: str, expected: list[str]) -> None:
    assert read("a/b.py", f"{line}\n".encode()) == [(name, 1.0, True) for name in expected]


def test_what_is_not_looked_at_is_a_problem() -> None:
    data = MIT + b"\n" * TEXT_CHARACTERS
    problems = [
        fact for fact in ANALYZER.parse(File(path="opt/LICENSE", data=data)) if isinstance(fact, Problem)
    ]
    assert [each.reason for each in problems] == [
        f"{len(data)} characters: licences after the first {TEXT_CHARACTERS} are not looked for"
    ]


def test_what_is_no_text_is_an_error() -> None:
    with pytest.raises(ParseError, match="a byte 0 at 3, expected text"):
        read("opt/LICENSE", SAMPLES["broken/opt/app/LICENSE.txt"])


def test_without_the_extra_texts_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "licenseclassifier", None)
    with pytest.raises(ParseError, match=r"needs the extra 'licenses'"):
        read("opt/LICENSE", APACHE + b"without the extra")
    assert read("a.py", b"# SPDX-License-Identifier: MIT") == [("MIT", 1.0, True)]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("LICENSE", True),
        ("a/LICENCE.md", True),
        ("a/COPYING.LESSER", True),
        ("a/LICENSE-MIT.txt", True),
        ("a/x.dist-info/licenses/AUTHORS.txt", True),
        ("a/b.py", True),
        ("a/b.h", True),
        ("a/b.pyc", False),
        ("a/README.md", False),
    ],
)
def test_wanted_paths(path: str, *, wanted: bool) -> None:
    assert bool(Dispatch([ANALYZER]).wants(path)) is wanted


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["LICENSE", "a.py", "NOTICE"]),
    st.lists(
        st.sampled_from(
            [
                MIT,
                MIT[:300],
                APACHE[:900],
                b"SPDX-License-Identifier: ",
                b"GPL-2+ ",
                b"(",
                b"\n",
                b"\xff\xfe",
                b"\0",
                b"w ",
            ]
        ),
        max_size=8,
    ).map(b"".join)
    | st.binary(max_size=60),
)
def test_any_bytes_end_in_expressions(path: str, data: bytes) -> None:
    try:
        found = read(path, data)
    except ParseError:
        return
    assert [expression(name) for name, _, _ in found] == [name for name, _, _ in found]
    assert all(0.0 <= confidence <= 1.0 for _, confidence, _ in found)
