import pytest

from analyzers.inventory import Package
from analyzers.languages._r import licenses
from analyzers.languages.r import ANALYZER
from tests.analyzers.languages.locks import read_one, read_sample, reasons


def test_packages_of_both_archives() -> None:
    found = read_sample(ANALYZER, "good")
    assert [each.packages for _, each in sorted(found.items())] == [
        (
            Package(
                kind="r-pkg",
                name="curl",
                version="5.0.0",
                licenses=("MIT",),
                maintainer="Some One <some@example.org>",
                depends_on=("methods", "jsonlite", "askpass"),
            ),
        ),
        (Package(kind="bioconductor-pkg", name="Biobase", version="2.58.0", licenses=("Artistic-2.0",)),),
    ]


def test_odd_files() -> None:
    found = read_sample(ANALYZER, "odd")
    assert [each.version for each in found["a/DESCRIPTION"].packages] == ["1.2.2-2"]
    assert (found["b/DESCRIPTION"].packages, found["b/DESCRIPTION"].problems) == ((), ())


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ("Repository: Bioconductor 3.17", "bioconductor-pkg"),
        ("Repository: CRAN\nbiocViews:", "r-pkg"),
        ("biocViews: Software", "bioconductor-pkg"),
        ("git_url: https://git.bioconductor.org/packages/a", "bioconductor-pkg"),
        ("git_url: https://example.org/a", "r-pkg"),
    ],
)
def test_archives(fields: str, kind: str) -> None:
    found = read_one(ANALYZER, "a/DESCRIPTION", f"Package: a\nVersion: 1\n{fields}\n".encode())
    assert [each.kind for each in found.packages] == [kind]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("MIT + file LICENSE", ("MIT",)),
        ("GPL (>= 2)", ("GPL-2.0-or-later",)),
        ("LGPL (>= 2.1) | MPL-2.0", ("LGPL-2.1-or-later OR MPL-2.0",)),
        ("GPL-2 |\n GPL-3", ("GPL-2.0-only OR GPL-3.0-only",)),
        ("Part of R 4.2.2", ("GPL-2.0-only OR GPL-3.0-only",)),
        ("BSD_3_clause + file LICENCE", ("BSD-3-Clause",)),
        ("Apache License 2.0", ("Apache License 2.0",)),
        ("file LICENSE", ()),
        ("GPL-2 | file LICENSE", ()),
        ("", ()),
    ],
)
def test_licenses(field: str, expected: tuple[str, ...]) -> None:
    assert licenses(field) == expected


@pytest.mark.parametrize("data", [b"Package: a\n", b"Version: 1\nBuilt: R 4.2.2\n", b"Package:\nBuilt: x"])
def test_without_name_or_version(data: bytes) -> None:
    (told,) = reasons(read_one(ANALYZER, "a/DESCRIPTION", data))
    assert "expected both" in told
